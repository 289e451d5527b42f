"""Images inside request bodies: base64 text in JSON, parts of a multipart form."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice

from sm_imgcheck.core.errors import PayloadError
from sm_imgcheck.io.images.content import image_format
from sm_imgcheck.io.lazy_imports import orjson
from sm_imgcheck.serving.multipart import read_form
from sm_imgcheck.serving.stacks._base64 import decode_base64, texts

__all__ = ["find_images", "guess_content_type"]

_MAX_IMAGES = 64
_MIN_CHARACTERS = 16
"""Length of the shortest text that is decoded."""
_BOUNDARY = re.compile(rb"--([0-9A-Za-z'()+_,./:=?-]{1,70})\r?\n[Cc]ontent-[Dd]isposition:")


def guess_content_type(body: bytes) -> str:
    """``application/json`` or that of a multipart form, by the first bytes; empty: neither."""
    head = body[:256].lstrip()
    if head[:1] in (b"{", b"[", b'"'):
        return "application/json"
    match = _BOUNDARY.match(head)
    return f'multipart/form-data; boundary="{match[1].decode("ascii")}"' if match else ""


def find_images(body: bytes, content_type: str) -> list[bytes]:
    """The encoded images of a body, at most 64, in their order. Never raises."""
    kind = content_type.partition(";")[0].strip().lower()
    contents = _form_contents(body, content_type) if kind.startswith("multipart/") else _json_contents(body, kind)
    return list(islice(filter(image_format, contents), _MAX_IMAGES))


def _json_contents(body: bytes, kind: str) -> Iterator[bytes]:
    """The contents of the base64 texts of a JSON document."""
    if "json" not in kind:
        return
    try:
        document = orjson.loads(body)
    except (ValueError, RecursionError):
        return
    yield from map(_decode, texts(document))


def _form_contents(body: bytes, content_type: str) -> Iterator[bytes]:
    """The contents of the parts of a form, complete or truncated."""
    try:
        parts = read_form(body, content_type, lenient=True)
    except PayloadError:
        return
    for part in parts:
        yield _decode(part.body.decode("ascii", "replace")) if part.encoding == "base64" else part.body


def _decode(text: str) -> bytes:
    """The bytes of a base64 text or a data URL in any alphabet, padded or not; empty for other text."""
    return decode_base64(text, data_url=True)[0] if len(text) > _MIN_CHARACTERS else b""
