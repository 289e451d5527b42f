"""Which images of a batch are examined, and the distinct values of a sample."""

from __future__ import annotations

import numpy as np

__all__ = ["distinct", "evenly_spaced"]


def evenly_spaced(count: int, most: int) -> list[int]:
    """Return at most ``most`` indices below ``count``, ascending, from the first to the last."""
    return sorted({round(at) for at in np.linspace(0, count - 1, min(most, count)).tolist()})


def distinct(values: np.ndarray) -> np.ndarray:
    """Return the distinct values of an array, ascending. ``np.unique`` imports ``numpy.ma`` first, 10 ms."""
    row: np.ndarray = np.sort(values, axis=None)
    is_new = np.append(True, row[1:] != row[:-1])[: row.size]
    return np.asarray(row[is_new])
