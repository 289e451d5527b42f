"""What a caller may vouch for of a tensor, because nothing in an array tells it."""

from __future__ import annotations

import math
from collections.abc import Mapping

from sm_imgcheck.core.errors import ImgcheckError
from sm_imgcheck.core.layouts import LAYOUTS, is_layout

__all__ = ["KEYS", "checked", "ends"]

_ORDERS = ("RGB", "BGR", "GRAY", "RGBA", "BGRA")
KEYS = ("channel_order", "layout", "value_range")


def checked(assume: Mapping[str, str]) -> Mapping[str, str]:
    """The same mapping. Raises ImgcheckError for a key or a value that says nothing of an array."""
    for key, value in assume.items():
        usual = {"channel_order": _ORDERS, "layout": LAYOUTS}.get(key, ())
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
