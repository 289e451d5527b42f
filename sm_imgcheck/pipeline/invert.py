"""A tensor turned back into an image, under one reading of its numbers."""

from __future__ import annotations

import numpy as np

from sm_imgcheck.core.channels import ALPHA, GRAY, blue_first
from sm_imgcheck.core.frozen import frozen
from sm_imgcheck.core.types import Affine, Quantize

__all__ = ["Reading", "Undone", "channels_last", "grey_levels", "shown", "undone"]

_MOST = 2048
"""Rows or columns that are looked at, four times what a panel shows: the price depends on no candidate's size."""
_HALF = 0.5  # what rounding to a grey level takes is not out of range
_NAN_COLOUR = (255, 0, 255)
_CHECKER = ((204, 255), 8)  # two shades and the size of a square, in grey levels and pixels: shows through alpha


@frozen
class Reading:
    """How the numbers of a tensor are understood."""

    layout: str
    order: str
    """RGB, BGR, GRAY, RGBA or BGRA."""
    values: Affine
    """From grey levels to numbers, one entry per stored channel."""
    quantize: Quantize | None = None


@frozen
class Undone:
    """A tensor as a picture."""

    pixels: np.ndarray
    """HxWx3 uint8, RGB; what is not a number is magenta."""
    beyond: float
    """Share of the values that stand for no grey level 0..255, which are clipped: 0..1."""
    nans: float
    """Share of the values that are not a number: 0..1."""


@np.errstate(all="ignore")  # numbers beyond all measure are drawn as such
def undone(array: np.ndarray, reading: Reading, *, image: int = 0) -> Undone:
    """The picture that a tensor shows under ``reading``: its layout's axes, its channels as ``order`` names them.

    image: which one of a batch. Of more than 2,048 rows or columns every second, third ... is taken.
    """
    levels = grey_levels(_sampled(channels_last(array, reading.layout, image=image)), reading)
    nan = np.isnan(levels)
    beyond = (levels < -_HALF) | (levels > 255 + _HALF)
    pixels = np.rint(np.clip(np.where(nan, 0, levels), 0, 255)).astype(np.uint8)
    picture = shown(pixels, reading.order)
    picture[nan.any(axis=-1)] = _NAN_COLOUR
    return Undone(pixels=picture, beyond=float(beyond.mean()), nans=float(nan.mean()))


def grey_levels(array: np.ndarray, reading: Reading) -> np.ndarray:
    """The numbers of an array with channels last as grey levels, neither rounded nor clipped; float32 or float64."""
    wide = array.dtype.itemsize > 4 or array.dtype.kind == "i"
    levels: np.ndarray = array.astype(np.float64 if wide else np.float32)
    if reading.quantize is not None:
        levels = (levels - reading.quantize.zero_point) * reading.quantize.scale
    levels = levels - np.array(reading.values.offset, levels.dtype)
    levels /= np.array(reading.values.scale, levels.dtype)
    return levels


def shown(pixels: np.ndarray, order: str) -> np.ndarray:
    """Pixels HxWxC uint8 in ``order`` as a screen takes them: HxWx3, RGB. A checkerboard shows through alpha."""
    if order == GRAY:
        return np.repeat(pixels[..., :1], 3, axis=-1)
    colours = np.ascontiguousarray(pixels[..., 2::-1] if blue_first(order) else pixels[..., :3])
    if order not in ALPHA:
        return colours
    shades, square = _CHECKER
    rows, columns = np.ogrid[: pixels.shape[0], : pixels.shape[1]]
    board = np.where((rows // square + columns // square) % 2, *shades)[..., np.newaxis]
    alpha = pixels[..., 3:].astype(np.float32) / 255
    mixed: np.ndarray = np.rint(colours * alpha + board * (1 - alpha)).astype(np.uint8)
    return mixed


def channels_last(array: np.ndarray, layout: str, *, image: int = 0) -> np.ndarray:
    """One image of a tensor as a view with the axes H, W, C."""
    if "N" in layout:
        array, layout = array[image], layout.replace("N", "")  # every layout that has images begins with them
    if "C" not in layout:
        array, layout = array[..., np.newaxis], layout + "C"
    return array.transpose([layout.index(axis) for axis in "HWC"])


def _sampled(array: np.ndarray) -> np.ndarray:
    """Every second, third ... row and column of a large picture, as many of both, so that its aspect is kept."""
    step = -(-max(array.shape[:2]) // _MOST)
    return array[::step, ::step]
