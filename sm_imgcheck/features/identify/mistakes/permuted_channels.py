"""Channels in an order that is neither RGB nor BGR, such as GBR."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial

import numpy as np

from sm_imgcheck.core.types import Plan, Step
from sm_imgcheck.features.identify.candidates import TensorImage
from sm_imgcheck.features.identify.mistakes import Evidence, Mistake
from sm_imgcheck.features.identify.plan import before_axes
from sm_imgcheck.features.identify.search import Search

__all__ = ["MISTAKE"]

_CYCLES = ((1, 2, 0), (2, 0, 1))
"""The permutations of three channels, without their reversals, which the usual search has."""
_BETTER = 0.7
"""Share of the misfit that must be left, so that another order is worth a search."""


def _searches(evidence: Evidence) -> Iterator[Search]:
    images = [image for image in evidence.images if image.channels == len("RGB")]
    if not images:
        return
    usual = evidence.misfit(images)
    for cycle in _CYCLES:
        permutations = [_permute(image, cycle) for image in images]
        if evidence.misfit(permutations) <= _BETTER * usual:
            yield from evidence.reread(permutations)


def _permute(image: TensorImage, cycle: Sequence[int]) -> TensorImage:
    pixels = np.ascontiguousarray(image.pixels[..., list(cycle)])
    return replace(image, pixels=pixels, finish=partial(_add_reorder, cycle=tuple(cycle)), cache={})


def _add_reorder(plan: Plan, *, cycle: tuple[int, ...]) -> Plan:
    """The plan with its channels in the order that the tensor has them."""
    order = next((facts.channel_order for facts in reversed(plan.after)), "RGB")
    to = "".join(order[cycle.index(channel)] for channel in range(len(cycle)))
    return before_axes(plan, Step(op="reorder", params={"order": order, "to": to}, why=f"channel order {to}"))


MISTAKE = Mistake(title="other channel orders", rank=3, distance=(1.0, math.inf), searches=_searches)
