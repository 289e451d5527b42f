"""Ops that choose the numbers and the dtype: to_pixels, scale, normalize, quantize, cast."""

from __future__ import annotations

from typing import Any

from sm_imgcheck.core.frozen import changed
from sm_imgcheck.core.types import Affine, Facts, Step, Values
from sm_imgcheck.core.value_mapping import INTEGER_RANGES, canonical, composed, levels
from sm_imgcheck.ops.records import Op

__all__ = ["OPS"]


def _mapped(facts: Facts, affine: Affine) -> Facts:
    """The facts after ``affine`` was applied to every channel, in float32."""
    low, high = facts.bounds
    ends = [a * end + b for a, b in zip(affine.scale, affine.offset, strict=True) for end in (low, high)]
    values = composed(facts.values or levels(len(affine.scale)), affine)
    return changed(facts, dtype="float32", low=min(ends), high=max(ends), values=values)


def _scale(facts: Facts, step: Step) -> Facts:
    return _mapped(facts, canonical(Values(**step.params), _channels(facts)))


def _normalize(facts: Facts, step: Step) -> Facts:
    params, channels = step.params, len(step.params["mean"])
    if channels != _channels(facts):  # of a picture whose channels no step before has told, such as a gray one
        order = {1: "GRAY", 3: "RGB", 4: "RGBA"}.get(channels, "?")
        facts = changed(facts, channel_order=order, shape=(*facts.shape[:-1], channels), values=levels(channels))
    std = None if params["std"] is None else tuple(params["std"])
    return _mapped(facts, canonical(Values(units=params["units"], mean=tuple(params["mean"]), std=std), channels))


def _quantize(facts: Facts, step: Step) -> Facts:
    scale, zero = step.params["scale"], step.params["zero_point"]
    channels = _channels(facts)
    quantized = Affine(scale=(1 / scale,) * channels, offset=(zero,) * channels)
    low, high = (round(end / scale) + zero for end in facts.bounds)
    return changed(_mapped(facts, quantized), low=low, high=high)


def _cast(facts: Facts, step: Step) -> Facts:
    dtype = step.params["dtype"]
    low, high = facts.low, facts.high
    if dtype in INTEGER_RANGES:
        least, most = INTEGER_RANGES[dtype]
        low, high = (min(max(round(end), least), most) for end in facts.bounds)
    return changed(facts, dtype=dtype, low=low, high=high, byte_order="native", fortran=False)


def _to_pixels(facts: Facts, step: Step) -> Facts:
    dtype = "uint8" if step.params["whole"] else "float32"
    return changed(facts, dtype=dtype, low=0, high=255, domain=True, values=levels(_channels(facts)))


def _channels(facts: Facts) -> int:
    return facts.length("C") or 1


_VALUES: dict[str, Any] = {"kernel": "sm_imgcheck.ops.kernels.values", "traits": frozenset({"values"})}
OPS = {
    "to_pixels": Op(stage="pixels", kernel="sm_imgcheck.ops.kernels.values", effect=_to_pixels),
    "scale": Op(stage="values", effect=_scale, **_VALUES),
    "normalize": Op(stage="values", effect=_normalize, **_VALUES),
    "quantize": Op(stage="quantize", effect=_quantize, **_VALUES),
    "cast": Op(stage="cast", kernel="sm_imgcheck.ops.kernels.values", effect=_cast, traits=frozenset({"dtype"})),
}
