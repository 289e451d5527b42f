"""A crop that is not in the middle: off by some pixels, at a corner, anywhere."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace
from itertools import product

import numpy as np

from sm_imgcheck.core.errors import PlanError
from sm_imgcheck.core.frozen import frozen
from sm_imgcheck.core.placement import crop_box
from sm_imgcheck.core.sizes import resized_size
from sm_imgcheck.features.identify.candidates import TensorImage
from sm_imgcheck.features.identify.framings import SHARES, Framing, Size, probed_edges
from sm_imgcheck.features.identify.mistakes import Evidence, Mistake, only
from sm_imgcheck.features.identify.placement import SourceImage, usual_orientations
from sm_imgcheck.features.identify.plan import plain
from sm_imgcheck.features.identify.registration import Registration
from sm_imgcheck.features.identify.search import Search

__all__ = ["MISTAKE"]

_LONGEST = 1600
"""Pixels of the longer side of an image in which a crop is searched: a correlation of more needs seconds."""
_MAX_EDGES, _AROUND = 3, 2
"""Edges that are searched closely, each with this number of pixels to either side."""
_RESEMBLES = 0.6
"""Correlation of planes below which a crop is of something else."""
_SKEW = 0.05
"""Relative difference of a resize from the scale that keypoints show: edges are probed in steps of 2.5 %."""
_RESIZE_AND_CROP = 2
"""Steps of a spec that resizes, then crops."""
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
    picture, template = _plane(evidence.orient(image, orientation)), _plane(image.pixels)
    full = picture.shape[0], picture.shape[1]
    edges = [*probed_edges(min(image.size)), min(full)]
    scale = _scale(evidence.register(image, orientation))
    resizes = _of_scale([_shortest(edge, "floor") for edge in dict.fromkeys(edges)], full, scale)
    likely = [resize for score, resize, _ in _matches(picture, template, resizes) if score >= _RESEMBLES]
    close = [near for resize in likely for near in _nearby(resize, min(image.size))]
    others = _of_scale([*_of_spec(evidence.source), *_squash(image.size), *_stretches(full, scale)], full, scale)
    once = {resize.size(full): resize for resize in reversed([*close, *others])}  # a size by its usual rule
    best = _matches(picture, template, list(once.values()))
    return tuple(framing for _, resize, start in best for framing in _cut(resize, start, full, image.size))


def _scale(registration: Registration | None) -> tuple[float, float] | None:
    """Rows and columns of the image to one of the tensor by its keypoints, zeros where it is rotated; None: unknown."""
    if registration is None:
        return None
    (along, skew, _), (slope, down, _) = registration.matrix
    is_rotated = abs(slope) + abs(skew) > _SKEW * (abs(along) + abs(down))
    return (0.0, 0.0) if is_rotated else (abs(float(down)), abs(float(along)))


def _of_scale(resizes: list[_Resize], full: Size, scale: tuple[float, float] | None) -> list[_Resize]:
    """Those near the scale."""
    if scale is None:
        return resizes
    return [
        resize
        for resize in resizes
        if all(
            abs(new * each / old - 1) <= _SKEW for new, old, each in zip(resize.size(full), full, scale, strict=True)
        )
    ]


def _stretches(full: Size, scale: tuple[float, float] | None) -> Iterator[_Resize]:
    """Both sides stretched to about the size that the scale gives."""
    if scale is None or 0.0 in scale:
        return
    height, width = (round(side / each) for side, each in zip(full, scale, strict=True))
    for down, right in product((0, -1, 1), repeat=2):
        yield _resize(mode="stretch", size=(height + down, width + right))


@frozen
class _Resize:
    """What comes before the crop."""

    steps: tuple[tuple[str, object], ...]
    """Parameters of the resize, sorted."""

    @property
    def params(self) -> dict[str, object]:
        return {key: list(value) if isinstance(value, tuple) else value for key, value in self.steps}

    def size(self, source: Size) -> Size:
        """Height and width of an image after it; zeros where it is impossible."""
        keys = {"mode": "stretch", "max_size": None, "rounding": "floor", **self.params}
        sizes = {key: keys[key] for key in ("mode", "size", "max_size", "rounding")}
        try:
            return resized_size(**sizes, height=source[0], width=source[1])  # type: ignore[arg-type]
        except PlanError:
            return 0, 0


def _resize(**params: object) -> _Resize:
    return _Resize(steps=tuple(sorted(params.items())))


def _shortest(edge: int, rounding: str) -> _Resize:
    return _resize(mode="shortest_edge", size=edge, rounding=rounding)


def _nearby(resize: _Resize, least: int) -> Iterator[_Resize]:
    edge = resize.params["size"]
    assert isinstance(edge, int)
    yield from (_shortest(near, "floor") for near in range(edge - _AROUND, edge + _AROUND + 1) if near >= least)


def _of_spec(source: SourceImage) -> Iterator[_Resize]:
    """The resize of the spec, where its crop is the next and the last step."""
    steps = plain(source.geometry or ())
    if len(steps) == _RESIZE_AND_CROP and "resize" in steps[0] and "size" in steps[1].get("crop", {}):
        params = steps[0]["resize"]
        if params["mode"] in ("stretch", "shortest_edge"):
            usual = {key: params[key] for key in ("mode", "size", "max_size", "rounding") if params.get(key)}
            yield _resize(**{key: tuple(value) if isinstance(value, list) else value for key, value in usual.items()})


def _squash(size: Size) -> Iterator[_Resize]:
    """Both sides stretched to usual multiples of the tensor's."""
    for share in SHARES:
        if share < 1:
            yield _resize(mode="stretch", size=tuple(int(side / share) for side in size))


def _plane(pixels: np.ndarray) -> np.ndarray:
    """The green channel, or the only one, HxW float32: the same channel in both orders, at any mapping of the values.

    A mean of the channels would change with their scales.
    """
    return np.ascontiguousarray(pixels[..., min(1, pixels.shape[2] - 1)], np.float32)


def _matches(
    picture: np.ndarray, template: np.ndarray, resizes: list[_Resize]
) -> list[tuple[float, _Resize, tuple[int, int]]]:
    """The resizes after which some part of the image most resembles the tensor; correlation, resize, top and left."""
    scores = [(*_match(picture, template, resize), resize) for resize in resizes]
    best = sorted(scores, key=lambda each: -each[0])[:_MAX_EDGES]
    return [(score, resize, start) for score, start, resize in best]


def _match(picture: np.ndarray, template: np.ndarray, resize: _Resize) -> tuple[float, tuple[int, int]]:
    """The best correlation of the template in the image after this resize; top and left."""
    import cv2

    height, width = resize.size((picture.shape[0], picture.shape[1]))
    if height < template.shape[0] or width < template.shape[1] or max(height, width) > _LONGEST:
        return -1.0, (0, 0)
    interpolation = cv2.INTER_AREA if height <= picture.shape[0] else cv2.INTER_LINEAR
    scores = cv2.matchTemplate(
        cv2.resize(picture, (width, height), interpolation=interpolation), template, cv2.TM_CCOEFF_NORMED
    )
    _, score, _, (left, top) = cv2.minMaxLoc(scores)
    return float(score), (int(top), int(left))


def _cut(resize: _Resize, start: tuple[int, int], source: Size, size: Size) -> Iterator[Framing]:
    """Crops that start about there, in every rounding: corners by their names, others by their distance."""
    params = resize.params
    is_stretch = params["mode"] == "stretch"
    for rounding in ("floor",) if is_stretch else dict.fromkeys((params["rounding"], "floor", "round")):
        variant = resize if is_stretch else _resize(**{**dict(resize.steps), "rounding": rounding})
        full = variant.size(source)
        for place in _positions(start, full, size):
            crop = {"crop": {"size": list(size), "rounding": "round", "op": place}}
            if full == source:
                yield Framing(kind="window", spec_steps=(crop,))
            else:
                kind = "squash" if is_stretch else "crop"
                yield Framing(kind=kind, spec_steps=({"resize": variant.params}, crop))


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


MISTAKE = Mistake(title="crops at other places", rank=4, distance=(0.3, math.inf), searches=_searches)
