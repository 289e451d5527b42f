"""What each op does to the facts: how a plan is traced without an array."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from sm_imgcheck.core.frozen import changed
from sm_imgcheck.core.placement import crop_box, letterbox_place, pad_place
from sm_imgcheck.core.sizes import resized, resized_by_opencv, resized_by_tensorflow
from sm_imgcheck.core.types import Affine, Facts, Header, Step, Values
from sm_imgcheck.core.value_mapping import INTEGER_RANGES, canonical, overshoot

__all__ = ["after", "of_file", "output_size"]


def output_size(op: str, params: Mapping[str, Any], height: int, width: int) -> tuple[int, int]:
    """Height and width after the geometry op ``op`` with its step's parameters."""
    kind, _, library = op.partition("_")
    if kind == "fit":
        return params["size"][0], params["size"][1]
    if kind == "letterbox":
        found = letterbox_place(
            library=library.removesuffix("12"),
            size=params["size"],
            multiple_of=params["multiple_of"],
            height=height,
            width=width,
        )
        return found[4], found[5]
    if kind == "resize":
        edges = {key: params[key] for key in ("mode", "size", "max_size", "rounding")}
        rule = {"opencv": resized_by_opencv, "tensorflow": resized_by_tensorflow}.get(library, resized)
        return rule(**edges, height=height, width=width)
    if kind == "crop":
        return crop_box(**params, height=height, width=width)[2:]
    place = {key: params[key] for key in ("size", "multiple_of", "position") if key in params}
    return pad_place(**place, height=height, width=width)[2:]


Params = Mapping[str, Any]
_CHANNELS = {"GRAY": 1, "L": 1, "LA": 2, "RGB": 3, "BGR": 3, "RGBA": 4, "BGRA": 4, "CMYK": 4}


def of_file(header: Header) -> Facts:
    """The facts of the array that ``decode`` gives: the file's own mode, size and depth."""
    deep = header.bits > 8 and header.mode == "L"  # Pillow reduces colour to 8 bits itself
    return Facts(
        shape=(header.height, header.width, _CHANNELS[header.mode]),
        layout="HWC",
        dtype="uint16" if deep else "uint8",
        channel_order="GRAY" if header.mode == "L" else header.mode,
        low=0,
        high=65535 if deep else 255,
        domain=True,
        values=_levels(_CHANNELS[header.mode]),
        whole=True,
    )


def _levels(channels: int) -> Affine:
    """The mapping of pixel values that nobody has touched."""
    return canonical(Values(low=0, high=255), channels)


def after(facts: Facts, step: Step) -> Facts:
    """The facts after one step. Raises KeyError for an op that does not exist."""
    effect = _EFFECTS.get(step.op)
    return effect(facts, step.params) if effect else _geometry(facts, step)


def _decode(facts: Facts, params: Params) -> Facts:
    if not params["gray"]:
        return facts
    return changed(facts, shape=(*facts.shape[:2], 1), channel_order="GRAY", dtype="uint8", high=255, values=_levels(1))


def _orient(facts: Facts, params: Params) -> Facts:
    height, width, channels = facts.shape
    turned = params["orientation"] in (5, 6, 7, 8)  # not for {"header": "orientation"} either
    return changed(facts, shape=(width, height, channels)) if turned else facts


def _colour(facts: Facts, params: Params) -> Facts:
    to = params["to"]
    return changed(
        facts,
        shape=(*facts.shape[:-1], _CHANNELS[to]),
        dtype="uint8",
        channel_order=to,
        low=0,
        high=255,
        values=_levels(_CHANNELS[to]),
    )


def _geometry(facts: Facts, step: Step) -> Facts:
    at = facts.layout.index("H")
    height, width = output_size(step.op, step.params, *facts.shape[at : at + 2])
    dtype = {"float32": "float32", None: facts.dtype}.get(step.params.get("dtype"), "uint8")  # crop, pad: as it is
    shape = (*facts.shape[:at], height, width, *facts.shape[at + 2 :])
    margin = overshoot((step,)) * (_high(facts) - _low(facts))
    return changed(facts, shape=shape, dtype=dtype, low=_low(facts) - margin, high=_high(facts) + margin)


def _low(facts: Facts) -> float:
    return 0.0 if facts.low is None else facts.low


def _high(facts: Facts) -> float:
    return 255.0 if facts.high is None else facts.high


def _map(facts: Facts, affine: Affine) -> Facts:
    ends = [
        a * end + b for a, b in zip(affine.scale, affine.offset, strict=True) for end in (_low(facts), _high(facts))
    ]
    return changed(facts, dtype="float32", low=min(ends), high=max(ends), values=affine)


def _scale(facts: Facts, params: Params) -> Facts:
    return _map(facts, canonical(Values(**params), facts.length("C") or 1))


def _normalize(facts: Facts, params: Params) -> Facts:
    std = None if params["std"] is None else tuple(params["std"])
    return _map(
        facts, canonical(Values(units=params["units"], mean=tuple(params["mean"]), std=std), facts.length("C") or 1)
    )


def _quantize(facts: Facts, params: Params) -> Facts:
    scale, zero = params["scale"], params["zero_point"]
    return changed(facts, low=round(_low(facts) / scale) + zero, high=round(_high(facts) / scale) + zero, values=None)


def _cast(facts: Facts, params: Params) -> Facts:
    dtype = params["dtype"]
    low, high = facts.low, facts.high
    if dtype in INTEGER_RANGES:
        least, most = INTEGER_RANGES[dtype]
        low, high = (min(max(round(end), least), most) for end in (_low(facts), _high(facts)))
    return changed(facts, dtype=dtype, low=low, high=high, byte_order="native", fortran=False)


def _unchanged(facts: Facts, _: Params) -> Facts:
    return facts


def _to_pixels(facts: Facts, params: Params) -> Facts:
    dtype = "uint8" if params["whole"] else "float32"
    return changed(facts, dtype=dtype, low=0, high=255, domain=True, values=_levels(facts.length("C") or 1))


def _reorder(facts: Facts, params: Params) -> Facts:
    order, to, values = params["order"], params["to"], facts.values
    if values is not None:
        at = [order.index(channel) for channel in to]
        values = Affine(scale=tuple(values.scale[i] for i in at), offset=tuple(values.offset[i] for i in at))
    return changed(facts, channel_order=to, values=values, likely_order="", order_probability=0.0)


def _transpose(facts: Facts, params: Params) -> Facts:
    layout, to = params["layout"], params["to"]
    return changed(facts, layout=to, shape=tuple(facts.shape[layout.index(axis)] for axis in to), fortran=False)


def _add_axis(facts: Facts, _: Params) -> Facts:
    return changed(facts, layout=facts.layout + "C", shape=(*facts.shape, 1))


def _batch(facts: Facts, _: Params) -> Facts:
    return changed(facts, layout="N" + facts.layout, shape=(1, *facts.shape))


def _drop_axis(facts: Facts, params: Params) -> Facts:
    axis = params["axis"]
    return changed(
        facts,
        layout=facts.layout[:axis] + facts.layout[axis + 1 :],
        shape=(*facts.shape[:axis], *facts.shape[axis + 1 :]),
    )


_EFFECTS: dict[str, Callable[[Facts, Params], Facts]] = {
    "decode": _decode,
    "orient": _orient,
    "mirror": _unchanged,
    "colour": _colour,
    "reorder": _reorder,
    "scale": _scale,
    "normalize": _normalize,
    "quantize": _quantize,
    "cast": _cast,
    "to_pixels": _to_pixels,
    "transpose": _transpose,
    "add_axis": _add_axis,
    "drop_axis": _drop_axis,
    "batch": _batch,
}
