"""8-bit images resized by integer weights, as products of small matrices in float32, with the sums of integers.

A sum in float32 is wrong by less than a known bound. Where the bound leaves two integers possible, the sum is repeated
in integers, so that every pixel is that of the library whose weights they are.
"""

from __future__ import annotations

import numpy as np

from sm_imgcheck.core.frozen import frozen

__all__ = ["BAND_VALUES", "UNIT", "Axis", "Blocks", "make_axis", "make_blocks", "multiply", "resize"]

# New lines that share a matrix: more lines mean more zeros in it, fewer mean more calls.
_BLOCK_LINES = 8
# Pixels that are resized together: in float32 they and their sums stay in the cache of the processor.
BAND_VALUES = 384_000
# The largest rounding error of a float32 number, relative to it.
UNIT = 2.0**-24
# Share of the sums that may be repeated in integers; with more of them the library is faster.
_MOST_REPEATED = 0.01

Blocks = tuple[tuple[int, int, np.ndarray], ...]
"""The weights of an axis as matrices of (new lines, old lines), each with its first new and its first old line."""


@frozen
class Axis:
    """The weights of one axis for some of the new lines."""

    starts: np.ndarray
    """First old line of each new line."""
    weights: np.ndarray
    """int64, (new lines, taps): multiples of 2**-precision."""
    precision: int
    blocks: Blocks
    low: int
    """The first old line that is read."""
    high: int
    """The old line after the last that is read."""
    error: float
    """Bound of the error of a sum in float32, in gray levels; 0: every sum is exact."""
    clips: bool
    """Whether a sum can be outside of 0..255."""


class _RepeatError(Exception):
    """Too many sums have to be repeated."""


def make_axis(starts: np.ndarray, weights: np.ndarray, precision: int) -> Axis:
    """The weights of an axis; a sum is ``weights[i, k] * line[starts[i] + k]`` over k, divided by 2**precision.

    starts: (new lines). weights: (new lines, taps), integers of at most 24 bits; 0 outside of the image.
    """
    weights = weights.astype(np.int64)
    blocks = make_blocks(starts, np.ldexp(weights.astype(np.float32), -precision))
    largest = 255 * int(np.abs(weights).sum(axis=1).max()) + (1 << (precision - 1))
    # Each term is rounded at most once as a product and once in each sum of terms; then the half is added.
    roundings = int((weights != 0).sum(axis=1).max()) + 2
    return Axis(
        starts=starts,
        weights=weights,
        precision=precision,
        blocks=blocks,
        low=blocks[0][1],
        high=max(low + matrix.shape[1] for _, low, matrix in blocks),
        error=0.0 if largest < 1 << 24 else 1.01 * roundings * UNIT * largest / (1 << precision),
        clips=bool((weights < 0).any() or largest >= 256 << precision),
    )


def make_blocks(starts: np.ndarray, weights: np.ndarray) -> Blocks:
    """The weights of an axis, float32: ``weights[i, k]`` is that of the old line ``starts[i] + k`` for new line i."""
    lines, taps = np.nonzero(weights)
    old_lines = starts[lines] + taps
    blocks = []
    for first in range(0, len(starts), _BLOCK_LINES):
        inside = lines // _BLOCK_LINES == first // _BLOCK_LINES
        low, high = int(old_lines[inside].min()), int(old_lines[inside].max()) + 1
        matrix = np.zeros((min(_BLOCK_LINES, len(starts) - first), high - low), np.float32)
        matrix[lines[inside] - first, old_lines[inside] - low] = weights[lines[inside], taps[inside]]
        blocks.append((first, low, matrix))
    return tuple(blocks)


def multiply(blocks: Blocks, lines: np.ndarray) -> np.ndarray:
    """The new lines, float32; lines: the old ones from the first that is read on, float32, two axes."""
    start, last = blocks[0][1], blocks[-1]
    sums = np.empty((last[0] + len(last[2]), lines.shape[1]), np.float32)
    for first, low, matrix in blocks:
        old_lines = lines[low - start : low - start + matrix.shape[1]]
        np.matmul(matrix, old_lines, out=sums[first : first + len(matrix)])
    return sums


def resize(image: np.ndarray, rows: Axis, columns: Axis, *, rows_first: bool) -> np.ndarray | None:
    """An HxWxC uint8 image with new rows and columns, C at most 4; None where too many sums have to be repeated.

    rows_first: the order of the passes; pixels are integers in between, so the order matters.
    """
    try:
        if rows_first:
            part = image[rows.low : rows.high, columns.low : columns.high]
            return _resize_columns(_resize_rows(part, rows), columns, columns.low)
        return _resize_rows(_resize_columns(image[rows.low : rows.high], columns, 0), rows)
    except _RepeatError:
        return None


def _resize_columns(image: np.ndarray, columns: Axis, first: int) -> np.ndarray:
    """The image with new columns; ``first``: number of its first column."""
    import cv2  # copies the transposed image in a quarter of the time of NumPy

    height, _, channels = image.shape
    result = np.empty((height, len(columns.starts), channels), np.uint8)
    source = image[:, columns.low - first : columns.high - first]
    band = max(1, BAND_VALUES // source[0].size)
    for top in range(0, height, band):
        lines = cv2.transpose(source[top : top + band])
        sums = _weighted_sums(lines.reshape(len(lines), -1), columns)
        cv2.transpose(sums.reshape(len(sums), -1, channels), result[top : top + band])
    return result


def _resize_rows(image: np.ndarray, rows: Axis) -> np.ndarray:
    """The rows ``rows.low`` to ``rows.high`` of an image as new rows."""
    lines = image.reshape(len(image), -1)
    result = np.empty((len(rows.starts), lines.shape[1]), np.uint8)
    band = max(1, BAND_VALUES // len(lines))
    for left in range(0, lines.shape[1], band):
        result[:, left : left + band] = _weighted_sums(lines[:, left : left + band], rows)
    return result.reshape(-1, *image.shape[1:])


def _weighted_sums(lines: np.ndarray, axis: Axis) -> np.ndarray:
    """New lines of the old lines ``axis.low`` to ``axis.high``, uint8."""
    sums = multiply(axis.blocks, lines.astype(np.float32))
    sums += np.float32(0.5 - axis.error)
    if axis.clips:
        np.clip(sums, 0, 255.5, out=sums)
    result = sums.astype(np.uint8)
    if axis.error:
        sums += np.float32(2 * axis.error)
        unclear = np.flatnonzero(sums.astype(np.uint8) != result)
        if len(unclear) > _MOST_REPEATED * result.size:
            raise _RepeatError
        result.ravel()[unclear] = _integer_sums(lines, axis, *np.divmod(unclear, lines.shape[1]))
    return result


def _integer_sums(lines: np.ndarray, axis: Axis, new_lines: np.ndarray, columns: np.ndarray) -> np.ndarray:
    """Values of some new lines, each in its column, summed in integers."""
    taps = axis.starts[new_lines, np.newaxis] - axis.low + np.arange(axis.weights.shape[1])
    old_values = lines[np.clip(taps, 0, len(lines) - 1), columns[:, np.newaxis]]
    sums = (old_values * axis.weights[new_lines]).sum(axis=1)
    levels = (sums + (1 << (axis.precision - 1))) >> axis.precision
    return np.asarray(np.clip(levels, 0, 255))
