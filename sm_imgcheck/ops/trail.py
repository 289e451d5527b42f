"""Follow the steps of a plan by their parameters alone: channel order, value mapping, dtype and layout at the end."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from sm_imgcheck.core.frozen import Value
from sm_imgcheck.core.recipes import composed
from sm_imgcheck.core.types import Affine, Facts, Step, Values
from sm_imgcheck.core.value_mapping import canonical

__all__ = ["Trail", "follow"]

Params = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class Trail(Value):
    """What the array is after some steps."""

    order: str = "RGB"
    values: Affine = field(default_factory=lambda: _untouched("RGB"))
    """From pixel values 0..255 to what is stored, per stored channel."""
    dtype: str = "uint8"
    layout: str = "HWC"


def follow(steps: Sequence[Step], before: Facts | None = None) -> Trail:
    """The end of the way. Steps that change none of this, such as a crop, are passed over."""
    trail = Trail()
    if before is not None:
        values = before.values or _untouched(before.channel_order)
        trail = Trail(order=before.channel_order, values=values, dtype=before.dtype, layout=before.layout)
    for step in steps:
        if effect := _EFFECTS.get(step.op):
            trail = effect(trail, step.params)
        elif step.params.get("dtype") is not None:  # a resize
            trail = replace(trail, dtype="float32" if step.params["dtype"] == "float32" else "uint8")
    return trail


def _untouched(order: str) -> Affine:
    return Affine(scale=(1.0,) * len(_stored(order)), offset=(0.0,) * len(_stored(order)))


def _stored(order: str) -> str:
    return "Y" if order == "GRAY" else order


def _colours(trail: Trail, order: str) -> Trail:
    return replace(trail, order=order, values=_untouched(order), dtype="uint8")


def _map(trail: Trail, values: Values) -> Trail:
    channels = len(trail.values.scale)
    second = canonical(values, channels)
    second = Affine(scale=second.scale[:channels], offset=second.offset[:channels])
    return replace(trail, values=composed(trail.values, second), dtype="float32")


def _scale(trail: Trail, params: Params) -> Trail:
    return _map(trail, Values(low=params["low"], high=params["high"]))


def _normalize(trail: Trail, params: Params) -> Trail:
    std = None if params["std"] is None else tuple(params["std"])
    values = Values(units=params["units"], mean=tuple(params["mean"]), std=std)
    if len(params["mean"]) != len(trail.values.scale):  # of a gray picture: nothing before has said so
        trail = _colours(trail, {1: "GRAY", 3: "RGB", 4: "RGBA"}.get(len(params["mean"]), "?"))
    return _map(trail, values)


def _quantize(trail: Trail, params: Params) -> Trail:
    channels = len(trail.values.scale)
    second = Affine(scale=(1 / params["scale"],) * channels, offset=(params["zero_point"],) * channels)
    return replace(trail, values=composed(trail.values, second), dtype="float32")


def _to_pixels(trail: Trail, params: Params) -> Trail:
    return replace(trail, values=_untouched(trail.order), dtype="uint8" if params["whole"] else "float32")


def _reorder(trail: Trail, params: Params) -> Trail:
    order, to, values = params["order"], params["to"], trail.values
    at = [order.index(channel) for channel in to]
    if len(values.scale) == len(order):
        values = Affine(scale=tuple(values.scale[i] for i in at), offset=tuple(values.offset[i] for i in at))
    return replace(trail, order=to, values=values)


def _drop_axis(trail: Trail, params: Params) -> Trail:
    axis = params["axis"]
    return replace(trail, layout=trail.layout[:axis] + trail.layout[axis + 1 :])


_EFFECTS: dict[str, Callable[[Trail, Params], Trail]] = {
    "decode": lambda trail, params: _colours(trail, "GRAY" if params.get("gray") else trail.order),
    "colour": lambda trail, params: _colours(trail, params["to"]),
    "scale": _scale,
    "normalize": _normalize,
    "quantize": _quantize,
    "to_pixels": _to_pixels,
    "reorder": _reorder,
    "cast": lambda trail, params: replace(trail, dtype=params["dtype"]),
    "transpose": lambda trail, params: replace(trail, layout=params["to"]),
    "batch": lambda trail, _: replace(trail, layout=f"N{trail.layout}"),
    "add_axis": lambda trail, _: replace(trail, layout=f"{trail.layout}C"),
    "drop_axis": _drop_axis,
}
