"""Sizes inside a JPEG 2000 file, and the memory that its tiles and code-blocks take (ITU-T T.800, annexes A and I)."""

from __future__ import annotations

from collections.abc import Iterator

from sm_imgcheck.core.errors import CandidateError
from sm_imgcheck.core.frozen import frozen
from sm_imgcheck.io.images.boxes import big, box_contents

__all__ = ["check_jpeg2000"]

# Memory of OpenJPEG 2.5 (tcd.h, j2k.h) for a tile's parameters, those of one of its components, and a code-block with
# its share of the tag trees.
TILE_BYTES, TILE_COMPONENT_BYTES, CODE_BLOCK_BYTES = 6_000, 1_100, 250
# For a packet: whether it has been read (pi.c, include).
PACKET_BYTES = 2
# For a sample: 32 bits of the tile, and the same for the wavelet transform.
SAMPLE_BYTES = 8
# A blank image of 4 Mpx in three components still passes.
FREE_BYTES = 96 << 20
# A blank image, which no model needs, has a few hundred bytes at any size.
MAX_SAMPLES_A_BYTE = 100_000
MAX_MARKERS = 100_000
MAX_COMPONENTS = 4
MAX_LEVELS = 32


def check_jpeg2000(body: bytes) -> None:
    """Raise CandidateError where sizes contradict each other, or decoding needs too much memory for the size."""
    streams = [0] if body.startswith(b"\xff\x4f") else [at for at, _ in box_contents(body, "jp2c", 0, len(body))]
    if not streams:
        raise CandidateError("SRC112", "JPEG 2000: missing codestream (jp2c)")
    markers = list(j2k_markers(body, streams[0]))
    if not markers or markers[0][0] != 0x51 or [marker for marker, _ in markers].count(0x51) != 1:
        raise CandidateError("SRC112", "JPEG 2000: expected one size (SIZ) at the beginning of the codestream")
    siz = markers[0][1]
    right, bottom, left, top, wide, tall = (big(body, siz + 2 + 4 * k, 4) for k in range(6))
    size, components = (bottom - top, right - left), big(body, siz + 34, 2)
    for at, _ in box_contents(body, "jp2h/ihdr", 0, len(body)):
        header_size = (big(body, at, 4), big(body, at + 4, 4))
        if header_size != size or big(body, at + 8, 2) != components:
            subject = f"header (ihdr) {header_size[0]}x{header_size[1]} (HxW) in {big(body, at + 8, 2)} components"
            codestream = f"codestream (SIZ) {size[0]}x{size[1]} in {components}"
            raise CandidateError("SRC112", f"contradicting sizes: {subject}, {codestream}")
    if min(*size, wide, tall) < 1 or not 1 <= components <= MAX_COMPONENTS:
        subject = f"{size[0]}x{size[1]} (HxW), tiles of {tall}x{wide}, {components} components"
        raise CandidateError("SRC112", f"JPEG 2000: unsupported size: {subject}")
    styles = [j2k_style(body, marker, at, components) for marker, at in markers if marker in (0x52, 0x53)]
    if not styles:
        raise CandidateError("SRC112", "JPEG 2000: missing coding style (COD) in the codestream")
    check_j2k_memory(len(body), size, (tall, wide), components, styles)


@frozen
class J2kStyle:
    """The parameters of a COD or COC segment."""

    layers: int
    block: tuple[int, int]
    """Height and width of a code-block, as exponents of 2."""
    precincts: tuple[tuple[int, int], ...]
    """The same of the precincts of each resolution, the lowest first."""


def check_j2k_memory(
    length: int, size: tuple[int, int], tile: tuple[int, int], components: int, styles: list[J2kStyle]
) -> None:
    """Raise CandidateError for far more samples than ``length`` bytes hold, or tables larger than the image."""
    samples = size[0] * size[1] * components
    if samples * SAMPLE_BYTES > FREE_BYTES and samples > length * MAX_SAMPLES_A_BYTE:
        subject = (
            f"{size[0]}x{size[1]} (HxW) in {length} bytes; at most {MAX_SAMPLES_A_BYTE} samples a byte are decoded"
        )
        raise CandidateError("SRC120", f"JPEG 2000: got {subject}")
    tiles = -(-size[0] // tile[0]) * -(-size[1] // tile[1])
    inside = min(size[0], tile[0]), min(size[1], tile[1])
    counts = [j2k_counts(inside, style) for style in styles]
    blocks, precincts = max(count for count, _ in counts), max(count for _, count in counts)
    layers = max(style.layers for style in styles)
    extra = tiles * (TILE_BYTES + components * (TILE_COMPONENT_BYTES + blocks * CODE_BLOCK_BYTES))
    extra += layers * components * precincts * PACKET_BYTES
    if extra > max(FREE_BYTES, samples):
        subject = f"{tiles} tiles of {tile[0]}x{tile[1]} (HxW), {blocks} code-blocks a tile and {layers} layers"
        raise CandidateError(
            "SRC120",
            f"JPEG 2000: got {extra} bytes of tables ({subject}), expected at most {samples}, one for each sample",
        )


def j2k_counts(tile: tuple[int, int], style: J2kStyle) -> tuple[int, int]:
    """How many code-blocks one component of a tile (height, width) has, and precincts, as OpenJPEG counts them."""
    levels = len(style.precincts) - 1
    blocks = precincts = 0
    for resolution, precinct in enumerate(style.precincts):
        height, width = (-(-length >> levels - resolution) for length in tile)
        # Above the lowest resolution, a precinct is divided between three subbands of half its size.
        half = 1 if resolution else 0
        tall, wide = (min(b, max(0, p - half)) for b, p in zip(style.block, precinct))
        blocks += (3 if half else 1) * (((height >> half) >> tall) + 1) * (((width >> half) >> wide) + 1)
        # The table is as long for each resolution as for the largest.
        precincts = max(precincts, ((height >> precinct[0]) + 1) * ((width >> precinct[1]) + 1))
    return blocks, precincts * (levels + 1)


def j2k_style(body: bytes, marker: int, at: int, components: int) -> J2kStyle:
    """The contents of a COD (0x52) or COC (0x53) segment; bytes beyond the end count as zero."""
    style = at if marker == 0x52 else at + (1 if components < 257 else 2)
    first = style + (5 if marker == 0x52 else 1)
    levels = min(big(body, first, 1), MAX_LEVELS)
    precincts = b"\xff" * (levels + 1)
    if big(body, style, 1) & 1:
        precincts = (body[first + 5 : first + 6 + levels] + bytes(levels + 1))[: levels + 1]
    return J2kStyle(
        layers=big(body, style + 2, 2) if marker == 0x52 else 0,
        block=((big(body, first + 2, 1) & 15) + 2, (big(body, first + 1, 1) & 15) + 2),
        precincts=tuple((precinct >> 4, precinct & 15) for precinct in precincts),
    )


def j2k_markers(body: bytes, start: int) -> Iterator[tuple[int, int]]:
    """The segments of the headers of a codestream and of its tile-parts: marker and offset after the length.

    Raises CandidateError for more of them than any encoder writes.
    """
    at, part = start + 2, 0
    for _ in range(MAX_MARKERS):
        if body[at : at + 1] != b"\xff" or at + 4 > len(body):
            return
        marker, inside = body[at + 1], at + 4
        if marker == 0x90:  # SOT: the length of the tile-part, 0 for the rest of the file
            part = at + (big(body, inside + 2, 4) or len(body))
        if marker == 0x93:  # SOD: data up to the next tile-part
            at = max(part, at + 2)
            continue
        yield marker, inside
        at = inside - 2 + max(2, big(body, at + 2, 2))
    raise CandidateError("SRC112", f"JPEG 2000: more than {MAX_MARKERS} segments; no encoder writes this many")
