"""Measure an array once: dtype, layout, channel order and values, all facts for checks and plans.

The value mapping is known if every value is on the lattice of 256 gray levels under an affine map, and the map is a
standard one (``value_mapping.RECIPES``), the spec's, or one that the lattice determines: a common mistake
(``recipes``), or any other with both black and white in the array.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

import numpy as np

from sm_imgcheck.core.assumptions import contradicted_layout, ends
from sm_imgcheck.core.channels import CHANNELS, GRAY, ORDERS
from sm_imgcheck.core.errors import CandidateError
from sm_imgcheck.core.frozen import frozen
from sm_imgcheck.core.layouts import by_shape, reading
from sm_imgcheck.core.recipes import explain_ends, is_unnamed, singles
from sm_imgcheck.core.types import Affine, Channel, Contract, Facts, Values
from sm_imgcheck.core.value_mapping import candidate_mappings, canonical, contract_mapping
from sm_imgcheck.pipeline.measure.channel_prior import likely_order
from sm_imgcheck.pipeline.measure.lattice import channels_of, constant_channels, rounding_of, sample_lattice
from sm_imgcheck.pipeline.measure.per_image import per_image_scaling
from sm_imgcheck.pipeline.measure.precision import max_rounding, shown_precision
from sm_imgcheck.pipeline.measure.value_order import ValueOrder, measure_value_order

__all__ = ["measure"]

# A float32 of size 1 has a spacing of 6e-8, so k/255 is restored within 1e-4 gray levels after any usual mapping and a
# float16 (spacing 5e-4 at 0.5..1) within 0.13; a float resize leaves fractions spread evenly over -0.5..0.5.
_OFF_LATTICE = {"float64": 0.002, "float32": 0.002, "float16": 0.25}
_COARSEST = 0.3
# The same on average over a channel: ImageNet's mapping computed in float16 throughout gives 0.035.
_OFF_ON_AVERAGE = 0.08
# The same for the ends of a grid whose step was estimated.
_NEAR_LEVEL = {"float16": 0.25}
# Fewer distinct levels than this do not prove a mapping: 0 and 1 are a black image or a mask at full contrast.
_FEW_LEVELS = 16
_TOP = 255
_CHUNK = 1 << 20  # values per block: 8 MiB as float64


@frozen
class _Observation:
    """Smallest and largest finite value, and what is not finite."""

    low: float
    high: float
    nans: int
    infinities: int


def measure(array: np.ndarray, contract: Contract | None, assume: Mapping[str, str]) -> Facts:
    """Return the facts of a tensor, with the contract as evidence where there is one.

    array: any shape and dtype; never modified. assume: facts from the caller (``layout``, ``channel_order``,
    ``value_range`` as ``LOW,HIGH``), used instead of inferred facts.
    """
    layout = assume.get("layout") or (reading(array.shape, contract) if contract else by_shape(array.shape))
    if len(layout) != array.ndim:
        raise CandidateError("SHP101", f"layout: got {layout}, expected one for the shape {list(array.shape)}")
    order, assumptions = _order(array.shape, layout, contract, assume)
    plain = Facts(
        shape=array.shape,
        layout=layout,
        dtype=_dtype_name(array.dtype),
        channel_order=order,
        byte_order="native" if array.dtype.isnative else "swapped",
        fortran=bool(array.flags.f_contiguous and not array.flags.c_contiguous),
        assumed=assumptions,
    )
    if array.dtype.kind not in "fiub" or array.size == 0:
        return plain
    stats = _observe(array.view(np.int8) if _holds_wrapped_integers(array, contract) else array)
    finite, axis = not (stats.nans or stats.infinities), plain.layout.find("C")
    if finite and stats.low < stats.high:
        plain = replace(plain, precision=shown_precision(array, _blocks(array)))
    values, recipe, whole = _recognize(array, plain, stats, contract, assume)
    channels: tuple[Channel, ...] = ()
    if values is None and finite and stats.low < stats.high and "?" not in layout and not _quantized(plain, contract):
        channels = channels_of(array, axis if axis >= 0 else None, plain.precision)
        values, recipe, whole = _by_grid(array, plain, channels)
    is_anonymous = values is None or is_unnamed(recipe)
    facts = replace(
        plain,
        low=stats.low,
        high=stats.high,
        nans=stats.nans,
        infinities=stats.infinities,
        constant=stats.low == stats.high and finite,
        constant_channels=constant_channels(array, axis) if finite and axis >= 0 else (),
        values=values,
        recipe=recipe,
        whole=whole,
        channels=() if values is not None else channels,
    )
    if is_anonymous and finite and not _quantized(plain, contract):
        facts = replace(facts, scaling=per_image_scaling(array, facts))
    order_ = ValueOrder() if "layout" in assume else measure_value_order(array, facts)
    facts = replace(
        facts, value_order=order_.order, value_shape=order_.shape, value_order_probability=order_.probability
    )
    if contradicted_layout(facts):  # the colors of its pixels are not those of the image
        return facts
    likely, probability = likely_order(array, facts)
    return replace(facts, likely_order=likely, order_probability=probability)


def _dtype_name(dtype: np.dtype) -> str:
    return (
        dtype.name if dtype.kind in "fiubc" else {"O": "object", "U": "text", "S": "bytes"}.get(dtype.kind, dtype.name)
    )


def _order(
    shape: tuple[int, ...], layout: str, contract: Contract | None, assume: Mapping[str, str]
) -> tuple[str, tuple[str, ...]]:
    """Return the channel order, and its assumption: an array does not distinguish RGB from BGR."""
    channels = shape[layout.index("C")] if "C" in layout else 1
    if "channel_order" in assume:
        order = assume["channel_order"]
        if channels != CHANNELS[order]:
            raise CandidateError("SHP107", f"channels: got {channels}, expected {CHANNELS[order]} for {order}")
        return order, ()
    if channels == 1 or "?" in layout:
        return (GRAY if "?" not in layout else "?"), ()
    orders = ORDERS.get(channels, ())
    if not orders:
        return "?", ()
    expected_order = contract.channel_order[:3] if contract else "RGB"
    order = next((candidate for candidate in orders if candidate[:3] == expected_order), orders[0])
    return order, (f"channel_order={order}",)


def _blocks(array: np.ndarray) -> Iterator[np.ndarray]:
    """Yield the values in flat blocks of bounded size, for any memory order."""
    if array.size <= _CHUNK:
        yield array.reshape(-1)
    elif array.flags.c_contiguous:
        flat = array.reshape(-1)
        for start in range(0, flat.size, _CHUNK):
            yield flat[start : start + _CHUNK]
    else:
        for part in array:
            yield from _blocks(part)


def _holds_wrapped_integers(array: np.ndarray, contract: Contract | None) -> bool:
    """Return whether uint8 values are integers from -3 to 3 that wrapped around: normalized values cast to uint8.

    Over a third of normalized values is 0, and -2 and 2 are rarer than -1 and 1, unlike in most masks and scans.
    """
    is_expected = contract is not None and contract.dtype == "uint8"
    if is_expected or array.dtype != np.uint8 or 3 < int(array.flat[0]) < 253:
        return False
    offsets = (block + np.uint8(3) for block in _blocks(array))  # -3 becomes 0, and 3 becomes 6
    counts = np.sum([np.bincount(block, minlength=256) for block in offsets], axis=0)
    if counts[:7].sum() != array.size or counts[3] <= array.size / 3:
        return False
    return bool(counts[3] > counts[2] > counts[1] > 0 and counts[3] > counts[4] > counts[5])


def _observe(array: np.ndarray) -> _Observation:
    low, high, nans, infinities = np.inf, -np.inf, 0, 0
    for block in _blocks(array):
        if block.dtype.kind == "f":
            nan = int(np.count_nonzero(np.isnan(block)))
            finite = block[np.isfinite(block)] if nan or np.isinf(block).any() else block
            nans, infinities = nans + nan, infinities + block.size - finite.size - nan
        else:
            finite = block
        if finite.size:
            low, high = min(low, float(finite.min())), max(high, float(finite.max()))
    if low > high:  # no finite value
        return _Observation(low=np.nan, high=np.nan, nans=nans, infinities=infinities)
    return _Observation(low=low, high=high, nans=nans, infinities=infinities)


def _recognize(
    array: np.ndarray, facts: Facts, stats: _Observation, contract: Contract | None, assume: Mapping[str, str]
) -> tuple[Affine | None, str, bool]:
    """Return the value mapping, its name, and whether every value is a mapped integer gray level."""
    channels = facts.length("C") or 1
    if "value_range" in assume:
        low, high = ends(assume["value_range"])
        slack = (high - low) / 4  # a filter may have overshot
        if stats.low < low - slack or stats.high > high + slack:
            clause = f"value range: got {stats.low:.4g}..{stats.high:.4g}, expected the assumed {low:g}..{high:g}"
            raise CandidateError("VAL104", clause)
        affine = canonical(Values(low=low, high=high), channels)
        return affine, f"assumed {low:g}..{high:g}", _on_lattice(array, facts, affine) is not None
    quantized = _quantized(facts, contract)
    if facts.dtype == "uint8" and stats.low >= 0 and not quantized:
        return canonical(Values(low=0, high=255), channels), "0..255, not scaled", True
    if quantized or stats.low == stats.high or stats.nans or stats.infinities or "?" in facts.layout:
        return None, "", False
    contract_values = contract_mapping(contract, channels) if contract else None
    if (
        contract_values is not None
        and _fits(stats, contract_values, 0)
        and _on_lattice(array, facts, contract_values) is not None
    ):
        return contract_values, "as specified", True  # the contract's mapping is accepted without proof
    if any(((block != stats.low) & (block != stats.high)).any() for block in _blocks(array)):
        for name, affine in candidate_mappings(channels):
            if _fits(stats, affine, _FEW_LEVELS) and _is_proven(array, facts, affine):
                return (affine, name, True) if _alone(array, facts, affine) else (None, "", False)
    return None, "", False  # also where there are but two values, which are on the lattice of nearly everything


def _alone(array: np.ndarray, facts: Facts, mapping: Affine) -> bool:
    """Return whether no other standard mapping explains the values too.

    Integer means, such as 123, 117, 104, do not determine an order; but integers from 0 on are pixels: almost every
    image has values below its mean. And even levels alone can also be all levels of a mapping twice as steep.
    """
    axis = facts.layout.find("C")
    planes = np.moveaxis(array, axis, 0) if axis >= 0 else array[np.newaxis]
    for plane, a, b in zip(planes, mapping.scale, mapping.offset, strict=True):
        levels = np.rint((sample_lattice(plane).astype(np.float64) - b) / a).astype(np.int64)
        if np.gcd.reduce(levels - levels[0]) == 1:
            break
    else:
        return False
    if min(mapping.offset) == 0:
        return True
    usual = (affine for _, affine in singles(len(mapping.scale)))
    others = [other for other in usual if sorted(other.scale) == sorted(mapping.scale) and other != mapping]
    return not any(_on_lattice(array, facts, other) for other in others)


def _quantized(facts: Facts, contract: Contract | None) -> bool:
    """Return whether these are the integers of a quantized model, whose lattice proves no mapping."""
    return contract is not None and contract.quantize is not None and facts.dtype == contract.dtype


def _by_grid(array: np.ndarray, facts: Facts, channels: tuple[Channel, ...]) -> tuple[Affine | None, str, bool]:
    """Return the mapping that the grid of the values determines, if it explains all of them."""
    if not all(channel.step or channel.low == channel.high for channel in channels):
        return None, "", False
    precision = facts.precision or facts.dtype
    rounding = max(rounding_of(precision, channel) for channel in channels)
    mapping = explain_ends(channels, tolerance=max(rounding, _NEAR_LEVEL.get(precision, 0.02)))
    if mapping is None or not _is_proven(array, facts, mapping[1], rounding):
        return None, "", False
    return mapping[1], mapping[0], True


def _fits(stats: _Observation, affine: Affine, few: int) -> bool:
    """Whether the observed range is inside the mapping's and uses at least ``few`` of its levels."""
    ends = [b + x * a for a, b in zip(affine.scale, affine.offset, strict=True) for x in (0, 255)]
    level = max(abs(a) for a in affine.scale)
    return (
        min(ends) - level / 2 <= stats.low
        and stats.high <= max(ends) + level / 2
        and stats.high - stats.low >= few * level
    )


def _is_proven(array: np.ndarray, facts: Facts, affine: Affine, rounding: float = 0.0) -> bool:
    """Return whether the values are integer gray levels under a mapping, and enough of them to prove it."""
    mapping = _on_lattice(array, facts, affine, rounding)
    return mapping is not None and mapping[0] >= _FEW_LEVELS and mapping[1] <= _OFF_ON_AVERAGE


def _on_lattice(array: np.ndarray, facts: Facts, affine: Affine, rounding: float = 0.0) -> tuple[int, float] | None:
    """Return None unless every value, mapped back, is an integer gray level 0..255, within ``rounding`` levels.

    Else the levels from the lowest to the highest level of the channel with most of them (offsets can shift the means
    of two channels), and the largest mean distance from integer levels among the channels.
    """
    precision = facts.precision or facts.dtype
    if precision.endswith(("decimal", "decimals")):
        steepest = min(abs(a) for a in affine.scale)
        rounding = max(rounding, min(_COARSEST, max_rounding(precision, 1.0) / steepest))
    tolerance, levels, off = max(rounding, _OFF_LATTICE.get(precision, 0.001)), 0, 0.0
    axis = facts.layout.index("C") if "C" in facts.layout else None
    planes = np.moveaxis(array, axis, 0) if axis is not None else array[np.newaxis]
    for plane, a, b in zip(planes, affine.scale, affine.offset, strict=True):
        low, high, sum_ = 255.0, 0.0, 0.0
        for block in _blocks(plane):
            x = (block.astype(np.float64) - b) / a
            level = np.rint(x)
            away = np.abs(x - level)
            low, high, sum_ = min(low, level.min()), max(high, level.max()), sum_ + float(away.sum())
            if away.max() > tolerance or low < 0 or high > _TOP:
                return None
        levels, off = max(levels, int(high - low)), max(off, sum_ / plane.size)
    return levels, off
