"""Base64 in a body: what is wrong with it, and what it holds."""

from __future__ import annotations

import binascii
from base64 import b64decode

from sm_imgcheck.core.json_types import Json
from sm_imgcheck.core.types import Finding
from sm_imgcheck.io.images.header import image_format, name_content
from sm_imgcheck.rules.payload_request import PAY110
from sm_imgcheck.serving.stacks._json import leaves

__all__ = ["decoded", "looks_encoded", "texts"]

_STARTS = ("/9j/", "iVBORw0KGgo", "R0lGOD", "UklGR", "Qk", "SUkq", "TU0A", "data:image/")
"""Of base64 of JPEG, PNG, GIF, WebP, BMP and TIFF, and of a data URL."""
_MANY = 1000
"""Texts of a body that are looked at."""


def texts(document: Json) -> list[str]:
    """The texts of a document, the first thousand of them."""
    found: list[str] = []
    for leaf in leaves(document):
        if isinstance(leaf, str):
            found.append(leaf)
            if len(found) == _MANY:
                break
    return found


def looks_encoded(text: str) -> bool:
    """Whether a text is base64 of a picture or of much else."""
    head = text[:256].strip()
    return head.startswith(_STARTS) or (len(head) >= 64 and head.isascii() and not set(head) - _ALPHABET)


_ALPHABET = set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=-_\r\n")


def decoded(text: str, *, data_url: bool = False) -> tuple[bytes, Finding | None]:
    """The bytes that a base64 text stands for, and what is wrong with it, of which the first is told.

    data_url: whether the reader takes the prefix of a data URL off.
    """
    finding = None
    if text.startswith("data:"):
        if not data_url:
            finding = _base64_finding("has the prefix of a data URL: leave out all up to the comma", text[:40])
        text = text.partition(",")[2]
    bare = "".join(text.split())
    if "-" in bare or "_" in bare:
        finding = finding or _base64_finding(
            "is written in the URL-safe alphabet: use + and /, not - and _ (base64.b64encode)", "- _"
        )
        bare = bare.replace("-", "+").replace("_", "/")
    if len(bare.rstrip("=")) % 4 and len(bare) % 4:
        finding = finding or _base64_finding(
            "is not padded: its length is no multiple of 4, as = at the end would make it", "no padding"
        )
        bare = bare.rstrip("=") + "=" * (-len(bare.rstrip("=")) % 4)
    try:
        body = b64decode(bare, validate=True)
    except (binascii.Error, ValueError):
        return b"", finding or _base64_finding(f"is no base64: {text[:40]!r}", text[:40])
    return body, finding or _content(body)


def _content(body: bytes) -> Finding | None:
    """What is wrong with decoded bytes that are no image."""
    if image_format(body):
        return None
    return PAY110.finding(
        f"the base64 text decodes to what {name_content(body)[1]}",
        expected="an encoded image",
        actual=body[:8].hex(" "),
    )


def _base64_finding(what: str, actual: str) -> Finding:
    return PAY110.finding(f"the base64 text {what}", expected="standard base64", actual=actual)
