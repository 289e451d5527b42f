"""Whether the values of an array follow each other pixel by pixel or channel by channel, whatever its shape states."""

from __future__ import annotations

import numpy as np

from sm_imgcheck.core.types import Facts

__all__ = ["value_order"]

# Mean difference of values 3 * W apart, as a share of that of values W apart. Measured on 250 photographs at 64x64,
# 224x224 and full size: 1.25..2.7 channel by channel; 0.015..0.53 pixel by pixel, 0.03..0.77 without color.
_BY_PIXEL, _BY_CHANNEL = 0.75, 1.25
_RAMP = 2.99
"""Numbers that only count up are 3 times as far apart in any order."""
_SMALLEST = 16
"""Pixels of a side below which there are too few differences."""
_SAMPLES = 20000


def value_order(array: np.ndarray, facts: Facts) -> str:
    """``HWC`` or ``CHW``: the order in which the values of the first image follow each other; empty: not shown.

    array: as measured in ``facts``, with 3 channels. In the true order the values one row apart are the most similar:
    W apart where each channel is a plane, 3 * W apart where each pixel holds its channels.
    """
    width, height = facts.length("W") or 0, facts.length("H") or 0
    usual = facts.layout in ("NHWC", "HWC", "NCHW", "CHW") and facts.length("C") == len("RGB")
    if not usual or min(width, height) < _SMALLEST or facts.constant or facts.nans or facts.infinities:
        return ""
    values = (array[0] if "N" in facts.layout else array).reshape(-1)
    at = np.arange(0, values.size - 3 * width, _stride(values.size))

    def apart(distance: int) -> float:
        return float(np.abs(values[at + distance].astype(np.float64) - values[at]).mean())

    row, three_rows = apart(width), apart(3 * width)
    if three_rows < _BY_PIXEL * row:
        return "HWC"
    # Rows that hold one color look like planes, but for the values next to each other.
    planes = _BY_CHANNEL * row < three_rows < _RAMP * row and apart(3) > apart(1)
    return "CHW" if planes else ""


def _stride(size: int) -> int:
    """Between samples; no multiple of 3, so that every channel is sampled."""
    stride = max(1, size // _SAMPLES)
    return stride + (stride % 3 == 0)
