"""JPEG pixels with all libjpeg warnings: from simplejpeg where it is installed, else the same from Pillow.

TensorFlow's default decoder (``tf.io.decode_jpeg(dct_method="")`` is INTEGER_FAST) is reproduced without TensorFlow:
libjpeg's fast DCT with smooth chroma upsampling. Pillow supports the fast DCT only together with simple upsampling, so
the chroma planes are reduced again and upsampled here as libjpeg does.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from sm_imgcheck.core.errors import CandidateError
from sm_imgcheck.core.frozen import replace_fields
from sm_imgcheck.core.phrases import percentage
from sm_imgcheck.core.types import Header
from sm_imgcheck.io.images.containers import check_decoder_size
from sm_imgcheck.io.images.jpeg import essential_jpeg, jpeg_color_space, jpeg_segments, scan_jpeg
from sm_imgcheck.io.images.opencv import quiet_opencv
from sm_imgcheck.io.images.pillow import check_pillow, open_pillow
from sm_imgcheck.io.images.quiet import name_failure
from sm_imgcheck.ops.kernels.color import by_bands, luma

if TYPE_CHECKING:
    from PIL import ImageFile

__all__ = ["decode_jpeg_with_header", "decode_reduced", "fast_dct_jpeg", "undamaged_preview"]

# TurboJPEG has no name for 4:1:0 and 2x2,1x2,1x2: it returns no pixels, and no verdict on the data.
NO_VERDICT = "Could not determine subsampling"
# TurboJPEG reads ICC segments, which the pixels do not need.
NO_DAMAGE = "bad ICC marker"
JPEG_END = b"\xff\xd9"
NO_END = "has no end marker; its image data is complete, but Pillow raises an error"
MOSTLY_LOST = 0.5
_PREVIEWED_FROM = 128
"""Shortest side of an image with a preview, in pixels. Smaller images are decoded completely in 0.1 ms."""
_CHANNELS = {"L": ("GRAY", 1), "RGB": ("RGB", 3), "CMYK": ("CMYK", 4)}
"""TurboJPEG's colors of each mode, and their number."""
# Data for missing blocks: the first byte is not a marker after any byte before it; then the same for decoders that
# expect one of the eight restart markers.
MORE_DATA = bytes(range(96)) + b"".join(b"\xff" + bytes([0xD0 + n]) + bytes(range(96)) for n in range(8)) * 2


def decode_jpeg_with_header(
    body: bytes, header: Header, *, dct: str, gray: bool, truncated: str
) -> tuple[np.ndarray, Header]:
    """Pixels of a JPEG file, and its header with what decoding has shown. Parameters and errors as ``decode``."""
    colors = "GRAY" if gray and header.mode == "RGB" else _CHANNELS[header.mode][0]
    pixels, message = turbo_jpeg(body, header, colors, dct=dct)
    if pixels is not None:
        return pixels, replace_fields(header, truncated=False) if header.truncated else header
    decode = partial(turbo_jpeg, header=header, colors=colors, dct=dct)
    message, is_damaged = classify_jpeg_warning(body, message, lambda data: decode(data)[1]) if message else ("", False)
    unheard = message == ""
    if unheard and (warning := opencv_jpeg_warning(body)):
        message, is_damaged = classify_jpeg_warning(body, warning, opencv_jpeg_warning)
    said = (*header.warnings, message) if message else header.warnings
    try:
        pixels = pillow_jpeg(body, header, colors, dct=dct)
        lost_share = lost_rows(body) if is_damaged or unheard else 0.0
        if (
            unheard
            and not is_damaged
            and lost_share
            and not is_scan_incomplete(body, progressive="progressive" in header.coding)
        ):
            lost_share = 0.0
    except CandidateError as problem:
        if "truncated" not in problem.problem:
            raise
        lost_share = lost_rows(body + JPEG_END)
        whole = partial(pillow_jpeg, header=header, colors=colors, dct=dct)
        if truncated == "reject" and lost_share <= MOSTLY_LOST:
            is_complete = not lost_share and lacks_end_alone(body, header, whole)
            raise CandidateError("SRC110", NO_END if is_complete else truncated_clause(header, lost_share)) from None
        if lost_share <= MOSTLY_LOST:
            pixels = whole(body + JPEG_END)
        header = replace_fields(header, truncated=True)
    if lost_share > MOSTLY_LOST or pixels is None:
        raise CandidateError("SRC111", truncated_clause(header, lost_share))
    return pixels, replace_fields(header, rows_lost=lost_share, warnings=said)


def undamaged_preview(body: bytes, header: Header) -> np.ndarray | None:
    """Pixels of a JPEG at an eighth of its size, of which libjpeg gives no warning; None: decode the image completely.

    libjpeg finds damage while it reads the entropy-coded data, which it does completely at every size, and saves the
    other third of the time. 120,000 mutated files, half of them with a valid header, had the same warnings.
    """
    if header.format != "JPEG" or header.truncated or min(header.height, header.width) < _PREVIEWED_FROM:
        return None
    colors, channels = _CHANNELS[header.mode]
    # simplejpeg's own buffer is too small for a lossless JPEG, which libjpeg does not reduce: it would write beyond it.
    complete = np.empty(header.height * header.width * channels, np.uint8)
    return turbo_jpeg(body, header, colors, min_height=1, min_width=1, buffer=complete)[0]


def truncated_clause(header: Header, lost_share: float) -> str:
    """What is missing, in words."""
    what = "truncated" if header.truncated else "damaged image data"
    if lost_share:
        return f"{what}: about {percentage(lost_share)} of {header.height} rows are missing"
    return f"{what}: the last rows or details {'may be' if 'progressive' in header.coding else 'are'} missing"


def classify_jpeg_warning(body: bytes, message: str, decode: Callable[[bytes], str]) -> tuple[str, bool]:
    """Return a warning of libjpeg as far as it reports damage, and whether the image data itself is damaged.

    ``decode`` returns the warning of a decoder; empty: none. TurboJPEG stops at the first warning in the header, such
    as a stray byte before a segment or a corrupt profile: without those segments it reads the image data.
    """
    warning = decode(essential_jpeg(body, scan_jpeg(body)))
    if NO_VERDICT in message or NO_DAMAGE in message:
        message = "" if NO_VERDICT in warning else warning
    return message, message != "" and message == warning


def opencv_jpeg_warning(body: bytes) -> str:
    """Return libjpeg's first warning as OpenCV prints it, on Linux; empty: none. Reads every subsampling."""
    lines: list[str] = []
    quiet_opencv(body, "IMREAD_COLOR", lines=lines)
    return next((line for line in lines if "JPEG" in line or "marker" in line), "")


def turbo_jpeg(
    body: bytes, header: Header, colors: str, *, dct: str = "accurate", **options: Any
) -> tuple[np.ndarray | None, str]:
    """Pixels by simplejpeg, or None and why not; an empty reason: it is not installed.

    options: of ``simplejpeg.decode_jpeg``. Raises CandidateError where libjpeg reads another size than ``header``.
    """
    try:
        import simplejpeg
    except ImportError:
        return None, ""
    try:
        size = simplejpeg.decode_jpeg_header(body)[:2]
        check_decoder_size((header.height, header.width), "libjpeg-turbo", size)
        pixels = simplejpeg.decode_jpeg(body, colorspace=colors, fastdct=dct == "tensorflow", strict=True, **options)
    except ValueError as problem:
        return None, " ".join(str(problem).split())[:200] or "libjpeg gives no reason"
    except KeyError:  # simplejpeg 1.9 has no name for 4:4:1
        return None, NO_VERDICT
    # Adobe stores CMYK inverted, and Pillow inverts every CMYK JPEG.
    return (np.subtract(255, pixels, out=pixels) if colors == "CMYK" else pixels), ""


def pillow_jpeg(body: bytes, header: Header, colors: str, *, dct: str) -> np.ndarray:
    """The same pixels by Pillow. Raises CandidateError."""
    if dct == "tensorflow":
        return fast_dct_jpeg(body, header, colors)
    image, _ = open_pillow(body, "JPEG")
    check_pillow(image, header)
    if colors == "GRAY":
        image.draft("L", None)
    return load_jpeg(image, header, body)


def decode_reduced(body: bytes, header: Header, reduction: int, *, gray: bool) -> np.ndarray:
    """Pixels of a JPEG at 1/``reduction`` (2, 4 or 8) of its size, by libjpeg's scaled DCT. Raises CandidateError.

    gray: its Y plane alone, as IMREAD_REDUCED_GRAYSCALE returns it.
    """
    if header.format != "JPEG":
        raise CandidateError("SRC112", f"cannot be decoded at 1/{reduction} of its size: got {header.format}")
    image, _ = open_pillow(body, "JPEG")
    check_pillow(image, header)
    mode = "L" if gray else image.mode
    image.draft(mode, (max(header.width // reduction, 1), max(header.height // reduction, 1)))
    if image.mode != mode:
        raise CandidateError("SRC112", f"cannot be decoded to its Y plane: got {image.mode}")
    pixels = load_jpeg(image, header, body)
    expected = -(-header.height // reduction), -(-header.width // reduction)
    check_decoder_size(expected, "libjpeg", pixels.shape[:2])
    return pixels


def load_jpeg(image: ImageFile.ImageFile, header: Header, body: bytes) -> np.ndarray:
    """Decode a lazily opened JPEG. Raises CandidateError."""
    if "arithmetic" in header.coding:
        # libjpeg cannot pause inside arithmetic-coded data, and Pillow feeds it 64 KiB at a time.
        image.decodermaxblock = len(body)
    try:
        image.load()
    except Exception as problem:  # noqa: BLE001 - the decoder raises OSError, hostile headers whatever they run into
        raise CandidateError("SRC112", f"cannot be decoded: {name_failure(problem)}") from None
    pixels = np.asarray(image)
    return pixels[..., None] if pixels.ndim == 2 else pixels


def lost_rows(body: bytes) -> float:
    """Return the share of rows at the bottom that a decoder left gray, 0..1; measured on an eighth of the size.

    libjpeg fills missing blocks with zero coefficients: gray 128 (127 where CMYK is inverted).
    """
    pixels = eighth(body)
    if not pixels.size:
        return 1.0
    rows = pixels.reshape(pixels.shape[0], -1)
    rows_with_data = np.flatnonzero(((rows != 127) & (rows != 128)).any(axis=1))
    return 1.0 - (int(rows_with_data[-1]) + 1) / len(rows) if len(rows_with_data) else 1.0


def eighth(body: bytes) -> np.ndarray:
    """Return pixels at an eighth of the size; None where the decoder fails."""
    image, _ = open_pillow(body, "JPEG")
    image.draft(image.mode, (1, 1))
    try:
        image.load()
    except Exception:  # noqa: BLE001 - whoever asks decodes it whole next, and hears why
        return np.empty(0, np.uint8)
    return np.asarray(image)


def is_scan_incomplete(body: bytes, *, progressive: bool) -> bool:
    """Return whether the first scan ends before its image is complete: then more data changes the pixels.

    Pillow does not report libjpeg's warnings, and rows that are gray in the image look like missing ones.
    """
    at = 2
    for marker, start, inside, end in jpeg_segments(body):  # noqa: B007 - the last ones are used below
        if body[at:start].strip(b"\xff"):
            return False  # stray bytes, for which libjpeg warns first, damage no pixels
        at = end
        if marker == 0xDA:
            break
    if progressive and any(body[inside + 1 + 2 * body[inside] :][:1]):  # Ss of the scan: details come before all else
        return True
    return not np.array_equal(eighth(body), eighth(body[:end] + MORE_DATA + body[end:]))


def lacks_end_alone(body: bytes, header: Header, decode: Callable[[bytes], np.ndarray]) -> bool:
    """Return whether a file without its end marker has all its image data: more data does not change the pixels.

    False where it has several scans: the last ones may be missing.
    """
    if "progressive" in header.coding or scan_jpeg(body).scans != 1:
        return False
    data, pixels = body.rstrip(b"\xff"), decode(body + JPEG_END)
    more = (b"\x55" * 64 + MORE_DATA, b"\xaa" * 64 + MORE_DATA)  # the first byte alone could fit by chance
    return all(np.array_equal(pixels, decode(data + other + JPEG_END)) for other in more)


def fast_dct_jpeg(body: bytes, header: Header, colors: str) -> np.ndarray:
    """Pixels HWC uint8 of a JPEG file, ``colors`` GRAY, RGB or CMYK. Raises CandidateError."""
    scan = scan_jpeg(body)
    image, _ = open_pillow(body, "JPEG")
    check_pillow(image, header)
    color_space = jpeg_color_space(scan)
    if color_space == "YCbCr":
        image.draft("L" if colors == "GRAY" else "YCbCr", None)
    image.decoderconfig = (1, 1)
    if "arithmetic" in header.coding:
        image.decodermaxblock = len(body)
    try:
        image.load()
    except Exception as problem:  # noqa: BLE001 - the decoder raises OSError, hostile headers whatever they run into
        raise CandidateError("SRC112", f"cannot be decoded: {name_failure(problem)}") from None
    pixels = np.asarray(image)
    if pixels.ndim == 2 or color_space == "YCCK":
        return pixels[..., None] if pixels.ndim == 2 else pixels
    # Pillow inverts CMYK after libjpeg, and the filter's rounding is not symmetric.
    inversion = 255 if colors == "CMYK" else 0
    tall = max(v for _, _, v in scan.components)
    wide = max(h for _, h, _ in scan.components)
    planes = [
        upsample_chroma(pixels[..., place] ^ inversion, tall // max(v, 1), wide // max(h, 1))
        for place, (_, h, v) in enumerate(scan.components)
    ]
    result = np.stack(planes, axis=-1) ^ inversion
    if color_space == "YCbCr":
        return by_bands(ycc_to_rgb, result)
    # libjpeg weighs RGB as Pillow does (jdcolor.c, rgb_gray_convert).
    return by_bands(luma, result) if colors == "GRAY" else result


def upsample_chroma(plane: np.ndarray, tall: int, wide: int) -> np.ndarray:
    """Replace a plane's plain upsampling (each sample ``tall`` x ``wide`` times) by libjpeg's triangle filter.

    Only 2x1, 1x2 and 2x2 have one; libjpeg uses it from three columns on.
    """
    height, width = plane.shape
    small = plane[::tall, ::wide].astype(np.int32)
    if (tall, wide) == (1, 2) and small.shape[1] > 2:
        return fancy_columns(small, 2, (1, 2))[:, :width].astype(np.uint8)
    if (tall, wide) == (2, 1):
        up, down = np.vstack([small[:1], small[:-1]]), np.vstack([small[1:], small[-1:]])
        rows = np.stack([(3 * small + up + 1) >> 2, (3 * small + down + 2) >> 2], axis=1)
        return rows.reshape(-1, width)[:height].astype(np.uint8)
    if (tall, wide) == (2, 2) and small.shape[1] > 2:
        up, down = np.vstack([small[:1], small[:-1]]), np.vstack([small[1:], small[-1:]])
        rows = np.stack([3 * small + up, 3 * small + down], axis=1).reshape(-1, small.shape[1])
        return fancy_columns(rows, 4, (8, 7))[:height, :width].astype(np.uint8)
    return plane


def fancy_columns(rows: np.ndarray, shift: int, bias: tuple[int, int]) -> np.ndarray:
    """Return twice as many columns: 3/4 of the nearer sample, 1/4 of the farther; ``bias``: for rounding."""
    left = np.hstack([rows[:, :1], rows[:, :-1]])
    right = np.hstack([rows[:, 1:], rows[:, -1:]])
    result = np.stack([(3 * rows + left + bias[0]) >> shift, (3 * rows + right + bias[1]) >> shift], axis=-1)
    return result.reshape(len(rows), -1)


def ycc_to_rgb(pixels: np.ndarray) -> np.ndarray:
    """YCbCr to RGB in libjpeg's 16-bit fixed point (jdcolor.c, build_ycc_rgb_table)."""
    luma, blue, red = (pixels[..., k].astype(np.int32) for k in range(3))
    blue, red = blue - 128, red - 128
    half = 1 << 15
    result = np.empty(pixels.shape, np.int32)
    result[..., 0] = luma + ((91881 * red + half) >> 16)
    result[..., 1] = luma + ((-22554 * blue - 46802 * red + half) >> 16)
    result[..., 2] = luma + ((116130 * blue + half) >> 16)
    return np.clip(result, 0, 255).astype(np.uint8)
