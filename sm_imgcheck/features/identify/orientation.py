"""The source picture in each of its turns, reduced, ready to be held against the tensor cell by cell."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from sm_imgcheck.core.types import Decode, Header, Quantize, Values
from sm_imgcheck.features.identify.cells import Sums, misfit, summed
from sm_imgcheck.features.identify.plan import picture_steps
from sm_imgcheck.features.identify.region import SourceRegion
from sm_imgcheck.ops.execute import carried_out
from sm_imgcheck.ops.kernels.color import orient

__all__ = ["Source", "View", "views"]

_REDUCED = 512
"""Pixels of the longer side of what the cells are taken from."""
_MIRRORED = {1: 2, 2: 1, 3: 4, 4: 3, 5: 6, 6: 5, 7: 8, 8: 7}
"""The orientation that shows the mirror image of another."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Source:
    """The image that the tensor may be made of."""

    header: Header
    decode: Decode
    """Limits, and the policy of the spec where there is one."""
    geometry: tuple[Mapping[str, Any], ...] | None
    """Of the spec, in its language; None: there is no spec."""
    values: tuple[Values, Quantize | None] | None
    """Of the spec, in the order of its channels."""
    remembered: dict[tuple[str, ...], Any] = field(repr=False)
    """Arrays after each beginning of the steps that were tried; of no steps: the file's bytes."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class View:
    """The picture under one turn, upright if that turn is right."""

    turn: int
    """EXIF orientation that is applied, 1: as stored."""
    turned: int
    """How the tensor was turned at last: 1 not at all, 2 mirrored."""
    height: int
    width: int
    sums: Sums = field(repr=False)
    reduction: tuple[float, float]
    """Pixels of the picture to one row and one column of the sums."""

    def misfit(self, target: Sums, part: SourceRegion, *, cells: int, shift: float = 0.0) -> float:
        """Share of the tensor's variance that this part of the picture does not explain, 0..1.

        target: the sums of the tensor turned back. shift: see ``misfit`` of ``_cells``.
        """
        return misfit(target, self.sums, part, self.reduction, cells=cells, shift=shift)


def views(source: Source, channels: int) -> list[View]:
    """Each turn once: as EXIF says first, then as stored, then both mirrored, then the turns that nobody asks for.

    A quarter turn is tried before the resize and after it, which Pillow's rounding tells apart.
    """
    applied = source.header.orientation
    usual = [(applied, 1), *([(1, 1)] if applied != 1 else [])]
    usual += [(turn, 2) for turn, _ in usual]
    shown = {turn if turned == 1 else _MIRRORED[turn] for turn, turned in usual}
    every = [*usual, *((turn, 1) for turn in range(1, 9) if turn not in shown)]
    first = dict.fromkeys((applied, 1))
    every += [(turn, turned) for turn in first for turned in (5, 6, 7, 8) if _both(turn, turned) not in shown]
    small, reduction = _reduced(source, channels)
    sums = {turn: summed(orient(small, orientation=turn)) for turn, _ in every}
    return [_view(sums[turn], reduction if turn < 5 else reduction[::-1], turn, turned) for turn, turned in every]


def _both(turn: int, turned: int) -> int:
    """The one orientation that two turns in a row come to."""
    mark = np.arange(6).reshape(2, 3, 1)
    twice = orient(orient(mark, orientation=turn), orientation=turned)
    return next(one for one in range(1, 9) if np.array_equal(orient(mark, orientation=one), twice))


def _view(sums: Sums, reduction: tuple[float, float], turn: int, turned: int) -> View:
    high, wide = (length - 1 for length in sums.values.shape[:2])
    return View(
        turn=turn,
        turned=turned,
        height=round(high * reduction[0]),
        width=round(wide * reduction[1]),
        sums=sums,
        reduction=reduction,
    )


def _reduced(source: Source, channels: int) -> tuple[np.ndarray, tuple[float, float]]:
    """The stored picture in the tensor's channels, at most so many pixels long, and by how much it was reduced."""
    import cv2

    steps = picture_steps(source.header, source.decode, (), channels, turn=1)
    pixels = carried_out(steps, source.remembered)
    height, width = pixels.shape[:2]
    share = min(1.0, _REDUCED / max(height, width))
    if share == 1:
        return pixels, (1.0, 1.0)
    new = max(round(height * share), 1), max(round(width * share), 1)
    small = cv2.resize(pixels, (new[1], new[0]), interpolation=cv2.INTER_AREA).reshape(*new, -1)
    return small, (height / new[0], width / new[1])
