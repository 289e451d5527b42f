"""Buffers that were read under a wrong shape: rows of another length, and an image repeated side by side."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product

import numpy as np

__all__ = ["misreadings", "row_length", "rows_of", "tile_of"]

_SHORTEST, _LONGEST = 0.5, 2.0
"""Lengths that are tried, as shares of the shape's."""
_AGREEMENT = 0.1
"""Correlation of the rows' gradients at the right length: 0.14 at least for 80 resized photographs."""
_GRIDS = ((2, 2), (1, 2), (2, 1), (3, 3))
"""Numbers of copies below each other and side by side."""
_MOST_NUMBERS = 1 << 19
"""Numbers from the beginning of the buffer that are compared."""


def misreadings(image: np.ndarray) -> Iterator[tuple[str, np.ndarray]]:
    """Yield other images that the numbers of an HxWxC image show, in words and as HxWxC."""
    tile = tile_of(image)
    if tile is not None:
        size = f"{tile.shape[0]}x{tile.shape[1]}"
        yield f"it consists of equal copies of {size}, which show the image", tile
    length, width = row_length(image), image.shape[1] * image.shape[2]
    if length not in (0, width):
        words = f"its numbers show the image in rows of {length}, and were read as rows of {width} (row stride)"
        yield words, rows_of(image, length)


def tile_of(image: np.ndarray) -> np.ndarray | None:
    """Return the part of an HxWxC image of which it is several copies; None where it is not."""
    height, width = image.shape[:2]
    for down, across in _GRIDS:
        tall, wide = height // down, width // across
        tile = image[:tall, :wide]
        if height % down or width % across or not tile.size or not np.ptp(tile) > 0:
            continue
        corners = product(range(0, height, tall), range(0, width, wide))
        if all(np.array_equal(image[top : top + tall, left : left + wide], tile) for top, left in corners):
            return tile
    return None


def row_length(image: np.ndarray) -> int:
    """Return the numbers from one row of a buffer to the next, by where its values repeat; 0 where they do not.

    image: HxWxC, in memory order under the shape that it was read with. The right length is W * C. It was found for
    80 of 80 resized photographs, and for 560 of 560 with 1 to 96 numbers of padding.
    """
    length = image.shape[1] * image.shape[2]
    values = image[: max(2, _MOST_NUMBERS // length)].reshape(-1, image.shape[2]).astype(np.float32)
    values = ((values - values.mean(axis=0)) / np.maximum(values.std(axis=0), 1e-9)).ravel()
    gradient = values[image.shape[2] :] - values[: -image.shape[2]]
    if not gradient.size:
        return 0
    spectrum = np.fft.rfft(gradient, 1 << (2 * len(gradient)).bit_length())
    correlation = np.fft.irfft(np.abs(spectrum) ** 2)
    first = max(image.shape[2], int(_SHORTEST * length))
    nearby = correlation[first : int(_LONGEST * length)]
    best = int(nearby.argmax())
    return first + best if nearby[best] > _AGREEMENT * correlation[0] else 0


def rows_of(image: np.ndarray, length: int) -> np.ndarray:
    """Return the complete rows of this length as HxWxC, at most W * C numbers of each."""
    width, channels = image.shape[1:]
    rows = image.size // length
    pixels = min(width, length // channels)
    return (
        image.reshape(-1)[: rows * length].reshape(rows, length)[:, : pixels * channels].reshape(rows, pixels, channels)
    )
