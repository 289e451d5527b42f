"""Any part of the image, cut out and then resized: RandomResizedCrop of a training pipeline, a detector's box."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from sm_imgcheck.core.placement import crop_box
from sm_imgcheck.features.identify.candidates import TensorImage
from sm_imgcheck.features.identify.framings import Framing
from sm_imgcheck.features.identify.kernels import hypothesize
from sm_imgcheck.features.identify.mistakes import Evidence, Mistake, only
from sm_imgcheck.features.identify.placement import FramingMatch, OrientedImage, part_of, usual_orientations, views
from sm_imgcheck.features.identify.plan import FAMILIES, KernelFamily
from sm_imgcheck.features.identify.search import Search

__all__ = ["MISTAKE"]

Box = tuple[int, int, int, int]
"""Top, left, bottom and right in the oriented image."""
_SKEW = 0.02
"""Share of the part's size by which its corners may be off a rectangle."""
_ROUNDS = 12
"""Steps of a pixel towards the box that leaves the least; keypoints are within one or two."""
_KERNELS = tuple(family for family in FAMILIES if family.members[0].interpolation == "bilinear")
"""With and without antialias: the box that leaves the least is that of other kernels too."""


def _searches(evidence: Evidence) -> Iterator[Search]:
    for image in evidence.images:
        for orientation, _ in usual_orientations(evidence.source.header):
            match = _box(evidence, image, orientation)
            if match is not None:
                box, last_orientation = match
                (view,) = views(evidence.source, image.channels, ((orientation, last_orientation),))
                boxes = [_nearest(evidence, image, view, box, family) for family in _KERNELS]
                yield replace(
                    evidence.search,
                    images=[image],
                    choice=only(*(_framing(each, view, image.size) for each in dict.fromkeys(boxes))),
                    orientations=((orientation, last_orientation),),
                )


def _box(evidence: Evidence, image: TensorImage, orientation: int) -> tuple[Box, int] | None:
    """The part of the oriented image that the tensor shows, and its last orientation; None for another shape."""
    registration = evidence.register(image, orientation)
    if registration is None:
        return None
    corners = registration.corners(*image.size)
    low, high = corners[0], corners[2]
    rectangle = np.array([low, (high[0], low[1]), high, (low[0], high[1])])
    if min(high - low) < 1 or np.abs(corners - rectangle).max() > _SKEW * max(high - low) + 1:
        return None
    most = np.array(evidence.orient(image, orientation).shape[1::-1])
    left, top = (int(end) for end in np.clip(np.rint(low), 0, most - 1))
    right, bottom = (int(end) for end in np.clip(np.rint(high), 1, most))
    return (top, left, bottom, right), 2 if registration.is_mirrored else 1


def _nearest(evidence: Evidence, image: TensorImage, view: OrientedImage, box: Box, family: KernelFamily) -> Box:
    """The box next to this one that leaves the least difference."""
    least = _off(evidence, image, view, box, family)
    for _ in range(_ROUNDS):
        trials = [(_off(evidence, image, view, near, family), near) for near in _neighbors(box)]
        off, near = min(trials, key=lambda trial: trial[0])
        if off >= least:
            break
        least, box = off, near
    return box


def _neighbors(box: Box) -> Iterator[Box]:
    """The boxes with one side a pixel off, and the box a pixel away."""
    for down, right in ((1, 0), (-1, 0), (0, 1), (0, -1)):
        change = down, right, down, right
        for parts in ((1, 1, 0, 0), (0, 0, 1, 1), (1, 1, 1, 1)):
            top, left, bottom, end = (side + by * part for side, by, part in zip(box, change, parts, strict=True))
            yield top, left, bottom, end


def _off(evidence: Evidence, image: TensorImage, view: OrientedImage, box: Box, family: KernelFamily) -> float:
    """Mean difference in gray levels by this box; infinite for one outside of the image."""
    top, left, bottom, right = box
    if min(top, left, bottom - top - 1, right - left - 1, view.height - bottom, view.width - right) < 0:
        return math.inf
    framing, face = _framing(box, view, image.size), image.face(view.last_orientation)
    part = part_of(framing, view, face)
    if part is None:
        return math.inf
    place = FramingMatch(tensor_image=face, view=view, framing=framing, part=part, misfit=0.0)
    preparation = evidence.source.preparation
    hypothesis = hypothesize(evidence.source, place, family, arithmetic=family.members[0], preparation=preparation)
    return math.inf if hypothesis is None else hypothesis.off


def _framing(box: Box, view: OrientedImage, size: tuple[int, int]) -> Framing:
    """The crop by its distance from the center, then the resize."""
    top, left, bottom, right = box
    cut = bottom - top, right - left
    middle = crop_box(size=cut, rounding="round", height=view.height, width=view.width)
    offset = {"offset": [top - middle[0], left - middle[1]]}
    crop = {"crop": {"size": list(cut), "rounding": "round", "op": offset}}
    resize = {"resize": {"mode": "stretch", "size": list(size)}}
    return Framing(kind="cut", spec_steps=(crop, resize) if cut != size else (crop,))


MISTAKE = Mistake(
    title="parts that are cut out before the resize", rank=5, distance=(0.5, math.inf), searches=_searches
)
