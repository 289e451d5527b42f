"""Sizes that one file declares in several places, compared before any of them is used to make room for pixels."""

from __future__ import annotations

from sm_imgcheck.core.errors import CandidateError
from sm_imgcheck.io.images.avif import check_avif
from sm_imgcheck.io.images.containers import ico_pictures, tiff_directory
from sm_imgcheck.io.images.jpeg2000 import check_jpeg2000
from sm_imgcheck.io.images.png import scan_png

__all__ = ["check_decoder_size", "check_sizes"]

# A tile is decoded as a whole. Writers pad a small picture to one tile of up to 2048x2048.
FREE_TILE_PIXELS = 1 << 22
# A TIFF of so many bytes of pixels is decoded whatever its file size.
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
    """Raise CandidateError where the sizes inside a file contradict each other, or are beyond its picture and bytes."""
    checks = {"AVIF": check_avif, "ICO": check_ico, "JPEG2000": check_jpeg2000, "TIFF": check_tiff}
    check = checks.get(form)
    if check:
        check(body)


def check_decoder_size(declared: tuple[int, int], decoder: str, actual: tuple[int, int]) -> None:
    """Raise CandidateError where a decoder is about to make other pixels (height, width) than the header declares."""
    if actual != declared:
        what = f"its header declares {declared[0]}x{declared[1]} (HxW), {decoder} reads {actual[0]}x{actual[1]}"
        raise CandidateError("SRC112", f"has sizes that contradict each other: {what}")


def check_ico(body: bytes) -> None:
    """Check the PNG pictures of an icon: Pillow decodes one as it opens the file."""
    for at, size in ico_pictures(body):
        if body[at : at + 8] == b"\x89PNG\r\n\x1a\n":
            scan_png(body[at : at + size])


def check_tiff(body: bytes) -> None:
    """Compare tiles with the picture and the picture with the file's bytes, in the first directory."""
    fields = tiff_directory(body)
    for tag, values in fields.items():
        if tag in TIFF_ONCE and len(values) > 1:
            listed = " and ".join(map(str, values[:4]))
            raise CandidateError("SRC112", f"has a TIFF directory with {len(values)} times {TIFF_ONCE[tag]}: {listed}")
    first = {tag: values[0] for tag, values in fields.items()}
    height, width = first.get(257, 0), first.get(256, 0)
    tall, wide = first.get(323, 0), first.get(322, 0)
    # Tiles have lengths of multiples of 16 (TIFF 6.0, section 15): a picture of one tile is padded to that.
    if tall * wide > max(FREE_TILE_PIXELS, (height + 15) * (width + 15)):
        what = f"tiles of {tall}x{wide} (HxW) for a picture of {height}x{width}"
        raise CandidateError("SRC112", f"declares {what}: expected tiles no larger than the picture")
    need = height * width * first.get(277, 1) * first.get(258, 1) // 8
    most = (len(body) + 64) * TIFF_EXPANSION.get(first.get(259, 1), need)
    if need > max(FREE_TIFF_BYTES, most):
        what = f"{height}x{width} (HxW) = {need} bytes of pixels"
        raise CandidateError("SRC112", f"declares {what}, its {len(body)} bytes hold {most} at most")
