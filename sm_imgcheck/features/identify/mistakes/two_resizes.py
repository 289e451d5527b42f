"""Two resizes in a row: to some size first, then as usual."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from sm_imgcheck.features.identify.framings import Framing
from sm_imgcheck.features.identify.kernels import PipelineHypothesis
from sm_imgcheck.features.identify.mistakes import Evidence, Mistake, only
from sm_imgcheck.features.identify.plan import FAMILIES, KernelFamily
from sm_imgcheck.features.identify.search import Search

if TYPE_CHECKING:
    from sm_imgcheck.features.identify.framings import FramingStep

__all__ = ["MISTAKE"]

_COMMON = (256, 512, 224, 299, 640, 320, 384)
_EDGES = (*_COMMON, 300, 400, 416, 448, 480, 500, 600, 800, 1024, 288, 240, 200, 128, 336, 1280)
"""Sizes that people and tools resize pictures to."""
_KEPT, _PLACES = 3, 2
"""So many first sizes are looked at closely, for so many parts of the picture."""
_KERNELS = tuple(
    family
    for family in FAMILIES
    if (family.members[0].library, family.members[0].interpolation)
    in (
        ("pillow", "bilinear"),
        ("pillow", "bicubic"),
        ("pillow", "lanczos"),
        ("opencv", "bilinear"),
        ("opencv", "area"),
    )
)
"""One of each is tried for both resizes."""


def _searches(evidence: Evidence) -> Iterator[Search]:
    once = {guess.part: guess for guess in reversed(evidence.guesses) if guess.place.framing.resizes}
    for guess in sorted(once.values(), key=lambda guess: guess.off)[:_PLACES]:
        first = [_best(evidence, guess, family, _COMMON) for family in _KERNELS]
        family = min(zip(first, _KERNELS, strict=True), key=lambda pair: pair[0][0][0])[1]
        best = [framing for off, _, framing in _best(evidence, guess, family, _EDGES) if off <= guess.off]
        if best:
            yield evidence.again(guess, choice=only(*best))


def _best(
    evidence: Evidence, guess: PipelineHypothesis, family: KernelFamily, edges: Sequence[int]
) -> list[tuple[float, int, Framing]]:
    """The nearest framings with another resize first: how far off each is, its number, the framing."""
    tries = enumerate(_twice(guess.place.framing, edges))
    return sorted(
        ((evidence.off(guess, framing=framing, family=family), at, framing) for at, framing in tries),
        key=lambda each: each[:2],
    )[:_KEPT]


def _twice(framing: Framing, edges: Sequence[int]) -> Iterator[Framing]:
    for edge in edges:
        for first in _firsts(edge):
            yield replace(framing, written=(first, *framing.written), zoom=None)


def _firsts(edge: int) -> Iterator[FramingStep]:
    yield {"resize": {"mode": "stretch", "size": [edge, edge]}}
    yield {"resize": {"mode": "shortest_edge", "size": edge, "rounding": "floor"}}
    yield {"resize": {"mode": "shortest_edge", "size": edge, "rounding": "round"}}
    yield {"resize": {"mode": "longest_edge", "size": edge, "rounding": "round"}}


MISTAKE = Mistake(rank=9, distance=(0.1, 12.0), searches=_searches)
