"""``np.resize`` instead of a resize: the image's numbers in memory order, truncated or repeated to fill the shape."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace
from itertools import product

from sm_imgcheck.core.types import Step
from sm_imgcheck.features.identify.framings import Framing
from sm_imgcheck.features.identify.mistakes import Evidence, Mistake, only
from sm_imgcheck.features.identify.search import Search

__all__ = ["MISTAKE"]

_LAYOUTS = ("HWC", "CHW")
_RESEMBLES = 0.75
"""Misfit coarsely up to which the numbers may be equal."""


def _searches(evidence: Evidence) -> Iterator[Search]:
    """The searches that use the image of the buffer without a resize."""
    for image in evidence.images[:1]:
        if image.channels == len("RGB") and image.size != (evidence.source.header.height, evidence.source.header.width):
            for first, last, order in product(_LAYOUTS, _LAYOUTS, ("RGB", "BGR")):
                if (first, last, order) == ("HWC", "HWC", "BGR"):  # equal to RGB
                    continue
                params = {"size": list(image.size), "axes": [first, last], "order": order}
                step = Step(op="repeat_buffer", params=params, why="np.resize")
                preparation = replace(evidence.source.preparation, before=(step,))
                header = replace(evidence.source.header, height=image.size[0], width=image.size[1], orientation=1)
                source = replace(evidence.source, header=header, preparation=preparation, geometry=None)
                if evidence.misfit([image], source) <= _RESEMBLES:
                    search = replace(evidence.search, images=[image], source=source, orientations=((1, 1),))
                    yield replace(search, choice=only(Framing(kind="none", spec_steps=())))


MISTAKE = Mistake(rank=3, distance=(4.0, math.inf), searches=_searches)
