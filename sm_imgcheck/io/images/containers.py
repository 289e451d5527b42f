"""Sizes that a GIF, BMP, WebP, TIFF, ICO or Netpbm file declares, read before any library gets the file.

Where a file declares its size at several offsets, they are compared before any is used to allocate pixels.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from sm_imgcheck.core.errors import CandidateError
from sm_imgcheck.core.frozen import frozen
from sm_imgcheck.io.images.avif import check_avif
from sm_imgcheck.io.images.jpeg2000 import check_jpeg2000
from sm_imgcheck.io.images.netpbm import USUAL_WHITE, check_netpbm, netpbm_header
from sm_imgcheck.io.images.png import scan_png
from sm_imgcheck.io.images.tiff import tiff_directory, tiff_layout, tiff_number
from sm_imgcheck.rules.source_image import MOST_FRAMES

__all__ = ["ContainerHeader", "check_decoder_size", "check_sizes", "declared_by", "ico_images"]

# Zeros between the blocks of a GIF are passed over.
GIF_PADDING = re.compile(rb"\0*")
# 125 MB in blocks of 255 bytes.
MAX_GIF_BLOCKS = 500_000


@frozen
class ContainerHeader:
    """What a container declares."""

    height: int
    width: int
    bits: int = 8
    """Per sample."""
    frames: int = 1
    trailing: int = 0
    """Bytes after the end that the container declares."""
    unlike_opencv: tuple[str, ...] = ()
    """What OpenCV rejects or reads unlike Pillow."""


def declared_by(form: str, body: bytes) -> ContainerHeader | None:
    """Return the declarations of ``body`` of format ``form``; None where only a library can read them."""
    readers = {
        "GIF": gif_declares,
        "BMP": bmp_declares,
        "WEBP": webp_declares,
        "TIFF": tiff_declares,
        "ICO": ico_declares,
        "PPM": netpbm_declares,
    }
    reader = readers.get(form)
    return reader(body) if reader else None


def little(body: bytes, at: int, size: int) -> int:
    """An unsigned little-endian number; bytes beyond the end count as zero."""
    return int.from_bytes(body[at : at + size], "little")


def gif_declares(body: bytes) -> ContainerHeader:
    """GIF89a: the screen, widened by the first image as Pillow does; images are counted block by block.

    Raises CandidateError for more blocks before the first image than any encoder writes.
    """
    height, width = little(body, 8, 2), little(body, 6, 2)
    at, frames, blocks, difference = 13 + gif_table(body, 10), 0, 0, gif_background_difference(body)
    while frames < MOST_FRAMES and blocks < MAX_GIF_BLOCKS:
        start, at = at, gif_padding(body, at)
        if not frames and at - start > MAX_GIF_BLOCKS:
            blocks = MAX_GIF_BLOCKS  # Pillow reads them one by one
            break
        kind, at = little(body, at, 1), at + 1
        if kind == 0x2C:
            if not frames:
                difference = difference or gif_frame_difference(body, at, height, width)
                width = max(width, little(body, at, 2) + little(body, at + 4, 2))
                height = max(height, little(body, at + 2, 2) + little(body, at + 6, 2))
            at, frames = at + 10 + gif_table(body, at + 8), frames + 1
        elif kind == 0x21:
            at += 1
        else:
            at -= 1
            break
        while at < len(body) and body[at] and blocks < MAX_GIF_BLOCKS:
            at, blocks = at + 1 + body[at], blocks + 1
        at, blocks = at + 1, blocks + 1
    if not frames and blocks >= MAX_GIF_BLOCKS:
        raise CandidateError("SRC112", f"GIF: more than {MAX_GIF_BLOCKS} blocks or zeros before the first frame")
    has_end = body[at : at + 1] == b";"
    if not has_end and frames < MOST_FRAMES and blocks < MAX_GIF_BLOCKS:
        difference = difference or "GIF: missing end (trailer); OpenCV rejects the file"
    trailing = len(body) - at - 1 if has_end and blocks < MAX_GIF_BLOCKS else 0
    return ContainerHeader(
        height=height,
        width=width,
        frames=max(1, frames),
        trailing=trailing,
        unlike_opencv=(difference,) if difference else (),
    )


def gif_background_difference(body: bytes) -> str:
    """Return a message where the background color is not in the palette of the file."""
    colors, index = gif_table(body, 10) // 3, little(body, 11, 1)
    if not colors or index < colors:
        return ""
    return f"GIF: background color {index}, palette of {colors} colors; OpenCV rejects the file"


def gif_frame_difference(body: bytes, at: int, height: int, width: int) -> str:
    """Return a message where the first frame, whose descriptor is at ``at``, is larger than the screen."""
    right, bottom = little(body, at, 2) + little(body, at + 4, 2), little(body, at + 2, 2) + little(body, at + 6, 2)
    if right <= width and bottom <= height:
        return ""
    return f"GIF: frame ends at {bottom}x{right}, screen {height}x{width} (HxW); OpenCV rejects the file"


def gif_padding(body: bytes, at: int) -> int:
    """The offset of the first byte from ``at`` that is not zero."""
    end = GIF_PADDING.match(body, at)
    return end.end() if end else at


def gif_table(body: bytes, at: int) -> int:
    """Bytes of the color table that the flags at ``at`` announce."""
    flags = little(body, at, 1)
    return 3 << ((flags & 7) + 1) if flags & 0x80 else 0


def bmp_declares(body: bytes) -> ContainerHeader | None:
    """BITMAPCOREHEADER (12 bytes) has 16-bit sizes, all later headers 32-bit ones; a negative height: top down."""
    return dib_declares(body, 14)


BMP_16 = "BMP: 16 bits per pixel; Pillow scales the colors to 0..255; OpenCV does not, or rejects the file"
# 40 of 70 files of ImageMagick, by OpenCV 5.0.
BMP_RLE = "BMP: run-length encoding; OpenCV reads many of these files differently"


def dib_declares(body: bytes, at: int) -> ContainerHeader | None:
    """A device-independent bitmap's header at ``at``; None where it is too short."""
    size = little(body, at, 4)
    if len(body) < at + 12:
        return None
    if size == 12:
        return ContainerHeader(height=little(body, at + 6, 2), width=little(body, at + 4, 2))
    height = int.from_bytes(body[at + 8 : at + 12], "little", signed=True)
    difference = BMP_RLE if little(body, at + 16, 4) in (1, 2) else BMP_16 if little(body, at + 14, 2) == 16 else ""
    width = little(body, at + 4, 4)
    return ContainerHeader(height=abs(height), width=width, unlike_opencv=(difference,) if difference else ())


def webp_declares(body: bytes) -> ContainerHeader | None:
    """The canvas of an extended file, or the frame of a plain one (RFC 9649)."""
    frames = min(body.count(b"ANMF"), MOST_FRAMES) if body[12:16] == b"VP8X" and little(body, 20, 1) & 2 else 1
    end = 8 + little(body, 4, 4)
    size = webp_size(body)
    if size is None:
        return None
    return ContainerHeader(
        height=size[0], width=size[1], frames=max(1, frames), trailing=max(0, len(body) - end - (end & 1))
    )


def webp_size(body: bytes) -> tuple[int, int] | None:
    """Height and width that the first chunk declares."""
    if body[12:16] == b"VP8X":
        return little(body, 27, 3) + 1, little(body, 24, 3) + 1
    if body[12:16] == b"VP8L":
        flags = little(body, 21, 4)
        return (flags >> 14 & 0x3FFF) + 1, (flags & 0x3FFF) + 1
    return (little(body, 28, 2) & 0x3FFF, little(body, 26, 2) & 0x3FFF) if body[12:16] == b"VP8 " else None


def ico_declares(body: bytes) -> ContainerHeader | None:
    """Return the largest size that any of the icon's images declares in its own header."""
    sizes = []
    for at, _ in ico_images(body):
        if body[at + 12 : at + 16] == b"IHDR":
            sizes.append(
                (int.from_bytes(body[at + 20 : at + 24], "big"), int.from_bytes(body[at + 16 : at + 20], "big"))
            )
        elif len(body) >= at + 12:
            # The height counts the rows of the colors and those of the mask.
            sizes.append((little(body, at + 8, 4) // 2, little(body, at + 4, 4)))
    if not sizes:
        return None
    height, width = max(sizes, key=lambda size: size[0] * size[1])
    return ContainerHeader(height=height, width=width)


def ico_images(body: bytes) -> set[tuple[int, int]]:
    """Return offset and length of each image of an icon."""
    entries = range(6, min(6 + 16 * little(body, 4, 2), len(body)), 16)
    return {(little(body, entry + 12, 4), little(body, entry + 8, 4)) for entry in entries}


def tiff_declares(body: bytes) -> ContainerHeader | None:
    """The first directory of a TIFF or BigTIFF file, and how many follow it."""
    head, step, room = tiff_layout(body)
    at = tiff_number(body, 8 if room == 8 else 4, room)
    fields = {tag: values[0] for tag, values in tiff_directory(body).items()}
    if 256 not in fields or 257 not in fields:
        return None
    offsets: set[int] = set()
    while 0 < at < len(body) and at not in offsets and len(offsets) < MOST_FRAMES:
        offsets.add(at)
        at = tiff_number(body, at + head + step * tiff_number(body, at, head), room)
    return ContainerHeader(
        height=fields[257],
        width=fields[256],
        bits=fields.get(258, 1),
        frames=max(1, len(offsets)),
        unlike_opencv=tuple(tiff_differences(fields)),
    )


TIFF_PALETTE, TIFF_LAB = 3, (8, 9, 10)
OPENCV_DEPTHS = (1, 8, 16, 32, 64)
TIFF_UNREAD = {34887: "LERC", 34925: "LZMA", 50000: "Zstandard", 50001: "WebP"}


def tiff_differences(fields: dict[int, int]) -> Iterator[str]:
    """Yield what Pillow and OpenCV, whose libtiff has fewer codecs, read differently."""
    if fields.get(262) in TIFF_LAB:
        yield "TIFF: colors in CIE L*a*b*; Pillow and OpenCV convert them differently"
    bits = fields.get(258, 1)
    if bits not in OPENCV_DEPTHS and (bits, fields.get(262)) != (4, TIFF_PALETTE):
        yield f"TIFF: {bits} bits per sample; OpenCV rejects the file"
    if fields.get(259) in TIFF_UNREAD:
        yield f"TIFF: compression {TIFF_UNREAD[fields[259]]}; OpenCV rejects the file"


def netpbm_declares(body: bytes) -> ContainerHeader | None:
    """The header of a PBM, PGM or PPM; bytes after its pixels are counted where these are bytes too.

    OpenCV scales decimal numbers up to 255, no others, and keeps the upper byte of larger samples.
    """
    header = netpbm_header(body)
    if header is None:
        return None
    trailing = 0 if header.plain else max(0, len(body) - header.start - header.needed_bytes)
    differences = []
    if header.white not in USUAL_WHITE and not (header.plain and header.bits == 8):
        differences.append(f"Netpbm: white is {header.white}; Pillow scales the samples, and OpenCV does not")
    if header.plain and header.white and not body[-1:].isspace():
        differences.append("Netpbm: no space after the last number; OpenCV rejects the file")
    return ContainerHeader(
        height=header.height,
        width=header.width,
        bits=header.bits,
        trailing=trailing,
        unlike_opencv=tuple(differences),
    )


# A decoder decodes complete tiles. Writers pad a small image to one tile of up to 2048x2048.
FREE_TILE_PIXELS = 1 << 22
# A TIFF with this number of bytes of pixels is decoded for any file size.
FREE_TIFF_BYTES = 64 << 20
# The most that a TIFF compression expands: none, LZW (4096 bytes for 12 bits), deflate (258 bytes for 2 bits), PackBits
# (128 bytes for 2). The others have no useful bound.
TIFF_EXPANSION = {1: 1, 5: 2731, 8: 1032, 32946: 1032, 32773: 64}
TIFF_ONCE = {
    254: "NewSubfileType",
    256: "ImageWidth",
    257: "ImageLength",
    258: "BitsPerSample",
    259: "Compression",
    277: "SamplesPerPixel",
    278: "RowsPerStrip",
    322: "TileWidth",
    323: "TileLength",
}


def check_sizes(form: str, body: bytes) -> None:
    """Raise CandidateError where the sizes in a file contradict each other, or exceed its image and bytes."""
    checks = {"AVIF": check_avif, "ICO": check_ico, "JPEG2000": check_jpeg2000, "PPM": check_netpbm, "TIFF": check_tiff}
    check = checks.get(form)
    if check:
        check(body)


def check_decoder_size(declared_size: tuple[int, int], decoder: str, actual: tuple[int, int]) -> None:
    """Raise CandidateError where a decoder is about to make other pixels (height, width) than the header declares."""
    if actual != declared_size:
        subject = (
            f"its header declares {declared_size[0]}x{declared_size[1]} (HxW), {decoder} reads {actual[0]}x{actual[1]}"
        )
        raise CandidateError("SRC112", f"contradicting sizes: {subject}")


def check_ico(body: bytes) -> None:
    """Check the PNG images of an icon: Pillow decodes one when it opens the file."""
    for at, size in ico_images(body):
        if body[at : at + 8] == b"\x89PNG\r\n\x1a\n":
            scan_png(body[at : at + size])


def check_tiff(body: bytes) -> None:
    """Compare tiles with the image and the image with the file's bytes, in the first directory."""
    fields = tiff_directory(body)
    for tag, values in fields.items():
        if tag in TIFF_ONCE and len(values) > 1:
            value_list = " and ".join(map(str, values[:4]))
            raise CandidateError(
                "SRC112", f"TIFF directory: got {len(values)} times {TIFF_ONCE[tag]}, expected 1: {value_list}"
            )
    first = {tag: values[0] for tag, values in fields.items()}
    height, width = first.get(257, 0), first.get(256, 0)
    tall, wide = first.get(323, 0), first.get(322, 0)
    # Tiles have lengths of multiples of 16 (TIFF 6.0, section 15): an image of one tile is padded to that.
    if tall * wide > max(FREE_TILE_PIXELS, (height + 15) * (width + 15)):
        subject = f"tiles of {tall}x{wide} (HxW) for an image of {height}x{width}"
        raise CandidateError("SRC112", f"TIFF: got {subject}, expected tiles no larger than the image")
    need = height * width * first.get(277, 1) * first.get(258, 1) // 8
    most = (len(body) + 64) * TIFF_EXPANSION.get(first.get(259, 1), need)
    if need > max(FREE_TIFF_BYTES, most):
        subject = f"{height}x{width} (HxW) = {need} bytes of pixels"
        raise CandidateError("SRC112", f"declared size: got {subject}, expected at most {most} for {len(body)} bytes")
