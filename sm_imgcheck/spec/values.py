"""How pixel values become numbers: ``value_range`` or ``normalize``, then ``quantize``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sm_imgcheck.core.channels import CHANNELS, GRAY, blue_first
from sm_imgcheck.core.types import Quantize, Values
from sm_imgcheck.core.value_mapping import INTEGER_RANGES, canonical
from sm_imgcheck.spec.key_values import tidy
from sm_imgcheck.spec.problems import Notes

if TYPE_CHECKING:
    from sm_imgcheck.spec.given import GivenNormalize, GivenSpec

__all__ = ["expected", "quantize_resolved", "quantized", "read", "resolved"]


def read(given: GivenSpec, notes: Notes) -> Values | None:
    """The value mapping, mean and std in the stored channel order; None when it cannot be told (problems noted)."""
    if "value_range" in given and "normalize" in given:
        notes.add("normalize", "stands beside value_range: each says where pixel values land; keep one of them")
        return None
    if not notes.fine("value_range", "normalize", "dtype", "channel_order"):
        return None
    values = (
        _normalized(given["normalize"], given["channel_order"], notes)
        if "normalize" in given
        else _ranged(given, notes)
    )
    if values is not None and "quantize" not in given and given["dtype"] in INTEGER_RANGES:
        _fits_integers(values, given, notes)
    return values


def resolved(values: Values, order: str) -> dict[str, object]:
    """The mapping in the spec language: one of the keys ``value_range`` and ``normalize``."""
    if values.mean is None:
        return {"value_range": [tidy(end) for end in (values.low, values.high) if end is not None]}
    normalize: dict[str, object] = {"units": values.units, "mean": [tidy(entry) for entry in values.mean]}
    if values.std is not None:
        normalize["std"] = [tidy(entry) for entry in values.std]
    return {"normalize": {**normalize, "order": order}}


def quantized(given: GivenSpec, notes: Notes) -> Quantize | None:
    """The integer grid, if there is one."""
    if "quantize" not in given or not notes.fine("quantize", "dtype"):
        return None
    dtype, quantize = given["dtype"], given["quantize"]
    if dtype not in INTEGER_RANGES:
        notes.add("quantize", f"dtype is {dtype}: only integer types are quantized; remove it, or write dtype: int8")
        return None
    low, high = INTEGER_RANGES[dtype]
    if not low <= quantize.get("zero_point", 0) <= high:
        notes.wrong("quantize.zero_point", quantize["zero_point"], f"a number that {dtype} can hold: {low} to {high}")
        return None
    return Quantize(
        scale=float(quantize["scale"]),
        zero_point=quantize.get("zero_point", 0),
        rounding=quantize.get("rounding", "half_even"),
    )


def quantize_resolved(quantize: Quantize) -> dict[str, object]:
    """The grid in the spec language."""
    return {"scale": tidy(quantize.scale), "zero_point": quantize.zero_point, "rounding": quantize.rounding}


def expected(given: GivenSpec) -> tuple[float, float] | None:
    """The range asserted on the finished tensor, if any."""
    pair = given.get("expect_range")
    return None if pair is None else (float(pair[0]), float(pair[1]))


def _ranged(given: GivenSpec, notes: Notes) -> Values | None:
    pair, dtype = given.get("value_range"), given["dtype"]
    if pair is None and dtype == "uint8" and "quantize" not in given:
        pair = [0, 255]
    if pair is None:
        why = "quantize needs to know what it quantizes" if "quantize" in given else f"{dtype} does not tell it"
        notes.add(
            "value_range",
            f"missing: where do pixel values 0..255 land? {why}; write value_range: [0, 1], [-1, 1] or [0, 255], "
            "or normalize with mean and std",
        )
        return None
    return Values(low=float(pair[0]), high=float(pair[1]))


def _normalized(given: GivenNormalize, order: str, notes: Notes) -> Values | None:
    if "mean" not in given and "std" not in given:
        notes.add("normalize", "has neither mean nor std; write one of them, or value_range instead")
        return None
    units = _units(given, notes)
    mean = _per_channel("mean", given.get("mean", 0), order, notes)
    std = _per_channel("std", given["std"], order, notes) if "std" in given else None
    if units is None or mean is None or not notes.fine("normalize"):
        return None
    listed = _listed_order(given, order, mean, std, notes)
    if listed is None:
        return None
    if {listed[0], order[0]} == {"R", "B"}:
        mean, std = _swapped(mean), None if std is None else _swapped(std)
    return Values(units="byte" if units == "byte" else "unit", mean=mean, std=std)


def _units(given: GivenNormalize, notes: Notes) -> str | None:
    """``units``; where it is not said, entries above 1 make it a question."""
    if "units" in given:
        return str(given["units"])
    for name, entries in (("mean", given.get("mean", 0)), ("std", given.get("std", 0))):
        if any(abs(entry) > 1 for entry in (entries if isinstance(entries, list) else [entries])):
            notes.add(
                "normalize.units",
                f"missing: {name} is above 1; is it for pixels 0..255 (units: byte) or for pixels / 255 (units: unit)?",
            )
            return None
    return "unit"


def _per_channel(name: str, value: float | list[float], order: str, notes: Notes) -> tuple[float, ...] | None:
    """One entry per stored channel; three entries leave an alpha channel as it is."""
    channels = CHANNELS[order]
    entries = value if isinstance(value, list) else [value]
    if len(entries) == 1:
        entries = entries * min(channels, 3)
    if channels == 4 and len(entries) == 3:
        entries = [*entries, 0 if name == "mean" else 1]
    if len(entries) != channels:
        notes.wrong(
            f"normalize.{name}", value, f"{channels} entr{'y' if channels == 1 else 'ies'}, as {order} has channels"
        )
        return None
    return tuple(float(entry) for entry in entries)


def _listed_order(
    given: GivenNormalize, order: str, mean: tuple[float, ...], std: tuple[float, ...] | None, notes: Notes
) -> str | None:
    """The order in which mean and std are listed."""
    listed = given.get("order")
    if listed is not None:
        if CHANNELS[listed] > CHANNELS[order] or (CHANNELS[listed] == 1) != (order == GRAY):
            notes.wrong("normalize.order", listed, f"an order of the channels of {order}")
            return None
        return str(listed)
    if blue_first(order) and any(_swapped(entries) != entries for entries in (mean, std) if entries):
        notes.add(
            "normalize.order",
            f"missing: the model takes {order}; in which order are mean and std listed, order: RGB or order: BGR?",
        )
        return None
    return order


def _swapped(entries: tuple[float, ...]) -> tuple[float, ...]:
    """The first three entries the other way round; alpha stays last."""
    return entries[2::-1] + entries[3:]


def _fits_integers(values: Values, given: GivenSpec, notes: Notes) -> None:
    """Without ``quantize`` an integer type must hold the mapped grey levels as they are."""
    dtype = given["dtype"]
    low, high = INTEGER_RANGES[dtype]
    affine = canonical(values, CHANNELS[given["channel_order"]])
    place = "normalize" if "normalize" in given else "value_range"
    ends = [end for a, b in zip(affine.scale, affine.offset, strict=True) for end in (b, 255 * a + b)]
    if min(affine.scale) < 1 - 1e-9:
        notes.add(
            place,
            f"lands on {min(ends):.6g} to {max(ends):.6g}, but dtype {dtype} holds whole numbers only, so grey levels "
            f"would be lost; write a float dtype, value_range: [0, 255], or add quantize",
        )
    elif min(ends) < low - 0.5 or max(ends) > high + 0.5:
        notes.add(
            place,
            f"lands on {min(ends):.6g} to {max(ends):.6g}, but dtype {dtype} holds {low} to {high}; change one of them",
        )
