"""Base64 in a body: what is wrong with it, and what it holds."""

from __future__ import annotations

import binascii
from base64 import b64decode

from sm_imgcheck.core.json_types import Json
from sm_imgcheck.core.types import Finding
from sm_imgcheck.io.images.content import describe_content, image_format
from sm_imgcheck.rules.payload_request import PAY110
from sm_imgcheck.serving.stacks._json import leaves

__all__ = ["content_finding", "decode_base64", "looks_encoded", "texts"]

_STARTS = ("/9j/", "iVBORw0KGgo", "R0lGOD", "UklGR", "Qk", "SUkq", "TU0A", "data:image/")
"""First characters of base64 of JPEG, PNG, GIF, WebP, BMP and TIFF, and of a data URL."""
_MAX_TEXTS = 1000
"""Maximum number of texts of a body that are examined."""


def texts(document: Json) -> list[str]:
    """The texts of a document, the first thousand of them."""
    values: list[str] = []
    for leaf in leaves(document):
        if isinstance(leaf, str):
            values.append(leaf)
            if len(values) == _MAX_TEXTS:
                break
    return values


def looks_encoded(text: str) -> bool:
    """Whether a text is base64 of an image or of other data."""
    head = text[:256].strip()
    return head.startswith(_STARTS) or (len(head) >= 64 and head.isascii() and not set(head) - _ALPHABET)


_ALPHABET = set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=-_\r\n")


def decode_base64(text: str, *, data_url: bool = False) -> tuple[bytes, Finding | None]:
    """The bytes of a base64 text, and the first problem with it.

    data_url: whether the reader removes the prefix of a data URL.
    """
    finding = None
    if text.startswith("data:"):
        if not data_url:
            finding = _base64_finding("has the prefix of a data URL: remove it, including the comma", text[:40])
        text = text.partition(",")[2]
    bare = "".join(text.split())
    if "-" in bare or "_" in bare:
        finding = finding or _base64_finding(
            "is written in the URL-safe alphabet: use + and /, not - and _ (base64.b64encode)", "- _"
        )
        bare = bare.replace("-", "+").replace("_", "/")
    if len(bare.rstrip("=")) % 4 and len(bare) % 4:
        finding = finding or _base64_finding(
            "has no padding: its length is not a multiple of 4; append =", "no padding"
        )
        bare = bare.rstrip("=") + "=" * (-len(bare.rstrip("=")) % 4)
    try:
        body = b64decode(bare, validate=True)
    except (binascii.Error, ValueError):
        return b"", finding or _base64_finding(f"is not valid base64: {text[:40]!r}", text[:40])
    return body, finding or (None if image_format(body) else content_finding(body))


def content_finding(body: bytes) -> Finding:
    """The finding for decoded bytes that are not an image."""
    return PAY110.finding(
        f"base64 text: got {describe_content(body)}, expected an encoded image",
        expected="an encoded image",
        actual=body[:8].hex(" "),
    )


def _base64_finding(what: str, actual: str) -> Finding:
    return PAY110.finding(f"the base64 text {what}", expected="standard base64", actual=actual)
