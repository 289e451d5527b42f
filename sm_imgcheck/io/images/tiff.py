"""The directory of a TIFF or BigTIFF file, whose format EXIF blocks have too (TIFF 6.0, section 2)."""

from __future__ import annotations

__all__ = ["tiff_directory", "tiff_layout", "tiff_number"]

# Bytes a value of the TIFF types that sizes are written in: SHORT, LONG and BigTIFF's LONG8.
TIFF_SIZES = {3: 2, 4: 4, 16: 8}


def tiff_layout(body: bytes) -> tuple[int, int, int]:
    """Bytes of a directory's count, of an entry and of an offset, in TIFF or BigTIFF."""
    return (8, 20, 8) if body[2:4] in (b"+\0", b"\0+") else (2, 12, 4)


def tiff_number(body: bytes, at: int, size: int) -> int:
    """Return an unsigned number in the file's byte order; bytes beyond the end are ignored."""
    return int.from_bytes(body[at : at + size], "little" if body[:1] == b"I" else "big")


def tiff_directory(body: bytes) -> dict[int, list[int]]:
    """The first value of each numeric field of the first directory, by tag; several where a tag is repeated."""
    head, step, room = tiff_layout(body)
    at = tiff_number(body, 8 if room == 8 else 4, room)
    sizes: dict[int, list[int]] = {}
    for entry in range(at + head, min(at + head + step * tiff_number(body, at, head), len(body)), step):
        size = TIFF_SIZES.get(tiff_number(body, entry + 2, 2), 0)
        offset = entry + 4 + room
        inline = size * tiff_number(body, entry + 4, room) <= room
        if size:
            start = offset if inline else tiff_number(body, offset, room)
            sizes.setdefault(tiff_number(body, entry, 2), []).append(tiff_number(body, start, size))
    return sizes
