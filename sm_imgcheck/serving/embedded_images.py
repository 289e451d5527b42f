"""Images inside request bodies: base64 text in JSON, parts of a multipart form."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator
from email.message import Message

from sm_imgcheck.core.json_types import Json
from sm_imgcheck.io.images.header import image_format
from sm_imgcheck.io.lazy_imports import orjson

__all__ = ["find_images", "guess_content_type"]

_MOST = 64
"""Images of a body that are returned."""
_MOST_VALUES = 100_000
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
    found = []
    for content in _multipart_contents(body, content_type) if kind.startswith("multipart/") else _texts(body, kind):
        if image_format(content):
            found.append(content)
            if len(found) == _MOST:
                break
    return found


def _texts(body: bytes, kind: str) -> Iterator[bytes]:
    """What the base64 texts of a JSON document decode to."""
    if "json" not in kind:
        return
    try:
        document: Json = orjson.loads(body)
    except (ValueError, RecursionError):
        return
    waiting: list[Json] = [document]
    for _ in range(_MOST_VALUES):
        if not waiting:
            return
        value = waiting.pop()
        if isinstance(value, str):
            if (content := _decode(value)) is not None:
                yield content
        elif isinstance(value, (dict, list)):
            waiting += reversed([*(value.values() if isinstance(value, dict) else value)][:_MOST_VALUES])


def _decode(text: str) -> bytes | None:
    """What a base64 text, or a data URL, decodes to; None for any other text."""
    text = text.partition(",")[2] if text.startswith("data:") else text
    bare = "".join(text.split()).replace("-", "+").replace("_", "/")
    try:
        return base64.b64decode(bare + "=" * (-len(bare) % 4), validate=True) if len(bare) > 16 else None
    except (binascii.Error, ValueError):
        return None


def _multipart_contents(body: bytes, content_type: str) -> Iterator[bytes]:
    """The contents of the parts of a form (RFC 2046, section 5.1)."""
    header = Message()
    header["content-type"] = content_type
    boundary = header.get_param("boundary")
    if not isinstance(boundary, str) or not boundary:
        return
    for part in (b"\r\n" + body).split(b"\r\n--" + boundary.encode("utf-8", "replace"))[1:]:
        head, separator, content = part.partition(b"\r\n\r\n")
        if not separator:
            continue
        encoded = b"base64" in head.lower()
        decoded = _decode(content.decode("ascii", "replace")) if encoded else content
        if decoded is not None:
            yield decoded
