"""A JPEG round trip in between: pixels that were compressed again, before the resize or after it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from functools import cache

from sm_imgcheck.core.types import Step
from sm_imgcheck.features.identify.kernels import PipelineHypothesis
from sm_imgcheck.features.identify.mistakes import Evidence, Mistake
from sm_imgcheck.features.identify.plan import Preparation
from sm_imgcheck.features.identify.search import Search

__all__ = ["MISTAKE"]

_PROBES = (75, 95, 85, 60, 40, 98, 90)
"""Qualities of the first trials: 75 is Pillow's default, 95 OpenCV's."""
_QUALITIES = (*_PROBES, 80, 70, 50, 30, 100)
"""Qualities of the next trials, where one of the first reduces the difference."""
_AS_NEAR = 1.5
"""How much farther off than the nearest another pipeline may be, so that it is tried too."""
_MAX_KERNELS, _MAX_SOURCES = 4, 2
"""Pipelines that are tried with a compressed tensor, where it blurs the difference of bilinear, area and bicubic; and
with a compressed source, which takes longer."""
_AROUND = 5
"""Steps of quality around the best one that are tried next: with the first trials, all from 46 on."""
_LEAST, _HIGH = 30, 90
"""The lowest quality of a tensor that is tried, and the highest of which neighbors differ clearly."""
_VARIANTS: tuple[Mapping[str, str], ...] = (
    {"subsampling": "4:2:0"},
    {"subsampling": "4:4:4"},
    {"subsampling": "4:2:0", "order": "BGR"},  # cv2.imencode of RGB pixels
)
_MOST_PIXELS = 1 << 22
"""Pixels of an image that is compressed whole at every quality."""
_BETTER = 0.8
"""Share of the difference that may be left, so that a compression is worth a search."""


def _searches(evidence: Evidence) -> Iterator[Search]:
    guesses = evidence.guesses
    for rank, guess in enumerate(guess for guess in guesses[:_MAX_KERNELS] if guess.off <= _AS_NEAR * guesses[0].off):
        has_time = evidence.source.pixels <= _MOST_PIXELS and rank < _MAX_SOURCES
        for place in (_before, _after) if has_time else (_after,):
            trials = [_best(evidence, guess, place, variant) for variant in _VARIANTS]
            off, preparation = min(trials, key=lambda pair: pair[0])
            if off <= _BETTER * guess.off:
                yield evidence.again(guess, preparation=preparation)


def _before(plain: Preparation, step: Step) -> Preparation:
    return replace(plain, before=(step,))


def _after(plain: Preparation, step: Step) -> Preparation:
    return replace(plain, after=(step,))


def _best(
    evidence: Evidence,
    guess: PipelineHypothesis,
    place: Callable[[Preparation, Step], Preparation],
    variant: Mapping[str, str],
) -> tuple[float, Preparation]:
    """How far off the likeliest quality is, and its preparation."""

    @cache
    def try_quality(quality: int) -> tuple[float, int]:
        return evidence.off(guess, _at(place, evidence, quality, variant)), quality

    if place is _after:  # a tensor is compressed fast
        off, about = min(map(try_quality, range(_LEAST, 101)))
        return off, _at(place, evidence, about, variant)
    off, about = min(map(try_quality, _PROBES))
    if off <= guess.off:  # qualities near the right one reduce the difference
        _, about = min(map(try_quality, _QUALITIES))
        least = _HIGH if about > _HIGH + _AROUND else about - _AROUND  # high qualities all leave little
        off, about = min(map(try_quality, range(max(least, 1), min(about + _AROUND, 100) + 1)))
    return off, _at(place, evidence, about, variant)


def _at(
    place: Callable[[Preparation, Step], Preparation], evidence: Evidence, quality: int, variant: Mapping[str, str]
) -> Preparation:
    step = Step(op="recompress", params={"quality": quality, **variant}, why="saved as JPEG")
    return place(evidence.source.preparation, step)


MISTAKE = Mistake(title="a JPEG round trip", rank=13, distance=(0.05, 12.0), searches=_searches)
