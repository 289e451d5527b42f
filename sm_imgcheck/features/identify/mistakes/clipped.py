"""Numbers that were clipped at one end or both: negative ones lost in uint8, or by ``np.clip``."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace
from functools import partial

import numpy as np

from sm_imgcheck.core.types import Plan, Step
from sm_imgcheck.features.identify.candidates import TensorImage
from sm_imgcheck.features.identify.mistakes import Evidence, Mistake
from sm_imgcheck.features.identify.plan import before_axes
from sm_imgcheck.features.identify.search import Search

__all__ = ["MISTAKE"]

_MIN_SHARE = 0.005
"""Share of the values at an end of the range from which they count as clipped there."""


def _searches(evidence: Evidence) -> Iterator[Search]:
    images = [image for image in map(_with_limits, evidence.search.images) if image.limits is not None]
    if images:
        yield from evidence.reread(images)


def _with_limits(image: TensorImage) -> TensorImage:
    """The image with the numbers at which it seems to be clipped."""
    pixels = image.pixels
    low, high = float(pixels.min()), float(pixels.max())
    ends = (
        low if (pixels == np.float32(low)).mean() >= _MIN_SHARE else -math.inf,
        high if (pixels == np.float32(high)).mean() >= _MIN_SHARE else math.inf,
    )
    if not any(map(math.isfinite, ends)):
        return image
    finish = None if image.array.dtype.kind in "iu" else partial(_add_clip, limits=ends)
    return replace(image, limits=ends, finish=finish, cache={})


def _add_clip(plan: Plan, *, limits: tuple[float, float]) -> Plan:
    low, high = (end if math.isfinite(end) else None for end in limits)
    return before_axes(plan, Step(op="clip", params={"low": low, "high": high}, why="clipped"))


MISTAKE = Mistake(title="clipped values", rank=8, distance=(0.5, math.inf), searches=_searches)
