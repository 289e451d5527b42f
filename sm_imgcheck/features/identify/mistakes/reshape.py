"""Reshape instead of transpose: numbers in another order of the axes than the shape states, such as HWC under CHW."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace
from itertools import permutations
from typing import Any

import numpy as np

from sm_imgcheck.core.frozen import frozen
from sm_imgcheck.core.types import Plan, Step
from sm_imgcheck.features.identify.candidates import TensorImage
from sm_imgcheck.features.identify.mistakes import Evidence, Mistake
from sm_imgcheck.features.identify.plan import with_steps
from sm_imgcheck.features.identify.search import Search
from sm_imgcheck.pipeline.measure.value_order import ORDERS

__all__ = ["MISTAKE"]


def _searches(evidence: Evidence) -> Iterator[Search]:
    readings = (reading.sample() for image in evidence.images for reading in _rereadings(image))
    for search in evidence.reread(readings):
        images = [replace(image, pixels=np.ascontiguousarray(image.pixels), cache={}) for image in search.images]
        yield replace(search, images=images)


def _rereadings(image: TensorImage) -> Iterator[TensorImage]:
    """The image by each other order of its values, with its height and width, and with these swapped; all views."""
    height, width, channels = image.pixels.shape
    axes = "".join(axis for axis in image.layout if axis in "HWC")
    long_axes = axes if channels > 1 else axes.replace("C", "")  # one of length 1 changes no order
    every = [f"{''.join(old)}C"[: len(axes)] for old in permutations(long_axes)]
    orders = {axes: every, axes[::-1]: every}  # a reshape in C order, and in Fortran order
    for other in ORDERS if channels > 1 else ():  # one to the other usual order, whose transpose back followed
        orders.setdefault(other, [axes])
    for order, old_orders in orders.items():
        new = _lengths(order, image.pixels.shape)
        flat = np.ascontiguousarray(image.pixels.transpose(["HWC".index(axis) for axis in f"{order}C"[:3]])).reshape(-1)
        for high, wide in dict.fromkeys(((height, width), (width, height))):
            for old_order in old_orders:
                old = _lengths(old_order, (high, wide, channels))
                if [n for n in old if n > 1] == [n for n in new if n > 1]:  # the orientations are searched elsewhere
                    continue
                pixels = flat.reshape(old).transpose([old_order.index(axis) for axis in "HWC" if axis in old_order])
                reshape = Reshape(old_order=old_order, old=old, order=order, new=new, axes=axes)
                pixels = pixels.reshape(high, wide, channels)
                yield replace(image, pixels=pixels, finish=reshape.add_to, cache={})


def _lengths(order: str, shape: tuple[int, ...]) -> tuple[int, ...]:
    """The lengths of HWC in another order of the axes."""
    return tuple(shape["HWC".index(axis)] for axis in order)


@frozen
class Reshape:
    """From an image in one order of the axes to the tensor."""

    old_order: str
    old: tuple[int, ...]
    """Lengths in ``old_order``."""
    order: str
    """Axes of the new shape: those of the tensor, reversed where the reshape is in Fortran order, or those before a
    transpose."""
    new: tuple[int, ...]
    """Lengths in ``order``."""
    axes: str
    """The tensor's layout without N."""

    def add_to(self, plan: Plan) -> Plan:
        """The plan with the reshape instead of its transpose.

        The facts of the end have the order of the values: observed, not inferred.
        """
        steps = [step for step in plan.steps if step.op != "transpose"]
        at = next((at for at, step in enumerate(steps) if step.op == "batch"), len(steps))
        layout = "HWC" if "C" in self.axes else "HW"
        reshape = Step(
            op="reshape", params={"shape": list(self.new), "layout": self.order}, why="reshaped, not transposed"
        )
        changes = (*_transpose(layout, self.old_order), reshape, *_transpose(self.order, self.axes))
        plan = with_steps(plan, (*steps[:at], *changes, *steps[at:]))
        end = replace(plan.after[-1], value_order_probability=1.0, **self._values())
        return replace(plan, after=(*plan.after[:-1], end))

    def _values(self) -> dict[str, Any]:
        """Axes in the order of the tensor's values, and their lengths; its own where a transpose mixed them."""
        if self.order == self.axes:
            return {"value_order": self.old_order, "value_shape": self.old}
        if self.order == self.axes[::-1]:
            return {"value_order": self.old_order[::-1], "value_shape": self.old[::-1]}
        return {"value_order": self.axes, "value_shape": tuple(self.new[self.order.index(axis)] for axis in self.axes)}


def _transpose(layout: str, to: str) -> tuple[Step, ...]:
    params = {"layout": layout, "to": to}
    return () if layout == to else (Step(op="transpose", params=params, why=f"values in the order {to}"),)


MISTAKE = Mistake(title="a reshape instead of a transpose", rank=2, distance=(4.0, math.inf), searches=_searches)
