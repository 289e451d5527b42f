"""Boxes of an ISO base media file: the containers of AVIF and JPEG 2000 (ISO/IEC 14496-12, 15444-1 annex I)."""

from __future__ import annotations

from collections.abc import Iterator

from sm_imgcheck.core.errors import CandidateError

__all__ = ["big", "box_contents", "boxes"]

# An encoder writes about twenty boxes, a sequence about a hundred.
MAX_BOXES = 10_000


def boxes(body: bytes, start: int, end: int) -> Iterator[tuple[bytes, int, int]]:
    """The boxes between two offsets: type, offset of the contents, offset of the next box.

    Raises CandidateError for more boxes than any encoder writes.
    """
    for _ in range(MAX_BOXES):
        if start + 8 > end:
            return
        size, inside = big(body, start, 4), start + 8
        if size == 1:
            size, inside = big(body, start + 8, 8), start + 16
        after = min(start + size, end) if size else end
        if after < inside:
            return
        yield body[start + 4 : start + 8], inside, after
        start = after
    raise CandidateError("SRC112", f"more than {MAX_BOXES} boxes; no encoder writes this many")


def box_contents(body: bytes, path: str, start: int, end: int) -> list[tuple[int, int]]:
    """Where the contents of the boxes at ``path`` (``meta/iprp``) are; of a ``meta`` box, after its version."""
    name, _, rest = path.partition("/")
    contents = [
        (inside + 4 * (kind == b"meta"), after)
        for kind, inside, after in boxes(body, start, end)
        if kind == name.encode()
    ]
    return [offset for at, to in contents for offset in box_contents(body, rest, at, to)] if rest else contents


def big(body: bytes, at: int, size: int) -> int:
    """Return an unsigned big-endian number; bytes beyond the end are ignored."""
    return int.from_bytes(body[at : at + size], "big")
