"""Integers that wrapped around: the mean subtracted in uint8, a negative number cast to uint8.

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
    """The image without the jumps of uint8; None where it has none."""
    if not _holds_levels(image):
        return None
    cuts = [_cut(image.pixels[..., channel]) for channel in range(image.channels)]
    if not any(cuts):
        return None
    array = image.array.astype(np.int16)
    pixels = np.where(image.pixels >= np.array(cuts), image.pixels - _LEVELS, image.pixels)
    pixels = np.where(np.array(cuts) == 0, image.pixels, pixels).astype(np.float32)
    dtype = image.array.dtype.name
    return replace(image, array=array, pixels=pixels, finish=partial(_add_wrap, dtype=dtype), cache={})


def _holds_levels(image: TensorImage) -> bool:
    """Whether all values are the integers of uint8, in whichever dtype."""
    if image.array.dtype == np.uint8:
        return True
    pixels = image.pixels
    if image.array.dtype.kind != "f" or pixels.min() < 0 or not 1 < pixels.max() < _LEVELS:
        return False
    return bool((pixels == np.rint(pixels)).all())


def _cut(plane: np.ndarray) -> int:
    """The level from which on values represent negative ones; 0 where none does.

    Neighbors differ least where the circle of levels is cut open at the right place.
    """
    levels = plane.astype(np.int64)
    pairs = [(levels[1:], levels[:-1]), (levels[:, 1:], levels[:, :-1])]
    first, other = (np.concatenate([pair[at].ravel() for pair in pairs]) for at in (0, 1))
    low, high = np.minimum(first, other), np.maximum(first, other)
    # A cut between low and high makes their distance what is left of the circle.
    gain = _LEVELS - 2 * (high - low)
    change = np.zeros(_LEVELS + 1)
    np.add.at(change, low + 1, gain)
    np.add.at(change, high + 1, -gain)
    whole = float((high - low).sum())
    variation = whole + np.cumsum(change)[:_LEVELS]
    best = int(variation.argmin())
    return best if variation[best] < _SMOOTHER * whole else 0


def _add_wrap(plan: Plan, *, dtype: str) -> Plan:
    """The plan with the overflow of uint8 instead of the last cast. dtype: of the tensor."""
    at = max(at for at, step in enumerate(plan.steps) if step.op == "cast")
    rounding = plan.steps[at].params.get("rounding", "half_even")
    wrap = Step(op="wrap", params={"dtype": "uint8", "rounding": rounding}, why="overflow of uint8")
    cast = Step(op="cast", params={"dtype": dtype}, why=f"converted to {dtype}")
    casts = () if dtype == "uint8" else (cast,)
    return with_steps(plan, (*plan.steps[:at], wrap, *casts, *plan.steps[at + 1 :]))


MISTAKE = Mistake(title="overflow of uint8", rank=7, distance=(4.0, math.inf), searches=_searches)
