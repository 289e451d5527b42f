"""OpenCV's area resize of an 8-bit image to a smaller one, as products of small matrices.

OpenCV sums in float32, along each row and then over the rows, and rounds once. The products sum in another order; where
the rounding errors of both leave two integers possible, the sum is repeated in OpenCV's order.
"""

from __future__ import annotations

import math
from functools import cache

import numpy as np

from sm_imgcheck.core.frozen import frozen
from sm_imgcheck.ops.combined.matrices import BAND_VALUES, UNIT, Blocks, make_blocks, multiply

__all__ = ["AreaAxis", "is_area_in_order", "make_area_axis", "resize_area"]


@frozen
class AreaAxis:
    """The weights of one axis for some of the new lines."""

    starts: np.ndarray
    """First old line of each new line."""
    weights: np.ndarray
    """float32, (new lines, taps)."""
    blocks: Blocks
    low: int
    """The first old line that is read."""
    high: int
    """The old line after the last that is read."""


def make_area_axis(old: int, new: int, lines: tuple[int, int]) -> AreaAxis:
    """The weights of the new lines from the first to the one before the second of ``lines``.

    The share of each old line that a new one covers, as OpenCV computes it (resize.cpp, computeResizeAreaTab).
    """
    scale = 1.0 / (new / old)
    starts, rows = [], []
    for line in range(*lines):
        begin, end = line * scale, line * scale + scale
        length = min(scale, old - begin)
        last = min(math.floor(end), old - 1)
        first = min(math.ceil(begin), last)
        shares = [(first - begin) / length] if first - begin > 1e-3 else []
        starts.append(first - len(shares))
        shares += [1.0 / length] * (last - first)
        shares += [min(end - last, 1.0, length) / length] if end - last > 1e-3 else []
        rows.append(shares)
    weights = np.zeros((len(rows), max(map(len, rows))), np.float32)
    for row, shares in zip(weights, rows, strict=True):
        row[: len(shares)] = shares
    blocks = make_blocks(np.array(starts), weights)
    high = max(low + matrix.shape[1] for _, low, matrix in blocks)
    return AreaAxis(starts=np.array(starts), weights=weights, blocks=blocks, low=blocks[0][1], high=high)


def resize_area(image: np.ndarray, rows: AreaAxis, columns: AreaAxis) -> np.ndarray:
    """An HxWxC uint8 image with new rows and columns, C at most 4."""
    import cv2

    channels = image.shape[2]
    part = image[rows.low : rows.high, columns.low : columns.high]
    lines = np.empty((len(part), len(columns.starts), channels), np.float32)
    band = max(1, BAND_VALUES // part[0].size)
    for top in range(0, len(part), band):
        old_columns = cv2.transpose(part[top : top + band])
        sums = multiply(columns.blocks, old_columns.reshape(len(old_columns), -1).astype(np.float32))
        cv2.transpose(sums.reshape(len(sums), -1, channels), lines[top : top + band])
    sums = multiply(rows.blocks, lines.reshape(len(lines), -1))
    # A product and a sum for each tap, by OpenCV and here.
    error = 2 * (rows.weights.shape[1] + columns.weights.shape[1] + 4) * UNIT * 256
    result = (sums + np.float32(0.5 - error)).astype(np.uint8)
    sums += np.float32(0.5 + error)
    unclear = np.flatnonzero(sums.astype(np.uint8) != result)
    result.ravel()[unclear] = sums_in_order(image, rows, columns, unclear)
    return result.reshape(-1, len(columns.starts), channels)


def sums_in_order(image: np.ndarray, rows: AreaAxis, columns: AreaAxis, indices: np.ndarray) -> np.ndarray:
    """Values of the resized image by their flat indices, each summed as OpenCV does; uint8."""
    line, column, channel = np.unravel_index(indices, (len(rows.starts), len(columns.starts), image.shape[2]))
    old_rows = rows.starts[line, np.newaxis] + np.arange(rows.weights.shape[1])
    old_columns = columns.starts[column, np.newaxis] + np.arange(columns.weights.shape[1])
    pixels = image[
        np.minimum(old_rows, len(image) - 1)[:, :, np.newaxis],
        np.minimum(old_columns, image.shape[1] - 1)[:, np.newaxis],
        channel[:, np.newaxis, np.newaxis],
    ]
    products = pixels * columns.weights[column, np.newaxis]
    parts = products[..., 0]
    for k in range(1, products.shape[2]):
        parts = parts + products[..., k]
    parts = parts * rows.weights[line]
    total = parts[:, 0]
    for k in range(1, parts.shape[1]):
        total = total + parts[:, k]
    return np.asarray(np.rint(total), np.uint8)


@cache
def is_area_in_order() -> bool:
    """Return whether the installed OpenCV rounds each product and each sum, as a build with fused operations does not.

    With this ratio of sizes many sums are close to one half of a level, so that fused operations change some of them.
    """
    import cv2

    old, new = (480, 640, 3), (224, 224)
    noise = np.frombuffer(np.random.default_rng(0).bytes(math.prod(old)), np.uint8).reshape(old)
    rows, columns = (make_area_axis(old[axis], new[axis], (0, new[axis])) for axis in (0, 1))
    result = sums_in_order(noise, rows, columns, np.arange(math.prod(new) * 3)).reshape(*new, 3)
    return np.array_equal(result, cv2.resize(noise, new[::-1], interpolation=cv2.INTER_AREA))
