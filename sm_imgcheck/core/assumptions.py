"""Assumptions about tensors (properties that an array does not store), and evidence in values or sizes against them."""

from __future__ import annotations

import math
from collections.abc import Mapping

from sm_imgcheck.core.channels import CHANNELS
from sm_imgcheck.core.errors import ImgcheckError
from sm_imgcheck.core.layouts import LAYOUTS, is_layout
from sm_imgcheck.core.types import Contract, Facts
from sm_imgcheck.core.value_mapping import domain, looks_unscaled

__all__ = [
    "KEYS",
    "contradicted_layout",
    "contradicted_order",
    "ends",
    "has_hidden_alpha",
    "likely_order",
    "sides_look_swapped",
    "unlikely_range",
    "validate_assumptions",
]

KEYS = ("channel_order", "layout", "value_range")


def validate_assumptions(assume: Mapping[str, str]) -> Mapping[str, str]:
    """Return the mapping unchanged. Raises ImgcheckError for an invalid key or value."""
    for key, value in assume.items():
        usual = {"channel_order": tuple(CHANNELS), "layout": LAYOUTS}.get(key, ())
        if key == "value_range" and isinstance(value, str):
            ends(value)
        elif not (is_layout(str(value)) if key == "layout" else value in usual):
            permutations = ", or the same axes in another order" if key == "layout" else ""
            values = f"one of {', '.join(usual)}{permutations}"
            if not usual:
                raise ImgcheckError(f"assume: got the property {key!r}, expected one of {', '.join(KEYS)}")
            raise ImgcheckError(f"assume {key}: got {value!r}, expected {values}")
    return assume


def ends(value: str) -> tuple[float, float]:
    """Return the two ends of a range ``LOW,HIGH``. Raises ImgcheckError."""
    try:
        low, high = (float(end) for end in value.split(","))
    except ValueError:
        low = high = math.nan
    if not (math.isfinite(low) and math.isfinite(high) and low < high):
        raise ImgcheckError(f"assume value_range: got {value!r}, expected LOW,HIGH such as 0,1 or -1,1")
    return low, high


_MIN_PROBABILITY = 0.9
"""Probability from which color statistics count as evidence: correct for 99 % of photographs (see CHN104)."""


def likely_order(facts: Facts) -> str:
    """Return RGB or BGR where the color statistics are significant, else an empty string."""
    return facts.likely_order if facts.order_probability >= _MIN_PROBABILITY else ""


def contradicted_order(facts: Facts) -> str:
    """Return the likely channel order where it contradicts the assumption, else an empty string."""
    likely = likely_order(facts)
    is_assumed = f"channel_order={facts.channel_order}" in facts.assumed
    return likely if is_assumed and likely != facts.channel_order else ""


def unlikely_range(facts: Facts, contract: Contract) -> tuple[str, float] | None:
    """Return why values within the expected range are unlikely for a photograph, and the probability of an error."""
    if facts.values is not None or facts.low is None or facts.high is None:
        return None
    low, high = domain(contract)
    if facts.domain or contract.quantize is not None or not (low <= facts.low and facts.high <= high):
        return None
    if looks_unscaled(facts.high, contract):
        return "they look divided by 255", 0.98
    if low < 0 <= facts.low and facts.high - facts.low > (high - low) / 8:
        return "no negative values, although black maps below 0", 0.9
    return None


_MIN_LAYOUT_PROBABILITY = 0.95
"""Probability from which the order of the values counts as evidence: no correct tensor of 6,000 is near it (SHP108)."""


def contradicted_layout(facts: Facts) -> str:
    """Return the order in which the values are stored, such as HWC, where a reshape changed it or its lengths."""
    likely = facts.value_order_probability >= _MIN_LAYOUT_PROBABILITY
    differs = bool(facts.value_shape) or facts.value_order != facts.layout.replace("N", "")
    return facts.value_order if likely and differs else ""


def has_hidden_alpha(facts: Facts) -> bool:
    """Return whether the values are those of four channels, under a shape with three."""
    lengths = dict(zip(facts.value_order, facts.value_shape, strict=False))
    return lengths.get("C", 0) > (facts.length("C") or 1)


def sides_look_swapped(facts: Facts, contract: Contract) -> bool:
    """Return whether height and width violate the contract, and would match it if swapped."""
    height, width, expected_h, expected_w = (
        facts.length("H"),
        facts.length("W"),
        contract.dim("H"),
        contract.dim("W"),
    )
    if height is None or width is None or expected_h is None or expected_w is None:
        return False
    if expected_h.allows(height) and expected_w.allows(width):
        return False
    return expected_h.allows(width) and expected_w.allows(height)
