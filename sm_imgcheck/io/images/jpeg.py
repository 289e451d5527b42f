"""The markers of a JPEG file, read without decoding it (ITU-T T.81, annex B)."""

from __future__ import annotations

import re
from collections.abc import Iterator

from sm_imgcheck.core.errors import CandidateError
from sm_imgcheck.core.frozen import frozen

__all__ = [
    "JpegScan",
    "essential_jpeg",
    "is_last_scan",
    "jpeg_coding",
    "jpeg_color_space",
    "jpeg_segments",
    "jpeg_subsampling",
    "scan_jpeg",
]

# In entropy-coded data 0xFF is followed by 0x00 (stuffing), a restart marker or a fill byte: anything else ends it.
JPEG_MARKER = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]")
# An encoder writes a dozen segments and about ten scans; a file of a million empty ones is an attack.
MAX_JPEG_SEGMENTS = 5_000
JPEG_FRAMES = frozenset({0xC0, 0xC1, 0xC2, 0xC3, 0xC5, 0xC6, 0xC7, 0xC9, 0xCA, 0xCB, 0xCD, 0xCE, 0xCF})
# Frame headers, DHT, DAC, a second SOI (an error to keep), DQT, DRI, and the two application segments with the color
# encoding.
JPEG_NEEDED = JPEG_FRAMES | {0xC4, 0xCC, 0xD8, 0xDB, 0xDD, 0xE0, 0xEE}
XMP_NAME = b"http://ns.adobe.com/xap/1.0/\0"
# SOI and TEM have no length; every other marker here is followed by a length.
JPEG_ALONE = frozenset({0x01, 0xD8})


@frozen
class JpegScan:
    """The markers of a file; offsets are counted from its start."""

    sof: int
    """Second byte of the frame header's marker, 0xC0..0xCF; 0 without a frame header."""
    bits: int
    height: int
    width: int
    components: tuple[tuple[int, int, int], ...]
    """Identifier, horizontal and vertical sampling factor of each."""
    jfif: bool
    adobe: int | None
    """The Adobe segment's color transform: 0 RGB or CMYK, 1 YCbCr, 2 YCCK; None: no such segment."""
    exif: tuple[bytes, ...]
    """The bytes after the identifier of each EXIF segment; Pillow joins them."""
    xmp: bytes
    """The bytes after the identifier of the last XMP segment, which counts for Pillow; empty without one."""
    icc: tuple[bytes, ...]
    """What follows the identifier of each ICC segment: number, count, then a piece of the profile."""
    index: bytes
    """What follows the identifier of the multi-picture index."""
    needed: tuple[tuple[int, int], ...]
    """Offsets of the segments before the first scan that a decoder needs."""
    start: int
    """Offset of the first scan; -1 without one."""
    scans: int
    end: int
    """Offset after the end marker; the file's length without one."""
    complete: bool
    """Whether the file has an end marker."""
    stray: int
    """Bytes between segments that belong to none."""
    short_segment: str
    """Why Pillow rejects the file: a JFIF or Adobe segment without its version; empty: both are complete."""


def jpeg_segments(body: bytes) -> Iterator[tuple[int, int, int, int]]:
    """Yield the segments of the first image: marker, offset, offset of the payload, offset of the next segment.

    The entropy-coded data of a scan ends at the next marker. Raises CandidateError for more segments than any encoder
    writes.
    """
    at = 2
    for _ in range(MAX_JPEG_SEGMENTS):
        match = JPEG_MARKER.search(body, at)
        if match is None:
            return
        start = match.start()
        marker, at = body[start + 1], start + 2
        inside = at
        if marker not in JPEG_ALONE and marker != 0xD9:
            inside, at = at + 2, at + max(2, int.from_bytes(body[at : at + 2], "big"))
        if marker == 0xDA:
            past = JPEG_MARKER.search(body, at)
            at = past.start() if past else len(body)
        yield marker, start, inside, at
        if marker == 0xD9:
            return
    raise CandidateError("SRC112", f"JPEG: more than {MAX_JPEG_SEGMENTS} segments; no encoder writes this many")


def scan_jpeg(body: bytes) -> JpegScan:
    """Read the markers of ``body`` up to the end of its first image. Raises as ``jpeg_segments``."""
    apps: dict[int, list[bytes]] = {0xE0: [], 0xE1: [], 0xE2: [], 0xEE: []}
    segments: list[tuple[int, int]] = []
    frame, frame_at, first, scans, stray, at, complete = 0, 0, -1, 0, 0, 2, False
    for marker, start, inside, end in jpeg_segments(body):
        if start > at:
            stray += len(body[at:start].strip(b"\xff"))
        at = end
        if marker in apps:
            apps[marker].append(body[inside:end])
        elif marker in JPEG_FRAMES and not frame:
            frame, frame_at = marker, inside
        elif marker == 0xDA:
            scans, first = scans + 1, start if first < 0 else first
        complete = marker == 0xD9
        if first < 0 and marker in JPEG_NEEDED:
            segments.append((start, end))
    factors = body[frame_at + 6 : frame_at + 6 + 3 * body[frame_at + 5]] if frame and len(body) > frame_at + 5 else b""
    exif = [app[6:] for app in apps[0xE1] if app.startswith(b"Exif\0\0")]
    adobe = next((app[11] for app in apps[0xEE] if app[:5] == b"Adobe" and len(app) >= 12), None)
    return JpegScan(
        sof=frame if factors else 0,
        bits=body[frame_at] if factors else 0,
        height=int.from_bytes(body[frame_at + 1 : frame_at + 3], "big") if factors else 0,
        width=int.from_bytes(body[frame_at + 3 : frame_at + 5], "big") if factors else 0,
        components=tuple((i, hv >> 4, hv & 15) for i, hv in zip(factors[::3], factors[1::3])),
        jfif=any(app[:5] == b"JFIF\0" for app in apps[0xE0]),
        adobe=adobe,
        exif=tuple(exif),
        xmp=next((app[len(XMP_NAME) :] for app in reversed(apps[0xE1]) if app.startswith(XMP_NAME)), b""),
        icc=tuple(app[12:] for app in apps[0xE2] if app[:12] == b"ICC_PROFILE\0"),
        index=next((app[4:] for app in apps[0xE2] if app[:4] == b"MPF\0"), b""),
        needed=tuple(segments),
        start=first,
        scans=scans,
        end=at if complete else len(body),
        complete=complete,
        stray=stray,
        short_segment=_short_segment(apps[0xE0], b"JFIF", "APP0") or _short_segment(apps[0xEE], b"Adobe", "APP14"),
    )


def is_last_scan(body: bytes, at: int) -> bool:
    """Return whether image data from ``at`` on is followed by the end marker, and the file ends there."""
    match = JPEG_MARKER.search(body, at)
    return match is not None and match.start() == len(body) - 2 and body[-1] == 0xD9


def _short_segment(segments: list[bytes], name: bytes, marker: str) -> str:
    """Return why Pillow rejects a segment: it reads two bytes at offset 5 (JpegImagePlugin.APP)."""
    short = next((segment for segment in segments if segment.startswith(name) and len(segment) < 7), None)
    if short is None:
        return ""
    return f"{name.decode()} segment ({marker}): got {len(short)} bytes, expected at least 7"


def essential_jpeg(body: bytes, scan: JpegScan) -> bytes:
    """Return the first image alone, without comments, thumbnails, profiles and bytes between segments."""
    parts = [b"\xff\xd8", *(body[start:end] for start, end in scan.needed), body[scan.start : scan.end]]
    return b"".join(parts)


def jpeg_color_space(scan: JpegScan) -> str:
    """How the samples code color, as libjpeg guesses it: gray, YCbCr, RGB, CMYK, YCCK, or empty for anything else.

    libjpeg-turbo jdapimin.c, default_decompress_parms: the JFIF segment, the Adobe transform, then the identifiers.
    """
    count = len(scan.components)
    if count == 4:
        return "YCCK" if scan.adobe == 2 else "CMYK"
    if count == 3 and not scan.jfif:
        if scan.adobe is not None:
            return "RGB" if scan.adobe == 0 else "YCbCr"
        return "RGB" if bytes(i for i, _, _ in scan.components) == b"RGB" else "YCbCr"
    return {1: "gray", 3: "YCbCr"}.get(count, "")


def jpeg_coding(sof: int) -> str:
    """The process that a frame header names, in words; empty for 0."""
    kinds = {0xC0: "baseline", 0xC1: "extended", 0xC2: "progressive", 0xC3: "lossless"}
    plain = {0xC9: "arithmetic", 0xCA: "arithmetic progressive", 0xCB: "arithmetic lossless"}
    return kinds.get(sof) or plain.get(sof) or ("hierarchical" if sof else "")


def jpeg_subsampling(components: tuple[tuple[int, int, int], ...]) -> str:
    """The chroma subsampling as ``4:2:0``; ``2x2,1x2,1x2`` where it has no such name; empty for one component."""
    if len(components) < 3:
        return ""
    factors = [(h, v) for _, h, v in components]
    names = {(1, 1): "4:4:4", (2, 1): "4:2:2", (2, 2): "4:2:0", (4, 1): "4:1:1", (4, 2): "4:1:0"}
    names |= {(1, 2): "4:4:0", (1, 4): "4:4:1"}
    name = names.get(factors[0]) if all(factor == (1, 1) for factor in factors[1:3]) else None
    return name or ",".join(f"{h}x{v}" for h, v in factors)
