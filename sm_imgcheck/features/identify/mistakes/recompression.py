"""A JPEG round trip in between: pixels that were compressed again, before the resize or after it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
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
_EVIDENCE = 0.97
"""Share of the difference that a quality near the right one leaves at most."""
_AROUND = 4
"""Steps of quality around the best one that are tried next: with the first trials, all from 46 on."""
_SUBSAMPLINGS = ("4:2:0", "4:4:4")
_MOST_PIXELS = 1 << 22
"""Pixels of an image that is compressed whole at every quality."""
_BETTER = 0.8
"""Share of the difference that may be left, so that a compression is worth a search."""


def _searches(evidence: Evidence) -> Iterator[Search]:
    guesses = evidence.guesses
    for guess in guesses[:2]:
        for place in (_before, _after) if evidence.source.pixels <= _MOST_PIXELS else (_after,):
            trials = [_best(evidence, guess, place, subsampling) for subsampling in _SUBSAMPLINGS]
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
    subsampling: str,
) -> tuple[float, Preparation]:
    """How far off the likeliest quality is, and its preparation."""

    @cache
    def try_quality(quality: int) -> tuple[float, int]:
        return evidence.off(guess, _at(place, evidence, quality, subsampling)), quality

    off, about = min(map(try_quality, _PROBES))
    if off <= _EVIDENCE * guess.off:
        _, about = min(map(try_quality, _QUALITIES))
        near = (quality for quality in range(about - _AROUND, about + _AROUND + 1) if 1 <= quality <= 100)
        off, about = min(map(try_quality, near))
    return off, _at(place, evidence, about, subsampling)


def _at(
    place: Callable[[Preparation, Step], Preparation], evidence: Evidence, quality: int, subsampling: str
) -> Preparation:
    step = Step(op="recompress", params={"quality": quality, "subsampling": subsampling}, why="saved as JPEG")
    return place(evidence.source.preparation, step)


MISTAKE = Mistake(rank=13, distance=(0.05, 12.0), searches=_searches)
