"""Gray where the model expects color, and a conversion to gray elsewhere than before the resize."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from sm_imgcheck.core.channels import GRAY
from sm_imgcheck.core.types import Step
from sm_imgcheck.features.identify.candidates import TensorImage
from sm_imgcheck.features.identify.mistakes import Evidence, Mistake
from sm_imgcheck.features.identify.plan import Preparation
from sm_imgcheck.features.identify.search import Search

__all__ = ["MISTAKE"]

_WEIGHTS = ("luma", "y_plane")
_MAX_UNEXPLAINED = 1e-4
"""Share of a channel's variance that another does not explain, up to which both hold one gray image."""


def _searches(evidence: Evidence) -> Iterator[Search]:
    source = evidence.source
    if source.header.mode != "RGB":
        return
    images = [image for image in evidence.images if image.channels == 1 or _is_gray(image)]
    if not images:
        return
    preparations = _late if images[0].channels == 1 else _expand_gray
    for preparation in preparations(source.preparation):
        yield from evidence.reread(images, replace(source, preparation=preparation))


def _is_gray(image: TensorImage) -> bool:
    """Whether each channel is a line of the first."""
    flat = image.pixels.reshape(-1, image.channels)[:, :3].astype(np.float64)
    flat -= flat.mean(axis=0)
    power = (flat * flat).sum(axis=0)
    if not power.all():
        return False
    likeness = (flat * flat[:, :1]).sum(axis=0) ** 2 / (power * power[0])
    return bool((1 - likeness < _MAX_UNEXPLAINED).all())


def _late(plain: Preparation) -> Iterator[Preparation]:
    """One channel, made after the resize."""
    yield from (replace(plain, late_gray=weights) for weights in _WEIGHTS)


def _expand_gray(plain: Preparation) -> Iterator[Preparation]:
    """Three equal channels, made before the resize or after it."""
    for weights in _WEIGHTS:
        steps = (_color("RGB", GRAY, weights), _color("L", "RGB", weights))
        yield replace(plain, before=steps)
        yield replace(plain, after=steps)
    yield replace(plain, gray=True, before=(_color("L", "RGB", "y_plane"),))


def _color(mode: str, to: str, weights: str) -> Step:
    return Step(op="color", params={"mode": mode, "to": to, "to_gray": weights}, why="gray")


MISTAKE = Mistake(rank=6, similar=True, searches=_searches)
