"""How well a part of the source fits a part of the tensor, by means over a few hundred cells.

Means depend little on the library of the resize and its antialias; and a straight line between both is allowed,
so that any scaling of the values fits. The rest shows whether the framing is right.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache

import numpy as np

from sm_imgcheck.features.identify.region import SourceRegion

__all__ = ["IntegralImage", "integral_image", "misfits", "reduce_image"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class IntegralImage:
    """Sums over all that is above and left of a corner, so that the mean over any rectangle is four look-ups."""

    values: np.ndarray
    """(height + 1) x (width + 1) x channels, float64."""
    cache: dict[tuple[int, ...], np.ndarray] = field(default_factory=dict, repr=False)
    """Means of the cells of a tensor, by rectangle and number."""
    reduction: tuple[float, float] = (1.0, 1.0)
    """Rows and columns of a tensor per row and column of the sums."""


def integral_image(pixels: np.ndarray, reduction: tuple[float, float] = (1.0, 1.0)) -> IntegralImage:
    """The sums of HxWxC pixels."""
    import cv2

    results = cv2.integral(pixels, sdepth=cv2.CV_64F)
    return IntegralImage(values=results.reshape(*results.shape[:2], pixels.shape[2]), reduction=reduction)


def reduce_image(pixels: np.ndarray, longest: int) -> tuple[np.ndarray, tuple[float, float]]:
    """HxWxC pixels with at most ``longest`` rows and columns, by area, and how many of each were made one."""
    import cv2

    height, width = pixels.shape[:2]
    share = min(1.0, longest / max(height, width))
    if share == 1:
        return pixels, (1.0, 1.0)
    new = max(round(height * share), 1), max(round(width * share), 1)
    small = cv2.resize(pixels, (new[1], new[0]), interpolation=cv2.INTER_AREA).reshape(*new, -1)
    return small, (height / new[0], width / new[1])


_BATCH = 20_000
"""Corners of cells in one batch: arrays of 500 kB, which fit in a cache of the processor."""


def misfits(
    target: IntegralImage,
    source: IntegralImage,
    parts: Sequence[SourceRegion],
    reduction: tuple[float, float],
    *,
    cells: int,
    shift: float = 0.0,
) -> np.ndarray:
    """Share of the tensor's variance that each part of the source does not explain, 0..1; the better of both orders.

    reduction: pixels of the source per row and per column of its sums. shift: of the tensor's
    pixels, down and to the right, in tensor pixels.
    """
    results = np.ones(len(parts))
    groups: dict[tuple[int, int], list[tuple[int, np.ndarray, np.ndarray, np.ndarray]]] = {}
    for index, part in enumerate(parts):
        standard = _standard_of(target, part.core, cells)
        down, along = (_edges_in_source(part, axis, cells, shift) / reduction[axis] for axis in (0, 1))
        groups.setdefault((len(down), len(along)), []).append((index, standard, down, along))
    for (rows, columns), group in groups.items():
        number = max(_BATCH // (rows * columns), 1)
        for first in range(0, len(group), number):
            indices, standards, down, along = zip(*group[first : first + number], strict=True)
            cells_of_source = _standard(_means(source.values, np.stack(down), np.stack(along)))
            results[list(indices)] = _unexplained_variance(np.stack(standards), cells_of_source)
    return results


def _edges_in_source(part: SourceRegion, axis: int, cells: int, shift: float) -> np.ndarray:
    """Where the edges of the tensor's cells along an axis are in the source, in its pixels."""
    edges = _edges(part.core[axis + 2], cells) + part.core[axis]
    first, length = part.inner[axis], part.inner[axis + 2]
    return part.source[axis] + (edges - first - shift) * (part.source[axis + 2] / length)


def _standard_of(target: IntegralImage, core: tuple[int, int, int, int], cells: int) -> np.ndarray:
    """The standardized cells of a rectangle of the tensor."""
    name = (*core, cells)
    if name not in target.cache:
        rows, columns = (start + _edges(length, cells) for start, length in (core[::2], core[1::2]))
        down, along = rows / target.reduction[0], columns / target.reduction[1]
        target.cache[name] = _standard(_means(target.values, down[None], along[None]))[0]
    return target.cache[name]


def _unexplained_variance(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """As ``misfits``, of pairs of standardized arrays of colors x cells. A color without variance does not count."""
    is_counted = a.any(axis=2)
    squares = np.square(a @ b.transpose(0, 2, 1))
    number = np.maximum(is_counted.sum(axis=1), 1)
    orders = [np.einsum("ncc,nc->n", each, is_counted) / number for each in (squares, squares[:, :, ::-1])]
    return np.asarray(np.maximum(1 - np.maximum(*orders), 0))


def _standard(cells: np.ndarray) -> np.ndarray:
    """Colors x cells of each image, each row with mean 0 and length 1; zeros where it has no variance.

    Contiguous rows: sums over them take a tenth of the time of sums over columns.
    """
    images, colors = len(cells), cells.shape[-1]
    flat = np.ascontiguousarray(cells.reshape(images, -1, colors)[..., :3].transpose(0, 2, 1))
    flat -= np.add.reduce(flat, axis=2, keepdims=True) / flat.shape[2]  # ``mean`` takes 4 us longer
    length = np.sqrt(np.square(flat).sum(axis=2, keepdims=True))
    return np.asarray(flat * np.where(length > 1e-9, 1 / np.maximum(length, 1e-9), 0))


@lru_cache(maxsize=64)
def _edges(length: int, cells: int) -> np.ndarray:
    """Where the cells begin and end: integers, at most one cell for each."""
    return np.unique(np.rint(np.linspace(0, length, min(cells, length) + 1)))


def _means(sums: np.ndarray, rows: np.ndarray, columns: np.ndarray) -> np.ndarray:
    """Means over the cells between these edges, which may be between pixels: one row of edges for each image.

    ``take`` on flat rows and operations in place: half the time of an index for each axis.
    """
    (y, below, down), (x, right, along) = _between(rows, sums.shape[0]), _between(columns, sums.shape[1])
    flat, width = sums.reshape(-1, sums.shape[2]), sums.shape[1]

    def between_columns(row: np.ndarray) -> np.ndarray:
        first, second = (flat.take(row[:, :, None] * width + column[:, None], axis=0) for column in (x, right))
        second -= first
        second *= along[:, None, :, None]
        second += first
        return np.asarray(second)

    corner, lower = between_columns(y), between_columns(below)
    lower -= corner
    lower *= down[:, :, None, None]
    corner += lower
    strips = corner[:, 1:] - corner[:, :-1]
    boxes = strips[:, :, 1:] - strips[:, :, :-1]
    area = (rows[:, 1:] - rows[:, :-1])[:, :, None] * (columns[:, 1:] - columns[:, :-1])[:, None]
    boxes /= np.maximum(area, 1e-9)[..., None]
    return np.asarray(boxes)


def _between(edges: np.ndarray, length: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The index of the pixel before each edge and of the one after, and how far in between the edge is, 0..1."""
    edges = np.minimum(np.maximum(edges, 0), length - 1)
    first = edges.astype(np.int64)
    return first, np.minimum(first + 1, length - 1), edges - first
