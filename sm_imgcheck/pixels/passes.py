"""Weighted sums along one axis, one tap after the other: the inner loop of the resizes that NumPy carries out.

The additions keep the order of the libraries, which a matrix product would not; and only the rows that a tap needs are
ever converted, so that a large uint8 image is never held as float32.
"""

from __future__ import annotations

import numpy as np

__all__ = ["columns_summed", "picked", "rows_summed"]


def rows_summed(image: np.ndarray, starts: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Row i of the result is the sum over k of ``weights[i, k] * image[starts[i] + k]``.

    image: height x ..., any dtype. starts: whole numbers. weights: (new height, taps), in the dtype of the sums; a tap
    past the last row takes the last row.
    """
    last = image.shape[0] - 1
    column = (slice(None),) + (None,) * (image.ndim - 1)
    total = np.zeros((len(starts), *image.shape[1:]), weights.dtype)
    part = np.empty_like(total)
    for k in range(weights.shape[1]):
        np.multiply(image[np.minimum(starts + k, last)], weights[:, k][column], out=part)
        total += part
    return total


def columns_summed(image: np.ndarray, starts: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """``rows_summed`` along the second axis. Turning the image makes every tap copy whole rows instead of pixels."""
    turned = np.ascontiguousarray(image.swapaxes(0, 1))
    return np.ascontiguousarray(rows_summed(turned, starts, weights).swapaxes(0, 1))


def picked(image: np.ndarray, rows: np.ndarray, columns: np.ndarray) -> np.ndarray:
    """The pixels where ``rows`` and ``columns`` cross."""
    return np.ascontiguousarray(image[rows][:, columns])
