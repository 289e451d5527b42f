"""How an image got its size: the ways worth trying, each as steps of the spec language, and what part they show."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from sm_imgcheck.core.errors import PlanError
from sm_imgcheck.core.frozen import frozen
from sm_imgcheck.core.placement import PadRule, crop_box, fit_box, letterbox_place, pad_place
from sm_imgcheck.core.types import Step
from sm_imgcheck.ops.trace import output_size
from sm_imgcheck.spec import geometry as sizing
from sm_imgcheck.spec.geometry_ops import ops
from sm_imgcheck.spec.problems import ProblemList

__all__ = ["SourceRegion", "concrete", "geometry", "trace_region"]


@frozen
class SourceRegion:
    """Which part of the oriented source is where in the tensor."""

    source: tuple[float, float, float, float]
    """Top, left, height and width, in pixels of the source."""
    inner: tuple[int, int, int, int]
    """Top, left, height and width of the image inside the tensor: less than the whole where there is a frame."""
    size: tuple[int, int]
    """Height and width of the tensor."""
    blend: int = 0
    """Pixels on either side of the edge of ``inner`` that a resize may have mixed with the frame."""

    @property
    def core(self) -> tuple[int, int, int, int]:
        """``inner`` without the pixels that may hold some of the frame."""
        spans = [self._pull(axis, self.blend) for axis in (0, 1)]
        return spans[0][0], spans[1][0], spans[0][1], spans[1][1]

    @property
    def outer(self) -> tuple[int, int, int, int]:
        """``inner`` with the pixels of the frame that may hold some of the image."""
        spans = [self._pull(axis, -self.blend) for axis in (0, 1)]
        return spans[0][0], spans[1][0], spans[0][1], spans[1][1]

    def _pull(self, axis: int, by: int) -> tuple[int, int]:
        """Start and length of ``inner`` along one axis, its ends moved inward by ``by`` pixels where a frame is."""
        first, length, full = self.inner[axis], self.inner[axis + 2], self.size[axis]
        last = first + length
        if by > 0 and length <= 2 * by:
            return first, length
        start = max(first + by, 0) if first > 0 else first
        stop = min(last - by, full) if last < full else last
        return start, stop - start

    @property
    def is_framed(self) -> bool:
        """Whether the tensor shows more than the image."""
        return self.inner[2:] != self.size

    @property
    def is_copy(self) -> bool:
        """Whether the tensor shows some window of the source pixel for pixel."""
        whole = all(start == int(start) for start in self.source[:2])
        return whole and self.source[2:] == self.size and not self.is_framed


def geometry(spec_steps: Sequence[Mapping[str, Any]], *, size: tuple[int, int], order: str) -> tuple[Step, ...]:
    """The ops of these steps, with every default of the spec language. ``size``: of the tensor, height and width.

    Raises ValueError where the language forbids them.
    """
    notes = ProblemList(None)
    target = sizing.ResizeTarget(size=size, known=True, channel_order=order)
    resolved_steps = sizing.read({"geometry": [_in_language(step) for step in spec_steps]}, target, notes)
    if problems := notes.all():
        raise ValueError("; ".join(str(problem) for problem in problems))
    return tuple(_with_extras(ops(resolved_steps), spec_steps))


def _in_language(step: Mapping[str, Any]) -> Mapping[str, Any]:
    """The step without ``op``: parameters of its op that the spec language does not have."""
    ((name, params),) = step.items()
    return {name: {key: value for key, value in params.items() if key != "op"}} if "op" in params else step


def _with_extras(steps: tuple[Step, ...], spec_steps: Sequence[Mapping[str, Any]]) -> Iterator[Step]:
    """The ops with the parameters that the spec language does not have."""
    if len(steps) != len(spec_steps):  # Pillow cuts and resizes in one call
        yield from steps
        return
    for step, step_ in zip(steps, spec_steps, strict=True):
        ((_, params),) = step_.items()
        yield replace(step, params={**step.params, **params["op"]}) if "op" in params else step


def trace_region(steps: Sequence[Step], height: int, width: int) -> SourceRegion | None:
    """Follow an image of ``height`` x ``width`` through the steps; None where they refuse it or its result is empty."""
    part = SourceRegion(source=(0, 0, height, width), inner=(0, 0, height, width), size=(height, width))
    try:
        for step in steps:
            part = _after(part, step)
            if min(*part.inner[2:], *part.source[2:]) <= 0:
                return None
    except PlanError:
        return None
    return part


def concrete(steps: Sequence[Step], height: int, width: int) -> Iterator[Step]:
    """The same steps for this exact size: a resize names the size that its mode derives, so that equal ones look equal.

    blobFromImage's is left unchanged. A letterbox becomes the resize and the frame, so that all share the resize. A fit
    whose part is the whole image becomes the resize.
    """
    for step in steps:
        new = output_size(step, height=height, width=width)
        if (step.op.startswith("resize") and not _by_factor(step)) or _fits_all(step, height, width):
            yield _stretch(step, new)
        elif step.op.startswith("letterbox"):
            yield from _frame_steps(step, height, width)
        else:
            yield step
        height, width = new


_ARITHMETIC = ("interpolation", "dtype", "antialias", "reducing_gap", "box", "grid")


def _stretch(step: Step, size: Sequence[int]) -> Step:
    """Its resize without the frame, to this exact size."""
    same = {"mode": "stretch", "size": list(size), "max_size": None, "rounding": "floor"}
    params = {key: step.params[key] for key in _ARITHMETIC if key in step.params}
    return Step(op=f"resize_{step.op.partition('_')[2]}", params={**same, **params})


def _frame_steps(step: Step, height: int, width: int) -> Iterator[Step]:
    """A letterbox as a resize and a border on either side."""
    top, left, high, wide, tall, broad = _placement(step, height, width)
    yield _stretch(step, (high, wide))
    for size, position in (((top + high, left + wide), "bottom_right"), ((tall, broad), "top_left")):
        pad = {"size": list(size), "fill": step.params["fill"], "position": position, "units": "byte"}
        yield Step(op="pad", params=pad)


def _placement(step: Step, height: int, width: int) -> tuple[int, int, int, int, int, int]:
    """Where a letterbox sets an image of this size: top, left, height and width, and the size of the frame."""
    return letterbox_place(
        library=step.op.partition("_")[2].removesuffix("12"),
        size=step.params["size"],
        multiple_of=step.params["multiple_of"],
        height=height,
        width=width,
    )


def _fits_all(step: Step, height: int, width: int) -> bool:
    """Whether it is a fit whose part is the complete image of this size."""
    if not step.op.startswith("fit"):
        return False
    box = fit_box(aspect=step.params["aspect"], rounding=step.params["rounding"], height=height, width=width)
    return box == (0, 0, width, height)


def _by_factor(step: Step) -> bool:
    """Whether it is blobFromImage's, which samples by its factor, not by the ratio of the sizes."""
    return step.op == "resize_opencv" and step.params["mode"] == "cover" and step.params["rounding"] == "round"


def _after(part: SourceRegion, step: Step) -> SourceRegion:
    kind = step.op.partition("_")[0]
    height, width = part.size
    if kind == "crop":
        top, left, high, wide = crop_box(**step.params, height=height, width=width)
        return _move(part, -top, -left, (high, wide))
    if kind == "pad":
        place = {key: step.params[key] for key in PadRule.__annotations__ if key in step.params}
        top, left, high, wide = pad_place(**place, height=height, width=width)
        return _move(part, top, left, (high, wide))
    if kind == "fit":
        box_ = fit_box(aspect=step.params["aspect"], rounding=step.params["rounding"], height=height, width=width)
        box = (box_[1], box_[0], box_[3] - box_[1], box_[2] - box_[0])
        return SourceRegion(source=box, inner=(0, 0, *step.params["size"]), size=tuple(step.params["size"]))
    if kind == "letterbox":
        top, left, high, wide, tall, broad = _placement(step, height, width)
        return SourceRegion(source=part.source, inner=(top, left, high, wide), size=(tall, broad))
    new = output_size(step, height=height, width=width)
    if _by_factor(step):
        factor = max(side / length for side, length in zip(step.params["size"], part.size, strict=True))
        return SourceRegion(source=(0, 0, new[0] / factor, new[1] / factor), inner=(0, 0, *new), size=new)
    return _resize_region(part, new)


def _resize_region(part: SourceRegion, size: tuple[int, int]) -> SourceRegion:
    """The whole of the image at another size; a frame grows with it."""
    high, wide = size[0] / part.size[0], size[1] / part.size[1]
    top, left, height, width = part.inner
    if not part.is_framed:
        return SourceRegion(source=part.source, inner=(0, 0, *size), size=size)
    blend = math.ceil(_SUPPORT * max(high, wide, 1.0)) + 1
    (first, tall), (start, broad) = _round_span(top * high, height * high), _round_span(left * wide, width * wide)
    scale = part.source[2] / height / high, part.source[3] / width / wide  # pixels of the source to one of the tensor
    y, x = part.source[0] + (first - top * high) * scale[0], part.source[1] + (start - left * wide) * scale[1]
    source = (y, x, tall * scale[0], broad * scale[1])
    return SourceRegion(source=source, inner=(first, start, tall, broad), size=size, blend=blend)


_SUPPORT = 4
"""Pixels that the widest kernel reaches, Lanczos of OpenCV."""


def _round_span(start: float, length: float) -> tuple[int, int]:
    """The integer span nearest to a span: its first pixel, and its length."""
    first = round(start)
    return first, max(round(start + length) - first, 1)


def _move(part: SourceRegion, down: int, right: int, size: tuple[int, int]) -> SourceRegion:
    """The image set ``down`` and ``right`` in a window of ``size``; clipped to the window."""
    spans = [_cut(part, axis, shift, length) for axis, shift, length in ((0, down, size[0]), (1, right, size[1]))]
    (inner_y, inner_h, top, high), (inner_x, inner_w, left, wide) = spans
    inner = (inner_y, inner_x, inner_h, inner_w)
    return SourceRegion(source=(top, left, high, wide), inner=inner, size=size, blend=part.blend)


def _cut(part: SourceRegion, axis: int, shift: int, length: int) -> tuple[int, int, float, float]:
    start, extent = part.inner[axis], part.inner[axis + 2]
    first, last = max(start + shift, 0), min(start + shift + extent, length)
    scale = part.source[axis + 2] / extent
    return first, last - first, part.source[axis] + (first - start - shift) * scale, (last - first) * scale
