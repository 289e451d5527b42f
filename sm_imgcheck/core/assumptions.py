"""What a caller may assume of a tensor, because no array shows it; and what its values or sizes contradict of that."""

from __future__ import annotations

import math
from collections.abc import Mapping

from sm_imgcheck.core.channels import CHANNELS
from sm_imgcheck.core.errors import ImgcheckError
from sm_imgcheck.core.layouts import LAYOUTS, is_layout
from sm_imgcheck.core.types import Contract, Facts
from sm_imgcheck.core.value_mapping import domain, hardly_scaled

__all__ = [
    "KEYS",
    "checked",
    "contradicted_layout",
    "contradicted_order",
    "ends",
    "likely_order",
    "sides_look_swapped",
    "unlikely_range",
]

KEYS = ("channel_order", "layout", "value_range")


def checked(assume: Mapping[str, str]) -> Mapping[str, str]:
    """The same mapping. Raises ImgcheckError for a key or a value that says nothing of an array."""
    for key, value in assume.items():
        usual = {"channel_order": tuple(CHANNELS), "layout": LAYOUTS}.get(key, ())
        if key == "value_range" and isinstance(value, str):
            ends(value)
        elif not (is_layout(str(value)) if key == "layout" else value in usual):
            also = ", or the same axes in another order" if key == "layout" else ""
            listed = f"one of {', '.join(usual)}{also}"
            expected = listed if usual else f"nothing: only {', '.join(KEYS)} can be assumed"
            raise ImgcheckError(f"assume {key}={value!r}: expected {expected}")
    return assume


def ends(value: str) -> tuple[float, float]:
    """The two ends of a range that is written ``LOW,HIGH``. Raises ImgcheckError."""
    try:
        low, high = (float(end) for end in value.split(","))
    except ValueError:
        low = high = math.nan
    if not (math.isfinite(low) and math.isfinite(high) and low < high):
        raise ImgcheckError(f"assume value_range={value!r}: expected two numbers, the lower first, such as 0,1 or -1,1")
    return low, high


_SURE = 0.9
"""Probability from which the colors count as evidence: right for 97 or 98 of 100 photographs (see CHN104)."""


def likely_order(facts: Facts) -> str:
    """RGB or BGR where the colors show it with enough certainty, else an empty string."""
    return facts.likely_order if facts.order_probability >= _SURE else ""


def contradicted_order(facts: Facts) -> str:
    """The likely channel order where it contradicts the assumed one, else an empty string."""
    likely = likely_order(facts)
    assumed = f"channel_order={facts.channel_order}" in facts.assumed
    return likely if assumed and likely != facts.channel_order else ""


def unlikely_range(facts: Facts, contract: Contract) -> tuple[str, float] | None:
    """Why the values, though inside the contract's range, are probably no photograph's, with the probability."""
    if facts.values is not None or facts.low is None or facts.high is None:
        return None
    low, high = domain(contract)
    if facts.domain or contract.quantize is not None or not (low <= facts.low and facts.high <= high):
        return None
    if hardly_scaled(facts.high, contract):
        return "look as if they were divided by 255", 0.98
    if low < 0 <= facts.low and facts.high - facts.low > (high - low) / 8:
        return "are nowhere below 0, as black should be", 0.9
    return None


def contradicted_layout(facts: Facts) -> str:
    """The order in which the values follow each other, HWC or CHW, where the layout is another; else empty."""
    return "" if facts.value_order == facts.layout.replace("N", "") else facts.value_order


def sides_look_swapped(facts: Facts, contract: Contract) -> bool:
    """Whether height and width break the contract and would keep it if they were exchanged."""
    height, width, wanted_h, wanted_w = (
        facts.length("H"),
        facts.length("W"),
        contract.dim("H"),
        contract.dim("W"),
    )
    if height is None or width is None or wanted_h is None or wanted_w is None:
        return False
    if wanted_h.allows(height) and wanted_w.allows(width):
        return False
    return wanted_h.allows(width) and wanted_w.allows(height)
