"""A request to a container that listens on a port: one POST by the standard library, straight to the host named.

No redirect is followed, no proxy of the environment is asked, nothing is sent twice: predictions cost time, and the
port of a container on this machine is nobody else's.
"""

from __future__ import annotations

import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from http.client import HTTPConnection, HTTPException, HTTPResponse, HTTPSConnection, IncompleteRead
from threading import Timer
from time import monotonic
from urllib.parse import SplitResult, urlsplit

from sm_imgcheck.core.errors import SendError
from sm_imgcheck.core.escape import for_terminal
from sm_imgcheck.core.frozen import frozen
from sm_imgcheck.core.types import Payload
from sm_imgcheck.features.requests.send import MAX_ANSWER_BYTES, SendOptions, ServerResponse, headers

__all__ = ["checked", "send"]

_CONNECT = 10.0
"""Seconds until somebody must have taken the call: no host that is up needs more."""
_PIECE = 65_536


@frozen
class _Deadline:
    """When the answer must be whole. ``at``: by the monotonic clock."""

    at: float
    seconds: float

    @property
    def passed(self) -> bool:
        return monotonic() >= self.at


def checked(url: str) -> SplitResult:
    """The parts of an address that a request may be sent to. Raises SendError for any other."""
    try:
        parts = urlsplit(url)
        parts.port  # noqa: B018 - looked at, for it is read only now
    except ValueError as error:
        raise SendError(f"--url {_shown(url)}: invalid address: {error}") from None
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise SendError(f"--url {_shown(url)}: expected http://HOST:PORT/invocations, or https")
    if parts.username is not None or parts.password is not None:
        raise SendError("--url: got a user name or a password, which are not sent; omit them")
    if not (url.isascii() and url.isprintable()) or " " in url:
        raise SendError(f"--url {_shown(url)}: got a character that must be written as %XX")
    return parts


def send(url: str, payload: Payload, order: SendOptions) -> ServerResponse:
    """POST the body and take the answer. Raises SendError where there is none."""
    parts = checked(url)
    given = headers(payload.content_type, order)
    deadline = _Deadline(at=monotonic() + order.timeout, seconds=order.timeout)
    maker = HTTPSConnection if parts.scheme == "https" else HTTPConnection
    connection = maker(parts.hostname or "", parts.port, timeout=min(_CONNECT, order.timeout))
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    try:
        with _clear(url, deadline):
            _connect(connection)
            connection.sock.settimeout(order.timeout)
            with _cut_off(connection.sock, deadline):
                return _answer(_asked(connection, target, payload.body, given), deadline)
    finally:
        connection.close()


def _connect(connection: HTTPConnection) -> None:
    try:
        connection.connect()
    except TimeoutError:
        raise OSError(f"connection timed out after {connection.timeout:g} s") from None


def _asked(connection: HTTPConnection, target: str, body: bytes, given: Mapping[str, str]) -> HTTPResponse:
    """Send the request. A server that refuses a body by its size says so before it has read it, and hangs up."""
    try:
        connection.request("POST", target, body=body, headers=given)
    except (BrokenPipeError, ConnectionResetError):
        return connection.getresponse()
    return connection.getresponse()


def _answer(response: HTTPResponse, deadline: _Deadline) -> ServerResponse:
    body = bytearray()
    while len(body) <= MAX_ANSWER_BYTES and (piece := response.read1(_PIECE)):
        body += piece
    if deadline.passed:
        raise TimeoutError
    if response.length and len(body) <= MAX_ANSWER_BYTES:
        raise ConnectionResetError  # it promised more
    moved = response.getheader("Location") if 300 <= response.status < 400 else None
    return ServerResponse(
        status=response.status,
        reason=for_terminal(response.reason[:200]),
        content_type=for_terminal((response.getheader("Content-Type") or "")[:200]),
        body=bytes(body[:MAX_ANSWER_BYTES]),
        cut=len(body) > MAX_ANSWER_BYTES,
        notes=(f"redirect to {_shown(moved)}, not followed",) if moved else (),
    )


@contextmanager
def _cut_off(connected: socket.socket, deadline: _Deadline) -> Iterator[None]:
    """Hang up at the deadline: a server that sends a byte now and then would outlast every time-out of a socket."""

    def hang_up() -> None:
        with suppress(OSError):  # it is closed already
            socket.socket.shutdown(connected, socket.SHUT_RDWR)  # not TLS's own, which is not meant for another thread

    timer = Timer(max(0.0, deadline.at - monotonic()), hang_up)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


@contextmanager
def _clear(url: str, deadline: _Deadline) -> Iterator[None]:
    """Say in one line why there is no answer."""
    try:
        yield
    except (OSError, HTTPException, UnicodeError) as error:
        raise SendError(f"{_shown(url)}: {_why(error, deadline)}") from None


_WHY: tuple[tuple[type[Exception] | tuple[type[Exception], ...], str], ...] = (
    (
        ConnectionRefusedError,
        "connection refused: no server is listening; start the container and publish its port (-p 8080:8080)",
    ),
    (socket.gaierror, "unknown host name"),
    # RemoteDisconnected, of http.client, is a ConnectionError
    (
        (ConnectionError, IncompleteRead),
        "connection closed before the response was complete: the server crashed, or the body is too large",
    ),
    (HTTPException, "not an HTTP response"),
)


def _why(error: Exception, deadline: _Deadline) -> str:
    if isinstance(error, TimeoutError) or deadline.passed:
        return f"response timed out after {deadline.seconds:g} s: the model may still be loading; increase --timeout"
    if type(error).__module__ == "ssl":
        said = getattr(error, "verify_message", "") or getattr(error, "reason", "") or str(error)
        return f"TLS error: {for_terminal(str(said)[:200])}"
    known = next((text for kinds, text in _WHY if isinstance(error, kinds)), "")
    return known or for_terminal((getattr(error, "strerror", None) or str(error))[:200])


def _shown(url: str) -> str:
    """An address without what may be secret in it: user, password, query and fragment."""
    head, _, rest = url.partition("://")
    place = (rest or head).partition("?")[0].partition("#")[0]
    host, slash, path = place.partition("/")
    return for_terminal(f"{head + '://' if rest else ''}{host.rpartition('@')[2]}{slash}{path}"[:200])
