"""The file systems of fsspec: made in the process that uses them, what their errors mean, which redirects they follow.

A server that answers with ``Location: http://169.254.169.254/...`` would otherwise have this machine's credentials read
(https://cheatsheetseries.owasp.org/cheatsheets/Server_Side_Request_Forgery_Prevention_Cheat_Sheet.html).
Not checked: a host name that has another address when it is resolved again for the connection.
"""

from __future__ import annotations

import asyncio
import os
from contextlib import suppress
from ipaddress import ip_address
from socket import SOCK_STREAM
from typing import Any

from sm_imgcheck.core.errors import StoreError
from sm_imgcheck.core.escape import for_terminal
from sm_imgcheck.io.stores.prefetch import IN_FLIGHT

__all__ = [
    "RedirectError",
    "allow_redirects",
    "describe_error",
    "filesystem",
    "guard",
    "private_address",
    "redirect_of",
]

_SCHEMES = {"s3a": "s3"}
_MADE: dict[tuple[int, str, str, bool], Any] = {}
"""By process: connections and the thread of an event loop do not survive a fork."""
_SETTINGS = {"private redirects": False}
"""Of this process, as its command line wants them."""
_LONGEST = 300
"""Of what a server says, in characters."""


def allow_redirects(*, private: bool) -> None:
    """Set whether redirects to private addresses are followed in this process."""
    _SETTINGS["private redirects"] = private


def filesystem(place: str) -> Any:
    """What fsspec has for a place. Raises StoreError for a scheme that is not known or not installed."""
    scheme, _, rest = place.partition("://")
    scheme = _SCHEMES.get(scheme.lower(), scheme.lower())
    kind = _kind(scheme)
    try:
        # Host, user and port, where the address has such; for S3 only what versions of objects need, which is not used.
        options = _s3_options() if scheme == "s3" else kind._get_kwargs_from_urls(f"{scheme}://{rest}")  # noqa: SLF001
        followed = _SETTINGS["private redirects"]
        key = (os.getpid(), scheme, repr(sorted(options.items())), followed)
        if key not in _MADE:
            if scheme in {"http", "https"} and not followed:
                options = options | _guarded(scheme)
            _MADE[key] = kind(skip_instance_cache=True, use_listings_cache=False, **options)
    except Exception as error:
        raise StoreError(f"{for_terminal(place)}: {describe_error(error)}") from error
    return _MADE[key]


def _kind(scheme: str) -> Any:
    try:
        from fsspec import get_filesystem_class
    except ImportError as error:
        raise _missing(scheme, "pip install fsspec and what it asks for") from error
    try:
        return get_filesystem_class(scheme)
    except ImportError as error:
        raise _missing(scheme, describe_error(error)) from error
    except ValueError as error:
        raise StoreError(
            f"{scheme}:// is no kind of store that fsspec knows; a file of that name is ./{scheme}:"
        ) from error


def _missing(scheme: str, hint: str) -> StoreError:
    hint = "pip install 'sm-imgcheck[s3]'" if scheme == "s3" else hint
    return StoreError(f"{scheme}:// needs packages that are not there: {hint}")


def _s3_options() -> dict[str, Any]:
    """Time limits, retries and connections; what the user's own settings of fsspec say goes before them."""
    from fsspec.config import conf

    own = conf.get("s3", {}).get("config_kwargs", {})
    config: dict[str, Any] = {"connect_timeout": 10, "read_timeout": 60, "max_pool_connections": 2 * IN_FLIGHT}
    if not os.environ.keys() & {"AWS_RETRY_MODE", "AWS_MAX_ATTEMPTS"}:
        config["retries"] = {"mode": "standard", "total_max_attempts": 5}
    return {"config_kwargs": config | own}


def _guarded(scheme: str) -> dict[str, Any]:
    """Redirects to private addresses are not followed; the user's own settings of fsspec stay."""
    from fsspec.config import conf

    own = conf.get(scheme, {}).get("client_kwargs", {})
    return {"client_kwargs": own | {"trace_configs": [*own.get("trace_configs", []), guard()]}}


def describe_error(error: BaseException) -> str:
    """Return the message of an error as one line that is safe to print."""
    if isinstance(error, NotImplementedError):
        return "this kind of store has no such thing"
    text = " ".join(str(error).split()) or type(error).__name__
    return for_terminal(text[:_LONGEST])


class RedirectError(Exception):
    """A redirect that is not followed: ``str()`` is a clause."""


def guard() -> Any:
    """What a client of aiohttp asks before it follows a redirect (``trace_configs``)."""
    from aiohttp import TraceConfig

    trace = TraceConfig()
    trace.on_request_redirect.append(_check_redirect)
    return trace


def redirect_of(error: BaseException | None) -> RedirectError | None:
    """The redirect that was not followed, in an error or its causes: fsspec calls it a file that is not there."""
    while error is not None and not isinstance(error, RedirectError):
        error = error.__cause__ or error.__context__
    return error


async def _check_redirect(_: Any, __: Any, params: Any) -> None:
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


async def private_address(target: Any) -> str:
    """The first address of a host that is not public (RFC 6890); empty: all are. A host without any is not reached."""
    found: list[Any] = []
    with suppress(OSError):
        found = await asyncio.get_running_loop().getaddrinfo(target.host, target.port, type=SOCK_STREAM)
    addresses = [ip_address(one[4][0].partition("%")[0]) for one in found]
    return next((str(one) for one in addresses if not one.is_global or one.is_multicast), "")
