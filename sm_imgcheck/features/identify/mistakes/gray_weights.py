"""Gray by other weights than luma: the mean of the channels, BT.709, red and blue swapped, one channel alone."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from sm_imgcheck.core.channels import GRAY
from sm_imgcheck.core.errors import CandidateError, PlanError
from sm_imgcheck.core.types import Step
from sm_imgcheck.features.identify.candidates import TensorImage
from sm_imgcheck.features.identify.kernels import PipelineHypothesis, compare_views
from sm_imgcheck.features.identify.mistakes import Evidence, Mistake
from sm_imgcheck.features.identify.mistakes.gray import expand_gray, gray_images
from sm_imgcheck.features.identify.plan import Preparation, image_steps
from sm_imgcheck.features.identify.search import Search, explain
from sm_imgcheck.ops.execute import apply_steps
from sm_imgcheck.ops.records.mistakes import GRAY_WEIGHTS

__all__ = ["MISTAKE"]


def _searches(evidence: Evidence) -> Iterator[Search]:
    images = gray_images(evidence)
    for preparation in _other_weights(evidence, images[0]) if images else ():
        yield from evidence.reread(images, replace(evidence.source, preparation=preparation))


def _other_weights(evidence: Evidence, image: TensorImage) -> Iterator[Preparation]:
    """Gray by other weights, those that the nearest pipeline shows; before the resize or after it."""
    plain = evidence.source.preparation
    guesses = evidence.guesses or (_guesses(evidence, image) if image.channels > 1 else [])
    names = {name for guess in guesses[:_MAX_GUESSES] for name in _weights_of(evidence, guess)}
    for name, weights in GRAY_WEIGHTS.items():
        if name not in names:
            continue
        single = max(weights) == 1
        roundings = ("half_even",) if single else ("half_even", "truncate")
        for rounding in roundings if single else (None, *roundings):
            params = {"weights": list(weights), "rounding": rounding, "to": GRAY if image.channels == 1 else "RGB"}
            step = Step(op="weigh_channels", params=params, why="gray")
            if image.channels == 1:
                yield replace(plain, late_gray="luma", gray_step=step)
                yield replace(plain, gray_step=step)
            else:
                yield replace(plain, after=(step,))
                yield replace(plain, before=(step,))


def _guesses(evidence: Evidence, image: TensorImage) -> list[PipelineHypothesis]:
    """The nearest pipelines to gray by luma, where those to color are far from the tensor."""
    preparation = next(iter(expand_gray(evidence.source.preparation)))
    searches = evidence.reread([image], replace(evidence.source, preparation=preparation))
    return [guess for search in searches for guess in explain(search).guesses]


def _weights_of(evidence: Evidence, guess: PipelineHypothesis) -> list[str]:
    """The names of weights of R, G and B near those by which the pixels of a hypothesis become the tensor."""
    source, view = evidence.source, guess.place.view
    try:
        steps = image_steps(source.header, source.preparation, guess.geometry, 3, orientation=view.orientation)
        picture = apply_steps(steps, source.cache)
    except (PlanError, CandidateError):
        return []
    tensor, pixels = compare_views(picture, guess.place.tensor_image, guess.part, stride=None)
    flat = pixels.reshape(-1, 3).astype(np.float64)
    gray = tensor[..., 0].ravel().astype(np.float64)
    solution = np.linalg.lstsq(np.column_stack([flat, np.ones(len(flat))]), gray, rcond=None)[0]
    total = solution[:3].sum()
    if not np.isfinite(total) or abs(total) < _LEAST:
        return []
    shares = solution[:3] / total
    return [name for name, weights in GRAY_WEIGHTS.items() if np.abs(shares - np.array(weights)).max() <= _NEAR]


_MAX_GUESSES = 3
"""Nearest pipelines whose weights are fitted."""
_NEAR, _LEAST = 0.03, 1e-9
"""Difference of fitted weights from named ones, and the least sum of weights."""

MISTAKE = Mistake(title="gray by other weights", rank=2, similar=True, searches=_searches)
