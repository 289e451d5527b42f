"""One request sent and its answer taken: over plain HTTP, or to a SageMaker endpoint.

What comes back is hostile until it is shown: it is capped, its control bytes go, and nothing that signs a request is
repeated.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import field

from sm_imgcheck.core.errors import SendError
from sm_imgcheck.core.escape import for_terminal
from sm_imgcheck.core.frozen import frozen

__all__ = ["MAX_ANSWER_BYTES", "SendOptions", "ServerResponse", "header_value", "headers", "without_secrets"]

MAX_ANSWER_BYTES = 1 << 20
"""Of an answer no more is read than this: 1 MiB, some 100,000 scores as JSON."""


@frozen
class SendOptions:
    """What is wanted of one request besides its body."""

    accept: str = ""
    """The content type that the answer should have; empty: whatever the server likes."""
    timeout: float = 70.0
    """Seconds until the whole answer must be there. AWS asks for 70 where a container may take its 60
    (InvokeEndpoint, API reference)."""
    custom_attributes: str = ""
    target_model: str = ""
    target_variant: str = ""


@frozen
class ServerResponse:
    """What a server said."""

    status: int
    """HTTP status. Of SageMaker's ``ModelError`` it is 424; what the container said stands in ``text``."""
    reason: str = ""
    content_type: str = ""
    body: bytes = field(default=b"", repr=False)
    """At most ``MAX_ANSWER_BYTES``."""
    cut: bool = False
    """There was more."""
    notes: tuple[str, ...] = ()
    """Such as the production variant that answered."""

    @property
    def refused(self) -> bool:
        """Whether the request was not served."""
        return self.status >= 300

    def text(self) -> str | None:
        """The body as text fit for a terminal, in lines; None where it is no text."""
        try:
            said = self.body.decode("utf-8", "ignore" if self.cut else "strict")
        except UnicodeDecodeError:
            return None
        return None if "\0" in said else without_secrets(_printable(said))


_CONTROLS = re.compile(r"\x1b\[[0-?]*[ -/]*[@-~]|[\x00-\x08\x0b-\x1f\x7f-\x9f]")
"""A terminal's escape sequences whole, and every other control byte but tab and line feed."""


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
"""What signs a request: in an address, in a header, and in AWS's own complaint about a signature, which repeats the
session's token."""


def without_secrets(text: str) -> str:
    """The text without keys, tokens and signatures of AWS, wherever they got into it."""
    return _SECRETS.sub(lambda found: f"{found[found.lastgroup] if found.lastgroup else ''}(left out)", text)


def header_value(name: str, value: str) -> str:
    """The value, if it can stand in a header: up to 1,024 characters of printable ASCII. Raises SendError."""
    if not (value.isascii() and value.isprintable() and len(value) <= 1024):
        raise SendError(
            f"{name}: got {for_terminal(value[:80])!r}, expected at most 1,024 characters of printable ASCII"
        )
    return value


def headers(content_type: str, order: SendOptions) -> Mapping[str, str]:
    """What a container gets to see: all other headers are stripped by InvokeEndpoint."""
    given = {
        "Content-Type": content_type,
        "Accept": order.accept,
        "X-Amzn-SageMaker-Custom-Attributes": order.custom_attributes,
        "X-Amzn-SageMaker-Target-Model": order.target_model,
    }
    return {name: header_value(name, value) for name, value in given.items() if value}
