"""Gamma and the sRGB curve: linear light instead of the stored levels, or the reverse."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from sm_imgcheck.core.types import Step
from sm_imgcheck.features.identify.kernels import PipelineHypothesis, compare_views
from sm_imgcheck.features.identify.mistakes import Evidence, Mistake
from sm_imgcheck.features.identify.plan import Preparation, channel_indices
from sm_imgcheck.features.identify.search import Search
from sm_imgcheck.ops.execute import apply_steps
from sm_imgcheck.ops.kernels.mistakes import CURVES

__all__ = ["MISTAKE"]

_BETTER = 0.6
"""Share of the difference that may be left, so that a curve is worth a search."""
_LIKELY = 2
"""Curves that are searched closely."""


def _searches(evidence: Evidence) -> Iterator[Search]:
    guesses = [guess for guess in evidence.guesses if _scatter(guess, evidence) <= _BETTER * guess.off]
    if not guesses:
        return
    plain = evidence.source.preparation
    trials: list[tuple[float, int, Preparation]] = []
    for name in CURVES:
        step = Step(op="tone_curve", params={"name": name}, why=name)
        for preparation in (replace(plain, after=(step,)), replace(plain, before=(step,))):
            off = min(evidence.off(guess, preparation) for guess in guesses)
            trials.append((off, len(trials), preparation))
    for off, _, preparation in sorted(trials)[:_LIKELY]:
        if off <= _BETTER * guesses[0].off:
            # with all framings and kernels
            yield evidence.again(guesses[0], preparation=preparation, choice=evidence.search.choice)


def _scatter(guess: PipelineHypothesis, evidence: Evidence) -> float:
    """Mean difference, in gray levels, that is left where each level of the image may become any number."""
    picture = apply_steps(guess.steps, evidence.source.cache)
    tensor, pixels = compare_views(picture, guess.place.tensor_image, guess.part, stride=None)
    order = channel_indices(guess.orders[0][0])
    scales = guess.orders[0][1].affine.scale
    left = [_deviation(pixels[..., at], tensor[..., c]) / abs(scales[c]) for c, at in enumerate(order)]
    return float(np.mean(left))


def _deviation(levels: np.ndarray, values: np.ndarray) -> float:
    """Mean distance of the values from the mean of all values of the same level."""
    at = np.clip(np.rint(levels), 0, 255).astype(np.intp).ravel()
    flat = values.ravel().astype(np.float64)
    counts = np.maximum(np.bincount(at, minlength=256), 1)
    means = np.bincount(at, flat, minlength=256) / counts
    return float(np.abs(flat - means[at]).mean())


MISTAKE = Mistake(title="gamma curves", rank=4, distance=(0.5, np.inf), searches=_searches)
