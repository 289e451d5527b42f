"""The search for a buffer that was read under a wrong shape: only the upper rows of its image are left."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial

import numpy as np

from sm_imgcheck.core.types import Plan, Step
from sm_imgcheck.features.identify.candidates import TensorImage
from sm_imgcheck.features.identify.framings import Framing, Size, Zoom, framings, kind_of
from sm_imgcheck.features.identify.placement import SourceImage, usual_orientations
from sm_imgcheck.features.identify.plan import plain, with_steps
from sm_imgcheck.features.identify.search import Search

__all__ = ["search_upper_rows"]


def search_upper_rows(search: Search, image: TensorImage, pixels: np.ndarray, misread: Callable[[str], Step]) -> Search:
    """The search for the image of which ``pixels``, the upper rows, are left in the tensor's ``image``.

    misread: from the channel order in memory to the step that makes the tensor's image from the whole one.
    """
    upper = replace(image, pixels=pixels, finish=partial(_misread_image, rows=len(pixels), misread=misread), cache={})
    choice = partial(_upper_framings, full=image.size, geometry=_spec_framings(search.source))
    return replace(search, images=[upper], choice=choice, orientations=usual_orientations(search.source.header))


def _misread_image(plan: Plan, *, rows: int, misread: Callable[[str], Step]) -> Plan:
    """The plan with the misreading of the whole image instead of the crop to its upper rows."""
    steps = plan.steps
    crop = max(at for at, step in enumerate(steps) if step.op == "crop" and step.params["size"][0] == rows)
    order = next((step.params["to"] for step in steps if step.op == "reorder"), "RGB")
    return with_steps(plan, (*steps[:crop], misread(order), *steps[crop + 1 :]))


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
