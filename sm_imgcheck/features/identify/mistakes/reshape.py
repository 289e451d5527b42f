"""Reshape instead of transpose: numbers in the order HWC under the shape CHW, or the reverse."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace
from functools import partial

import numpy as np

from sm_imgcheck.core.types import Plan, Step
from sm_imgcheck.features.identify.candidates import TensorImage
from sm_imgcheck.features.identify.mistakes import Evidence, Mistake
from sm_imgcheck.features.identify.plan import with_steps
from sm_imgcheck.features.identify.search import Search

__all__ = ["MISTAKE"]


def _searches(evidence: Evidence) -> Iterator[Search]:
    images = [_reread(image) for image in evidence.images if image.channels > 1]
    if images:
        yield from evidence.reread(images)


def _reread(image: TensorImage) -> TensorImage:
    """The image by the other order of its values."""
    height, width, channels = image.pixels.shape
    if image.layout.endswith("C"):
        pixels = image.pixels.reshape(channels, height, width).transpose(1, 2, 0)
    else:
        pixels = np.ascontiguousarray(image.pixels.transpose(2, 0, 1)).reshape(height, width, channels)
    finish = partial(_add_reshape, shape=(height, width, channels), layout=image.layout.replace("N", ""))
    return replace(image, pixels=np.ascontiguousarray(pixels), finish=finish, cache={})


def _add_reshape(plan: Plan, *, shape: tuple[int, int, int], layout: str) -> Plan:
    """The plan with a reshape instead of the transpose, or of the missing one."""
    height, width, channels = shape
    to = [channels, height, width] if layout == "CHW" else [height, width, channels]
    reshape = Step(op="reshape", params={"shape": to, "layout": layout}, why="reshaped, not transposed")
    if layout == "CHW":
        steps = tuple(reshape if step.op == "transpose" else step for step in plan.steps)
        return _with_order(with_steps(plan, steps), "HWC")
    at = next((at for at, step in enumerate(plan.steps) if step.op == "batch"), len(plan.steps))
    transpose = Step(op="transpose", params={"layout": "HWC", "to": "CHW"}, why="channels first")
    return _with_order(with_steps(plan, (*plan.steps[:at], transpose, reshape, *plan.steps[at:])), "CHW")


def _with_order(plan: Plan, order: str) -> Plan:
    """The plan with the order of the values in the facts of its end: observed, not inferred."""
    return replace(
        plan, after=(*plan.after[:-1], replace(plan.after[-1], value_order=order, value_order_probability=1.0))
    )


MISTAKE = Mistake(title="a reshape instead of a transpose", rank=2, distance=(4.0, math.inf), searches=_searches)
