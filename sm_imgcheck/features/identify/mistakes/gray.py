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

__all__ = ["MISTAKE", "color_step", "expand_gray", "gray_conversions", "gray_images"]

_WEIGHTS = ("luma", "y_plane")
_SAMPLE = 1 << 22
"""Values that are compared for gray."""
_MAX_UNEXPLAINED = 1e-4
"""Share of a channel's variance that another does not explain, up to which both hold one gray image."""


def _searches(evidence: Evidence) -> Iterator[Search]:
    images, plain = gray_images(evidence), evidence.source.preparation
    if images:
        for preparation in _late(plain) if images[0].channels == 1 else expand_gray(plain):
            yield from evidence.reread(images, replace(evidence.source, preparation=preparation))


def gray_images(evidence: Evidence) -> list[TensorImage]:
    """The images of the tensor that are gray where the source is not."""
    if evidence.source.header.mode != "RGB":
        return []
    return [image for image in evidence.images if image.channels == 1 or _is_gray(image)]


def _is_gray(image: TensorImage) -> bool:
    """Whether each channel is a line of the first."""
    flat = image.pixels.reshape(-1, image.channels)[:: image.pixels.size // _SAMPLE + 1, :3].astype(np.float64)
    flat -= flat.mean(axis=0)
    power = (flat * flat).sum(axis=0)
    if not power.all():
        return False
    likeness = (flat * flat[:, :1]).sum(axis=0) ** 2 / (power * power[0])
    return bool((1 - likeness < _MAX_UNEXPLAINED).all())


def _late(plain: Preparation) -> Iterator[Preparation]:
    """One channel, made after the resize."""
    yield from (replace(plain, late_gray=weights) for weights in _WEIGHTS)


def expand_gray(plain: Preparation) -> Iterator[Preparation]:
    """Three equal channels, made before the resize or after it."""
    for steps in gray_conversions():
        yield replace(plain, before=steps)
        yield replace(plain, after=steps)
    yield replace(plain, gray=True, before=(color_step("L", "RGB", "y_plane"),))


def gray_conversions() -> Iterator[tuple[Step, ...]]:
    """From color to three equal channels, by the weights of each library."""
    yield from ((color_step("RGB", GRAY, weights), color_step("L", "RGB", weights)) for weights in _WEIGHTS)


def color_step(mode: str, to: str, weights: str) -> Step:
    """The conversion between two modes, such as RGB and L."""
    return Step(op="color", params={"mode": mode, "to": to, "to_gray": weights}, why="gray")


MISTAKE = Mistake(title="gray in color or after the resize", rank=1, similar=True, searches=_searches)
