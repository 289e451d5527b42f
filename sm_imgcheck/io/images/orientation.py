"""The orientation tags of an image file in EXIF and XMP, as Pillow, OpenCV and libtiff read them."""

from __future__ import annotations

import math
import re
import struct
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from sm_imgcheck.core.types import Header, Orientation
from sm_imgcheck.io.images.tiff import tiff_layout, tiff_number
from sm_imgcheck.ops.kernels.color import orient

__all__ = [
    "INVERSE_ORIENTATION",
    "ExifTag",
    "as_stored",
    "make_orientation",
    "read_exif",
    "read_orientation",
    "without_app1_name",
]

ORIENTATION_TAG, SHORT = 0x0112, 3
# The inverse of each orientation that is not its own inverse.
INVERSE_ORIENTATION = {6: 8, 8: 6}
BYTE_ORDERS = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")  # TIFF and BigTIFF
# Pillow accepts the number 42 in the other byte order too.
PILLOW_ORDERS = (b"II\0*", b"MM*\0")
# Types 1 to 13 of TIFF, and BigTIFF's LONG8: name and `struct` code of a value.
EXIF_TYPES = {
    1: ("BYTE", "B"),
    2: ("ASCII", "B"),
    3: ("SHORT", "H"),
    4: ("LONG", "I"),
    5: ("RATIONAL", "2I"),
    6: ("SBYTE", "b"),
    7: ("UNDEFINED", "B"),
    8: ("SSHORT", "h"),
    9: ("SLONG", "i"),
    10: ("SRATIONAL", "2i"),
    11: ("FLOAT", "f"),
    12: ("DOUBLE", "d"),
    13: ("IFD", "I"),
    16: ("LONG8", "Q"),
}
# With UTF-8 (129, EXIF 3.0), which neither library reads.
TYPE_SIZES = {129: 1, **{kind: struct.calcsize("=" + code) for kind, (_, code) in EXIF_TYPES.items()}}
# The most that a directory of a TIFF holds; BigTIFF counts in 64 bits.
MAX_FIELDS = 65_535
# Types that are bytes and text for Pillow, and the types that libtiff accepts for a SHORT (TIFFReadDirEntryShort).
PILLOW_TEXTS = (1, 2, 7)
# Tags with values outside their entries that OpenCV reads (exif.cpp, parseExifEntry): texts and fractions.
OPENCV_TAGS = frozenset(
    {0x010E, 0x010F, 0x0110, 0x011A, 0x011B, 0x0131, 0x0132, 0x013E, 0x013F, 0x0211, 0x0214, 0x8298}
)
LIBTIFF_INTEGERS = (1, 3, 4, 6, 8, 9, 16)
# As Pillow searches it (Image.getexif), which does not parse the XML.
XMP_ORIENTATION = re.compile(rb'tiff:Orientation(?:="|>)([0-9])')


class ExifTag(NamedTuple):
    """The orientation tag of a directory as each library reads it, 1..8; 1: no such number."""

    pillow: int = 0
    """0: Pillow finds no tag, and uses XMP."""
    opencv: int = 0
    """0: OpenCV finds no tag, and reads the next block."""
    libtiff: int = 1
    browser: int = 1
    words: str = ""
    """Number and unusual type of the first tag, such as ``6 (BYTE)``; empty without a tag."""
    problem: str = ""
    """What is wrong with the directory, if anything."""


class ExifField(NamedTuple):
    """An entry of a directory."""

    tag: int
    kind: int
    values: int
    """Their number."""
    at: int
    """Offset of the value, in the entry or outside of it."""
    size: int
    """Bytes of a value outside the entry; 0: it is inside."""
    is_missing: bool
    """Whether the value is outside the block."""
    entry: int
    """Offset of the entry."""


def read_orientation(
    form: str, exif: bytes | None, xmp: bytes = b"", *, opencv: Sequence[bytes] | None = None
) -> tuple[Orientation, str]:
    """Return the orientation by EXIF and XMP of a file of format ``form``, and what is wrong with EXIF, if anything.

    exif: the block that Pillow reads, which passes over the name of an APP1; into that of an AVIF file it has written
    the rotation of the container. opencv: the blocks of OpenCV, which does not pass over the name, and reads them one
    by one up to the first tag; None: the same block.
    """
    if exif is None and not xmp and not any(opencv or ()):
        return Orientation(), ""
    block = without_app1_name(exif or b"")
    tag = read_exif(block) if exif is not None else ExifTag()
    blocks = [exif or b""] if opencv is None else opencv
    others = [tag if block == other else read_exif(other) for other in blocks] or [ExifTag()]
    other = next((item for item in others if item.opencv), others[0])
    is_rotated = form == "AVIF" and other is not tag
    browser = {"JPEG": other.browser, "PNG": other.browser, "AVIF": tag.pillow or 1}.get(form, 1)
    orientation = make_orientation(
        (tag.pillow, other.opencv or 1, browser),
        {"EXIF": (other if is_rotated else tag).words, "container": str(tag.pillow) if is_rotated else ""},
        xmp,
    )
    problems = [tag.problem, *(item.problem for item in others if len(others) > 1)]
    return orientation, next(filter(None, problems), "")


def make_orientation(libraries: tuple[int, int, int], tags: dict[str, str], xmp: bytes) -> Orientation:
    """Return what the libraries apply, Pillow of XMP where it finds no tag (0), with the words of all tags."""
    pillow, opencv, browser = libraries
    match = XMP_ORIENTATION.search(xmp)
    pillow = pillow or valid_orientation(int(match[1]) if match else 1)
    if pillow == opencv == browser == 1:
        return Orientation()
    tags = {**tags, "XMP": match[1].decode() if match else ""}
    words = ", ".join(f"{name} orientation {number}" for name, number in tags.items() if number)
    return Orientation(pillow=pillow, opencv=opencv, browser=browser, tags=words)


def as_stored(pixels: np.ndarray, header: Header, library: str) -> np.ndarray:
    """Undo the orientation of a TIFF, which Pillow and OpenCV apply whenever they decode one."""
    orientation = header.orientation.by(library) if header.format == "TIFF" else 1
    return orient(pixels, orientation=INVERSE_ORIENTATION.get(orientation, orientation))


def without_app1_name(exif: bytes) -> bytes:
    """Return an EXIF block from its byte order on: many PNG and WebP files keep the name of JPEG's APP1 before it."""
    return exif[6:] if exif.startswith(b"Exif\0\0") else exif


def valid_orientation(number: float | None) -> int:
    """Return a number from 1 to 8, and 1 for any other."""
    return int(number) if number and number in range(1, 9) else 1


def read_exif(block: bytes) -> ExifTag:
    """Read the orientation tag of the first directory of an EXIF block, which starts with the byte order, or of a TIFF.

    OpenCV uses the first two bytes of the first tag, of any type, unless a value that it reads before is outside the
    block.
    """
    if block and block[:4] not in (*BYTE_ORDERS, *PILLOW_ORDERS):
        return ExifTag(pillow=1, problem=f"bad byte order mark ({block[:4].hex(' ')})")
    fields, problem = exif_fields(block)
    first = next((at for at, field in enumerate(fields) if field.tag == ORIENTATION_TAG), None)
    if first is None:
        return ExifTag(problem=problem)
    tag, number = fields[first], first_value(block, fields[first])
    start = tiff_number(block, tag.entry + 8, 2)
    is_read = block[:4] in BYTE_ORDERS and not any(
        field.is_missing and field.tag in OPENCV_TAGS for field in fields[:first]
    )
    value = start if number is None or tag.kind in PILLOW_TEXTS else number
    name = EXIF_TYPES[tag.kind][0] if tag.kind in EXIF_TYPES else f"type {tag.kind}"
    return ExifTag(
        pillow=pillow_tag(block, fields),
        opencv=valid_orientation(start) if is_read else 0,
        browser=browser_tag(block, fields),
        libtiff=valid_orientation(number) if tag.kind in LIBTIFF_INTEGERS and tag.values == 1 else 1,
        words=f"{value:g}" if name in ("SHORT", "LONG") else f"{value:g} ({name})",
        problem=problem,
    )


def pillow_tag(block: bytes, fields: Sequence[ExifField]) -> int:
    """The first tag that Pillow can read, 1..8, 1 for another value; 0: none.

    A value outside the block ends its reading, unless all values up to it are larger than the block.
    """
    total = 0
    for field in fields:
        total += field.size
        if field.is_missing and total <= len(block):
            break
        if field.tag == ORIENTATION_TAG and (number := first_value(block, field)) is not None:
            return 1 if field.kind in PILLOW_TEXTS else valid_orientation(number)
    return 0


def browser_tag(block: bytes, fields: Sequence[ExifField]) -> int:
    """The first tag of one SHORT from 1 to 8; 1 without such a tag."""
    tags = [field for field in fields if (field.tag, field.kind, field.values) == (ORIENTATION_TAG, SHORT, 1)]
    numbers = [first_value(block, tag) for tag in tags if block[:4] in BYTE_ORDERS]
    return next((int(number) for number in numbers if number and number in range(1, 9)), 1)


def first_value(block: bytes, field: ExifField) -> float | None:
    """The first value of a field as a number, of a fraction the quotient; None without one, and outside the block."""
    if field.is_missing or not field.values or field.kind not in EXIF_TYPES:
        return None
    number, *divisors = struct.unpack_from(byte_order(block) + EXIF_TYPES[field.kind][1], block, field.at)
    return math.nan if 0 in divisors else number / math.prod(divisors)


def byte_order(block: bytes) -> str:
    """The `struct` code of the byte order."""
    return "<" if block[:1] == b"I" else ">"


def exif_fields(block: bytes) -> tuple[list[ExifField], str]:
    """The entries of the first directory, and what is wrong with it, if anything."""
    if len(block) < 14:
        return [], f"short header ({len(block)} bytes)"
    problem = f"bad byte order mark ({block[:4].hex(' ')})" if block[:4] in PILLOW_ORDERS else ""
    head, step, room = tiff_layout(block)
    at = tiff_number(block, room, room)
    if not 8 <= at <= len(block) - head:
        return [], f"first directory at byte {at} of {len(block)}"
    count, fields = tiff_number(block, at, head), []
    whole = min(count, MAX_FIELDS, (len(block) - at - head) // step)
    layout = struct.Struct(byte_order(block) + ("HHQQ" if room == 8 else "HHII"))
    for entry in range(at + head, at + head + step * whole, step):
        tag, kind, number, start = layout.unpack_from(block, entry)
        size = TYPE_SIZES.get(kind, 0) * number
        if size <= room:
            start, size = entry + step - room, 0
        is_missing = size > 0 and start + size > len(block)
        fields.append(ExifField(tag, kind, number, start, size, is_missing, entry))
        if kind not in TYPE_SIZES:
            problem = problem or f"unknown type {kind} in tag 0x{tag:04x}"
        elif is_missing:
            problem = problem or f"value of tag 0x{tag:04x} is outside the block"
    if whole < count:
        problem = problem or f"directory of {count} entries runs past the end"
    return fields, problem
