"""Reshape instead of transpose: numbers in another order of the axes than the shape states, such as HWC under CHW."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from itertools import permutations

import numpy as np

from sm_imgcheck.core.types import Plan, Step
from sm_imgcheck.features.identify.candidates import TensorImage
from sm_imgcheck.features.identify.mistakes import Evidence, Mistake
from sm_imgcheck.features.identify.plan import with_steps
from sm_imgcheck.features.identify.search import Search

__all__ = ["MISTAKE"]


def _searches(evidence: Evidence) -> Iterator[Search]:
    images = [reading for image in evidence.images for reading in _rereadings(image)]
    if images:
        yield from evidence.reread(images)


def _rereadings(image: TensorImage) -> Iterator[TensorImage]:
    """The image by each other order of its values, with its height and width, and with these swapped."""
    height, width, channels = image.pixels.shape
    axes = "".join(axis for axis in image.layout if axis in "HWC")
    lengths = {"H": height, "W": width, "C": channels}
    shape = tuple(lengths[axis] for axis in axes)
    flat = np.ascontiguousarray(image.pixels.transpose(["HWC".index(axis) for axis in f"{axes}C"[:3]])).reshape(-1)
    for sides in dict.fromkeys(((height, width), (width, height))):
        lengths = {"H": sides[0], "W": sides[1], "C": channels}
        for order in map("".join, permutations(axes)):
            old = tuple(lengths[axis] for axis in order)
            if old == shape:  # the orientations are searched elsewhere
                continue
            pixels = flat.reshape(old).transpose([order.index(axis) for axis in "HWC" if axis in order])
            finish = partial(_add_reshape, order=order, old=old, axes=axes, shape=shape)
            pixels = np.ascontiguousarray(pixels).reshape(*sides, channels)
            yield replace(image, pixels=pixels, finish=finish, cache={})


def _add_reshape(plan: Plan, *, order: str, old: tuple[int, ...], axes: str, shape: tuple[int, ...]) -> Plan:
    """The plan with a reshape from ``old``, lengths in the order ``order``, instead of its transpose.

    axes, shape: of the tensor without N. The facts of the end have the order of the values: observed, not inferred.
    """
    steps = [step for step in plan.steps if step.op != "transpose"]
    at = next((at for at, step in enumerate(steps) if step.op == "batch"), len(steps))
    layout = "HWC" if "C" in axes else "HW"
    transpose = Step(op="transpose", params={"layout": layout, "to": order}, why=f"values in the order {order}")
    reshape = Step(op="reshape", params={"shape": list(shape), "layout": axes}, why="reshaped, not transposed")
    changes = (reshape,) if order == layout else (transpose, reshape)
    plan = with_steps(plan, (*steps[:at], *changes, *steps[at:]))
    end = replace(plan.after[-1], value_order=order, value_shape=old, value_order_probability=1.0)
    return replace(plan, after=(*plan.after[:-1], end))


MISTAKE = Mistake(title="a reshape instead of a transpose", rank=2, distance=(4.0, math.inf), searches=_searches)
