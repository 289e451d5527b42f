"""The straight line from pixels to the tensor's numbers, and its name."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from sm_imgcheck.mapping import RECIPES, canonical
from sm_imgcheck.model import Affine, Quantize, Values

__all__ = ["AS_SPEC", "IDENTITY", "Line", "Meaning", "Own", "fitted", "meanings", "named"]


Own = tuple[Values, Quantize | None] | None
"""What the spec does to the values."""
IDENTITY = RECIPES[0][0]
AS_SPEC, AS_FLIPPED = "as the spec says", "as the spec says, in the other order"


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """tensor = scale * pixel + offset for each stored channel, by least squares."""

    affine: Affine
    off: float
    """Mean difference between the line and the tensor, in grey levels."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Meaning:
    """What was done to the values, in its written form."""

    name: str
    """In the field's words; empty where it has none."""
    values: Values
    quantize: Quantize | None = None
    rounding: Literal["half_even", "truncate"] = "half_even"
    """Of the cast to integers."""

    def affine(self, channels: int) -> Affine:
        """From grey levels to the tensor's numbers, but for rounding."""
        line = canonical(self.values, channels)
        if self.quantize is None:
            return line
        scale, zero = self.quantize.scale, self.quantize.zero_point
        return Affine(scale=tuple(a / scale for a in line.scale), offset=tuple(b / scale + zero for b in line.offset))


def fitted(pixels: np.ndarray, tensor: np.ndarray) -> Line | None:
    """The line for two HxWxC arrays; None where some channel of the pixels says nothing of it.

    A channel of one colour (an opaque alpha) takes the line of the others.
    """
    channels = tensor.shape[2]
    lines = [_line(pixels[..., c], tensor[..., c]) for c in range(channels)]
    known = [line for line in lines if line is not None]
    if not known:
        return None
    lines = [line or known[0] for line in lines]
    scale, offset = (tuple(line[at] for line in lines if line) for at in (0, 1))
    off = float(np.mean([line[2] for line in known]))
    return Line(affine=Affine(scale=scale, offset=offset), off=off)


def _line(x: np.ndarray, y: np.ndarray) -> tuple[float, float, float] | None:
    """Scale, offset, and the mean distance in grey levels."""
    x, y = x.reshape(-1).astype(np.float32), y.reshape(-1)
    middle, mean = float(x.mean(dtype=np.float64)), float(y.mean(dtype=np.float64))
    x, y = x - np.float32(middle), y - np.float32(mean)
    spread = float(np.dot(x, x))
    if spread < 1e-3 * len(x):
        return None
    scale = float(np.dot(x, y)) / spread
    if scale == 0:
        return None
    off = float(np.abs(y - np.float32(scale) * x).mean(dtype=np.float64)) / abs(scale)
    return scale, mean - scale * middle, off


def meanings(line: Affine, own: Own, *, surely: float, maybe: float) -> Iterator[Meaning]:
    """What the line may stand for: the field's mapping that is nearest at black and white, and the line itself.

    own: the spec's mapping, if any. surely, maybe: grey levels within which the field's mapping is the only one, and
    one of both.
    """
    channels = len(line.scale)
    known = [(apart(line, canonical(values, channels)), name, values) for name, values in named(channels, own)]
    distance, name, values = min(known, key=lambda one: one[0])
    if distance <= maybe:
        yield Meaning(name=name, values=values)
    if distance > surely:
        yield Meaning(name="", values=_free(line))


def apart(one: Affine, other: Affine) -> float:
    """Largest distance of two lines at black and at white, in grey levels of the second."""
    ends = [
        abs(a * x + b - c * x - d) / abs(c)
        for a, b, c, d in zip(one.scale, one.offset, other.scale, other.offset, strict=True)
        for x in (0, 255)
    ]
    return max(ends)


def named(channels: int, own: Own) -> Iterator[tuple[str, Values]]:
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
    if own is not None and own[0].mean is None:
        yield AS_SPEC, own[0]
    elif own is not None and own[0].mean is not None and len(own[0].mean) == channels:
        yield AS_SPEC, own[0]
        if channels == 3:
            values = own[0]
            yield AS_FLIPPED, replace(values, mean=(values.mean or ())[::-1], std=values.std and values.std[::-1])


def _free(line: Affine) -> Values:
    """``normalize`` in byte or unit numbers, whichever needs fewer digits."""
    best: tuple[int, Values] | None = None
    numbers: tuple[tuple[Literal["byte", "unit"], float], ...] = (("byte", 1.0), ("unit", 255.0))
    for units, level in numbers:
        std = [1 / (a * level) for a in line.scale]
        mean = [-b / a / level for a, b in zip(line.scale, line.offset, strict=True)]
        for digits in range(8):
            values = Values(units=units, mean=_rounded(mean, digits), std=_rounded(std, digits))
            if all(values.std or ()) and apart(canonical(values, len(mean)), line) < 0.02:
                if best is None or digits < best[0]:
                    best = digits, values
                break
    if best is not None:
        return best[1]
    return Values(
        units="byte",
        mean=tuple(-b / a for a, b in zip(line.scale, line.offset, strict=True)),
        std=tuple(1 / a for a in line.scale),
    )


def _rounded(numbers: list[float], digits: int) -> tuple[float, ...]:
    return tuple(round(number, digits) for number in numbers)
