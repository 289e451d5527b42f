"""Ops that choose the values and the axes: scale, normalize, quantize, cast; reorder, reshape, transpose, batch."""

from __future__ import annotations

from functools import partial

from sm_imgcheck.core.channels import ORDERS
from sm_imgcheck.core.frozen import replace_fields
from sm_imgcheck.core.types import Affine, Facts, Step, Values
from sm_imgcheck.core.value_mapping import INTEGER_RANGES, canonical, compose_mappings, levels
from sm_imgcheck.ops.records import Op

__all__ = ["OPS"]


def _map_values(facts: Facts, affine: Affine) -> Facts:
    """The facts after ``affine`` was applied to every channel, in float32."""
    low, high = facts.bounds
    ends = [a * end + b for a, b in zip(affine.scale, affine.offset, strict=True) for end in (low, high)]
    values = compose_mappings(facts.values or levels(len(affine.scale)), affine)
    return replace_fields(facts, dtype="float32", low=min(ends), high=max(ends), values=values)


def _scale(facts: Facts, step: Step) -> Facts:
    return _map_values(facts, canonical(Values(**step.params), _channels(facts)))


def _normalize(facts: Facts, step: Step) -> Facts:
    params, channels = step.params, len(step.params["mean"])
    if channels != _channels(facts):  # for an image with channels that no previous step determines, such as a gray one
        order = ORDERS.get(channels, ("?",))[0]
        facts = replace_fields(facts, channel_order=order, shape=(*facts.shape[:-1], channels), values=levels(channels))
    std = None if params["std"] is None else tuple(params["std"])
    return _map_values(facts, canonical(Values(units=params["units"], mean=tuple(params["mean"]), std=std), channels))


def _quantize(facts: Facts, step: Step) -> Facts:
    scale, zero = step.params["scale"], step.params["zero_point"]
    channels = _channels(facts)
    quantized = Affine(scale=(1 / scale,) * channels, offset=(zero,) * channels)
    low, high = (round(end / scale) + zero for end in facts.bounds)
    return replace_fields(_map_values(facts, quantized), low=low, high=high)


def _cast(facts: Facts, step: Step) -> Facts:
    dtype = step.params["dtype"]
    low, high = facts.low, facts.high
    if dtype in INTEGER_RANGES:
        least, most = INTEGER_RANGES[dtype]
        low, high = (min(max(round(end), least), most) for end in facts.bounds)
    return replace_fields(facts, dtype=dtype, low=low, high=high, byte_order="native", fortran=False)


def _to_pixels(facts: Facts, step: Step) -> Facts:
    dtype = "uint8" if step.params["whole"] else "float32"
    return replace_fields(facts, dtype=dtype, low=0, high=255, domain=True, values=levels(_channels(facts)))


def _channels(facts: Facts) -> int:
    return facts.length("C") or 1


def _reorder(facts: Facts, step: Step) -> Facts:
    order, to, values = step.params["order"], step.params["to"], facts.values
    if values is not None and len(values.scale) == len(order):
        at = [order.index(channel) for channel in to]
        values = Affine(scale=tuple(values.scale[i] for i in at), offset=tuple(values.offset[i] for i in at))
    return replace_fields(facts, channel_order=to, values=values, likely_order="", order_probability=0.0)


def _reshape(facts: Facts, step: Step) -> Facts:
    return replace_fields(facts, shape=tuple(step.params["shape"]), layout=step.params["layout"], fortran=False)


def _transpose(facts: Facts, step: Step) -> Facts:
    layout, to = step.params["layout"], step.params["to"]
    return replace_fields(facts, layout=to, shape=tuple(facts.shape[layout.index(axis)] for axis in to), fortran=False)


def _add_axis(facts: Facts, _: Step) -> Facts:
    return replace_fields(facts, layout=facts.layout + "C", shape=(*facts.shape, 1))


def _batch(facts: Facts, _: Step) -> Facts:
    return replace_fields(facts, layout="N" + facts.layout, shape=(1, *facts.shape))


def _drop_axis(facts: Facts, step: Step) -> Facts:
    axis = step.params["axis"]
    layout = facts.layout[:axis] + facts.layout[axis + 1 :]
    return replace_fields(facts, layout=layout, shape=(*facts.shape[:axis], *facts.shape[axis + 1 :]))


_op = partial(Op, kernel="sm_imgcheck.ops.kernels.values")
_value_op = partial(_op, traits=frozenset({"values"}))
_axis_op = partial(_op, stage="transpose", traits=frozenset({"layout"}))
OPS = {
    "to_pixels": _op(stage="pixels", effect=_to_pixels),
    "scale": _value_op(stage="values", effect=_scale, in_place=True),
    "normalize": _value_op(stage="values", effect=_normalize, in_place=True),
    "quantize": _value_op(stage="quantize", effect=_quantize),
    "cast": _op(stage="cast", effect=_cast, traits=frozenset({"dtype"})),
    "reorder": _op(stage="reorder", effect=_reorder, traits=frozenset({"order"})),
    "reshape": _axis_op(stage="reshape", effect=_reshape),
    "transpose": _axis_op(effect=_transpose),
    "add_axis": _axis_op(effect=_add_axis),
    "drop_axis": _axis_op(effect=_drop_axis),
    "batch": _axis_op(stage="batch", effect=_batch),
}
