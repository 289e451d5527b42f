"""The orientation that an image file declares in EXIF or XMP, as Pillow and OpenCV read it."""

from __future__ import annotations

import re

from sm_imgcheck.core.frozen import frozen

__all__ = ["Orientation", "read_exif", "read_orientation", "without_app1_name"]

UTF8_TYPE = 129  # text in UTF-8, since EXIF 3.0
# Bytes per value of the field types 1..13: BYTE, ASCII, SHORT, LONG, RATIONAL, SBYTE, UNDEFINED, SSHORT ... IFD.
EXIF_SIZES = (1, 1, 2, 4, 8, 1, 1, 2, 4, 8, 4, 8, 4)
# Types with which Pillow applies an orientation: SHORT, LONG, SSHORT, SLONG.
NUMBER_TYPES = (3, 4, 8, 9)
ORIENTATION_TAG = 0x0112
# As Pillow searches it (Image.getexif), which does not parse the XML.
XMP_ORIENTATION = re.compile(rb'tiff:Orientation(?:="|>)([0-9])')


@frozen
class Orientation:
    """What a file declares, 1..8; 1 where it declares none or another number."""

    pillow: int = 1
    """What `ImageOps.exif_transpose` applies: the EXIF tag, else the same tag of XMP."""
    opencv: int = 1
    """What OpenCV applies: the first two bytes of the EXIF tag's value, of any type (exif.cpp, getOrientation)."""
    source: str = "EXIF"
    """Where Pillow's is declared: EXIF or XMP."""
    problem: str = ""
    """What is wrong with the EXIF block, if anything."""


def read_orientation(exif: bytes | None, xmp: bytes = b"") -> Orientation:
    """Return the orientation by an EXIF block, with or without the name of JPEG's APP1, and by XMP."""
    pillow, opencv, problem = (0, 0, "") if exif is None else read_exif(without_app1_name(exif))
    match = None if pillow else XMP_ORIENTATION.search(xmp)
    return Orientation(
        pillow=valid_orientation(int(match[1]) if match else pillow),
        opencv=valid_orientation(opencv),
        source="XMP" if match else "EXIF",
        problem=problem,
    )


def without_app1_name(exif: bytes) -> bytes:
    """Return an EXIF block from its byte order on: many PNG and WebP files keep the name of JPEG's APP1 before it."""
    return exif[6:] if exif.startswith(b"Exif\0\0") else exif


def valid_orientation(number: int) -> int:
    """Return a number from 1 to 8, and 1 for any other."""
    return number if 1 <= number <= 8 else 1


def read_exif(block: bytes) -> tuple[int, int, str]:
    """The orientation tag of the first directory as Pillow and as OpenCV read it, and what is wrong, if anything.

    0: no tag that they read. ``block`` starts with the byte order (``II`` or ``MM``). Both use the first of two tags.
    """
    if len(block) < 14:
        return 0, 0, f"short header ({len(block)} bytes)"
    if block[:4] not in (b"II*\0", b"MM\0*"):
        return 0, 0, f"bad byte order mark ({block[:4].hex(' ')})"
    big = block[:1] == b"M"
    at = exif_number(block[4:8], big=big)
    count = exif_number(block[at : at + 2], big=big)
    pillow, opencv, problem = 0, 0, ""
    if not 8 <= at <= len(block) - 2:
        return 0, 0, f"first directory at byte {at} of {len(block)}"
    for entry in range(at + 2, at + 2 + 12 * count, 12):
        field = block[entry : entry + 12]
        if len(field) < 12:
            problem = problem or f"directory of {count} entries runs past the end"
            break
        tag, kind = exif_number(field[:2], big=big), exif_number(field[2:4], big=big)
        problem = problem or exif_field_problem(block, field, tag, kind, big=big)
        if tag == ORIENTATION_TAG:
            opencv = opencv or exif_number(field[8:10], big=big)
            if kind in NUMBER_TYPES:
                length = EXIF_SIZES[kind - 1]
                pillow = pillow or exif_number(field[8 : 8 + length], big=big)
    return pillow, opencv, problem


def exif_number(raw: bytes, *, big: bool) -> int:
    """An unsigned number in the block's byte order."""
    return int.from_bytes(raw, "big" if big else "little")


def exif_field_problem(block: bytes, field: bytes, tag: int, kind: int, *, big: bool) -> str:
    """Return the problem of one entry of a directory; empty without one."""
    if not 1 <= kind <= len(EXIF_SIZES) and kind != UTF8_TYPE:
        return f"unknown type {kind} in tag 0x{tag:04x}"
    size = (1 if kind == UTF8_TYPE else EXIF_SIZES[kind - 1]) * exif_number(field[4:8], big=big)
    if size > 4 and exif_number(field[8:12], big=big) + size > len(block):
        return f"value of tag 0x{tag:04x} is outside the block"
    return ""
