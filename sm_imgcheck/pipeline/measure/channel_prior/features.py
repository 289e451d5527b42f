"""Features of the channel-order prior: numbers that stay, and numbers that change sign, when R and B are swapped.

An image becomes a thumbnail with a joint histogram of vertical position, texture, opponent colors and luminance: a sky
is smooth, blue and at the top; leaves, fur and soil are rough and not blue. Swapping R and B mirrors one axis, so that
half the sum (even) and half the difference (odd) are read off directly.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np

__all__ = [
    "BINS",
    "SIDE",
    "histogram",
    "photo_weight",
    "planes",
    "sparse",
    "split",
    "thumbnail",
]

SIDE = 128
"""Height and width of the thumbnail in pixels: at 64, 1.5 % fewer photographs are recognized."""
BINS = (2, 4, 15, 9, 5)
"""Axes of the histogram: vertical position, texture, R - B, (R + B) / 2 - G, luminance. The third is odd, so that 0 is
a center."""
_SMOOTH, _ROUGH = 0.004, 0.2
"""Standard deviations of luminance in 3x3 pixels, 0..1, at the ends of the axis of texture: 1 gray level, and edges."""
_ENOUGH = 256
"""Most pixels of one side that are averaged; for a larger image every k-th row and column is read."""
_STEPS = 256
"""Steps of a gray level to which a thumbnail is rounded."""
_BLOCK = 16
"""Pixels of one side of the thumbnail that one product averages."""
_BORDER = 2.0
"""Gray levels: rows and columns this near to the corner's color are bars, and not evidence."""


def sparse(image: np.ndarray) -> np.ndarray:
    """A view of HxWxC with less than twice _ENOUGH rows and columns."""
    down, across = (max(1, length // _ENOUGH) for length in image.shape[:2])
    part: np.ndarray = image[::down, ::across]
    return part


def planes(image: np.ndarray) -> np.ndarray:
    """Return 3xHxW float32: the part of an image that the prior uses.

    image: HxWx3, any real dtype.
    """
    return np.ascontiguousarray(np.moveaxis(sparse(image), 2, 0), np.float32)


def thumbnail(pixels: np.ndarray) -> np.ndarray | None:
    """Return 3 x SIDE x SIDE float32 in 0..1, by area, without bars at the border; None for an image of bars only.

    pixels: 3xHxW float32, 0..255, finite.
    """
    inside = _without_bars(pixels)
    if not inside.size:
        return None
    small = _shrink(_shrink(inside.swapaxes(1, 2)).swapaxes(1, 2))
    # The rounding errors of the products depend on the library, and the roots of the histogram enlarge them.
    levels = np.rint(np.clip(small, 0, 255) * _STEPS) / np.float32(_STEPS)
    unit: np.ndarray = levels / np.float32(255)
    return unit


def _without_bars(pixels: np.ndarray) -> np.ndarray:
    """The part inside all whole rows and columns of the first pixel's color; may be empty. pixels: 3xHxW."""
    corner = pixels[:, :1, :1]

    def other(part: np.ndarray) -> np.ndarray:
        differs: np.ndarray = (np.abs(part - corner) > _BORDER).any(axis=0)
        return differs

    if all(other(edge).any() for edge in (pixels[:, :1], pixels[:, -1:], pixels[..., :1], pixels[..., -1:])):
        return pixels
    inside = other(pixels)
    rows, columns = (np.flatnonzero(inside.any(axis=axis)) for axis in (1, 0))
    return pixels[:, rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1] if rows.size else pixels[:, :0]


def _shrink(values: np.ndarray) -> np.ndarray:
    """Return 3 x N x SIDE: averages by area along the last axis of 3xNxL, in blocks: most shares of the whole are 0."""
    length = values.shape[2]
    shares = _area(length).T
    small = np.empty((*values.shape[:2], SIDE), np.float32)
    for start in range(0, SIDE, _BLOCK):
        stop = start + _BLOCK
        first, last = start * length // SIDE, -(-stop * length // SIDE)
        np.matmul(values[..., first:last], shares[first:last, start:stop], out=small[..., start:stop])
    return small


@lru_cache(maxsize=4)
def _area(length: int) -> np.ndarray:
    """SIDE x length: the share that each of ``length`` pixels has in each pixel of the thumbnail."""
    edges = np.arange(SIDE + 1) * (length / SIDE)
    cells = np.arange(length)
    shares = np.minimum(edges[1:, None], cells + 1) - np.maximum(edges[:-1, None], cells)
    shared: np.ndarray = np.maximum(shares, 0) * (SIDE / length)
    return shared.astype(np.float32, copy=False)


_VERTICAL = np.linspace(0, 1, (SIDE - 1) // 2, dtype=np.float32).repeat((SIDE - 1) // 2)
"""Vertical position of every pixel that is counted, 0..1: its share in the second of two bins."""


def _corners(axes: slice) -> np.ndarray:
    """The nearest bins of a pixel along some axes, relative to the first of them, in the flat histogram."""
    bins = np.zeros(1, np.intp)
    for step in np.cumprod((1, *BINS[:0:-1]))[::-1][axes]:
        bins = np.concatenate([bins, bins + step])
    return bins


_OUTER, _INNER = slice(3), slice(3, None)
"""Axes of the histogram. One call counts four bins of each pixel: arrays of all 32 are returned to the system after
each image and requested again for the next one, which takes longer than the arithmetic."""
_OUTER_CORNERS, _INNER_CORNERS = _corners(_OUTER), _corners(_INNER)


def histogram(small: np.ndarray) -> np.ndarray:
    """BINS float32: the square roots of the shares of the pixels; each pixel is spread over its nearest bins.

    small: as from ``thumbnail``. Every second row and column is counted, each pixel with the texture around it.
    """
    red, green, blue = small[:, 1:-1:2, 1:-1:2].reshape(3, -1)
    texture = _texture((small[0] + small[2] + small[1]) / 3).ravel()
    # The root gives pale colors more bins: most pixels of a photograph are pale.
    opponents = _root(red - blue, 0.9), _root((red + blue) / 2 - green, 0.6)
    first, parts = np.zeros(red.size, np.intp), [_VERTICAL]
    for values, bins in zip((texture, *opponents, (red + blue + green) / 3), BINS[1:], strict=True):
        at = np.clip(values, 0, 1) * np.float32(bins - 1)
        low = np.minimum(at.astype(np.intp), bins - 2)
        first = first * bins + low
        parts.append((at - low).astype(np.float32))
    index = (first + _INNER_CORNERS[:, None]).ravel()
    counts = np.zeros(int(np.prod(BINS)))
    outer = _interpolate(np.ones((1, red.size), np.float32), parts[_OUTER])
    for corner, share in zip(_OUTER_CORNERS, outer, strict=True):
        count = np.bincount(index, _interpolate(share[np.newaxis], parts[_INNER]).ravel())
        counts[corner : corner + len(count)] += count
    shares: np.ndarray = np.sqrt(np.maximum(counts, 0) / red.size).astype(np.float32).reshape(BINS)
    return shares


def _interpolate(shares: np.ndarray, parts: list[np.ndarray]) -> np.ndarray:
    """Return the shares of the pixels in each bin of ``_corners``. parts: of the upper bin, one array for each axis."""
    for part in parts:
        above = shares * part
        shares = np.concatenate([shares - above, above])
    return shares


def _texture(luminance: np.ndarray) -> np.ndarray:
    """Return 0 (smooth) to 1 (rough): the logarithm of the standard deviation in every second 3x3 square."""

    def average(values: np.ndarray) -> np.ndarray:
        rows = values[:-2:2] + values[1:-1:2] + values[2::2]
        mean: np.ndarray = (rows[:, :-2:2] + rows[:, 1:-1:2] + rows[:, 2::2]) / 9
        return mean

    deviation = np.sqrt(np.maximum(average(luminance**2) - average(luminance) ** 2, 0))
    rough: np.ndarray = np.log((deviation + _SMOOTH) / _SMOOTH) / np.log((_ROUGH + _SMOOTH) / _SMOOTH)
    return rough


def _root(difference: np.ndarray, most: float) -> np.ndarray:
    """The signed square root; ``-most .. most`` becomes 0..1."""
    root: np.ndarray = np.sign(difference) * np.sqrt(np.abs(difference)) / (2 * most) + 0.5
    return root


def split(small: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the even and the odd half of the histogram of a thumbnail, each as one vector of float32."""
    shares = histogram(small)
    mirror, middle = shares[:, :, ::-1], BINS[2] // 2
    even, odd = (shares + mirror)[:, :, middle:], (shares - mirror)[:, :, middle + 1 :]
    return even.ravel() / 2, odd.ravel() / 2


def photo_weight(strangeness: np.ndarray, far: np.ndarray) -> float:
    """Return the weight of the colors, 0.05..1: drawings and noise are farther from the average than photographs.

    strangeness: the even half minus the average of the photographs. far: the two distances at which the weight begins
    to decrease, and at which it reaches its minimum.
    """
    left = (far[1] - np.linalg.norm(strangeness)) / (far[1] - far[0])
    return float(np.clip(left, 0.05, 1))
