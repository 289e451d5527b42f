"""A crop that is not in the middle: off by some pixels, at a corner, anywhere."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from sm_imgcheck.core.errors import PlanError
from sm_imgcheck.core.placement import crop_box
from sm_imgcheck.core.sizes import resized_size
from sm_imgcheck.features.identify.candidates import TensorImage
from sm_imgcheck.features.identify.framings import Framing, Size, probed_edges
from sm_imgcheck.features.identify.mistakes import Evidence, Mistake, only
from sm_imgcheck.features.identify.placement import usual_orientations
from sm_imgcheck.features.identify.plan import image_steps
from sm_imgcheck.features.identify.search import Search
from sm_imgcheck.ops.execute import apply_steps

__all__ = ["MISTAKE"]

_LONGEST = 1600
"""Pixels of the longer side of an image in which a crop is searched: a correlation of more needs seconds."""
_MAX_EDGES, _AROUND = 3, 2
"""Edges that are searched closely, each with this number of pixels to either side."""
_RESEMBLES = 0.6
"""Correlation of gray planes below which a crop is of something else."""
_CORNERS = ("top_left", "top_right", "bottom_left", "bottom_right")


def _searches(evidence: Evidence) -> Iterator[Search]:
    for image in evidence.images:
        for orientation, last_orientation in usual_orientations(evidence.source.header):
            results = _framings(evidence, image, orientation)
            if results:
                yield replace(
                    evidence.search,
                    images=[image],
                    choice=only(*results),
                    orientations=((orientation, last_orientation),),
                )


def _framings(evidence: Evidence, image: TensorImage, orientation: int) -> tuple[Framing, ...]:
    """The crops of the oriented image that most resemble the tensor."""
    source = evidence.source
    steps = image_steps(source.header, source.preparation, (), image.channels, orientation=orientation)
    picture = apply_steps(steps, source.cache).mean(axis=2, dtype=np.float32)
    template = _gray(image.pixels)
    edges = [*probed_edges(min(image.size)), min(picture.shape)]
    scores = sorted((_match(picture, template, edge) for edge in dict.fromkeys(edges)), reverse=True)
    likely = [edge for score, edge, _ in scores[:_MAX_EDGES] if score >= _RESEMBLES]
    close = {near for edge in likely for near in range(edge - _AROUND, edge + _AROUND + 1) if near >= min(image.size)}
    best = sorted((_match(picture, template, edge) for edge in close), reverse=True)[:_MAX_EDGES]
    sizes = picture.shape[0], picture.shape[1]
    return tuple(framing for _, edge, start in best for framing in _cut(edge, start, sizes, image.size))


def _gray(pixels: np.ndarray) -> np.ndarray:
    """The channels on one scale, added up: HxW float32."""
    deviation = np.maximum(pixels.std(axis=(0, 1)), 1e-12)
    return np.ascontiguousarray((pixels / deviation).sum(axis=2), np.float32)


def _match(picture: np.ndarray, template: np.ndarray, edge: int) -> tuple[float, int, tuple[int, int]]:
    """The best correlation of the template in the image at this shorter edge; the edge; top and left."""
    import cv2

    height, width = _edge_size(picture.shape, edge, "floor")
    if height < template.shape[0] or width < template.shape[1] or max(height, width) > _LONGEST:
        return -1.0, edge, (0, 0)
    interpolation = cv2.INTER_AREA if height <= picture.shape[0] else cv2.INTER_LINEAR
    scores = cv2.matchTemplate(
        cv2.resize(picture, (width, height), interpolation=interpolation), template, cv2.TM_CCOEFF_NORMED
    )
    _, score, _, (left, top) = cv2.minMaxLoc(scores)
    return float(score), edge, (int(top), int(left))


def _edge_size(size: tuple[int, ...], edge: int, rounding: str) -> tuple[int, int]:
    try:
        return resized_size(
            mode="shortest_edge", size=edge, max_size=None, rounding=rounding, height=size[0], width=size[1]
        )
    except PlanError:
        return 0, 0


def _cut(edge: int, start: tuple[int, int], source: Size, size: Size) -> Iterator[Framing]:
    """Crops that start about there, in every rounding: corners by their names, others by their distance."""
    for rounding in ("floor", "round"):
        full = _edge_size(source, edge, rounding)
        resize = {"resize": {"mode": "shortest_edge", "size": edge, "rounding": rounding}}
        for place in _positions(start, full, size):
            crop = {"crop": {"size": list(size), "rounding": "round", "op": place}}
            if full == source:
                yield Framing(kind="window", spec_steps=(crop,))
            else:
                yield Framing(kind="crop", spec_steps=(resize, crop))


def _positions(start: tuple[int, int], full: Size, size: Size) -> Iterator[dict[str, object]]:
    box = {"size": size, "rounding": "round", "height": full[0], "width": full[1]}
    middle = crop_box(**box)[:2]  # type: ignore[arg-type]
    for position in _CORNERS:
        corner = crop_box(**box, position=position)[:2]  # type: ignore[arg-type]
        if max(abs(corner[0] - start[0]), abs(corner[1] - start[1])) <= 1:
            yield {"position": position}
    for down in (-1, 0, 1):
        for right in (-1, 0, 1):
            top, left = start[0] + down, start[1] + right
            if 0 <= top <= full[0] - size[0] and 0 <= left <= full[1] - size[1] and (top, left) != middle:
                yield {"offset": [top - middle[0], left - middle[1]]}


MISTAKE = Mistake(rank=4, distance=(0.3, math.inf), searches=_searches)
