"""Camera raw files, recognized by their content: most are TIFF files whose first image is a thumbnail."""

from __future__ import annotations

from typing import Literal

__all__ = ["camera_raw"]

_SIGNATURES = (
    (b"FUJIFILMCCD-RAW", "Fujifilm raw image (RAF)"),
    (b"IIRO", "Olympus raw image (ORF)"),
    (b"IIRS", "Olympus raw image (ORF)"),
    (b"MMOR", "Olympus raw image (ORF)"),
    (b"IIU\0", "Panasonic raw image (RW2)"),
)
_TIFF = (b"II*\0", b"MM\0*")
_NEW_SUBFILE_TYPE, _COMPRESSION, _MAKE, _SUB_IFDS, _CFA_PATTERN, _DNG_VERSION = 254, 259, 271, 330, 33422, 50706
_MAX_ENTRIES = 512


def camera_raw(body: bytes) -> str:
    """Return the name of a camera raw format; empty for other files.

    DNG has the tag DNGVersion. NEF, ARW, PEF and others have a reduced image or sensor data in the first directory
    (NewSubfileType, CFAPattern), further directories and the camera's name (TIFF/EP, ISO 12234-2).
    """
    if body[4:12] == b"ftypcrx ":
        return "Canon raw image (CR3)"
    if body[:4] not in _TIFF:
        return next((name for magic, name in _SIGNATURES if body.startswith(magic)), "")
    if body[8:10] == b"CR" and body[10:11] == b"\2":
        return "Canon raw image (CR2)"
    tags = _first_directory(body)
    if _DNG_VERSION in tags:
        return "DNG raw image"
    is_sensor_data = tags.get(_COMPRESSION) in (32767, 32769, 32770, 34713, 65535)
    is_thumbnail = tags.get(_NEW_SUBFILE_TYPE, 0) & 1 == 1 and _SUB_IFDS in tags
    return "camera raw image" if _MAKE in tags and (is_thumbnail or is_sensor_data or _CFA_PATTERN in tags) else ""


def _first_directory(body: bytes) -> dict[int, int]:
    """Return the first value, or its offset, by tag of a TIFF's first directory."""
    order: Literal["big", "little"] = "big" if body[:2] == b"MM" else "little"
    start = int.from_bytes(body[4:8], order)
    count = min(int.from_bytes(body[start : start + 2], order), _MAX_ENTRIES)
    tags = {}
    for entry in range(start + 2, start + 2 + 12 * count, 12):
        field = body[entry : entry + 12]
        if len(field) < 12:
            break
        tag, kind = (int.from_bytes(field[at : at + 2], order) for at in (0, 2))
        tags[tag] = int.from_bytes(field[8:10] if kind == 3 else field[8:12], order)
    return tags
