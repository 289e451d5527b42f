"""A channel that holds one number, such as 0, where the image has one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import partial

from sm_imgcheck.core.types import Plan, Step
from sm_imgcheck.features.identify.candidates import TensorImage
from sm_imgcheck.features.identify.mistakes import Evidence, Mistake
from sm_imgcheck.features.identify.plan import before_axes
from sm_imgcheck.features.identify.search import Search

__all__ = ["MISTAKE"]


def _searches(evidence: Evidence) -> Iterator[Search]:
    images = [image for image in map(_without_blanks, evidence.search.images) if image.blank]
    if images:
        yield from evidence.reread(images)


def _without_blanks(image: TensorImage) -> TensorImage:
    """The image with the channels marked that hold one number, where others hold an image."""
    pixels = image.pixels
    blank = tuple(c for c in range(image.channels) if (pixels[..., c] == pixels[0, 0, c]).all())
    if len(blank) in (0, image.channels):
        return image
    numbers = {channel: float(pixels[0, 0, channel]) for channel in blank}
    return replace(image, blank=blank, finish=partial(_fill_blanks, numbers=numbers), cache={})


def _fill_blanks(plan: Plan, *, numbers: dict[int, float]) -> Plan:
    fills = (Step(op="fill_channel", params={"channel": c, "value": value}) for c, value in numbers.items())
    return before_axes(plan, *fills)


MISTAKE = Mistake(title="a channel of one number", rank=1, searches=_searches)
