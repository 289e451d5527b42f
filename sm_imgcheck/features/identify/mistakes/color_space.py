"""Another color space than RGB: HSV, Lab, YCrCb and others, before the resize or after it."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace
from itertools import product

from sm_imgcheck.core.types import Step
from sm_imgcheck.features.identify.mistakes import Evidence, Mistake
from sm_imgcheck.features.identify.plan import Preparation
from sm_imgcheck.features.identify.search import Search

__all__ = ["MISTAKE"]

_SPACES = (
    *(("opencv", space) for space in ("HSV", "LAB", "YCrCb", "HLS", "YUV", "HSV_FULL", "XYZ", "Luv")),
    *(("pillow", space) for space in ("HSV", "YCbCr")),
)
_LIKELY = 4
"""Color spaces that are searched closely."""
_RESEMBLES, _BETTER = 0.5, 0.8
"""Misfit up to which a space is likely, and share of the misfit of RGB that it leaves at most."""


def _searches(evidence: Evidence) -> Iterator[Search]:
    images = [image for image in evidence.images if image.channels == len("RGB")]
    if not images or evidence.source.header.mode != "RGB":
        return
    trials = [
        (evidence.misfit(images, replace(evidence.source, preparation=preparation)), at, preparation.before)
        for at, preparation in enumerate(_spaces(evidence.source.preparation))
    ]
    most = min(_RESEMBLES, _BETTER * evidence.misfit(images))
    for misfit, _, steps in sorted(trials, key=lambda each: each[:2])[:_LIKELY]:
        if misfit <= most:
            plain = evidence.source.preparation
            for preparation in (replace(plain, after=steps), replace(plain, before=steps)):
                source = replace(evidence.source, preparation=preparation)
                yield from evidence.reread(images, source)


def _spaces(plain: Preparation) -> Iterator[Preparation]:
    for (library, space), order in product(_SPACES, ("RGB", "BGR")):
        params = {"to": space, "library": library, "order": order}
        yield replace(plain, before=(Step(op="color_space", params=params, why=f"converted to {space}"),))


MISTAKE = Mistake(title="other color spaces", rank=6, distance=(4.0, math.inf), searches=_searches)
