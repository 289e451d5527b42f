"""Height and width swapped in a resize: ``resize((256, 341))`` instead of 341x256, then the crop."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace

from sm_imgcheck.core.errors import PlanError
from sm_imgcheck.core.sizes import resized_size
from sm_imgcheck.features.identify.framings import Framing, Size
from sm_imgcheck.features.identify.mistakes import Evidence, Mistake
from sm_imgcheck.features.identify.placement import usual_orientations
from sm_imgcheck.features.identify.search import Search

__all__ = ["MISTAKE"]

_MOST_ZOOM = 2
"""Edges up to twice the tensor's are tried, as for other crops."""


def _searches(evidence: Evidence) -> Iterator[Search]:
    header = evidence.source.header
    if header.height != header.width:
        orientations = usual_orientations(header)
        yield replace(evidence.search, images=evidence.images, choice=_swap_sides, orientations=orientations)


def _swap_sides(source: Size, size: Size, *, inner: Size | None) -> Iterator[Framing]:  # noqa: ARG001
    for edge in range(min(size), _MOST_ZOOM * min(size) + 1):
        for rounding in ("floor", "round"):
            try:
                full = resized_size(mode="exchanged", size=edge, rounding=rounding, height=source[0], width=source[1])
            except PlanError:
                return
            for cut in ("round", "floor"):
                params = {"mode": "shortest_edge", "size": edge, "rounding": rounding, "op": {"mode": "exchanged"}}
                resize, crop = {"resize": params}, {"crop": {"size": list(size), "rounding": cut}}
                yield Framing(kind="squash", spec_steps=(resize, crop) if full != size else (resize,))


# Before the crops of any stretch, of which these are some.
MISTAKE = Mistake(title="height and width swapped in the resize", rank=3, distance=(1.0, math.inf), searches=_searches)
