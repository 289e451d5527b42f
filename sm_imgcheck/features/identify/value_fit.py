"""The straight line from pixels to the tensor's numbers, and its name."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace
from typing import Literal

import numpy as np

from sm_imgcheck.core.frozen import frozen
from sm_imgcheck.core.recipes import candidates
from sm_imgcheck.core.types import Affine, Quantize, Values
from sm_imgcheck.core.value_mapping import RECIPES, canonical

__all__ = [
    "AS_SPEC",
    "IDENTITY",
    "ChannelFit",
    "SpecValues",
    "ValueTransform",
    "fit_channels",
    "integer_transforms",
    "meanings",
    "named_transforms",
]

SpecValues = tuple[Values, Quantize | None] | None
"""What the spec does to the values."""
IDENTITY = RECIPES[0][0]
AS_SPEC, AS_FLIPPED = "as specified", "as specified, in the other order"


@frozen
class ChannelFit:
    """tensor = scale * pixel + offset for each stored channel, by least squares."""

    affine: Affine
    off: float
    """Mean difference between the line and the tensor, in gray levels."""


@frozen
class ValueTransform:
    """What was done to the values, in its written form."""

    name: str
    """In standard terms; empty where it has none."""
    values: Values
    quantize: Quantize | None = None
    rounding: Literal["half_even", "truncate"] = "half_even"
    """Rounding of the cast to integers."""

    def affine(self, channels: int) -> Affine:
        """From gray levels to the tensor's values, without rounding."""
        line = canonical(self.values, channels)
        if self.quantize is None:
            return line
        scale, zero = self.quantize.scale, self.quantize.zero_point
        return Affine(scale=tuple(a / scale for a in line.scale), offset=tuple(b / scale + zero for b in line.offset))


def fit_channels(
    pixels: np.ndarray, tensor: np.ndarray, limits: tuple[float, float] | None = None
) -> ChannelFit | None:
    """The line for two HxWxC arrays; None where no channel has a line.

    A channel of one color (an opaque alpha) gets the line of another channel. limits: numbers at which the tensor was
    clipped: these, and values beyond them, are on no line.
    """
    channels = tensor.shape[2]
    pairs = [(pixels[..., c], tensor[..., c]) for c in range(channels)]
    lines = [_line(*(pair if limits is None else _inside(*pair, limits))) for pair in pairs]
    recipes = [line for line in lines if line is not None]
    if not recipes:
        return None
    lines = [line or recipes[0] for line in lines]
    scale, offset = (tuple(line[at] for line in lines if line) for at in (0, 1))
    off = float(np.mean([line[2] for line in recipes]))
    return ChannelFit(affine=Affine(scale=scale, offset=offset), off=off)


_ENOUGH = 64
"""Values of a channel that must not be clipped, so that a line can be laid through them."""


def _inside(x: np.ndarray, y: np.ndarray, limits: tuple[float, float]) -> tuple[np.ndarray, np.ndarray]:
    within = (y > limits[0]) & (y < limits[1])
    return (x[within], y[within]) if np.count_nonzero(within) >= _ENOUGH else (x[:0], y[:0])


def _line(x: np.ndarray, y: np.ndarray) -> tuple[float, float, float] | None:
    """Scale, offset, and the mean distance in gray levels."""
    x, y = x.reshape(-1).astype(np.float32), y.reshape(-1)
    if not len(y) or y.min() == y.max():
        return None
    middle, mean = float(x.mean(dtype=np.float64)), float(y.mean(dtype=np.float64))
    x, y = x - np.float32(middle), y - np.float32(mean)
    power = float(np.dot(x, x))
    if power < 1e-3 * len(x):
        return None
    scale = float(np.dot(x, y)) / power
    if scale == 0:
        return None
    off = float(np.abs(y - np.float32(scale) * x).mean(dtype=np.float64)) / abs(scale)
    return scale, mean - scale * middle, off


def meanings(
    line: Affine, spec_values: SpecValues, *, certain: float, maybe: float, blank: tuple[int, ...] = ()
) -> Iterator[ValueTransform]:
    """The possible meanings of the line: the usual mapping that is nearest at black and white, and the line itself.

    own: the spec's mapping, if any. certain, maybe: gray levels within which the usual mapping is the only one, and
    one of both. blank: channels of the tensor that hold no image.
    """
    channels = len(line.scale)
    recipes = [
        (line_distance(line, canonical(values, channels), blank), name, values)
        for name, values in named_transforms(channels, spec_values)
    ]
    distance, name, values = min(recipes, key=lambda item: item[0])
    if distance <= maybe:
        yield ValueTransform(name=name, values=values)
    if distance > certain:
        named_mistake = _named_mistake(line, certain)
        yield named_mistake or ValueTransform(name="", values=_free(line))


def _named_mistake(line: Affine, certain: float) -> ValueTransform | None:
    """One of the usual mistakes, such as two divisions by 255, where a single one is within ``surely``."""
    near = [(line_distance(line, affine), name, affine) for name, affine in candidates(len(line.scale))]
    distance, name, affine = min(near, key=lambda results: results[0])
    if distance > certain:
        return None
    return ValueTransform(name=name, values=_with_all_digits(affine))


def _with_all_digits(line: Affine) -> Values:
    """``normalize`` in byte numbers with all their digits."""
    mean = tuple(-b / a for a, b in zip(line.scale, line.offset, strict=True))
    return Values(units="byte", mean=mean, std=tuple(1 / a for a in line.scale))


def line_distance(item: Affine, other: Affine, blank: tuple[int, ...] = ()) -> float:
    """Largest distance of two lines at black and white, in gray levels of the second, without ``blank`` channels."""
    lines = zip(item.scale, item.offset, other.scale, other.offset, strict=True)
    ends = [
        abs(a * x + b - c * x - d) / abs(c)
        for channel, (a, b, c, d) in enumerate(lines)
        if channel not in blank
        for x in (0, 255)
    ]
    return max(ends)


def named_transforms(channels: int, spec_values: SpecValues) -> Iterator[tuple[str, Values]]:
    """The mappings of ``mapping.named`` in their written form, and the spec's own."""
    for name, values in RECIPES:
        if values.mean is None:
            yield name, values
            continue
        std = values.std or (1.0,) * len(values.mean)
        if len(set(values.mean)) == len(set(std)) == 1:
            yield name, Values(units=values.units, mean=values.mean[:1] * channels, std=std[:1] * channels)
        elif channels == len(values.mean):
            yield f"{name}, in RGB order", values
            yield f"{name}, in BGR order", Values(units=values.units, mean=values.mean[::-1], std=std[::-1])
    if spec_values is not None and spec_values[0].mean is None:
        yield AS_SPEC, spec_values[0]
    elif spec_values is not None and spec_values[0].mean is not None and len(spec_values[0].mean) == channels:
        yield AS_SPEC, spec_values[0]
        if channels == 3:
            values = spec_values[0]
            yield AS_FLIPPED, replace(values, mean=(values.mean or ())[::-1], std=values.std and values.std[::-1])


_FREE = 0.004
"""Gray levels that rounded numbers of an unnamed mapping may differ: a third of what makes two tensors unequal."""


def _free(line: Affine) -> Values:
    """``normalize`` in byte or unit numbers, whichever needs fewer digits."""
    best: tuple[int, Values] | None = None
    numbers: tuple[tuple[Literal["byte", "unit"], float], ...] = (("byte", 1.0), ("unit", 255.0))
    for units, level in numbers:
        std = [1 / (a * level) for a in line.scale]
        mean = [-b / a / level for a, b in zip(line.scale, line.offset, strict=True)]
        for digits in range(8):
            values = Values(units=units, mean=_round(mean, digits), std=_round(std, digits))
            if all(values.std or ()) and line_distance(canonical(values, len(mean)), line) < _FREE:
                if best is None or digits < best[0]:
                    best = digits, values
                break
    return best[1] if best is not None else _with_all_digits(line)


def _round(numbers: list[float], digits: int) -> tuple[float, ...]:
    return tuple(round(number, digits) for number in numbers)


_COARSE, _BLIND = 1.5, 16.0
"""Gray levels to one step of the integers, from where on the usual mappings are all tried, and the line is not."""
_USUAL = (1.0, 1 / 128, 1 / 127.5, 1 / 127, 1 / 255, 1 / 256, 1 / 64)
"""Scales of quantized inputs in the field."""
_MAX_RATIO, _OFF_ZERO = 0.01, 0.8
"""Largest relative difference of the channels' scales, and of a zero point from an integer."""
_ROUGH = 1.0
"""Gray levels that a line is off on average, from where the image is another, and no rounding explains it."""
_SAMPLE = 1 << 12
_SEARCHES = 50
"""Each shortens the interval of slopes by a third: 1e-9 of its length in all."""
_ROUNDINGS: tuple[Literal["half_even", "truncate"], ...] = ("half_even", "truncate")


def integer_transforms(
    picture: np.ndarray, tensor: np.ndarray, line: ChannelFit, spec_values: SpecValues, *, dtype: str
) -> Iterator[ValueTransform]:
    """What may have been done to HxWxC pixels in the tensor's order to give its integers, the usual first.

    line: by least squares; used unchanged where no named mapping fits. own: of the spec. dtype: of the tensor.
    """
    step = max(1 / abs(a) for a in line.affine.scale)
    if _plain(line.affine):
        yield from (
            ValueTransform(name=IDENTITY, values=Values(low=0, high=255), rounding=rounding)
            for rounding in _ROUNDINGS
            if rounding == "half_even" or picture.dtype != np.uint8
        )
    elif line.off < max(_ROUGH, step):
        limits = (0, 1) if dtype == "bool" else (np.iinfo(dtype).min, np.iinfo(dtype).max)
        ends = [(float(picture[..., c].min()), float(picture[..., c].max())) for c in range(tensor.shape[2])]
        tensor_ends = [(float(tensor[..., c].min()), float(tensor[..., c].max())) for c in range(tensor.shape[2])]
        for meaning in _candidate_transforms(picture, tensor, line.affine, spec_values, limits):
            affine = meaning.affine(len(ends))
            ends_computed = [
                _integer_ends(meaning, a, b, pair, limits) for a, b, pair in zip(*_lines(affine), ends, strict=True)
            ]
            pairs = zip(ends_computed, tensor_ends, strict=True)
            if all(abs(x - y) <= 1 for item, two in pairs for x, y in zip(item, two, strict=True)):
                yield meaning
    yield from meanings(line.affine, spec_values, certain=0, maybe=3 * _ROUGH)


def _lines(affine: Affine) -> tuple[tuple[float, ...], tuple[float, ...]]:
    return affine.scale, affine.offset


def _integer_ends(
    meaning: ValueTransform, a: float, b: float, ends: tuple[float, float], limits: tuple[float, float]
) -> tuple[float, float]:
    """The smallest and the largest integer that these pixels become."""
    numbers = sorted(a * end + b for end in ends)
    low, high = (np.trunc(item) if meaning.rounding == "truncate" else np.rint(item) for item in numbers)
    return float(np.clip(low, *limits)), float(np.clip(high, *limits))


def _candidate_transforms(
    picture: np.ndarray, tensor: np.ndarray, line: Affine, spec_values: SpecValues, limits: tuple[float, float]
) -> Iterator[ValueTransform]:
    if spec_values is not None and spec_values[1] is not None:
        yield ValueTransform(name=AS_SPEC, values=spec_values[0], quantize=spec_values[1])
    step = max(1 / abs(a) for a in line.scale)
    if step > _COARSE:
        for name, values in named_transforms(len(line.scale), spec_values):
            yield from (ValueTransform(name=name, values=values, rounding=rounding) for rounding in _ROUNDINGS)
    if step > _BLIND:
        return
    free = list[ValueTransform]()  # may explain the integers of a named line too
    for rounding in _ROUNDINGS:
        if rounding == "truncate" and picture.dtype == np.uint8 and _plain(line):
            continue  # whole already
        inside, above = _truncated(tensor, limits) if rounding == "truncate" else (limits, 0.0)
        middle = _between(picture, tensor, inside) or line
        shifted_line = replace(middle, offset=tuple(b + above for b in middle.offset))
        near = [replace(item, rounding=rounding) for item in meanings(shifted_line, spec_values, certain=0, maybe=0.5)]
        yield from (item for item in near if item.name)
        if rounding == "half_even" and not _plain(line):
            yield from sorted(_quantized(shifted_line, spec_values), key=_usual)
        free += [item for item in near if not item.name]
    yield from free


def _truncated(tensor: np.ndarray, limits: tuple[float, float]) -> tuple[tuple[float, float], float]:
    """The limits of the integers of one sign, and how far such values were from them before their truncation."""
    if np.median(tensor) >= 0:
        return (limits[0] if tensor.min() >= 0 else 0, limits[1]), 0.5
    return (limits[0], limits[1] if tensor.max() <= 0 else 0), -0.5


def _plain(line: Affine) -> bool:
    return all(abs(a - 1) < 5e-3 and abs(b) < 1 for a, b in zip(line.scale, line.offset, strict=True))


def _usual(meaning: ValueTransform) -> tuple[bool, int]:
    """Several describe the same line: shifted levels first, then the least zero point."""
    return meaning.name != IDENTITY, abs(meaning.quantize.zero_point) if meaning.quantize else 0


def _quantized(line: Affine, spec_values: SpecValues) -> Iterator[ValueTransform]:
    """The usual mappings that one scale and one integer zero point map to the line."""
    for name, values in named_transforms(len(line.scale), spec_values):
        recipes = canonical(values, len(line.scale))
        scales = [c / a for a, c in zip(line.scale, recipes.scale, strict=True)]
        middle = float(np.mean(scales))
        if middle <= 0 or max(scales) - min(scales) > _MAX_RATIO * middle:
            continue
        for scale in (*(item for item in _USUAL if abs(item / middle - 1) < _MAX_RATIO), float(f"{middle:.5g}")):
            zeros = [b - d / scale for b, d in zip(line.offset, recipes.offset, strict=True)]
            middle_zero = float(np.mean(zeros))
            for zero in sorted({math.floor(middle_zero), math.ceil(middle_zero)}, key=abs):
                if max(abs(item - zero) for item in zeros) < _OFF_ZERO:
                    yield ValueTransform(name=name, values=values, quantize=Quantize(scale=scale, zero_point=zero))


def _between(picture: np.ndarray, tensor: np.ndarray, limits: tuple[float, float]) -> Affine | None:
    """The line of each channel with the least largest distance to the integers; None where a channel has none."""
    results = []
    for c in range(tensor.shape[2]):
        x, y = picture[..., c].reshape(-1).astype(np.float64), tensor[..., c].reshape(-1).astype(np.float64)
        inside = (y > limits[0]) & (y < limits[1])  # clipped values are on no line
        x, y = x[inside], y[inside]
        x, y = (x, y) if picture.dtype != np.uint8 else _once(x, y)
        x, y = (item[:: max(len(item) // _SAMPLE, 1)] for item in (x, y))
        if len(x) < 2 or x.min() == x.max():
            return None
        results.append(_least(x, y))
    return Affine(scale=tuple(a for a, _ in results), offset=tuple(b for _, b in results))


def _once(x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Each pair of an integer level and an integer once."""
    pairs = np.unique(np.stack([x, y], axis=1), axis=0)
    return pairs[:, 0], pairs[:, 1]


def _least(x: np.ndarray, y: np.ndarray) -> tuple[float, float]:
    """Slope and offset; how far the values spread about a slope is convex in it, so thirds close in on the best."""
    about = float(np.polyfit(x, y, 1)[0])
    low, high = about - 0.2 * abs(about), about + 0.2 * abs(about)
    for _ in range(_SEARCHES):
        third = (high - low) / 3
        if np.ptp(y - (low + third) * x) < np.ptp(y - (high - third) * x):
            high -= third
        else:
            low += third
    slope = (low + high) / 2
    rest = y - slope * x
    return slope, float(rest.max() + rest.min()) / 2
