"""The grid that gray levels leave in an array: 256 of them on any line y = step * x + offset are evenly spaced.

The spacing of the values is the slope of the line, 1 / (255 std) for mean and std of x / 255, and the position of the
values between two grid lines is the offset, up to integer steps: an image without black and white does not show which
of its levels is 0. A resize in floats after the decode leaves no grid.
"""

from __future__ import annotations

import numpy as np

from sm_imgcheck.core.types import Channel
from sm_imgcheck.pipeline.measure.precision import max_rounding
from sm_imgcheck.pipeline.measure.sampling import distinct

__all__ = ["channels_of", "constant_channels", "rounding_of", "sample_lattice"]

_SAMPLE = 4096
"""Values of a channel that are examined: enough to contain neighboring levels, and sorted in 0.3 ms."""
_TOP = 255
_FEW = 16
"""Fewer distinct values than this prove no grid: two points are on every line."""
_FINEST = 0.02
"""Distance from the grid that passes for rounding, in steps: 50 sets of 16 chance values would need 10^20 tries."""
_COARSEST = 0.3
"""A rounding error of the dtype of this size, in steps, hides the grid."""


def channels_of(array: np.ndarray, axis: int | None, precision: str = "") -> tuple[Channel, ...]:
    """Range and grid of each channel of an array of finite numbers.

    axis: where its channels are, None: it has one. precision: of the values; empty: that of the dtype.
    """
    planes = np.moveaxis(array, axis, 0) if axis is not None else array[np.newaxis]
    return tuple(_channel(plane, precision or array.dtype.name) for plane in planes)


def constant_channels(array: np.ndarray, axis: int | None) -> tuple[int, ...]:
    """The channels in which every value is the same, of several that are not all so."""
    if axis is None or array.shape[axis] < 2:
        return ()
    planes = np.moveaxis(array, axis, 0)
    flat_planes = [at for at, plane in enumerate(planes) if _flat(sample_lattice(plane)) and _flat(plane)]
    return tuple(flat_planes) if len(flat_planes) < len(planes) else ()


def rounding_of(precision: str, channel: Channel) -> float:
    """How far the rounding of a precision may have set the values of a channel off its grid, in gray levels."""
    most = max(abs(channel.low), abs(channel.high))
    return min(_COARSEST, max_rounding(precision, most) / channel.step) if channel.step else 0.0


def _flat(values: np.ndarray) -> bool:
    return bool(values.min() == values.max())


def sample_lattice(plane: np.ndarray) -> np.ndarray:
    """Evenly spread rows and columns of the last two axes, about ``_SAMPLE`` values of all images."""
    images = plane.reshape(-1, *plane.shape[-2:])
    few = images[:: max(1, len(images) // 16)]
    side = (_SAMPLE / len(few)) ** 0.5
    rows, columns = (max(1, int(length / side)) for length in images.shape[1:])
    return few[:, ::rows, ::columns].reshape(-1)


def _channel(plane: np.ndarray, precision: str) -> Channel:
    low, high = float(plane.min()), float(plane.max())
    step, start = _grid(sample_lattice(plane), precision)
    if not step or round((high - low) / step) > _TOP:
        return Channel(low=low, high=high)
    # Values other than those of the first search: every tenth column of a ramp is not a grid of tens.
    rest = plane[..., 1:, 1:]
    others = np.append(sample_lattice(rest).astype(np.float64) if rest.size else [], [low, high])
    place = (others - start) / step
    if np.abs(place - np.rint(place)).max() > _COARSEST:
        return Channel(low=low, high=high)
    return Channel(low=low, high=high, step=step, levels=round((high - low) / step))


def _grid(sample: np.ndarray, precision: str) -> tuple[float, float]:
    """The spacing of the values and one line of the grid; (0, 0) where they are on none."""
    values = distinct(sample).astype(np.float64)
    near = max_rounding(precision, float(np.abs(values).max()))
    new = np.concatenate(([True], np.diff(values) > 2 * near))
    if np.count_nonzero(new) < _FEW:
        return 0.0, 0.0
    group = np.cumsum(new) - 1
    values = np.bincount(group, values) / np.bincount(group)
    gaps = np.diff(values)
    least = float(gaps.min())
    if values[-1] - values[0] > 300 * least or near > _COARSEST * least:
        return 0.0, 0.0
    step = float(np.median(gaps[gaps < 1.5 * least]))
    levels = np.concatenate(([0.0], np.cumsum(np.rint(gaps / step))))
    step, start = (float(number) for number in np.polyfit(levels, values, 1))
    off = np.abs(values - start - step * np.rint((values - start) / step)).max() / step
    return (step, start) if off <= min(max(_FINEST, near / step), _COARSEST) else (0.0, 0.0)
