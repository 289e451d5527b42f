"""``multipart/form-data`` (RFC 7578): the parts of a body, and a body of parts."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence

from sm_imgcheck.core.errors import PayloadError
from sm_imgcheck.core.frozen import frozen

__all__ = ["Part", "boundary_of", "line_end", "read_form", "write_form"]

MAX_PARTS = 1000
MAX_HEADER_BYTES = 8192
_BOUNDARY = re.compile(r";\s*boundary=(?:\"([^\"]{1,70})\"|([^\s;\"]{1,70}))", re.IGNORECASE)
_LINE_END = re.compile(rb"\A\r?\n")
_BLANK_LINE = re.compile(rb"\r\n\r\n|\n\n")
_PARAMETER = re.compile(r";\s*(name|filename)=(?:\"((?:\\.|[^\"\\])*)\"|([^\s;]+))", re.IGNORECASE)


@frozen
class Part:
    """One field of a form."""

    name: str
    body: bytes
    content_type: str = ""
    filename: str = ""
    encoding: str = ""
    """``Content-Transfer-Encoding`` in lower case, such as ``base64``; servers ignore it (RFC 7578, section 4.7)."""


def boundary_of(content_type: str) -> str:
    """The boundary that a content type declares. Raises PayloadError if it declares none."""
    match = _BOUNDARY.search(content_type)
    if match is None:
        raise PayloadError("content type: got no boundary, expected multipart/form-data; boundary=...")
    return match[1] or match[2]


def read_form(body: bytes, content_type: str, *, lenient: bool = False) -> tuple[Part, ...]:
    """The parts in order. Raises PayloadError for a form that is not closed, or that has more than 1000 parts.

    lenient: accept both, and skip damaged parts.
    """
    pieces = _pieces(body, b"--" + boundary_of(content_type).encode("latin-1", "replace"))
    if lenient:
        return tuple(part for piece in pieces[1:] if (part := _part(piece)) is not None)
    if len(pieces) < 2 or len(pieces) > MAX_PARTS + 2:
        raise PayloadError(f"multipart body: got {len(pieces) - 1} delimiters, expected 1 to {MAX_PARTS} parts")
    if not pieces[-1].startswith(b"--"):
        raise PayloadError("multipart body: got no closing delimiter, expected --boundary-- at its end")
    parts = tuple(part for piece in pieces[1:-1] if (part := _part(piece)) is not None)
    if len(parts) != len(pieces) - 2:
        raise PayloadError("multipart body: got a part without a blank line after its headers")
    return parts


def _pieces(body: bytes, mark: bytes) -> list[bytes]:
    """What is before, between and after the lines that start with ``mark``; CR LF or LF ends a line, as in werkzeug."""
    pieces: list[bytes] = []
    start, at = 0, body.find(mark)
    while at >= 0 and len(pieces) < MAX_PARTS + 2:
        if at == 0 or body[at - 1] == ord("\n"):
            pieces.append(body[start:at].removesuffix(b"\n").removesuffix(b"\r"))
            start = at + len(mark)
        at = body.find(mark, at + len(mark))
    return [*pieces, body[start:]]


def line_end(body: bytes) -> bytes:
    """What ends the line of the first delimiter: CR LF, or LF alone, which some servers read (RFC 7578 has CR LF)."""
    line = body[max(body.find(b"--"), 0) :].partition(b"\n")[0]
    return b"\r\n" if line.endswith(b"\r") else b"\n"


def _part(piece: bytes) -> Part | None:
    """Return a part; None: it has no blank line after its headers."""
    piece = _LINE_END.sub(b"", piece.lstrip(b" \t"), count=1)
    blank = _BLANK_LINE.search(piece, 0, MAX_HEADER_BYTES + len(b"\r\n\r\n"))
    if blank is None:
        return None
    body, headers = piece[blank.end() :], {}
    for line in piece[: blank.start()].decode("utf-8", "replace").splitlines():
        name, _, value = line.partition(":")
        headers[name.strip().lower()] = value.strip()
    said = {match[1].lower(): match[2] or match[3] or "" for match in _PARAMETER.finditer(_disposition(headers))}
    return Part(
        name=said.get("name", ""),
        body=body,
        content_type=headers.get("content-type", ""),
        filename=said.get("filename", ""),
        encoding=headers.get("content-transfer-encoding", "").lower(),
    )


def _disposition(headers: dict[str, str]) -> str:
    return headers.get("content-disposition", "")


def write_form(parts: Sequence[Part]) -> tuple[bytes, str]:
    """The body and its content type; the boundary follows from the contents, so that equal parts give equal bytes."""
    digest = hashlib.sha256(b"".join(part.body for part in parts)).hexdigest()[:32]
    lines: list[bytes] = []
    for part in parts:
        name = part.name.replace("\\", "\\\\").replace('"', '\\"')
        head = f'Content-Disposition: form-data; name="{name}"; filename="{part.filename}"\r\n'
        lines += [f"--{digest}\r\n{head}Content-Type: {part.content_type}\r\n\r\n".encode(), part.body, b"\r\n"]
    lines.append(f"--{digest}--\r\n".encode())
    return b"".join(lines), f"multipart/form-data; boundary={digest}"
