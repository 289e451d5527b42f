"""HTTP redirects: none is followed from an address of the user to a private one, with other services.

A server that responds with ``Location: http://169.254.169.254/...`` would otherwise have this machine's credentials
read (https://cheatsheetseries.owasp.org/cheatsheets/Server_Side_Request_Forgery_Prevention_Cheat_Sheet.html). Not
checked: a host name that resolves to a different address for the connection.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from ipaddress import ip_address
from socket import SOCK_STREAM
from typing import TYPE_CHECKING

from sm_imgcheck.core.escape import for_terminal

if TYPE_CHECKING:
    from types import SimpleNamespace

    from aiohttp import ClientSession, TraceConfig, TraceRequestRedirectParams
    from yarl import URL

__all__ = ["RedirectError", "guard", "private_address", "redirect_of"]


class RedirectError(Exception):
    """A redirect that is not followed: ``str()`` is a clause."""


def guard() -> TraceConfig:
    """Return aiohttp hooks that run before a redirect is followed (``trace_configs``)."""
    from aiohttp import TraceConfig

    trace = TraceConfig()
    trace.on_request_redirect.append(_check_redirect)
    return trace


def redirect_of(error: BaseException | None) -> RedirectError | None:
    """Return the redirect that was not followed, from an error or its causes: fsspec reports it as a missing file."""
    while error is not None and not isinstance(error, RedirectError):
        error = error.__cause__ or error.__context__
    return error


async def _check_redirect(_: ClientSession, __: SimpleNamespace, params: TraceRequestRedirectParams) -> None:
    """Raise RedirectError for a target at a private address, unless it is the server that redirects."""
    target = params.url.join(type(params.url)(params.response.headers.get("Location", "")))
    if target.origin() == params.url.origin():
        return
    if private := await private_address(target):
        params.response.close()
        raise RedirectError(
            f"redirects to {for_terminal(str(target.origin()))}, a private address ({private}): "
            "name that address itself, or follow it with --allow-remote"
        )


async def private_address(target: URL) -> str:
    """The first address of a host that is not public (RFC 6890); empty: all are. A host without any is not reached."""
    hosts: list[str] = []
    with suppress(OSError):
        addresses_found = await asyncio.get_running_loop().getaddrinfo(target.host, target.port, type=SOCK_STREAM)
        hosts = [str(location[0]) for *_, location in addresses_found]
    addresses = [ip_address(host.partition("%")[0]) for host in hosts]
    return next((str(address) for address in addresses if not address.is_global or address.is_multicast), "")
