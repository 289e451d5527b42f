"""The precision that values show, which may be lower than that of their dtype.

A float32 array may have been float16 or bfloat16 before, or decimals of a JSON body. Its values are multiples of a
coarser step, which limits the precision of any comparison.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from sm_imgcheck.pipeline.measure.sampling import distinct

__all__ = ["max_rounding", "shown_precision", "spacing"]

_BITS = {"bfloat16": 8, "float16": 11, "float32": 24, "float64": 53}
"""Significant binary digits of each dtype."""
_DECIMALS = ("decimal", "decimals")
_TINY = {"float16": 2.0**-24}
"""Distance of the smallest values (subnormals) of a dtype."""
_PRECISIONS = ("1 decimal", "2 decimals", "bfloat16", "3 decimals", "float16", "4 decimals", "5 decimals")
"""The lowest first. More decimals of values around 1 are as exact as float32."""
_LEVELS = 256
_SMALL_SAMPLE, _LARGE_SAMPLE = 500, 50_000
_MIN_LEVELS = 16
"""Minimum number of distinct values for an estimate of the stored precision."""
# A few roundings of half a unit in the last place, each at a value that may be larger than the result. What float64
# holds was often computed in float32.
_ROUNDING = {"bfloat16": 3 * 2.0**-8, "float16": 3 * 2.0**-11, "float32": 8 * 2.0**-24, "float64": 8 * 2.0**-24}


def shown_precision(array: np.ndarray, blocks: Iterable[np.ndarray]) -> str:
    """Return ``bfloat16``, ``float16`` or ``N decimals`` where all values have no more; else an empty string.

    array: finite floats of any shape; blocks: the same in flat blocks. Values on at most 256 evenly spaced levels, such
    as the integers 0..255 or (x - 128) / 128, show no precision: they are exact in all of these.
    """
    if array.dtype.kind != "f" or array.dtype.itemsize < 4:
        return ""
    few, sample = (np.asarray(_sample(array, count), np.float64) for count in (_SMALL_SAMPLE, _LARGE_SAMPLE))
    # Most arrays have their full precision, and a few values show it.
    candidates = [name for name in _PRECISIONS if _holds(few, name, array.dtype)]
    if not candidates or _few_levels(sample):
        return ""
    candidates = [name for name in candidates if _holds(sample, name, array.dtype)]
    for name in candidates:
        if all(_holds(np.asarray(block, np.float64), name, array.dtype) for block in blocks):
            return name
    return ""


def _sample(array: np.ndarray, count: int) -> np.ndarray:
    """About ``count`` values, evenly spread."""
    flat = array.reshape(-1) if array.flags.c_contiguous else array.flat
    sample: np.ndarray = flat[:: max(1, array.size // count)]
    return sample


def _holds(values: np.ndarray, name: str, dtype: np.dtype) -> bool:
    """Return whether the values are those of a precision, up to the rounding of the dtype that stores them."""
    step = spacing(values, name)
    off = np.abs(values - np.rint(values / step) * step)
    limit = np.abs(values) * 2.0 ** (-24 if dtype.itemsize == 4 else -50) if name.endswith(_DECIMALS) else 0.0
    return bool((off <= limit).all())


def _few_levels(values: np.ndarray) -> bool:
    """Return whether the values have at most 256 evenly spaced levels, or fewer than 16 levels."""
    levels = distinct(values)
    if len(levels) < _MIN_LEVELS:
        return True
    gaps = np.diff(levels)
    steps = gaps / gaps.min()
    evenly = np.abs(steps - np.rint(steps)).max() < 1e-3
    return bool(evenly and steps.sum() < _LEVELS)


def spacing(values: np.ndarray, precision: str) -> np.ndarray:
    """Return the distance to the next value in a precision (a dtype, or ``N decimals``), elementwise."""
    if precision.endswith(_DECIMALS):
        return np.full_like(values, 10.0 ** -int(precision.split(maxsplit=1)[0]))
    exponent = np.frexp(np.abs(values))[1]
    return np.asarray(np.maximum(np.ldexp(1.0, exponent - _BITS[precision]), _TINY.get(precision, 1e-38)))


def max_rounding(precision: str, largest: float) -> float:
    """Return the largest error of all roundings of a value of a magnitude of at most ``largest``.

    precision: a dtype, or ``N decimals``. 0.0 for integers.
    """
    if precision.endswith(_DECIMALS):
        return 0.5 * 10.0 ** -int(precision.split(maxsplit=1)[0]) + max_rounding("float32", largest)
    return _ROUNDING.get(precision, 0.0) * largest
