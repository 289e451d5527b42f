"""Weighted sums along one axis, tap by tap: the inner loop of NumPy resizes.

The additions keep the order of the libraries, which a matrix product would not; and only the rows of a tap are
converted, so that a large uint8 image is never stored as float32.
"""

from __future__ import annotations

import numpy as np

__all__ = [
    "columns_summed",
    "convert_levels",
    "gather_pixels",
    "rounded_levels",
    "rows_summed",
    "swapped_axes",
    "working",
]


def rows_summed(image: np.ndarray, starts: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Row i of the result is the sum over k of ``weights[i, k] * image[starts[i] + k]``.

    image: height x ..., any dtype. starts: integers. weights: (new height, taps), in the dtype of the sums; a tap past
    the last row reads the last row.
    """
    last = image.shape[0] - 1
    column = (slice(None),) + (None,) * (image.ndim - 1)
    total = np.empty((len(starts), *image.shape[1:]), weights.dtype)
    rows = max(1, (1 << 18) // max(1, total[:1].size))
    for top in range(0, len(starts), rows):  # a block stays in the cache; for a large image, never a second copy
        block = slice(top, top + rows)
        sums = total[block]
        np.multiply(image[starts[block]], weights[block, 0][column], out=sums)
        part = np.empty_like(sums)
        for k in range(1, weights.shape[1]):
            np.multiply(image[np.minimum(starts[block] + k, last)], weights[block, k][column], out=part)
            sums += part
    return total


def columns_summed(image: np.ndarray, starts: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """``rows_summed`` along the second axis; blocks of rows are transposed so that taps copy complete rows."""
    total = np.empty((len(image), len(starts), *image.shape[2:]), weights.dtype)
    rows = max(1, (1 << 20) // max(1, total[:1].size))
    for top in range(0, len(image), rows):
        block = image[top : top + rows]
        total[top : top + rows] = swapped_axes(rows_summed(swapped_axes(block), starts, weights))
    return total


def swapped_axes(image: np.ndarray) -> np.ndarray:
    """A WxHxC copy of an HxWxC image, channel by channel: a fifth of the time of one copy of all."""
    result = np.empty((image.shape[1], image.shape[0], image.shape[2]), image.dtype)
    for channel in range(image.shape[2]):
        result[..., channel] = image[..., channel].T
    return result


def gather_pixels(image: np.ndarray, rows: np.ndarray, columns: np.ndarray) -> np.ndarray:
    """The pixels where ``rows`` and ``columns`` cross."""
    return np.ascontiguousarray(image[rows][:, columns])


def rounded_levels(image: np.ndarray) -> np.ndarray:
    """As uint8: rounded half to even and clipped to 0..255. A uint8 image is returned unchanged."""
    if image.dtype == np.uint8:
        return image
    levels = np.empty(image.shape, np.uint8)
    rows = max(1, (1 << 20) // max(1, image[:1].size))
    for top in range(0, len(image), rows):
        levels[top : top + rows] = np.clip(np.rint(image[top : top + rows]), 0, 255)
    return levels


def working(image: np.ndarray, dtype: str) -> np.ndarray:
    """The image as the resize works on it, contiguous: uint8 or float32."""
    return np.ascontiguousarray(rounded_levels(image) if dtype == "uint8" else image.astype(np.float32, copy=False))


def convert_levels(image: np.ndarray, dtype: str) -> np.ndarray:
    """The resized image as its step promises it: float32 for ``float32``, else uint8."""
    return np.ascontiguousarray(image.astype(np.float32, copy=False) if dtype == "float32" else rounded_levels(image))
