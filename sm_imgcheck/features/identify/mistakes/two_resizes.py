"""Two resizes in a row: to some size first, then as usual."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import islice
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
"""Common sizes of first resizes."""
_MAX_SIZES, _MAX_PARTS = 3, 2
"""First sizes that are searched closely, and parts of the image that they are tried for."""
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
_PROBES = tuple(family for family in _KERNELS if family.members[0].interpolation == "bilinear")
"""With and without antialias: these find the likely sizes, on which all kernels are tried."""


def _searches(evidence: Evidence) -> Iterator[Search]:
    once = {guess.part: guess for guess in reversed(evidence.guesses) if guess.place.framing.resizes}
    for guess in sorted(once.values(), key=lambda guess: guess.off)[:_MAX_PARTS]:
        usual = [*_twice(guess.place.framing, _COMMON), *_twice(guess.place.framing, _EDGES, most=1)]
        sizes = [framing for family in _PROBES for _, _, framing in _best(evidence, guess, family, usual)]
        family = min(_KERNELS, key=lambda family: _best(evidence, guess, family, sizes)[0][0])
        every = list(_twice(guess.place.framing, _EDGES))
        best = [framing for off, _, framing in _best(evidence, guess, family, every) if off <= guess.off]
        if best:
            yield evidence.again(guess, choice=only(*best))


def _best(
    evidence: Evidence, guess: PipelineHypothesis, family: KernelFamily, framings: Sequence[Framing]
) -> list[tuple[float, int, Framing]]:
    """The nearest of framings with another resize first: how far off each is, its number, the framing."""
    tries = enumerate(framings)
    return sorted(
        ((evidence.off(guess, framing=framing, family=family), at, framing) for at, framing in tries),
        key=lambda each: each[:2],
    )[:_MAX_SIZES]


def _twice(framing: Framing, edges: Sequence[int], most: int | None = None) -> Iterator[Framing]:
    """The framing after a first resize to each edge. most: kinds of first resizes per edge, the usual ones first."""
    for edge in edges:
        for first in islice(_firsts(edge), most):
            yield replace(framing, spec_steps=(first, *framing.spec_steps), zoom=None)


def _firsts(edge: int) -> Iterator[FramingStep]:
    yield {"resize": {"mode": "stretch", "size": [edge, edge]}}
    yield {"resize": {"mode": "shortest_edge", "size": edge, "rounding": "floor"}}
    yield {"resize": {"mode": "shortest_edge", "size": edge, "rounding": "round"}}
    yield {"resize": {"mode": "longest_edge", "size": edge, "rounding": "round"}}


MISTAKE = Mistake(title="two resizes", rank=12, distance=(0.1, 12.0), searches=_searches)
