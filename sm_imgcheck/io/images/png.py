"""The chunks of a PNG file, read and compared with their checksums without decoding (W3C PNG, third edition)."""

from __future__ import annotations

import zlib
from collections.abc import Iterator

from sm_imgcheck.core.errors import CandidateError
from sm_imgcheck.core.frozen import frozen

__all__ = ["PngScan", "check_data", "essential_png", "scan_png"]

MAX_PNG_CHUNKS = 200_000
# Pillow's PngImagePlugin.MAX_TEXT_CHUNK and MAX_TEXT_MEMORY: limits of one inflated chunk, and of all together.
MAX_PNG_TEXT = 1 << 20
MAX_PNG_TEXTS = 64 << 20
# The most that deflate can expand: 258 bytes for every two bits.
DEFLATE_RATIO = 1032
PNG_NEEDED = (b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"IEND")
PNG_CRITICAL = frozenset({b"IHDR", b"PLTE", b"IDAT", b"IEND"})
PNG_TEXTS = (b"tEXt", b"zTXt", b"iTXt", b"iCCP")
PNG_CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
PNG_DEPTHS = {0: (1, 2, 4, 8, 16), 2: (8, 16), 3: (1, 2, 4, 8), 4: (8, 16), 6: (8, 16)}
"""Bits per sample that exist for each color type (PNG specification, 11.2.1)."""


@frozen
class PngScan:
    """The contents of the chunks."""

    height: int
    width: int
    depth: int
    """Bits per sample: 1, 2, 4, 8 or 16."""
    color: int
    """0 gray, 2 RGB, 3 palette, 4 gray with alpha, 6 RGBA."""
    transparency: bool
    """Whether a color or palette entries are declared transparent (tRNS)."""
    frames: int
    exif: bytes | None
    """What counts for Pillow: the last EXIF chunk, else the last profile of ImageMagick; None without one."""
    opencv_exif: bytes
    """What counts for OpenCV: the first EXIF chunk; empty without one."""
    xmp: bytes
    """The last XMP text, which counts for Pillow; empty without one."""
    icc: bytes
    """The inflated profile; empty without one, and where it does not inflate."""
    icc_problem: str
    needed: tuple[tuple[int, int], ...]
    """Offsets of the chunks that the pixels need."""
    end: int
    """Offset after IEND; the file's length without one."""
    complete: bool
    """Whether the file has an IEND chunk."""
    missing_rows: float
    """Share of the rows, 0..1, that the compressed data cannot contain, however well it is compressed."""
    warnings: tuple[str, ...]
    unlike_opencv: tuple[str, ...]


def png_chunks(body: bytes) -> Iterator[tuple[bytes, int, int]]:
    """The whole chunks of ``body``: name, offset, offset of the next one. Raises CandidateError for far too many."""
    at = 8
    for _ in range(MAX_PNG_CHUNKS):
        start, at = at, at + 12 + int.from_bytes(body[at : at + 4], "big")
        if at > len(body):
            return
        yield body[start + 4 : start + 8], start, at
        if body[start + 4 : start + 8] == b"IEND":
            return
    raise CandidateError("SRC112", f"PNG: more than {MAX_PNG_CHUNKS} chunks; no encoder writes this many")


def scan_png(body: bytes) -> PngScan:
    """Walk the chunks of ``body``.

    Raises CandidateError where the header is missing or repeated, a checksum that guards the pixels is wrong, more
    pixels are declared than the data can hold, or a compressed text grows without measure.
    """
    chunks = list(png_chunks(body))
    if not chunks or chunks[0][0] != b"IHDR" or chunks[0][2] != 33:
        raise CandidateError("SRC112", "PNG: missing header chunk (IHDR) at the beginning")
    if body[24] not in PNG_DEPTHS.get(body[25], ()):
        raise CandidateError("SRC112", f"PNG header (IHDR): got color type {body[25]} with {body[24]} bits per sample")
    height, width = (int.from_bytes(body[at : at + 4], "big") for at in (20, 16))
    if again := [start for name, start, _ in chunks[1:] if name == b"IHDR"]:
        # The last one before the data counts for Pillow, the first for libpng.
        raise CandidateError(
            "SRC112", f"PNG header chunks (IHDR): got {len(again) + 1}, expected 1 (the second at byte {again[0]})"
        )
    warnings = tuple(filter(None, (png_checksum(body, name, start, end) for name, start, end in chunks)))
    check_png_texts(body, chunks)
    first = {name: body[start + 8 : end - 4] for name, start, end in reversed(chunks) if name not in (b"IDAT", b"fdAT")}
    icc, icc_problem = inflate_icc(first[b"iCCP"]) if b"iCCP" in first else (b"", "")
    data = sum(end - start - 12 for name, start, end in chunks if name == b"IDAT")
    rows = height * (1 + (width * body[24] * PNG_CHANNELS[body[25]] + 7) // 8)
    return PngScan(
        height=height,
        width=width,
        depth=body[24],
        color=body[25],
        transparency=b"tRNS" in first,
        frames=max(1, int.from_bytes(first.get(b"acTL", b"")[:4], "big")),
        exif=png_exif(body, chunks),
        opencv_exif=first.get(b"eXIf", b""),
        xmp=png_text(body, chunks, b"XML:com.adobe.xmp"),
        icc=icc,
        icc_problem=icc_problem,
        needed=tuple((start, end) for name, start, end in chunks if name in PNG_NEEDED),
        end=chunks[-1][2] if chunks[-1][0] == b"IEND" else len(body),
        complete=chunks[-1][0] == b"IEND",
        missing_rows=max(0.0, 1.0 - (data + 64) * DEFLATE_RATIO / max(rows, 1)),
        warnings=(*warnings, *png_grammar_warnings(chunks)),
        unlike_opencv=png_palette_difference(chunks, is_needed=body[25] == 3),
    )


def png_grammar_warnings(chunks: list[tuple[bytes, int, int]]) -> Iterator[str]:
    """Yield what libpng, and OpenCV with it, rejects and Pillow ignores."""
    names = [name for name, _, _ in chunks]
    if names[-1] != b"IEND":
        yield "PNG: missing end chunk (IEND): the file is truncated"
    for name in dict.fromkeys(names):
        if name[:1].isupper() and name not in PNG_CRITICAL:
            yield f"PNG: unknown critical chunk {name.decode('latin-1')!r}; OpenCV rejects the file"


def png_palette_difference(chunks: list[tuple[bytes, int, int]], *, is_needed: bool) -> tuple[str, ...]:
    """Return what OpenCV does where the number of palettes is wrong, which Pillow ignores; empty where it is right."""
    count = sum(name == b"PLTE" for name, _, _ in chunks)
    is_wrong = count > 1 or (is_needed and not count)
    return (f"PNG palettes (PLTE): got {count}, expected 1; OpenCV rejects the file",) if is_wrong else ()


def png_checksum(body: bytes, name: bytes, start: int, end: int) -> str:
    """Return the message about a chunk with a wrong checksum. Raises CandidateError where the pixels need the chunk."""
    if zlib.crc32(memoryview(body)[start + 4 : end - 4]) == int.from_bytes(body[end - 4 : end], "big"):
        return ""
    clause = f"wrong checksum of the {name.decode('latin-1')!r} chunk"
    if name in PNG_NEEDED and name != b"tRNS":
        raise CandidateError("SRC112", f"corrupt PNG: {clause}")
    return clause


def check_png_texts(body: bytes, chunks: list[tuple[bytes, int, int]]) -> None:
    """Raise CandidateError where inflating the texts would take more than Pillow allows."""
    total = 0
    for name, start, end in chunks:
        if name not in PNG_TEXTS:
            continue
        inside = body[start + 8 : end - 4]
        payload, is_compressed = text_payload(name, inside.partition(b"\0")[2])
        payload = payload if is_compressed else b""
        size = len(inflate(payload, MAX_PNG_TEXT)) if len(payload) * DEFLATE_RATIO > MAX_PNG_TEXT else len(payload)
        total += max(size, len(inside))
        if size > MAX_PNG_TEXT or total > MAX_PNG_TEXTS:
            kind = name.decode("latin-1")
            raise CandidateError("SRC121", f"PNG: {kind} chunk inflates to more than {MAX_PNG_TEXT} bytes")


def png_exif(body: bytes, chunks: list[tuple[bytes, int, int]]) -> bytes | None:
    """Return the last EXIF chunk, else a profile in hexadecimal digits after three lines; None without either."""
    for name, start, end in reversed(chunks):
        if name == b"eXIf":
            return body[start + 8 : end - 4]
    profile = png_text(body, chunks, b"Raw profile type exif")
    try:
        return bytes.fromhex((profile.split(b"\n", 3)[3:] or [b""])[0].decode("latin-1")) if profile else None
    except ValueError:
        return profile[:4]


def png_text(body: bytes, chunks: list[tuple[bytes, int, int]], keyword: bytes) -> bytes:
    """Return the last text with this keyword; empty without one."""
    for name, start, end in reversed(chunks):
        if name in PNG_TEXTS and body.startswith(keyword + b"\0", start + 8):
            payload, is_compressed = text_payload(name, body[start + 9 + len(keyword) : end - 4])
            return inflate(payload, MAX_PNG_TEXT) if is_compressed else payload
    return b""


def text_payload(name: bytes, rest: bytes) -> tuple[bytes, bool]:
    """What a text chunk or a profile holds after its keyword, and whether it is compressed."""
    if name == b"tEXt":
        return rest, False
    return (rest[2:].split(b"\0", 2)[-1], rest[:1] == b"\1") if name == b"iTXt" else (rest[1:], True)


def inflate(payload: bytes, limit: int) -> bytes:
    """At most ``limit`` + 1 bytes of what a zlib stream holds; empty where it is damaged."""
    try:
        return zlib.decompressobj().decompress(payload, limit + 1)
    except zlib.error:
        return b""


def inflate_icc(chunk: bytes) -> tuple[bytes, str]:
    """The profile of an iCCP chunk, and what is wrong with it, if anything."""
    name, _, payload = chunk.partition(b"\0")
    if payload[:1] != b"\0" or len(name) > 79:
        return b"", "its compression method is unknown"
    profile = inflate(payload[1:], MAX_PNG_TEXT)
    return profile, "" if profile else "it does not inflate"


ADAM7 = ((0, 0, 8, 8), (0, 4, 8, 8), (4, 0, 8, 4), (0, 2, 4, 4), (2, 0, 4, 2), (0, 1, 2, 2), (1, 0, 2, 1))
"""Passes of an interlaced image: first row, first column, steps of rows and columns (W3C PNG, 8.2)."""
INFLATE_BYTES = 1 << 20


def check_data(body: bytes, scan: PngScan) -> tuple[float, str]:
    """Return the share, 0..1, of the pixel data that is missing, and the problem after it; empty without one.

    Inflates the data without keeping it. Pillow accepts compressed data that ends early and leaves the remaining rows
    black; libpng, and OpenCV with it, rejects it.
    """
    bits = scan.depth * PNG_CHANNELS[scan.color]
    passes = ADAM7 if body[28] else ((0, 0, 1, 1),)
    expected = 0
    for top, left, down, right in passes:
        rows, columns = -(-(scan.height - top) // down), -(-(scan.width - left) // right)
        expected += rows * (1 + (columns * bits + 7) // 8) if rows > 0 and columns > 0 else 0
    payload = b"".join(
        body[start + 8 : end - 4] for start, end in scan.needed if body[start + 4 : start + 8] == b"IDAT"
    )
    inflater, payload = zlib.decompressobj(-zlib.MAX_WBITS), payload[2:]  # raw: the checksum is compared below
    count, checksum = 0, 1
    try:
        while payload and not inflater.eof and count <= expected + INFLATE_BYTES:
            # The last call before the end of the rows stops there: an error after them loses none of them.
            data = inflater.decompress(payload, min(max(expected - count, 1), INFLATE_BYTES))
            count, checksum, payload = count + len(data), zlib.adler32(data, checksum), inflater.unconsumed_tail
    except zlib.error:
        return max(0.0, 1.0 - count / expected), "PNG: corrupt data after the last row; OpenCV rejects the file"
    if count < expected:
        return 1.0 - count / expected, ""
    ending = inflater.unused_data[:4]
    if len(ending) < 4 and count <= expected + INFLATE_BYTES:
        return 0.0, "PNG: the compressed data lacks its end; OpenCV rejects the file"
    if inflater.eof and ending != checksum.to_bytes(4, "big"):
        return 0.0, "PNG: wrong checksum of the compressed data; libpng warns, or rejects the file"
    return 0.0, ""


def essential_png(body: bytes, scan: PngScan) -> bytes:
    """Return the image alone: header, palette, transparency and data."""
    return body[:8] + b"".join(body[start:end] for start, end in scan.needed)
