"""Pillow: the plugins that may run, their warnings, and the meaning of their modes."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from sm_imgcheck.core.errors import CandidateError
from sm_imgcheck.core.types import Header
from sm_imgcheck.io.images.containers import check_decoder_size
from sm_imgcheck.io.images.quiet import quietly

if TYPE_CHECKING:
    from PIL import Image, ImageFile

__all__ = [
    "check_pillow",
    "load_pillow",
    "open_pillow",
    "pillow_frames",
    "pillow_mode",
    "pillow_profile",
    "pillow_size",
]

# The plugins that may see a candidate, by format. No EPS: Pillow would run Ghostscript on it.
PILLOW_PLUGINS = {
    "AVIF": ("AvifImagePlugin", "AvifImageFile"),
    "BMP": ("BmpImagePlugin", "BmpImageFile"),
    "GIF": ("GifImagePlugin", "GifImageFile"),
    "ICO": ("IcoImagePlugin", "IcoImageFile"),
    "PPM": ("PpmImagePlugin", "PpmImageFile"),
    "JPEG": ("JpegImagePlugin", "JpegImageFile"),
    "JPEG2000": ("Jpeg2KImagePlugin", "Jpeg2KImageFile"),
    "PNG": ("PngImagePlugin", "PngImageFile"),
    "TIFF": ("TiffImagePlugin", "TiffImageFile"),
    "WEBP": ("WebPImagePlugin", "WebPImageFile"),
}
# Rows are passed in bands, so that an image is never in memory three times.
BAND_BYTES = 1 << 24
# libtiff's error handler prints "NAME: WORDS.", with the name of its function, its codec or Pillow's name for the file.
# For YCbCr that is not JPEG it returns black strips to Pillow without an error (TIFFRGBAImageGet).
LIBTIFF = re.compile(
    r"(tempfile\.tif|_?tiff\w+|TIFF\w+|Fax\w+|JPEG\w+|OJPEG\w+|\w*(Decode|Decompress|Setup)\w*): .+\.$"
)


def open_pillow(body: bytes, form: str) -> tuple[ImageFile.ImageFile, tuple[str, ...]]:
    """Open a file with the plugin of ``form``, which reads only the header (except ICO), and return warnings too.

    The plugin is called directly: `Image.open` would try every plugin, and would check the size against a process-wide
    limit. Raises CandidateError where the plugin rejects the file.
    """
    from importlib import import_module
    from io import BytesIO

    module, name = PILLOW_PLUGINS[form]
    try:
        plugin = getattr(import_module(f"PIL.{module}"), name)
    except ImportError:  # AVIF came with Pillow 11.3
        raise CandidateError("SRC112", f"cannot be decoded: the installed Pillow has no {form} decoder") from None
    return quietly(lambda: plugin(BytesIO(body)))


def pillow_accepts(body: bytes, form: str) -> bool:
    """Whether `Image.open` would give the file to the plugin of ``form``, by its first bytes; the plugin is loaded."""
    from PIL import Image

    accept = Image.OPEN[form][1]
    return accept is None or bool(accept(body[:16]))


def pillow_profile(image: ImageFile.ImageFile) -> tuple[bytes, str]:
    """Return the ICC profile of a lazily opened image, and its problem; empty without one.

    Pillow returns the tag of a TIFF in the type that its entry declares: a number or a text is not a profile.
    """
    profile = image.info.get("icc_profile") or b""
    if isinstance(profile, bytes):
        return profile, ""
    return b"", f"ICC profile tag: got {type(profile).__name__}, expected bytes"


def pillow_frames(image: ImageFile.ImageFile) -> tuple[int, tuple[str, ...]]:
    """Return the number of images in a lazily opened file, and the problem of the images after the first.

    Pillow reads their headers to count them, and stays at the image where it fails, so call it last.
    """
    try:
        frames, _ = quietly(lambda: getattr(image, "n_frames", 1))
    except CandidateError as problem:
        return 1, (f"images after the first: {problem.problem}",)
    return frames, ()


def pillow_size(image: ImageFile.ImageFile) -> tuple[int, int]:
    """Return stored height and width of a lazily opened image.

    Pillow reports the rotated size of a TIFF with an orientation tag, and the stored size for one in XMP.
    """
    width, height = image.size
    tags: Mapping[int, object] = getattr(image, "tag_v2", {})
    return (width, height) if tags.get(0x0112) in (5, 6, 7, 8) else (height, width)


def check_pillow(image: ImageFile.ImageFile, header: Header) -> None:
    """Raise CandidateError where a lazily opened image has a different size than ``header``, before it is decoded."""
    check_decoder_size((header.height, header.width), "Pillow", pillow_size(image))


def load_pillow(image: ImageFile.ImageFile, header: Header) -> tuple[np.ndarray, tuple[str, ...]]:
    """Decode a lazily opened image to HWC pixels of the header's mode; return them with Pillow's warnings.

    Samples of more than 8 bits are uint16 over 0..65535 where Pillow keeps them (one channel); it has already dropped
    the low byte of other samples. Raises CandidateError for damaged data, or a size that differs from the header's.
    """
    check_pillow(image, header)
    mode, bits = header.mode, header.bits
    if not any(tile[0] == "libtiff" for tile in image.tile):
        return quietly(lambda: pillow_array(image, mode, bits))
    lines: list[str] = []
    try:
        pixels, messages = quietly(lambda: pillow_array(image, mode, bits), lines=lines)
    except CandidateError as problem:
        words = libtiff_words(lines)
        raise CandidateError(problem.code, f"cannot be decoded: {words[0]}" if words else problem.problem) from None
    words = libtiff_words(lines)
    # A fax decoder continues after a damaged row; all others leave the rest of the strip black.
    if any("Fax" not in line for line in words):
        raise CandidateError("SRC112", f"cannot be decoded: {words[0]}")
    return pixels, (*messages, *words)


def libtiff_words(lines: list[str]) -> list[str]:
    """Return libtiff's warnings among printed lines."""
    messages = [" ".join(line.split()).rstrip(".")[:200] for line in lines if LIBTIFF.match(line)]
    return [re.sub(r"^tempfile\.tif: ", "", message) for message in messages]


def pillow_mode(image: ImageFile.ImageFile) -> str:
    """The mode that an image is decoded to: L, LA, RGB, RGBA or CMYK."""
    clear = "transparency" in image.info
    if image.mode in ("CMYK", "RGBA"):
        return str(image.mode)
    if image.mode in ("L", "1") or image.mode[0] in "IF":
        return "LA" if clear and image.mode in ("L", "1") else "L"
    if image.mode in ("LA", "La"):
        return "LA"
    return "RGBA" if clear or image.mode in ("PA", "RGBa") else "RGB"


def pillow_array(image: Image.Image, mode: str, bits: int) -> np.ndarray:
    """As ``load_pillow`` without its checks; the caller captures the warnings."""
    image.load()
    if image.mode[0] in "IF":
        deep = np.asarray(image)[..., None]
        if image.format == "PPM":  # 0..65535 as int32
            deep = deep.astype(np.uint16)
        if deep.dtype.kind != "u":
            return deep
        deep = deep.astype(np.uint16, copy=False)
        # Pillow widens the 9 to 15 bits of JPEG 2000, and leaves those of TIFF unchanged.
        narrow = image.format == "TIFF" and 8 < bits < 16
        return deep << (16 - bits) | deep >> (2 * bits - 16) if narrow else deep
    if image.mode != mode:
        image = image.convert(mode)
    width, height = image.size
    pixels = np.empty((height, width, len(mode)), np.uint8)
    band = max(1, BAND_BYTES // (width * len(mode)))
    for top in range(0, height, band):
        rows = image.crop((0, top, width, min(top + band, height)))
        pixels[top : top + band] = np.asarray(rows).reshape(-1, width, len(mode))
    return pixels
