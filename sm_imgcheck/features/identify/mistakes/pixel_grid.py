"""Bilinear by another grid of pixels: ``align_corners=True``, and the resize of TensorFlow 1."""

from __future__ import annotations

from collections.abc import Iterator

from sm_imgcheck.features.identify.mistakes import Evidence, Mistake
from sm_imgcheck.features.identify.plan import KernelFamily, ResizeMethod
from sm_imgcheck.features.identify.search import Search

__all__ = ["MISTAKE"]

_FAMILIES = tuple(
    KernelFamily(
        members=tuple(
            ResizeMethod(library="tensorflow", interpolation="bilinear", dtype=dtype, antialias=False, grid=grid)
            for dtype in ("float32", "uint8")
        )
    )
    for grid in ("align_corners", "legacy")
)
"""In float32, as libraries compute both, and rounded afterwards."""


def _searches(evidence: Evidence) -> Iterator[Search]:
    guesses = [guess for guess in evidence.guesses if guess.place.framing.resizes]
    if guesses:
        yield evidence.again(guesses[0], families=_FAMILIES)


MISTAKE = Mistake(title="bilinear with aligned corners", rank=3, distance=(0.05, 30.0), searches=_searches)
