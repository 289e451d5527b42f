"""A tensor converted back to an image, with given assumptions about its values."""

from __future__ import annotations

import numpy as np

from sm_imgcheck.core.channels import ALPHA, GRAY, blue_first
from sm_imgcheck.core.frozen import frozen
from sm_imgcheck.core.types import Affine, Quantize

__all__ = ["RecoveredImage", "TensorInterpretation", "channels_last", "recover_image", "to_gray_levels", "to_screen"]

_MOST = 2048
"""Limit of rows and columns, four times those of a panel: the time does not depend on the candidate's size."""
_HALF = 0.5  # rounding to a gray level is not out of range
_NAN_COLOR = (255, 0, 255)
_CHECKER = ((204, 255), 8)  # two shades and the size of a square, in gray levels and pixels: shows through alpha


@frozen
class TensorInterpretation:
    """How the numbers of a tensor are understood."""

    layout: str
    order: str
    """RGB, BGR, GRAY, RGBA or BGRA."""
    values: Affine
    """From gray levels to numbers, one entry per stored channel."""
    quantize: Quantize | None = None


@frozen
class RecoveredImage:
    """A tensor as an image."""

    pixels: np.ndarray
    """HxWx3 uint8, RGB; what is not a number is magenta."""
    beyond: float
    """Share of the values outside of gray levels 0..255, which are clipped: 0..1."""
    nans: float
    """Share of the values that are not a number: 0..1."""


@np.errstate(all="ignore")  # infinite numbers and overflow are drawn as out of range
def recover_image(array: np.ndarray, reading: TensorInterpretation, *, image: int = 0) -> RecoveredImage:
    """Return the image of a tensor under ``reading``: the axes of its layout, its channels in ``order``.

    image: index in the batch. Above 2,048 rows or columns, every second, third ... is read.
    """
    levels = to_gray_levels(_subsample(channels_last(array, reading.layout, image=image)), reading)
    nan = np.isnan(levels)
    nans, beyond = np.count_nonzero(nan), np.count_nonzero(levels < -_HALF) + np.count_nonzero(levels > 255 + _HALF)
    if nans:
        levels[nan] = 0
    np.rint(np.clip(levels, 0, 255, out=levels), out=levels)
    pixels_rgb = to_screen(levels.astype(np.uint8), reading.order)
    if nans:
        pixels_rgb[nan.any(axis=-1)] = _NAN_COLOR
    return RecoveredImage(pixels=pixels_rgb, beyond=beyond / levels.size, nans=nans / levels.size)


def to_gray_levels(array: np.ndarray, reading: TensorInterpretation) -> np.ndarray:
    """The numbers of an array with channels last as gray levels, neither rounded nor clipped; float32 or float64."""
    wide = array.dtype.itemsize > 4 or array.dtype.kind == "i"
    levels: np.ndarray = array.astype(np.float64 if wide else np.float32)
    if reading.quantize is not None:
        levels -= reading.quantize.zero_point
        levels *= reading.quantize.scale
    levels -= np.array(reading.values.offset, levels.dtype)
    levels /= np.array(reading.values.scale, levels.dtype)
    return levels


def to_screen(pixels: np.ndarray, order: str) -> np.ndarray:
    """Return pixels HxWxC uint8 in ``order`` as HxWx3 RGB for a screen. Transparent pixels show a checkerboard."""
    if order == GRAY:
        return np.repeat(pixels[..., :1], 3, axis=-1)
    colors = np.ascontiguousarray(pixels[..., 2::-1] if blue_first(order) else pixels[..., :3])
    if order not in ALPHA:
        return colors
    shades, square = _CHECKER
    rows, columns = np.ogrid[: pixels.shape[0], : pixels.shape[1]]
    board = np.where((rows // square + columns // square) % 2, *shades)[..., np.newaxis]
    alpha = pixels[..., 3:].astype(np.float32) / 255
    blend: np.ndarray = np.rint(colors * alpha + board * (1 - alpha)).astype(np.uint8)
    return blend


def channels_last(array: np.ndarray, layout: str, *, image: int = 0) -> np.ndarray:
    """One image of a tensor as a view with the axes H, W, C."""
    if "N" in layout:
        array, layout = array[image], layout.replace("N", "")  # every layout that has images begins with them
    if "C" not in layout:
        array, layout = array[..., np.newaxis], layout + "C"
    return array.transpose([layout.index(axis) for axis in "HWC"])


def _subsample(array: np.ndarray) -> np.ndarray:
    """Return every second, third ... row and column of a large image, the same step for both, to keep its aspect."""
    step = -(-max(array.shape[:2]) // _MOST)
    return array[::step, ::step]
