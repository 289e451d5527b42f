"""Features of the channel-order prior: numbers that stay, and numbers that change sign, when R and B are swapped.

An image becomes a thumbnail with two descriptors, each in three bands from top to bottom: a joint histogram of opponent
colors and luminance, and the similarity of its 3x3 patches to those of a codebook. Swapping R and B mirrors the first
and permutes the second, so that half the sum (even) and half the difference (odd) are read off directly.
"""

from __future__ import annotations

import numpy as np

__all__ = [
    "BINS",
    "MAX_EQUAL",
    "PATCH",
    "SIDE",
    "codes",
    "equal_neighbors",
    "histogram",
    "is_ordinary",
    "patches",
    "photo_weight",
    "sparse",
    "split",
    "thumbnail",
]

SIDE = 32
"""Height and width of the thumbnail in pixels."""
BINS = (3, 15, 9, 7)
"""Axes of the histogram: vertical position, R - B, (R + B) / 2 - G, luminance. The second is odd, so that 0 is a
center."""
PATCH = 3
_ENOUGH = 256
"""Most pixels of one side that are averaged; for a larger image every k-th row and column is read."""
_EQUAL = 0.05
"""Gray levels."""
_BORDER = 2.0
"""Gray levels: rows and columns this near to the corner's color are bars, and not evidence."""


def sparse(image: np.ndarray) -> np.ndarray:
    """A view of HxWxC with less than twice _ENOUGH rows and columns."""
    down, across = (max(1, length // _ENOUGH) for length in image.shape[:2])
    part: np.ndarray = image[::down, ::across]
    return part


def thumbnail(image: np.ndarray) -> np.ndarray | None:
    """Return SIDE x SIDE x 3 float32 in 0..1, by area, without bars at the border; None for an image of bars only.

    image: HxWx3, 0..255, any real dtype, finite.
    """
    pixels = _without_bars(sparse(image).astype(np.float32))
    if not pixels.size:
        return None
    down, across = (_area(length) for length in pixels.shape[:2])
    rows = down @ pixels.reshape(len(pixels), -1)
    small = across @ rows.reshape(SIDE, -1, 3)
    unit: np.ndarray = np.clip(small / 255, 0, 1)
    return unit


def _without_bars(pixels: np.ndarray) -> np.ndarray:
    """The part inside all whole rows and columns of the first pixel's color; may be empty."""

    def other(part: np.ndarray) -> np.ndarray:
        differs: np.ndarray = (np.abs(part - pixels[0, 0]) > _BORDER).any(axis=-1)
        return differs

    if all(other(edge).any() for edge in (pixels[0], pixels[-1], pixels[:, 0], pixels[:, -1])):
        return pixels
    inside = other(pixels)
    rows, columns = (np.flatnonzero(inside.any(axis=axis)) for axis in (1, 0))
    return pixels[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1] if rows.size else pixels[:0]


def _area(length: int) -> np.ndarray:
    """SIDE x length: the share that each of ``length`` pixels has in each pixel of the thumbnail."""
    edges = np.arange(SIDE + 1) * (length / SIDE)
    cells = np.arange(length)
    shares = np.minimum(edges[1:, None], cells + 1) - np.maximum(edges[:-1, None], cells)
    shared: np.ndarray = np.maximum(shares, 0) * (SIDE / length)
    return shared.astype(np.float32, copy=False)


def histogram(small: np.ndarray) -> np.ndarray:
    """BINS float32: the square roots of the shares of the pixels; each pixel is spread over its nearest bins."""
    red, green, blue = np.moveaxis(small, 2, 0)
    height = np.broadcast_to(np.linspace(0, 1, SIDE, dtype=np.float32)[:, None], red.shape)
    # The root gives pale colors more bins: most pixels of a photograph are pale.
    axes = (height, _root(red - blue, 0.9), _root((red + blue) / 2 - green, 0.6), small.mean(axis=2))
    index, share = np.zeros((1, small[..., 0].size), np.intp), np.ones((1, small[..., 0].size), np.float32)
    for axis, bins in zip(axes, BINS, strict=True):
        at = np.clip(axis.ravel(), 0, 1) * (bins - 1)
        low = np.minimum(at.astype(np.intp), bins - 2)
        part = at - low
        index = np.concatenate([index * bins + low, index * bins + low + 1])
        share = np.concatenate([share * (1 - part), share * part])
    counts = np.bincount(index.ravel(), share.ravel(), int(np.prod(BINS)))
    shares: np.ndarray = np.sqrt(counts / red.size).astype(np.float32).reshape(BINS)
    return shares


def _root(difference: np.ndarray, most: float) -> np.ndarray:
    """The signed square root; ``-most .. most`` becomes 0..1."""
    root: np.ndarray = np.sign(difference) * np.sqrt(np.abs(difference)) / (2 * most) + 0.5
    return root


def patches(small: np.ndarray) -> np.ndarray:
    """Return patches of a thumbnail, rows x columns x 3 x (PATCH * PATCH + 1) float32: minus its mean, and a tone.

    The squares of the three tones sum up to those of luminance and four times those of color in the patch, so that a
    difference of color counts twice. One row a channel: swapping R and B swaps the first and the last.
    """
    views = np.lib.stride_tricks.sliding_window_view(small, (PATCH, PATCH), axis=(0, 1))
    flat = views.reshape(*views.shape[:3], PATCH * PATCH)
    mean = flat.mean(axis=3, keepdims=True)
    gray = mean.mean(axis=2, keepdims=True)
    tone = np.float32(PATCH) * (2 * (mean - gray) + gray / np.float32(np.sqrt(3)))
    result: np.ndarray = np.concatenate([flat - mean, tone], axis=3)
    return result


def codes(small: np.ndarray, codebook: np.ndarray) -> np.ndarray:
    """Return 2 x bands x words float32 of length 1: similarity to each word, and to it with R and B swapped.

    codebook: words x 3 x (PATCH * PATCH + 1).
    """
    result = patches(small)
    rows, columns = result.shape[:2]
    words = np.concatenate([codebook, codebook[:, ::-1]]).reshape(2 * len(codebook), -1)
    flat = result.reshape(rows * columns, -1)
    squares = (flat**2).sum(axis=1)[:, None] + (words**2).sum(axis=1) - 2 * flat @ words.T
    distance = np.sqrt(np.maximum(squares, 0))
    # Only the nearer words of a patch count (the triangle code of Coates, Lee and Ng, AISTATS 2011).
    likeness = np.maximum(np.float32(0.8) * distance.mean(axis=1, keepdims=True) - distance, 0)
    place = np.linspace(0, BINS[0] - 1, rows, dtype=np.float32)
    band = np.maximum(1 - np.abs(place - np.arange(BINS[0], dtype=np.float32)[:, None]), 0)
    pool = np.sqrt(band @ likeness.reshape(rows, columns, -1).mean(axis=1))
    both = pool.reshape(BINS[0], 2, -1).transpose(1, 0, 2)
    unit: np.ndarray = both / max(float(np.linalg.norm(both)), 1e-6)
    return unit


def split(small: np.ndarray, codebook: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The even and the odd half of both descriptors, each as one vector of float32."""
    shares, (as_is, swap) = histogram(small), codes(small, codebook)
    middle = BINS[1] // 2
    mirror = shares[:, ::-1]
    even = [(shares + mirror)[:, middle:], as_is + swap]
    odd = [(shares - mirror)[:, middle + 1 :], (as_is - swap) * np.float32(2)]
    return tuple(np.concatenate([part.ravel() for part in half]) / 2 for half in (even, odd))  # type: ignore[return-value]


MAX_EQUAL = 0.65
"""Share of equal neighbors in drawings, and not in photographs (0.53 at most of 330)."""


def equal_neighbors(image: np.ndarray) -> float:
    """The share of the pixels that equal the next one in their row, 0..1: drawings, charts and pages have plain areas.

    image: HxWx3, 0..255.
    """
    pixels = sparse(image).astype(np.float32, copy=False)
    return float((np.abs(np.diff(pixels, axis=1)).max(axis=2) < _EQUAL).mean())


def is_ordinary(strangeness: np.ndarray, plane: np.ndarray) -> bool:
    """Return whether an image is on the side of ordinary photographs.

    strangeness: the even half minus the average of the photographs: the same for RGB and BGR. plane: weights of it, and
    a constant at the end, fitted to distinguish photographs from false color, drawings and tints.
    """
    return float(strangeness @ plane[:-1] + plane[-1]) >= 0


def photo_weight(strangeness: np.ndarray, far: np.ndarray) -> float:
    """Return the weight of the colors, 0.05..1: drawings and noise are farther from the average than photographs.

    strangeness: the even half minus the average of the photographs. far: the two distances at which the weight begins
    to decrease, and at which it reaches its minimum.
    """
    left = (far[1] - np.linalg.norm(strangeness)) / (far[1] - far[0])
    return float(np.clip(left, 0.05, 1))
