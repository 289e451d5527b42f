"""The order in which the values of an image follow each other: pixel by pixel (HWC) or plane by plane (CHW).

A ``reshape`` from one to the other moves no value. Three numbers show the order, all of them ratios of mean absolute
differences between values at a fixed distance in memory: rows (distances W and C * W), columns (distances 1 and C),
and the difference between neighbors by their position in the pixel, which is the same at every position of planes
only.

Height and width are swapped (``reshape(width, height, 3)``) where the values of two rows are the most similar for rows
of the other length: 97 % of 600 tensors of photographs in each order are found, and none with the right sides is
reported.
"""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np

from sm_imgcheck.core.frozen import frozen
from sm_imgcheck.core.types import Facts
from sm_imgcheck.pipeline.measure.sampling import evenly_spaced

__all__ = ["ORDERS", "ValueOrder", "alpha_position", "measure_value_order", "order_features", "other_order"]

ORDERS = ("HWC", "CHW")
MIN_SIDE = 16
"""Pixels of a side below which there are too few differences."""
SAMPLES = 30_000
"""Differences of one kind that are averaged, over all images."""
_IMAGES = 8
"""Images of a batch that are sampled, evenly spread."""
WEIGHTS = (2.12, -4.61, 2.94, -1.90)
"""Weights of 1 and the three features in the log-odds of HWC. Fitted by ``tests/fit/value_order.py``."""
_MIN_ROWS = 0.12
"""Smallest magnitude of the first feature: noise and checkerboards stay below, photographs above 0.13."""
_FARTHEST, _MIN_OF_LARGEST = 40, 0.8
"""Distances in pixels at which differences grow in a photograph, and how much they may fall again at the most."""
_MAX_LOG_ODDS = math.log(999)
_NEARBY = (3, 5, 8, 12)
"""Distances in pixels from the next row, where the difference must be larger."""
_MIN_CLEARER, _MIN_NEARBY, _MIN_RISE, _MAX_ROW = 1.25, 1.05, 1.1, 2.5
"""Bounds of ratios of differences where sides are swapped, from 1,188 tensors of photographs: at a row of the shape
to that at a swapped row (1.32 in the lowest 1 %; 0.85 at most with the right sides), a few pixels from the row to it,
at two pixels or rows to one (1.13 at least), at a row to a column (2.2 in the highest 1 %)."""
_FEW_VALUES = 16
"""Distinct values below which an image is a drawing, such as stripes of two colors."""
_SWAP_PROBABILITY = 0.99
"""Probability of swapped sides: none of 1,200 right tensors of photographs was reported."""
_ALPHA_PROBABILITY = 0.999
"""Probability of four channels: no image has the pattern by chance, but one may be drawn."""


@frozen
class ValueOrder:
    """``HWC`` or ``CHW`` with its probability, 0.5..1; empty and 0.0 where the values do not show it."""

    order: str = ""
    probability: float = 0.0
    shape: tuple[int, ...] = ()
    """Lengths of the axes in this order, where they are others than in the tensor's shape: height and width swapped,
    or four channels."""


def measure_value_order(array: np.ndarray, facts: Facts) -> ValueOrder:
    """Return the likely order of the values of an array with 3 or 4 channels.

    array: as measured in ``facts``; any memory order. Images that hold a single color, and images of fewer than
    ``MIN_SIDE`` rows or columns, show no order.
    """
    width, height, channels = (facts.length(axis) or 0 for axis in "WHC")
    if facts.layout not in ("NHWC", "HWC", "NCHW", "CHW") or channels not in (3, 4) or min(width, height) < MIN_SIDE:
        return ValueOrder()
    if facts.constant or facts.nans or facts.infinities:
        return ValueOrder()
    images = array if "N" in facts.layout else array[np.newaxis]
    examined = [images[index] for index in evenly_spaced(len(images), _IMAGES)]
    other = _hidden_alpha(examined, facts) or _swapped_sides(examined, height=height, width=width, channels=channels)
    if other is not None:
        return other
    features = order_features(examined, width=width, channels=channels)
    if features is None:
        return ValueOrder()
    odds = max(-_MAX_LOG_ODDS, min(_MAX_LOG_ODDS, float(np.dot(WEIGHTS, (1.0, *features)))))
    rows, order = features[0], ORDERS[odds < 0]
    is_clear = (odds > 0) == (rows < 0) and abs(rows) >= _MIN_ROWS
    if is_clear and not _is_periodic(examined, channels if order == "HWC" else 1, width):
        return ValueOrder(order=order, probability=1 / (1 + math.exp(-abs(odds))))
    return ValueOrder()


def alpha_position(image: np.ndarray) -> int | None:
    """Return the position of alpha, 0 to 3, if HxWx3 values are the beginning of a buffer with four channels.

    Every fourth value is then constant, at another pixel for each channel; with a scale for each channel, one constant
    each. No stripes of an image have that at one position: they are the same pixels in all channels. None for fewer
    than four pixels in a row.
    """
    if image.shape[1] < len("RGBA"):
        return None
    positions = [at for at in range(4) if _is_constant(image[:1], at) and _is_constant(image, at)]
    return positions[0] if len(positions) == 1 else None


def _is_constant(image: np.ndarray, position: int) -> bool:
    """Return whether the values of each channel that are at this position of four are equal."""
    planes = (image[..., channel].reshape(-1)[(channel - position) % 4 :: 4] for channel in range(3))
    return all(bool((plane == plane[0]).all()) for plane in planes)


def _hidden_alpha(images: list[np.ndarray], facts: Facts) -> ValueOrder | None:
    """Return the order of images that hold four channels under a shape of three; None for other images."""
    height, width, channels = (facts.length(axis) or 0 for axis in "HWC")
    axes = [facts.layout.removeprefix("N").index(axis) for axis in "HWC"]
    if channels != len("RGB") or any(alpha_position(image.transpose(axes)) is None for image in images):
        return None
    return ValueOrder(order="HWC", probability=_ALPHA_PROBABILITY, shape=(3 * height // 4, width, 4))


def _is_periodic(images: list[np.ndarray], step: int, width: int) -> bool:
    """Return whether differences fall again at a larger distance: in stripes, distances show no order.

    step: distance of two pixels.
    """
    distances = range(1, min(_FARTHEST, width // 2))
    start = _positions(images[0].size - _FARTHEST * step, SAMPLES // len(images))
    here = np.stack([_values_at(image, start) for image in images])
    near = [
        float(np.abs(np.stack([_values_at(image, start + pixels * step) for image in images]) - here).mean())
        for pixels in distances
    ]
    return bool((np.array(near) < _MIN_OF_LARGEST * np.maximum.accumulate(near)).any())


def _swapped_sides(images: list[np.ndarray], *, height: int, width: int, channels: int) -> ValueOrder | None:
    """Return the order of images whose rows are ``height`` pixels long instead of ``width``; None for the right sides.

    The difference at such a row must be lower than at a row of the shape, and lower than at a distance of a few
    pixels from it, unlike in stripes.
    """
    longest = (2 * max(height, width) + max(_NEARBY)) * channels
    if height == width or images[0].size < 2 * longest:
        return None
    start = _positions(images[0].size - longest, SAMPLES // len(images))
    here = np.stack([_values_at(image, start) for image in images])
    if len(np.unique(here[:, ::8])) < _FEW_VALUES:
        return None

    def difference(distance: int) -> float:
        values = np.stack([_values_at(image, start + distance) for image in images])
        return float(np.abs(values - here).mean()) + float(np.ptp(here)) * 1e-4

    steps = {"HWC": channels, "CHW": 1}
    rows = {order: difference(height * step) for order, step in steps.items()}
    order = min(rows, key=lambda each: rows[each])
    step, row = steps[order], rows[order]
    column = difference(step)
    grows = min(difference(2 * height * step) / row, difference(2 * step) / column) > _MIN_RISE
    as_shaped = min(difference(width * step) for step in steps.values())
    if not grows or as_shaped < row * _MIN_CLEARER or row > column * _MAX_ROW:
        return None
    nearby = min(difference((height + sign * pixels) * step) for pixels in _NEARBY for sign in (1, -1))
    if nearby < row * _MIN_NEARBY or _is_periodic(images, step, height):
        return None
    lengths = {"H": width, "W": height, "C": channels}
    return ValueOrder(order=order, probability=_SWAP_PROBABILITY, shape=tuple(lengths[axis] for axis in order))


def order_features(images: list[np.ndarray], *, width: int, channels: int) -> tuple[float, float, float] | None:
    """Return the three features of images of one shape; None for flat images.

    The logarithms of: row differences at C * W over those at W (negative in HWC), the largest over the smallest
    difference of neighbors by position (positive in HWC), column differences at C over those at 1 (negative in HWC
    with color).
    """
    start = _positions(images[0].size - channels * width, SAMPLES // len(images))
    here = [_values_at(image, start) for image in images]

    def differences_at(distance: int) -> np.ndarray:
        pairs = zip(images, here, strict=True)
        pairwise = [np.abs(_values_at(image, start + distance) - values) for image, values in pairs]
        return np.asarray(np.mean(pairwise, axis=0))

    neighbors = differences_at(1)
    roots = np.sqrt(neighbors)  # few strong edges count less
    by_position = [float(roots[start % channels == position].mean()) ** 2 for position in range(channels)]
    differences = [differences_at(distance) for distance in (channels, width, channels * width)]
    flat = max(float(np.ptp(np.concatenate(here))), 1e-30) * _FLAT
    if any((each > flat).mean() < _MIN_DETAIL or each.mean() < flat for each in differences):
        return None
    column, row, rows = (float(each.mean()) for each in differences)
    least = flat / 10
    return (
        float(np.clip(math.log(rows / row), -2, 2)),
        math.log(0.02 + min(3.0, math.log((max(by_position) + least) / (min(by_position) + least)))),
        math.log(column / (float(neighbors.mean()) + least)),
    )


_FLAT = 1e-3
"""Difference, as a share of the range of the values, below which values are equal."""
_MIN_DETAIL = 0.05
"""Share of the values that differ from the next one; below, an image is flat."""


@lru_cache(maxsize=16)
def _positions(end: int, count: int) -> np.ndarray:
    """About ``count`` positions below ``end`` in ascending order: scattered, since a stride would meet few columns.

    They are the first outputs of SplitMix64 (https://prng.di.unimi.it/splitmix64.c); ``numpy.random`` takes 10 ms to
    import.
    """
    if end <= 2 * count:
        return np.arange(end)
    numbers = np.arange(1, count + 1, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB), (31, 1)):
        numbers = (numbers ^ (numbers >> np.uint64(shift))) * np.uint64(factor)
    return np.sort(numbers % np.uint64(end)).astype(np.intp)


def _values_at(image: np.ndarray, positions: np.ndarray) -> np.ndarray:
    """The values at flat positions in C order, float64, without a copy of the image.

    ``take`` needs a tenth of the time of an index for each axis.
    """
    if image.flags.c_contiguous:
        return image.reshape(-1).take(positions).astype(np.float64)
    values: np.ndarray = image[np.unravel_index(positions, image.shape)]
    return values.astype(np.float64)


def other_order(array: np.ndarray, layout: str) -> tuple[np.ndarray, str] | None:
    """The same values in the same memory order as an array of the other layout, NHWC for NCHW; None for other layouts.

    What a reshape instead of a transpose began with. A copy only where the array is not C contiguous.
    """
    axes = layout.removeprefix("N")
    if axes not in ORDERS:
        return None
    to = layout.replace(axes, ORDERS[axes == ORDERS[0]])
    return array.reshape([array.shape[layout.index(axis)] for axis in to]), to
