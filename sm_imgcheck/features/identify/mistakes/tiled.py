"""An image repeated side by side, such as 2x2: after the resize or before it."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace
from functools import partial

import numpy as np

from sm_imgcheck.core.types import Orientation, Plan, Step
from sm_imgcheck.features.identify.candidates import TensorImage
from sm_imgcheck.features.identify.misread import tile_of
from sm_imgcheck.features.identify.mistakes import Evidence, Mistake
from sm_imgcheck.features.identify.plan import before_axes
from sm_imgcheck.features.identify.search import Search

__all__ = ["MISTAKE"]

_GRIDS = ((2, 2), (1, 2), (2, 1))
"""Copies of the source below each other and side by side."""


def _searches(evidence: Evidence) -> Iterator[Search]:
    tiles = [tile for image in evidence.search.images if (tile := _tile(image)) is not None]
    if tiles:
        yield from evidence.reread(tiles)
        return
    header, preparation = evidence.source.header, evidence.source.preparation
    for down, across in _GRIDS:
        size = header.height * down, header.width * across
        larger = replace(header, height=size[0], width=size[1], orientation=Orientation())
        before = replace(preparation, before=(_repeat(size),))
        source = replace(evidence.source, header=larger, preparation=before)
        yield from evidence.reread(evidence.images, source)


def _tile(image: TensorImage) -> TensorImage | None:
    """The image of which the tensor's is several copies; None where it is not."""
    tile = tile_of(image.pixels)
    if tile is None:
        return None
    return replace(image, pixels=np.ascontiguousarray(tile), finish=partial(_add_copies, size=image.size), cache={})


def _add_copies(plan: Plan, *, size: tuple[int, int]) -> Plan:
    return before_axes(plan, _repeat(size))


def _repeat(size: tuple[int, int]) -> Step:
    return Step(op="tile", params={"size": list(size)}, why="repeated side by side")


MISTAKE = Mistake(title="copies side by side", rank=2, distance=(4.0, math.inf), searches=_searches)
