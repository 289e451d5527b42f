"""Stages of a plan that begins at an image: decode, orient, color, geometry; then those that produce its tensor.

``PIXEL_STAGES`` produce pixels of the model's size from a file, ``TENSOR_STAGES`` then order, values, dtype and axes.
"""

from __future__ import annotations

from collections.abc import Iterator

from sm_imgcheck.core.channels import blue_first
from sm_imgcheck.core.errors import PlanError
from sm_imgcheck.core.frozen import replace_fields
from sm_imgcheck.core.types import Facts, Step
from sm_imgcheck.core.types.orientation import orienting_library
from sm_imgcheck.core.value_mapping import canonical, same
from sm_imgcheck.ops.trace import after, output_size
from sm_imgcheck.pipeline.plan.context import (
    PlanContext,
    Stage,
    color_channels,
    color_step,
    decodes_gray,
    reorder_step,
    wrong_size,
)

__all__ = ["PIXEL_STAGES", "TENSOR_STAGES"]


def _decode(_: Facts, context: PlanContext) -> Iterator[Step]:
    policy = context.spec.decode
    params = {
        "dct": policy.dct,
        "gray": decodes_gray(context.spec),
        "truncated": policy.truncated,
        "max_pixels": policy.max_pixels,
        "icc": "srgb" if policy.icc == "srgb" else "ignore",
    }
    yield Step(op="decode", params=params, why="decode the file to pixels")


def _orient(_: Facts, context: PlanContext) -> Iterator[Step]:
    if context.spec.decode.exif != "apply":
        return
    library = orienting_library(context.spec.decode.library)
    key = {"header": f"orientation.{library}"}
    orientation = key if context.header is None else context.header.orientation.by(library)
    if orientation != 1:
        yield Step(op="orient", params={"orientation": orientation}, why="apply the orientation of the file")


def _color(facts: Facts, context: PlanContext) -> Iterator[Step]:
    if decodes_gray(context.spec):
        return
    if context.header is None:
        yield color_step(context, {"header": "mode"})
    elif facts.channel_order != color_channels(context.contract) or facts.dtype != "uint8":
        yield color_step(context, context.header.mode)


def _geometry(facts: Facts, context: PlanContext) -> Iterator[Step]:
    """The geometry as written; for one image, without steps that have no effect on it."""
    for step in context.spec.geometry:
        if step.params.get("units") == "final":
            continue
        height, width = facts.shape[:2]
        same = output_size(step, height=height, width=width) == (height, width)
        if context.kind == "any image" or not same or step.op.startswith("fit"):
            yield replace_fields(step, why="resize as specified")
            facts = after(facts, step)


PIXEL_STAGES: tuple[Stage, ...] = (_decode, _orient, _color, _geometry)


def _reorder(facts: Facts, context: PlanContext) -> Iterator[Step]:
    order, to = facts.channel_order, context.contract.channel_order
    if order != to and sorted(order) == sorted(to):
        yield reorder_step(context, order, to, why=f"channel order: got {order}, expected {to}")


def _values(facts: Facts, context: PlanContext) -> Iterator[Step]:
    contract = context.contract
    if facts.values is None or same(facts.values, canonical(contract.values, contract.channels)):
        return
    if facts.dtype != "float32":
        yield Step(op="cast", params={"dtype": "float32"}, why=f"{facts.dtype} cannot store scaled values")
    expected = contract.values
    if expected.mean is None:
        yield Step(op="scale", params={"low": expected.low, "high": expected.high}, why="value range: got 0..255")
    else:
        std = None if expected.std is None else list(expected.std)
        params = {"units": expected.units, "mean": list(expected.mean), "std": std}
        yield Step(op="normalize", params=params, why="expected normalized values")


def _quantize(facts: Facts, context: PlanContext) -> Iterator[Step]:
    expected = context.contract.quantize
    if expected is None or facts.values is None:
        return
    params = {"scale": expected.scale, "zero_point": expected.zero_point, "rounding": expected.rounding}
    yield Step(op="quantize", params=params, why="expected quantized integers", loss="pixels")


def _final_pads(facts: Facts, context: PlanContext) -> Iterator[Step]:
    for step in context.spec.geometry:
        if step.params.get("units") == "final" and (context.kind != "tensor" or wrong_size(facts, context.contract)):
            fill = step.params["fill"]  # listed in RGB order, as every color of a spec is
            if blue_first(context.contract.channel_order):
                fill = [*fill[2::-1], *fill[3:]]
            yield replace_fields(
                step, params={**step.params, "fill": fill}, why="pad as specified, after normalization"
            )


def _cast(facts: Facts, context: PlanContext) -> Iterator[Step]:
    dtype = context.contract.dtype
    if facts.dtype != dtype or facts.byte_order == "swapped" or facts.fortran:
        whole = dtype.startswith(("int", "uint")) and facts.dtype.startswith("float")
        suffix = ", rounded half to even and clipped" if whole else ""
        yield Step(op="cast", params={"dtype": dtype}, why=f"expected dtype {dtype}{suffix}")


def _axes(facts: Facts, context: PlanContext) -> Iterator[Step]:
    layout, to = facts.layout, context.contract.layout
    for axis in "NC":
        if axis in layout and axis not in to:
            if facts.length(axis) != 1:
                raise PlanError(
                    f"axis {axis}: got length {facts.length(axis)}, expected layout {to}; pass one image at a time"
                )
            yield Step(op="drop_axis", params={"axis": layout.index(axis)}, why=f"expected layout {to}, without {axis}")
            layout = layout.replace(axis, "")
    if "C" in to and "C" not in layout:
        yield Step(op="add_axis", why=f"expected layout {to}")
        layout += "C"
    expected = to if "N" in layout else to.replace("N", "")
    if layout != expected:
        yield Step(op="transpose", params={"layout": layout, "to": expected}, why=f"expected layout {to}")
    if expected != to:
        yield Step(op="batch", why="add the batch dimension")


TENSOR_STAGES: tuple[Stage, ...] = (_reorder, _values, _quantize, _final_pads, _cast, _axes)
