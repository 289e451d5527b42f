"""From an image file to the model's size: decode, orient, colour, geometry."""

from __future__ import annotations

from collections.abc import Iterator

from sm_imgcheck.core.frozen import changed
from sm_imgcheck.core.types import Facts, Step
from sm_imgcheck.ops.trace import after, output_size
from sm_imgcheck.pipeline.plan.context import PlanContext, Stage, colour_step, colours, decodes_gray

__all__ = ["STAGES"]


def _decode(_: Facts, context: PlanContext) -> Iterator[Step]:
    policy = context.spec.decode
    params = {
        "dct": policy.dct,
        "gray": decodes_gray(context.spec),
        "truncated": policy.truncated,
        "max_pixels": policy.max_pixels,
        "icc": "srgb" if policy.icc == "srgb" else "ignore",
    }
    yield Step(op="decode", params=params, why="the model takes pixels, not a file")


def _orient(_: Facts, context: PlanContext) -> Iterator[Step]:
    if context.spec.decode.exif != "apply":
        return
    turn = {"header": "orientation"} if context.header is None else context.header.orientation
    if turn != 1:
        yield Step(op="orient", params={"orientation": turn}, why="EXIF says that the picture is stored turned")


def _colour(facts: Facts, context: PlanContext) -> Iterator[Step]:
    if decodes_gray(context.spec):
        return
    if context.header is None:
        yield colour_step(context, {"header": "mode"})
    elif facts.channel_order != colours(context.contract) or facts.dtype != "uint8":
        yield colour_step(context, context.header.mode)


def _geometry(facts: Facts, context: PlanContext) -> Iterator[Step]:
    """The geometry as written; for one image, a step that would change nothing is left out."""
    for step in context.spec.geometry:
        if step.params.get("units") == "final":
            continue
        height, width = facts.shape[:2]
        same = output_size(step, height=height, width=width) == (height, width)
        if context.kind == "any image" or not same or step.op.startswith("fit"):
            yield changed(step, why="so the spec makes the model's size")
            facts = after(facts, step)


STAGES: tuple[Stage, ...] = (_decode, _orient, _colour, _geometry)
