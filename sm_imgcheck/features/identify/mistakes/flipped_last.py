"""Flipped vertically or rotated by 180 degrees after the resize: nearest neighbor then copies other pixels."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace

from sm_imgcheck.features.identify.mistakes import Evidence, Mistake
from sm_imgcheck.features.identify.placement import coarse_misfits, usual_orientations, views
from sm_imgcheck.features.identify.search import Search

__all__ = ["MISTAKE"]

_LAST = (4, 3)
"""EXIF orientations that the usual search applies before the resize alone."""
_RESEMBLES = 0.75
"""Misfit coarsely up to which the image may be flipped or rotated after the resize."""


def _searches(evidence: Evidence) -> Iterator[Search]:
    orientations = tuple((first, last) for first, _ in usual_orientations(evidence.source.header) for last in _LAST)
    for image in evidence.images[:1]:
        every = views(evidence.source, image.channels, orientations)
        if min(coarse_misfits(image, every)) <= _RESEMBLES:
            yield replace(evidence.search, images=[image], orientations=orientations)


MISTAKE = Mistake(rank=4, distance=(0.3, math.inf), searches=_searches)
