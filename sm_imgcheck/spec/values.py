"""The value mapping of pixels: ``value_range`` or ``normalize``, then ``quantize``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sm_imgcheck.core.channels import CHANNELS, GRAY, blue_first
from sm_imgcheck.core.types import Quantize, Values
from sm_imgcheck.core.value_mapping import INTEGER_RANGES, canonical
from sm_imgcheck.spec.key_values import normalize_number
from sm_imgcheck.spec.problems import ProblemList

if TYPE_CHECKING:
    from sm_imgcheck.spec.given import GivenNormalize, GivenSpec

__all__ = ["expected", "format_mapping", "format_quantize", "read", "read_quantize"]


def read(keys: GivenSpec, notes: ProblemList) -> Values | None:
    """Return the value mapping, mean and std in the stored channel order; None where it is invalid or missing."""
    if "value_range" in keys and "normalize" in keys:
        notes.add("normalize", "conflicts with value_range: both map pixel values; keep one of them")
        return None
    values = _read_normalize(keys, notes) if "normalize" in keys else _read_range(keys, notes)
    if values is not None and "quantize" not in keys and keys.get("dtype") in INTEGER_RANGES:
        _check_integers(values, keys, notes)
    return values


def format_mapping(values: Values, order: str) -> dict[str, object]:
    """Return the mapping in the spec language: the key ``value_range`` or ``normalize``."""
    if values.mean is None:
        return {"value_range": [normalize_number(end) for end in (values.low, values.high) if end is not None]}
    normalize: dict[str, object] = {"units": values.units, "mean": [normalize_number(entry) for entry in values.mean]}
    if values.std is not None:
        normalize["std"] = [normalize_number(entry) for entry in values.std]
    return {"normalize": {**normalize, "order": order}}


def read_quantize(keys: GivenSpec, notes: ProblemList) -> Quantize | None:
    """Return the quantization; None without one, or where it is invalid."""
    if "quantize" not in keys or not notes.fine("quantize", "dtype"):
        return None
    dtype, quantize = keys["dtype"], keys["quantize"]
    if dtype not in INTEGER_RANGES:
        notes.add(
            "quantize", f"conflicts with dtype: {dtype}, which is not an integer type; remove it, or write dtype: int8"
        )
        return None
    low, high = INTEGER_RANGES[dtype]
    if not low <= quantize.get("zero_point", 0) <= high:
        notes.wrong("quantize.zero_point", quantize["zero_point"], f"an integer of {dtype}, {low} to {high}")
        return None
    return Quantize(
        scale=float(quantize["scale"]),
        zero_point=quantize.get("zero_point", 0),
        rounding=quantize.get("rounding", "half_even"),
    )


def format_quantize(quantize: Quantize) -> dict[str, object]:
    """Return the quantization in the spec language."""
    return {"scale": normalize_number(quantize.scale), "zero_point": quantize.zero_point, "rounding": quantize.rounding}


def expected(keys: GivenSpec) -> tuple[float, float] | None:
    """Return the asserted range of the final tensor; None without one."""
    pair = keys.get("expect_range")
    return None if pair is None else (float(pair[0]), float(pair[1]))


def _read_range(keys: GivenSpec, notes: ProblemList) -> Values | None:
    if not notes.fine("value_range", "normalize"):
        return None
    pair, dtype = keys.get("value_range"), keys.get("dtype")
    if pair is None and dtype == "uint8" and "quantize" not in keys:
        pair = [0, 255]
    if pair is None:
        if dtype is not None and notes.fine("quantize"):
            notes.missing(
                "value_range",
                "the range of the tensor for pixel values 0..255; write value_range: [0, 1], [-1, 1] or [0, 255], "
                "or normalize with mean and std",
            )
        return None
    return Values(low=float(pair[0]), high=float(pair[1]))


def _read_normalize(keys: GivenSpec, notes: ProblemList) -> Values | None:
    if not notes.fine("normalize", "channel_order"):
        return None
    normalize, order = keys["normalize"], keys["channel_order"]
    if "mean" not in normalize and "std" not in normalize:
        notes.add("normalize", "missing mean and std; write one of them, or value_range instead")
        return None
    units = _units(normalize, notes)
    mean = _per_channel("mean", normalize.get("mean", 0), order, notes)
    std = _per_channel("std", normalize["std"], order, notes) if "std" in normalize and mean else None
    if units is None or mean is None or not notes.fine("normalize"):
        return None
    listed_order = _listed_order(normalize, order, mean, std, notes)
    if listed_order is None:
        return None
    if {listed_order[0], order[0]} == {"R", "B"}:
        mean, std = _swap_red_blue(mean), None if std is None else _swap_red_blue(std)
    return Values(units="byte" if units == "byte" else "unit", mean=mean, std=std)


def _units(keys: GivenNormalize, notes: ProblemList) -> str | None:
    """Return ``units``; entries above 1 need the key, because they are ambiguous without it."""
    if "units" in keys:
        return str(keys["units"])
    for name, entries in (("mean", keys.get("mean", 0)), ("std", keys.get("std", 0))):
        if any(abs(entry) > 1 for entry in (entries if isinstance(entries, list) else [entries])):
            notes.add(
                "normalize.units",
                f"missing: {name} is above 1; write units: byte for pixels 0..255, or units: unit for pixels / 255",
            )
            return None
    return "unit"


def _per_channel(name: str, value: float | list[float], order: str, notes: ProblemList) -> tuple[float, ...] | None:
    """Return one entry per stored channel; three entries leave an alpha channel unchanged."""
    channels = CHANNELS[order]
    entries = value if isinstance(value, list) else [value]
    if len(entries) == 1:
        entries = entries * min(channels, 3)
    if channels == 4 and len(entries) == 3:
        entries = [*entries, 0 if name == "mean" else 1]
    if len(entries) != channels:
        notes.wrong(
            f"normalize.{name}", value, f"{channels} entr{'y' if channels == 1 else 'ies'} with channel_order: {order}"
        )
        return None
    return tuple(float(entry) for entry in entries)


def _listed_order(
    keys: GivenNormalize, order: str, mean: tuple[float, ...], std: tuple[float, ...] | None, notes: ProblemList
) -> str | None:
    """Return the order in which mean and std are listed; None where it is missing or invalid."""
    listed_order = keys.get("order")
    if listed_order is not None:
        if CHANNELS[listed_order] > CHANNELS[order] or (CHANNELS[listed_order] == 1) != (order == GRAY):
            notes.wrong("normalize.order", listed_order, f"an order with the channels of channel_order: {order}")
            return None
        return str(listed_order)
    if blue_first(order) and any(_swap_red_blue(entries) != entries for entries in (mean, std) if entries):
        notes.add(
            "normalize.order",
            f"missing: the order in which mean and std are listed for a {order} model; write order: RGB or order: BGR",
        )
        return None
    return order


def _swap_red_blue(entries: tuple[float, ...]) -> tuple[float, ...]:
    """Return the first three entries in reverse order; alpha stays last."""
    return entries[2::-1] + entries[3:]


def _check_integers(values: Values, keys: GivenSpec, notes: ProblemList) -> None:
    """Report mapped gray levels that an integer dtype without ``quantize`` cannot hold."""
    dtype = keys["dtype"]
    if not notes.fine("channel_order", "quantize"):
        return
    low, high = INTEGER_RANGES[dtype]
    affine = canonical(values, CHANNELS[keys["channel_order"]])
    key = "normalize" if "normalize" in keys else "value_range"
    ends = [end for a, b in zip(affine.scale, affine.offset, strict=True) for end in (b, 255 * a + b)]
    if min(affine.scale) < 1 - 1e-9:
        notes.add(
            key,
            f"maps pixels to {min(ends):.6g} to {max(ends):.6g}, which loses gray levels with dtype: {dtype}; "
            "write a float dtype, value_range: [0, 255], or add quantize",
        )
    elif min(ends) < low - 0.5 or max(ends) > high + 0.5:
        notes.add(
            key,
            f"maps pixels to {min(ends):.6g} to {max(ends):.6g}, but dtype: {dtype} holds {low} to {high}; "
            "change one of them",
        )
