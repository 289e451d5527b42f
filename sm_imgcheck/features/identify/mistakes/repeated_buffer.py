"""``np.resize`` instead of a resize: the image's numbers in memory order, truncated or repeated to fill the shape."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace
from itertools import product

from sm_imgcheck.core.types import Header, Orientation, Step
from sm_imgcheck.features.identify.candidates import TensorImage
from sm_imgcheck.features.identify.framings import Framing
from sm_imgcheck.features.identify.mistakes import Evidence, Mistake, only
from sm_imgcheck.features.identify.mistakes.gray import gray_conversions
from sm_imgcheck.features.identify.plan import Preparation
from sm_imgcheck.features.identify.search import Search

__all__ = ["MISTAKE"]

_LAYOUTS = ("HWC", "CHW")
_RESEMBLES = 0.75
"""Misfit coarsely up to which the numbers may be equal."""


def _searches(evidence: Evidence) -> Iterator[Search]:
    """The searches that use the image of the buffer without a resize."""
    header = evidence.source.header
    for image in evidence.images[:1]:
        if image.channels not in (1, len("RGB")) or image.size == (header.height, header.width):
            continue
        for preparation in _buffers(evidence.source.preparation, image, header):
            same_size = replace(header, height=image.size[0], width=image.size[1], orientation=Orientation())
            source = replace(evidence.source, header=same_size, preparation=preparation, geometry=None)
            if evidence.misfit([image], source) <= _RESEMBLES:
                search = replace(evidence.search, images=[image], source=source, orientations=((1, 1),))
                yield replace(search, choice=only(Framing(kind="none", spec_steps=())))


def _buffers(plain: Preparation, image: TensorImage, header: Header) -> Iterator[Preparation]:
    """The preparation for each memory order of the image and of the new shape."""
    if image.channels == 1:
        yield replace(plain, before=(_repeat(image, "HW", "HW"),))
        yield from (replace(plain, gray_step=_repeat(image, "HWC", "HW", order)) for order in ("RGB", "BGR"))
        return
    for first, last, order in product(_LAYOUTS, _LAYOUTS, ("RGB", "BGR")):
        if (first, last, order) != ("HWC", "HWC", "BGR"):  # equal to RGB
            yield replace(plain, before=(_repeat(image, first, last, order),))
    for conversion in gray_conversions() if header.mode == "RGB" else ((),):
        for last in _LAYOUTS:
            yield replace(plain, before=(*conversion, _repeat(image, "HW", last)))


def _repeat(image: TensorImage, first: str, last: str, order: str = "RGB") -> Step:
    params = {"size": list(image.size), "axes": [first, last], "order": order}
    return Step(op="repeat_buffer", params=params, why="np.resize")


MISTAKE = Mistake(title="np.resize", rank=3, distance=(4.0, math.inf), searches=_searches)
