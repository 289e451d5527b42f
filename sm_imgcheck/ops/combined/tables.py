"""The ops that change each value of an 8-bit image on its own, as one look-up in a table of 256 results.

The ops compute the table, from an image of all levels, so that it has their values. Microseconds on one thread for
224x224 RGB (``tests/bench/combined.py``):

=========================================  ==========  ========
ops                                        one by one  together
=========================================  ==========  ========
reorder, cast, scale                              130        65
cast, normalize, transpose                        290       100
=========================================  ==========  ========
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import count

import numpy as np

from sm_imgcheck.core.frozen import frozen
from sm_imgcheck.core.identity_cache import IdentityCache
from sm_imgcheck.core.types import Step
from sm_imgcheck.ops.execute import apply

__all__ = ["ValueTable", "look_up", "make_table"]

_VALUE_OPS = frozenset({"cast", "normalize", "quantize", "scale"})
_FIRST_OPS = _VALUE_OPS | {"reorder"}
# What cv2.LUT writes.
_DTYPES = frozenset({"float32", "int8", "uint8"})
_MAX_TABLES = 64
# Images of a process before its first table: a command for a few images starts without OpenCV.
_BEFORE = 8


@frozen
class ValueTable:
    """The results of some steps for every level of every channel."""

    steps: int
    """Number of the steps."""
    source: tuple[int, ...]
    """The channel of the image that each channel of the result comes from."""
    planar: bool
    """Whether the channels of the result are its first axis, else its last."""
    values: np.ndarray
    """(channels, 256) where the result is planar, else (1, 256) for all channels alike, or (1, 256, channels)."""
    low: float
    """The least value; NaN where any is."""
    high: float


_tables: IdentityCache[ValueTable | bool] = IdentityCache(_MAX_TABLES)
_requests = count()


def make_table(steps: Sequence[Step], image: np.ndarray) -> ValueTable | None:
    """The table of the longest start of the steps that one look-up replaces; None where no look-up does."""
    if steps[0].op not in _FIRST_OPS or image.dtype != np.uint8 or image.ndim != 3 or image.shape[2] not in (1, 3):
        return None
    if next(_requests) < _BEFORE:
        return None
    key = tuple(steps)
    table = _tables.get(key, image.shape[2])
    if table is None:
        table = _tables.put(key, _make(steps, image.shape[2]) or False, image.shape[2])
    return table if isinstance(table, ValueTable) else None


def _make(steps: Sequence[Step], channels: int) -> ValueTable | None:
    """A table for images of ``channels``; None where the first steps change no values, or values of another dtype."""
    at, source = 0, tuple(range(channels))
    if steps[0].op == "reorder":
        order, to = steps[0].params["order"], steps[0].params["to"]
        at, source = 1, tuple(order.index(channel) for channel in to)
    levels = np.repeat(np.arange(256, dtype=np.uint8), channels).reshape(256, 1, channels)
    first = at
    while at < len(steps) and steps[at].op in _VALUE_OPS:
        levels = apply(steps[at], levels)
        at += 1
    if at == first or levels.dtype.name not in _DTYPES or len(source) != channels:
        return None
    planar = at < len(steps) and steps[at].op == "transpose" and steps[at].params == {"layout": "HWC", "to": "CHW"}
    if not planar and source not in {(0,), (0, 1, 2), (2, 1, 0)}:
        return None
    values = np.ascontiguousarray(levels[:, 0].T)
    if not planar:
        is_common = (values == values[0]).all()
        values = values[:1] if is_common else np.ascontiguousarray(levels.reshape(1, 256, channels))
    return ValueTable(
        steps=at + planar,
        source=source,
        planar=planar,
        values=values,
        low=float(levels.min()),
        high=float(levels.max()),
    )


def look_up(table: ValueTable, image: np.ndarray) -> np.ndarray:
    """The result of the steps of a table for an HxWxC uint8 image."""
    import cv2

    if table.planar:
        result = np.empty((image.shape[2], *image.shape[:2]), table.values.dtype)
        planes = cv2.split(image)
        for place, source in enumerate(table.source):
            cv2.LUT(planes[source], table.values[place : place + 1], result[place])
        return result
    result = np.empty(image.shape, table.values.dtype)
    pixels = image if table.source[0] == 0 else cv2.cvtColor(image, cv2.COLOR_RGB2BGR)
    cv2.LUT(pixels, table.values, result)
    return result
