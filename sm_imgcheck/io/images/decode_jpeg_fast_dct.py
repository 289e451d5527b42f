"""TensorFlow's default JPEG decoder without TensorFlow: libjpeg's fast DCT with smooth chroma upsampling.

`tf.io.decode_jpeg(dct_method="")` means INTEGER_FAST. Pillow can ask libjpeg for it only together with plain
upsampling, so the chroma planes are taken apart again and upsampled here as libjpeg-turbo does (jdsample.c), then
coloured as it does (jdcolor.c).
"""

from __future__ import annotations

import numpy as np

from sm_imgcheck.core.errors import CandidateError
from sm_imgcheck.core.types import Header
from sm_imgcheck.io.images.jpeg import jpeg_colour, scan_jpeg
from sm_imgcheck.io.images.pillow import check_pillow, open_pillow
from sm_imgcheck.io.images.quiet import name_failure
from sm_imgcheck.ops.kernels.color import luma

__all__ = ["fast_dct_jpeg"]


def fast_dct_jpeg(body: bytes, header: Header, colours: str) -> np.ndarray:
    """Pixels HWC uint8 of a JPEG file, ``colours`` GRAY, RGB or CMYK. Raises CandidateError."""
    scan = scan_jpeg(body)
    image, _ = open_pillow(body, "JPEG")
    check_pillow(image, header)
    coded = jpeg_colour(scan)
    if coded == "YCbCr":
        image.draft("L" if colours == "GRAY" else "YCbCr", None)
    image.decoderconfig = (1, 1)
    if "arithmetic" in header.coding:
        image.decodermaxblock = len(body)
    try:
        image.load()
    except Exception as problem:  # noqa: BLE001 - the decoder raises OSError, hostile headers whatever they run into
        raise CandidateError("SRC112", f"cannot be decoded: {name_failure(problem)}") from None
    pixels = np.asarray(image)
    if pixels.ndim == 2 or coded == "YCCK":
        return pixels[..., None] if pixels.ndim == 2 else pixels
    # Pillow turns CMYK round after libjpeg is through, and the filter's rounding is not symmetric.
    turn = 255 if colours == "CMYK" else 0
    tall = max(v for _, _, v in scan.components)
    wide = max(h for _, h, _ in scan.components)
    planes = [
        upsample_chroma(pixels[..., place] ^ turn, tall // max(v, 1), wide // max(h, 1))
        for place, (_, h, v) in enumerate(scan.components)
    ]
    made = np.stack(planes, axis=-1) ^ turn
    if coded == "YCbCr":
        return ycc_to_rgb(made)
    # libjpeg weighs RGB as Pillow does (jdcolor.c, rgb_gray_convert).
    return luma(made) if colours == "GRAY" else made


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
    """Twice as many columns: three parts of the nearer sample, one of the other; ``bias`` spreads the rounding."""
    left = np.hstack([rows[:, :1], rows[:, :-1]])
    right = np.hstack([rows[:, 1:], rows[:, -1:]])
    made = np.stack([(3 * rows + left + bias[0]) >> shift, (3 * rows + right + bias[1]) >> shift], axis=-1)
    return made.reshape(len(rows), -1)


def ycc_to_rgb(pixels: np.ndarray) -> np.ndarray:
    """YCbCr to RGB in libjpeg's 16-bit fixed point (jdcolor.c, build_ycc_rgb_table)."""
    luma, blue, red = (pixels[..., k].astype(np.int32) for k in range(3))
    blue, red = blue - 128, red - 128
    half = 1 << 15
    made = np.empty(pixels.shape, np.int32)
    made[..., 0] = luma + ((91881 * red + half) >> 16)
    made[..., 1] = luma + ((-22554 * blue - 46802 * red + half) >> 16)
    made[..., 2] = luma + ((116130 * blue + half) >> 16)
    return np.clip(made, 0, 255).astype(np.uint8)
