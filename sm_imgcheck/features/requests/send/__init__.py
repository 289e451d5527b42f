"""Send one request and read its response: over plain HTTP, or to a SageMaker endpoint.

A response is untrusted: its size is limited, control characters are removed, and credentials are not shown.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import field

from sm_imgcheck.core.errors import SendError
from sm_imgcheck.core.escape import for_terminal
from sm_imgcheck.core.frozen import frozen

__all__ = [
    "MAX_RESPONSE_BYTES",
    "SendOptions",
    "ServerResponse",
    "header_value",
    "parse_header",
    "request_headers",
    "without_secrets",
]

MAX_RESPONSE_BYTES = 1 << 20
"""Maximum number of bytes read of a response: 1 MiB, about 100,000 scores as JSON."""


@frozen
class SendOptions:
    """Headers and limits of one request."""

    accept: str = ""
    """Content type of the response; empty: the server decides."""
    timeout: float = 70.0
    """Seconds until the response must be complete. AWS recommends 70 where a container may use the full 60
    (InvokeEndpoint, API reference)."""
    custom_attributes: str = ""
    target_model: str = ""
    target_variant: str = ""
    inference_component: str = ""
    headers: tuple[tuple[str, str], ...] = ()
    """Other headers, as (name, value); for plain HTTP only: InvokeEndpoint forwards none."""


@frozen
class ServerResponse:
    """The response of a server."""

    status: int
    """HTTP status. 424 for ``ModelError`` of SageMaker; ``text`` then contains the container's message."""
    reason: str = ""
    content_type: str = ""
    body: bytes = field(default=b"", repr=False)
    """At most ``MAX_RESPONSE_BYTES``."""
    cut: bool = False
    """The response is longer than ``body``."""
    notes: tuple[str, ...] = ()
    """Such as the production variant that responded."""
    message: str = field(default="", repr=False)
    """The container's message inside an error of SageMaker (``OriginalMessage``); empty: the body is the message."""

    @property
    def is_error(self) -> bool:
        """Whether the server did not accept the request: any status but 200 to 299."""
        return not 200 <= self.status < 300

    def text(self) -> str | None:
        """Return the body as printable lines; None for binary data."""
        try:
            text = self.body.decode("utf-8", "ignore" if self.cut else "strict")
        except UnicodeDecodeError:
            return None
        return None if "\0" in text else without_secrets(_printable(text))


_CONTROLS = re.compile(r"\x1b\[[0-?]*[ -/]*[@-~]|[\x00-\x08\x0b-\x1f\x7f-\x9f]")
"""Escape sequences of a terminal, and other control characters except tab and line feed."""


def _printable(text: str) -> str:
    lines = _CONTROLS.sub("", text.replace("\r\n", "\n")).split("\n")
    return "\n".join("\t".join(map(for_terminal, line.split("\t"))) for line in lines)


_SECRETS = re.compile(
    r"""(?ix)
    (?P<key> \bx-amz-(?:security-token|signature|credential)["']?\s*[:=]\s*["']? | [?&]signature= ) [^\s&"',]+
    | (?P<pair> \bcredential= ) [^\s,&"']+ | (?P<sum> \bsignature= ) [0-9a-f]{32,}
    | (?P<head> \bauthorization["']?\s*[:=]\s*["']? ) [^\n"]*
    | \b(?-i:AKIA|ASIA)[A-Z0-9]{12,}\b
    | (?P<long> The\ Canonical\ String\ for\ this\ request ) .* """,
    re.DOTALL,
)
"""Credentials and signatures: in a URL, in a header, and in AWS's signature errors, which repeat the session token."""


def without_secrets(text: str) -> str:
    """Return the text without keys, tokens and signatures of AWS."""
    return _SECRETS.sub(lambda match: f"{match[match.lastgroup] if match.lastgroup else ''}(removed)", text)


def header_value(name: str, value: str) -> str:
    """Return the value if a header can contain it: at most 1,024 printable ASCII characters. Raises SendError."""
    if not (value.isascii() and value.isprintable() and len(value) <= 1024):
        raise SendError(
            f"{name}: got {for_terminal(value[:80])!r}, expected at most 1,024 characters of printable ASCII"
        )
    return value


_HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,200}")
"""A token of RFC 9110, section 5.6.2."""

_OWN_HEADERS = ("content-length", "transfer-encoding", "host", "connection", "content-type", "accept")
"""Headers that follow from the request itself, or have an option."""


def parse_header(text: str) -> tuple[str, str]:
    """Return name and value of ``Name: value``. Raises SendError."""
    name, colon, value = text.partition(":")
    name = name.strip()
    if not colon or not _HEADER_NAME.fullmatch(name):
        raise SendError(f"--header: got {for_terminal(text[:80])!r}, expected 'Name: value'")
    if name.lower() in _OWN_HEADERS:
        option = {"content-type": "--content-type", "accept": "--accept"}.get(name.lower())
        raise SendError(f"--header: {name} is set by {option}" if option else f"--header: {name} cannot be set")
    return name, header_value(f"--header {name}", value.strip())


def request_headers(content_type: str, options: SendOptions) -> Mapping[str, str]:
    """Return the headers of a request to a container: as InvokeEndpoint sends them, and ``options.headers``."""
    headers = {
        "Content-Type": content_type,
        "Accept": options.accept,
        "X-Amzn-SageMaker-Custom-Attributes": options.custom_attributes,
        "X-Amzn-SageMaker-Target-Model": options.target_model,
    }
    return {name: header_value(name, value) for name, value in headers.items() if value} | dict(options.headers)
