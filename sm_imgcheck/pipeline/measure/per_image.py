"""Scalings whose numbers come from the image itself: standardization, own minimum and maximum.

Their mean and std (or factor) differ from image to image, so that no spec describes them.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from sm_imgcheck.core.types import Channel, Facts
from sm_imgcheck.pipeline.measure.lattice import channels_of
from sm_imgcheck.pipeline.measure.sampling import evenly_spaced

__all__ = ["per_image_scaling"]

_MAX_MEAN, _MAX_STD = 1e-3, 2e-3
"""Distance of mean and std from 0 and 1: rounding, n - 1 instead of n, and an epsilon added to std stay below."""
_IMAGES = 16
"""Images of a batch that are measured, evenly spread."""
_MIN_PIXELS = 64
_MIN_LEVELS, _ALL_LEVELS = 16, 255
_EXACT = 1e-6
_TOLERANCE = 0.02
"""Distance of a maximum from an integer gray level."""


def per_image_scaling(array: np.ndarray, facts: Facts) -> str:
    """Return what the values of each image were scaled by, in words; empty where they do not show it.

    array: as measured in ``facts``; finite floats.
    """
    if not {"H", "W"} <= set(facts.layout) or not facts.dtype.startswith("float") or facts.constant:
        return ""
    batch = array if "N" in facts.layout else array[np.newaxis]
    layout = facts.layout.replace("N", "")
    images = [batch[index] for index in evenly_spaced(len(batch), _IMAGES)]
    if (facts.length("H") or 0) * (facts.length("W") or 0) < _MIN_PIXELS:
        return ""
    spatial = tuple(layout.index(axis) for axis in "HW")
    if all(_is_standard(image, None) for image in images):
        channels = (facts.length("C") or 1) > 1 and all(_is_standard(image, spatial) for image in images)
        return f"standardization by the mean and std of each {'channel of each image' if channels else 'image'}"
    ranges = {_own_range(image, layout.find("C")) for image in images}
    return ranges.pop() if len(ranges) == 1 else ""


def _is_standard(image: np.ndarray, axes: tuple[int, ...] | None) -> bool:
    """Return whether mean and std are 0 and 1, of all values or over the axes."""
    mean = image.mean(axis=axes, dtype=np.float64)
    if np.abs(mean).max() > _MAX_MEAN:
        return False
    return bool(np.abs(image.std(axis=axes, dtype=np.float64) - 1).max() <= _MAX_STD)


_RANGES = ((0.0, "0..1"), (-1.0, "-1..1"))


def _own_range(image: np.ndarray, axis: int) -> str:
    """Return the scaling by the extremes of an image, where the grid of its gray levels shows it."""
    low, high = float(image.min()), float(image.max())
    if abs(high - 1) > _EXACT or low < -1 - _EXACT:
        return ""
    channels = channels_of(image, axis if axis >= 0 else None)
    steps = [channel.step for channel in channels if channel.step]
    if not steps:
        return ""
    if max(steps) > min(steps) * (1 + _TOLERANCE / _ALL_LEVELS):
        return _own_channel_range(channels)
    levels = (high - low) / min(steps)
    maximum = 1 / min(steps)
    if not _is_number_of_levels(levels):
        return ""
    for least, words in _RANGES:
        if abs(low - least) <= _EXACT:
            return f"scaling of each image to {words} by its own minimum and maximum"
    is_own = low > 0 and abs(maximum - round(maximum)) <= _TOLERANCE and round(maximum) < _ALL_LEVELS
    return "division by the maximum of each image" if is_own else ""


def _own_channel_range(channels: Sequence[Channel]) -> str:
    """Return the scaling where each channel has its own grid, and fills the range."""
    for least, words in _RANGES:
        fills = all(abs(channel.low - least) + abs(channel.high - 1) <= _EXACT for channel in channels)
        levels = [(1 - least) / channel.step for channel in channels if channel.step]
        if fills and len(levels) == len(channels) and any(map(_is_number_of_levels, levels)):
            return f"scaling of each channel of each image to {words} by its own minimum and maximum"
    return ""


def _is_number_of_levels(levels: float) -> bool:
    """Return whether this number of steps fits an image without black or white."""
    return _MIN_LEVELS <= levels < _ALL_LEVELS - 0.5 and abs(levels - round(levels)) <= _TOLERANCE
