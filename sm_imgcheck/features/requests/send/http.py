"""Send a request to a container over HTTP: one POST by the standard library, directly to the host.

Redirects are not followed, proxies of the environment are not used, and no request is repeated: predictions cost time.
"""

from __future__ import annotations

import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException, HTTPResponse, HTTPSConnection, IncompleteRead
from threading import Timer
from time import monotonic
from urllib.parse import SplitResult, urlsplit

from sm_imgcheck.core.errors import SendError
from sm_imgcheck.core.escape import for_terminal
from sm_imgcheck.core.frozen import frozen
from sm_imgcheck.core.types import Payload
from sm_imgcheck.features.requests.send import MAX_RESPONSE_BYTES, SendOptions, ServerResponse, request_headers
from sm_imgcheck.serving.open_inference import inference_headers

__all__ = ["check_url", "send"]

_CONNECT = 10.0
"""Seconds until the connection must be established."""
_PIECE = 65_536


@frozen
class _Deadline:
    """Time limit of a response. ``at``: on the monotonic clock."""

    at: float
    seconds: float

    @property
    def is_over(self) -> bool:
        return monotonic() >= self.at


def check_url(url: str) -> SplitResult:
    """Return the parts of a URL that a request can be sent to. Raises SendError for any other."""
    try:
        parts = urlsplit(url)
        parts.port  # noqa: B018 - parsed on access
    except ValueError as error:
        raise SendError(f"--url {_printable_url(url)}: invalid address: {error}") from None
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise SendError(f"--url {_printable_url(url)}: expected http://HOST:PORT/invocations, or https")
    if parts.username is not None or parts.password is not None:
        raise SendError("--url: got a user name or a password, which are not sent; omit them")
    if not (url.isascii() and url.isprintable()) or " " in url:
        raise SendError(f"--url {_printable_url(url)}: got a character that must be written as %XX")
    return parts


def send(url: str, payload: Payload, options: SendOptions) -> ServerResponse:
    """POST the body and return the response. Raises SendError without a response."""
    parts = check_url(url)
    headers = inference_headers(parts.path, dict(request_headers(payload.content_type, options)))
    deadline = _Deadline(at=monotonic() + options.timeout, seconds=options.timeout)
    connect = HTTPSConnection if parts.scheme == "https" else HTTPConnection
    connection = connect(parts.hostname or "", parts.port, timeout=min(_CONNECT, options.timeout))
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    try:
        with _one_line_errors(url, deadline):
            _connect(connection)
            connection.sock.settimeout(options.timeout)
            with _close_at(connection.sock, deadline):
                return _read_response(_request(connection, target, payload.body, headers), deadline)
    finally:
        connection.close()


def _connect(connection: HTTPConnection) -> None:
    try:
        connection.connect()
    except TimeoutError:
        raise OSError(f"connection timed out after {connection.timeout:g} s") from None


def _request(connection: HTTPConnection, target: str, body: bytes, headers: Mapping[str, str]) -> HTTPResponse:
    """Send the request. A server that rejects a body by its size responds before it has read it, and closes."""
    with suppress(BrokenPipeError, ConnectionResetError):
        connection.request("POST", target, body=body, headers=headers)
    return _final_response(connection.getresponse())


def _final_response(response: HTTPResponse) -> HTTPResponse:
    """Skip interim responses (102, 103), which precede the response (RFC 9110, section 15.2); http.client skips 100."""
    while response.status != HTTPStatus.SWITCHING_PROTOCOLS and response.status < HTTPStatus.OK:
        response.headers = None  # type: ignore[assignment]  # so that begin() reads the next response
        response.begin()
    return response


def _read_response(response: HTTPResponse, deadline: _Deadline) -> ServerResponse:
    body = bytearray()
    while len(body) <= MAX_RESPONSE_BYTES and (piece := response.read1(_PIECE)):
        body += piece
    if deadline.is_over:
        raise TimeoutError
    if response.length and len(body) <= MAX_RESPONSE_BYTES:
        raise ConnectionResetError  # shorter than its Content-Length
    location = response.getheader("Location") if 300 <= response.status < 400 else None
    return ServerResponse(
        status=response.status,
        reason=for_terminal(response.reason[:200]),
        content_type=for_terminal((response.getheader("Content-Type") or "")[:200]),
        body=bytes(body[:MAX_RESPONSE_BYTES]),
        cut=len(body) > MAX_RESPONSE_BYTES,
        notes=(f"redirect to {_printable_url(location)}, not followed",) if location else (),
    )


@contextmanager
def _close_at(connection: socket.socket, deadline: _Deadline) -> Iterator[None]:
    """Close the connection at the deadline: each received byte restarts a socket's timeout."""

    def shut_down() -> None:
        with suppress(OSError):  # closed already
            socket.socket.shutdown(connection, socket.SHUT_RDWR)  # TLS's own shutdown is not thread-safe

    timer = Timer(max(0.0, deadline.at - monotonic()), shut_down)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


@contextmanager
def _one_line_errors(url: str, deadline: _Deadline) -> Iterator[None]:
    """Raise SendError, one line, for the errors of a connection."""
    try:
        yield
    except (OSError, HTTPException, UnicodeError) as error:
        raise SendError(f"{_printable_url(url)}: {_reason(error, deadline)}") from None


_REASONS: tuple[tuple[type[Exception] | tuple[type[Exception], ...], str], ...] = (
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


def _reason(error: Exception, deadline: _Deadline) -> str:
    if isinstance(error, TimeoutError) or deadline.is_over:
        return f"response timed out after {deadline.seconds:g} s: the model may still be loading; increase --timeout"
    if type(error).__module__ == "ssl":
        message = getattr(error, "verify_message", "") or getattr(error, "reason", "") or str(error)
        return f"TLS error: {for_terminal(str(message)[:200])}"
    reason = next((text for kinds, text in _REASONS if isinstance(error, kinds)), "")
    return reason or for_terminal((getattr(error, "strerror", None) or str(error))[:200])


def _printable_url(url: str) -> str:
    """Return a URL without the parts that may be secret: user, password, query and fragment."""
    head, _, rest = url.partition("://")
    place = (rest or head).partition("?")[0].partition("#")[0]
    host, slash, path = place.partition("/")
    return for_terminal(f"{head + '://' if rest else ''}{host.rpartition('@')[2]}{slash}{path}"[:200])
