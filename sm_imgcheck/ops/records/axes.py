"""Ops that choose the order of channels and axes: reorder, reshape, transpose, add_axis, drop_axis, batch."""

from __future__ import annotations

from typing import Any

from sm_imgcheck.core.frozen import changed
from sm_imgcheck.core.types import Affine, Facts, Step
from sm_imgcheck.ops.records import Op

__all__ = ["OPS"]


def _reorder(facts: Facts, step: Step) -> Facts:
    order, to, values = step.params["order"], step.params["to"], facts.values
    if values is not None and len(values.scale) == len(order):
        at = [order.index(channel) for channel in to]
        values = Affine(scale=tuple(values.scale[i] for i in at), offset=tuple(values.offset[i] for i in at))
    return changed(facts, channel_order=to, values=values, likely_order="", order_probability=0.0)


def _reshape(facts: Facts, step: Step) -> Facts:
    return changed(facts, shape=tuple(step.params["shape"]), layout=step.params["layout"], fortran=False)


def _transpose(facts: Facts, step: Step) -> Facts:
    layout, to = step.params["layout"], step.params["to"]
    return changed(facts, layout=to, shape=tuple(facts.shape[layout.index(axis)] for axis in to), fortran=False)


def _add_axis(facts: Facts, _: Step) -> Facts:
    return changed(facts, layout=facts.layout + "C", shape=(*facts.shape, 1))


def _batch(facts: Facts, _: Step) -> Facts:
    return changed(facts, layout="N" + facts.layout, shape=(1, *facts.shape))


def _drop_axis(facts: Facts, step: Step) -> Facts:
    axis = step.params["axis"]
    layout = facts.layout[:axis] + facts.layout[axis + 1 :]
    return changed(facts, layout=layout, shape=(*facts.shape[:axis], *facts.shape[axis + 1 :]))


_AXES: dict[str, Any] = {"kernel": "sm_imgcheck.ops.kernels.values", "traits": frozenset({"layout"})}
OPS = {
    "reorder": Op(
        stage="reorder", kernel="sm_imgcheck.ops.kernels.values", effect=_reorder, traits=frozenset({"order"})
    ),
    "reshape": Op(stage="reshape", effect=_reshape, **_AXES),
    "transpose": Op(stage="transpose", effect=_transpose, **_AXES),
    "add_axis": Op(stage="transpose", effect=_add_axis, **_AXES),
    "drop_axis": Op(stage="transpose", effect=_drop_axis, **_AXES),
    "batch": Op(stage="batch", effect=_batch, **_AXES),
}
