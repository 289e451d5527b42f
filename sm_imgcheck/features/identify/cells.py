"""How well a part of the source fits a part of the tensor, by means over a few hundred cells.

Means depend little on the library of the resize and its antialias; and a straight line between both is allowed,
so that any scaling of the values fits. The rest shows whether the framing is right.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache

import numpy as np

from sm_imgcheck.features.identify.region import SourceRegion

__all__ = ["IntegralImage", "integral_image", "misfit", "reduce_image"]


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


def misfit(
    target: IntegralImage,
    source: IntegralImage,
    part: SourceRegion,
    reduction: tuple[float, float],
    *,
    cells: int,
    shift: float = 0.0,
) -> float:
    """Share of the tensor's variance that the source's part does not explain, 0..1; the better of both orders.

    reduction: pixels of the source per row and per column of its sums. shift: of the tensor's
    pixels, down and to the right, in tensor pixels.
    """
    top, left, high, wide = part.core
    rows, columns = (_edges(length, cells) for length in (high, wide))
    name = (*part.core, cells)
    if name not in target.cache:
        target.cache[name] = _standard(_means_of(target, top + rows, left + columns))
    y, x, tall, broad = part.source
    first, start, height, width = part.inner
    down = y + (rows + top - first - shift) * (tall / height)
    along = x + (columns + left - start - shift) * (broad / width)
    down, along = down / reduction[0], along / reduction[1]
    return unexplained_variance(target.cache[name], _standard(_means(source.values, down, along)))


def unexplained_variance(a: np.ndarray, b: np.ndarray) -> float:
    """As ``misfit``, of two standardized arrays of cells x channels. A channel without variance does not count."""
    varying = a.any(axis=0)
    if not varying.any():
        return 1.0
    best = 1.0
    for order in (slice(None), slice(None, None, -1)):
        correlation = (a * b[:, order]).sum(axis=0)
        best = min(best, float(1 - np.square(correlation[varying]).mean()))
    return best


def _standard(cells: np.ndarray) -> np.ndarray:
    """Cells x colors, each column with mean 0 and length 1; zeros where it has no variance."""
    flat = cells.reshape(-1, cells.shape[-1])[:, :3]
    flat = flat - flat.mean(axis=0)
    length = np.sqrt(np.square(flat).sum(axis=0))
    return np.asarray(flat * np.where(length > 1e-9, 1 / np.maximum(length, 1e-9), 0))


@lru_cache(maxsize=64)
def _edges(length: int, cells: int) -> np.ndarray:
    """Where the cells begin and end: integers, at most one cell for each."""
    return np.unique(np.rint(np.linspace(0, length, min(cells, length) + 1)))


def _means_of(target: IntegralImage, rows: np.ndarray, columns: np.ndarray) -> np.ndarray:
    """Means over the cells between these edges, in rows and columns of the tensor."""
    return _means(target.values, rows / target.reduction[0], columns / target.reduction[1])


def _means(sums: np.ndarray, rows: np.ndarray, columns: np.ndarray) -> np.ndarray:
    """Means over the cells between these edges, which may be between pixels."""
    (y, below, down), (x, right, along) = _between(rows, sums.shape[0]), _between(columns, sums.shape[1])
    down, along = down[:, None, None], along[None, :, None]
    upper = sums[np.ix_(y, x)] * (1 - along) + sums[np.ix_(y, right)] * along
    lower = sums[np.ix_(below, x)] * (1 - along) + sums[np.ix_(below, right)] * along
    corner = upper * (1 - down) + lower * down
    boxes = np.diff(np.diff(corner, axis=0), axis=1)
    area = np.diff(rows)[:, None] * np.diff(columns)[None, :]
    return np.asarray(boxes / np.maximum(area, 1e-9)[..., None])


def _between(edges: np.ndarray, length: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    edges = np.clip(edges, 0, length - 1)
    first = np.minimum(edges.astype(np.int64), length - 1)
    return first, np.minimum(first + 1, length - 1), edges - first
