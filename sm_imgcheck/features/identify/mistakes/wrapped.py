"""Integers that wrapped around: the mean subtracted in uint8, a negative number cast to uint8, pixels cast to int8.

The levels may have been converted to floats afterwards.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace
from functools import partial

import numpy as np

from sm_imgcheck.core.types import Plan, Step
from sm_imgcheck.features.identify.candidates import TensorImage
from sm_imgcheck.features.identify.mistakes import Evidence, Mistake
from sm_imgcheck.features.identify.plan import with_steps
from sm_imgcheck.features.identify.search import Search

__all__ = ["MISTAKE"]

_LEVELS = 256
_SMOOTHER = 0.8
"""Share of the differences of neighbors that is left where numbers had wrapped around."""


def _searches(evidence: Evidence) -> Iterator[Search]:
    images = [image for image in map(_unwrap, evidence.search.images) if image is not None]
    if images:
        yield from evidence.reread(images)


def _unwrap(image: TensorImage) -> TensorImage | None:
    """The image without the jumps of uint8 or int8; None where it has none."""
    integers = _integers(image)
    if not integers:
        return None
    first = _FIRST[integers]
    levels = np.mod(image.pixels, _LEVELS)
    cuts = [_cut(levels[..., channel], first) for channel in range(image.channels)]
    if all(cut == first for cut in cuts):
        return None
    array = image.array.astype(np.int16)
    negative = (levels >= np.array(cuts)) & (np.array(cuts) > 0)
    pixels = np.where(negative, levels - _LEVELS, levels).astype(np.float32)
    finish = partial(_add_wrap, integers=integers, dtype=image.array.dtype.name)
    return replace(image, array=array, pixels=pixels, finish=finish, cache={})


_FIRST = {"uint8": 0, "int8": 128}
"""The level from which on values represent negative ones, in each dtype; 0 where none does."""


def _integers(image: TensorImage) -> str:
    """The dtype of 8 bits whose integers all values are, in whichever dtype; empty without one."""
    pixels = image.pixels
    low, high = float(pixels.min()), float(pixels.max())
    if image.array.dtype.kind not in "fiu" or high <= 1 or not (pixels == np.rint(pixels)).all():
        return ""
    return next((name for name in _FIRST if np.iinfo(name).min <= low and high <= np.iinfo(name).max), "")


def _cut(plane: np.ndarray, first: int) -> int:
    """The level from which on values represent negative ones: ``first`` unless another leaves clearly less.

    Neighbors differ least where the circle of levels is cut open at the right place.
    """
    levels = plane.astype(np.int64)
    pairs = [(levels[1:], levels[:-1]), (levels[:, 1:], levels[:, :-1])]
    before, after = (np.concatenate([pair[at].ravel() for pair in pairs]) for at in (0, 1))
    low, high = np.minimum(before, after), np.maximum(before, after)
    # A cut between low and high makes their distance what is left of the circle.
    gain = _LEVELS - 2 * (high - low)
    change = np.zeros(_LEVELS + 1)
    np.add.at(change, low + 1, gain)
    np.add.at(change, high + 1, -gain)
    variation = float((high - low).sum()) + np.cumsum(change)[:_LEVELS]
    best = int(variation.argmin())
    return best if variation[best] < _SMOOTHER * variation[first] else first


def _add_wrap(plan: Plan, *, integers: str, dtype: str) -> Plan:
    """The plan with the overflow of these integers instead of the last cast. dtype: of the tensor."""
    at = max(at for at, step in enumerate(plan.steps) if step.op == "cast")
    rounding = plan.steps[at].params.get("rounding", "half_even")
    wrap = Step(op="wrap", params={"dtype": integers, "rounding": rounding}, why=f"overflow of {integers}")
    cast = Step(op="cast", params={"dtype": dtype}, why=f"converted to {dtype}")
    casts = () if dtype == integers else (cast,)
    return with_steps(plan, (*plan.steps[:at], wrap, *casts, *plan.steps[at + 1 :]))


MISTAKE = Mistake(title="overflow of uint8 and int8", rank=7, distance=(4.0, math.inf), searches=_searches)
