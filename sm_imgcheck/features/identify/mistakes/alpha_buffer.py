"""Four channels read as three: the numbers of an RGBA buffer (a canvas, a screen) under the shape of an RGB image."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace
from functools import partial

import numpy as np

from sm_imgcheck.core.types import Plan, Step
from sm_imgcheck.features.identify.candidates import TensorImage
from sm_imgcheck.features.identify.framings import Framing, Size, Zoom, framings, kind_of
from sm_imgcheck.features.identify.mistakes import Evidence, Mistake
from sm_imgcheck.features.identify.placement import SourceImage, usual_orientations
from sm_imgcheck.features.identify.plan import plain, with_steps
from sm_imgcheck.features.identify.search import Search
from sm_imgcheck.pipeline.measure.value_order import alpha_position

__all__ = ["MISTAKE"]


def _searches(evidence: Evidence) -> Iterator[Search]:
    """The searches for a buffer of the resized image, and for one of the source before its resize."""
    images = [image for image in evidence.images if image.channels == len("RGB")]
    for image in images:
        position = alpha_position(image.pixels)
        if position is not None:
            yield replace(
                evidence.search,
                images=[_without_alpha(image, position)],
                choice=partial(_upper_framings, full=image.size, geometry=_spec_framings(evidence.source)),
                orientations=usual_orientations(evidence.source.header),
            )
            return
    for order in ("RGB", "BGR"):
        source = evidence.source
        before = replace(source.preparation, before=(_misread(order, 3),))
        yield from evidence.reread(images, replace(source, preparation=before))


def _misread(order: str, position: int) -> Step:
    return Step(op="alpha_as_color", params={"order": order, "position": position}, why="four channels read as three")


def _without_alpha(image: TensorImage, position: int) -> TensorImage:
    """The upper three quarters of the image that the buffer holds: complete rows, and three channels."""
    height, width = image.size
    rows = 3 * height // 4
    four = image.pixels.reshape(-1)[: rows * width * 4].reshape(rows, width, 4)
    pixels = np.ascontiguousarray(np.delete(four, position, axis=2))
    return replace(image, pixels=pixels, finish=partial(_add_misreading, rows=rows, position=position), cache={})


def _add_misreading(plan: Plan, *, rows: int, position: int) -> Plan:
    """The plan with the buffer of the whole image instead of the crop to its upper rows."""
    steps = plan.steps
    crop = max(at for at, step in enumerate(steps) if step.op == "crop" and step.params["size"][0] == rows)
    order = next((step.params["to"] for step in steps if step.op == "reorder"), "RGB")
    return with_steps(plan, (*steps[:crop], _misread(order, position), *steps[crop + 1 :]))


def _spec_framings(source: SourceImage) -> tuple[Framing, ...]:
    """The framing of the spec, where there is one."""
    steps = plain(source.geometry or ())
    return (Framing(kind=kind_of(steps), spec_steps=steps, known=True),) if steps else ()


def _upper_framings(
    source: Size,
    size: Size,
    *,
    inner: Size | None,  # noqa: ARG001 - the frame of the whole image is not known
    full: Size,
    geometry: tuple[Framing, ...],
) -> Iterator[Framing]:
    """The usual framings to the whole image, then cropped to its upper rows."""
    return (_add_crop(framing, size, full) for framing in (*geometry, *framings(source, full, inner=None)))


def _add_crop(framing: Framing, size: Size, full: Size) -> Framing:
    zoom = framing.zoom
    if zoom is not None:
        near, every = zoom.near, zoom.every
        zoom = Zoom(
            edge=zoom.edge,
            near=lambda edge, _: (_add_crop(each, size, full) for each in near(edge, full)),
            every=lambda edge, _: (_add_crop(each, size, full) for each in every(edge, full)),
        )
    crop = {"crop": {"size": list(size), "rounding": "round", "op": {"position": "top_left"}}}
    return replace(framing, spec_steps=(*framing.spec_steps, crop), zoom=zoom)


MISTAKE = Mistake(title="a buffer of four channels", rank=2, distance=(4.0, math.inf), searches=_searches)
