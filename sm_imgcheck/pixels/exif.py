"""The orientation that a camera wrote, and whether the block that holds it is sound (CIPA DC-008, Exif 2.32)."""

from __future__ import annotations

__all__ = ["read_exif"]

# Bytes per value of the field types 1..13: BYTE, ASCII, SHORT, LONG, RATIONAL, SBYTE, UNDEFINED, SSHORT ... IFD.
EXIF_SIZES = (1, 1, 2, 4, 8, 1, 1, 2, 4, 8, 4, 8, 4)
ORIENTATION_TAG = 0x0112


def without_app1_name(block: bytes) -> bytes:
    """An EXIF block from its byte order on: many PNG and WebP files keep the name of JPEG's APP1 in front of it."""
    return block[6:] if block.startswith(b"Exif\0\0") else block


def read_exif(block: bytes) -> tuple[int, str]:
    """Orientation 1..8 from the first directory (1 where it is absent or out of range), and what is wrong, if anything.

    ``block`` starts with the byte order (``II`` or ``MM``). Only the first directory is read: no other matters here.
    """
    if len(block) < 14:
        return 1, f"short header ({len(block)} bytes)"
    if block[:4] not in (b"II*\0", b"MM\0*"):
        return 1, f"bad byte order mark ({block[:4].hex(' ')})"
    big = block[:1] == b"M"
    at = exif_number(block[4:8], big=big)
    count = exif_number(block[at : at + 2], big=big)
    orientation, problem = 1, ""
    if not 8 <= at <= len(block) - 2:
        return 1, f"first directory at byte {at} of {len(block)}"
    for entry in range(at + 2, at + 2 + 12 * count, 12):
        field = block[entry : entry + 12]
        if len(field) < 12:
            return orientation, problem or f"directory of {count} entries runs past the end"
        tag, kind = exif_number(field[:2], big=big), exif_number(field[2:4], big=big)
        problem = problem or exif_field_problem(block, field, tag, kind, big=big)
        if tag == ORIENTATION_TAG and kind in (3, 4):
            value = exif_number(field[8:10] if kind == 3 else field[8:12], big=big)
            orientation = value if 1 <= value <= 8 else 1
    return orientation, problem


def exif_number(raw: bytes, *, big: bool) -> int:
    """An unsigned number in the block's byte order."""
    return int.from_bytes(raw, "big" if big else "little")


def exif_field_problem(block: bytes, field: bytes, tag: int, kind: int, *, big: bool) -> str:
    """What is wrong with one entry of a directory; empty: nothing."""
    if not 1 <= kind <= len(EXIF_SIZES):
        return f"unknown type {kind} in tag 0x{tag:04x}"
    size = EXIF_SIZES[kind - 1] * exif_number(field[4:8], big=big)
    if size > 4 and exif_number(field[8:12], big=big) + size > len(block):
        return f"value of tag 0x{tag:04x} lies outside the block"
    return ""
