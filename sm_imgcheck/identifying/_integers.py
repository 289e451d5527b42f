"""What integers stand for: numbers that were rounded or cut off, and perhaps quantized before.

Rounding is no noise: of whole levels it makes steps, which pull a least-squares line off. The line that keeps within
half a step of every value is looked for instead.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace
from typing import Literal

import numpy as np

from sm_imgcheck.identifying._values import AS_SPEC, IDENTITY, Line, Meaning, Own, meanings, named
from sm_imgcheck.mapping import canonical
from sm_imgcheck.model import Affine, Quantize, Values

__all__ = ["whole_meanings"]

_COARSE, _BLIND = 1.5, 16.0
"""Grey levels to one step of the integers, from where on the field's mappings are all tried, and the line is not."""
_USUAL = (1.0, 1 / 128, 1 / 127.5, 1 / 127, 1 / 255, 1 / 256, 1 / 64)
"""Scales of quantized inputs in the field."""
_ALIKE, _OFF_ZERO = 0.01, 0.8
"""How far the channels' scales may be apart, and a zero point from a whole number: integers say it no better."""
_ROUGH = 1.0
"""Grey levels that a line is off on average, from where the picture is another, and no rounding explains it."""
_SAMPLE = 1 << 12
_SEARCHES = 50
"""Each makes the interval of slopes a third shorter: 1e-9 of what it was."""
_ROUNDINGS: tuple[tuple[Literal["half_even", "truncate"], float], ...] = (("half_even", 0.0), ("truncate", 0.5))
"""How a number becomes whole, and by how much the middle of what becomes so lies above it."""


def whole_meanings(picture: np.ndarray, tensor: np.ndarray, line: Line, own: Own, *, dtype: str) -> Iterator[Meaning]:
    """What may have been done to HxWxC pixels in the tensor's order to give its integers, the usual first.

    line: by least squares; told as it is where nothing else goes. own: of the spec. dtype: of the tensor.
    """
    step = max(1 / abs(a) for a in line.affine.scale)
    if _plain(line.affine):
        yield from (
            Meaning(name=IDENTITY, values=Values(low=0, high=255), rounding=rounding)
            for rounding, _ in _ROUNDINGS
            if rounding == "half_even" or picture.dtype != np.uint8
        )
    elif line.off < max(_ROUGH, step):
        limits = (0, 1) if dtype == "bool" else (np.iinfo(dtype).min, np.iinfo(dtype).max)
        ends = [(float(picture[..., c].min()), float(picture[..., c].max())) for c in range(tensor.shape[2])]
        seen = [(float(tensor[..., c].min()), float(tensor[..., c].max())) for c in range(tensor.shape[2])]
        for meaning in _tried(picture, tensor, line.affine, own, limits):
            affine = meaning.affine(len(ends))
            made = [_whole(meaning, a, b, pair, limits) for a, b, pair in zip(*_lines(affine), ends, strict=True)]
            if all(abs(x - y) <= 1 for one, two in zip(made, seen, strict=True) for x, y in zip(one, two, strict=True)):
                yield meaning
    yield from meanings(line.affine, own, surely=0, maybe=3 * _ROUGH)


def _lines(affine: Affine) -> tuple[tuple[float, ...], tuple[float, ...]]:
    return affine.scale, affine.offset


def _whole(
    meaning: Meaning, a: float, b: float, ends: tuple[float, float], limits: tuple[float, float]
) -> tuple[float, float]:
    """The smallest and the largest integer that these pixels become."""
    numbers = sorted(a * end + b for end in ends)
    low, high = (np.trunc(one) if meaning.rounding == "truncate" else np.rint(one) for one in numbers)
    return float(np.clip(low, *limits)), float(np.clip(high, *limits))


def _tried(
    picture: np.ndarray, tensor: np.ndarray, line: Affine, own: Own, limits: tuple[float, float]
) -> Iterator[Meaning]:
    if own is not None and own[1] is not None:
        yield Meaning(name=AS_SPEC, values=own[0], quantize=own[1])
    step = max(1 / abs(a) for a in line.scale)
    if step > _COARSE:
        for name, values in named(len(line.scale), own):
            yield from (Meaning(name=name, values=values, rounding=rounding) for rounding, _ in _ROUNDINGS)
    if step > _BLIND:
        return
    middle = _between(picture, tensor, limits) or line
    for rounding, above in _ROUNDINGS:
        if rounding == "truncate" and picture.dtype == np.uint8 and _plain(line):
            continue  # whole already
        shifted = replace(middle, offset=tuple(b + above for b in middle.offset))
        near = list(meanings(shifted, own, surely=0, maybe=0.5))
        yield from (replace(one, rounding=rounding) for one in near if one.name)
        if rounding == "half_even" and not _plain(line):
            yield from sorted(_quantized(shifted, own), key=_usual)
        yield from (replace(one, rounding=rounding) for one in near if not one.name)


def _plain(line: Affine) -> bool:
    return all(abs(a - 1) < 5e-3 and abs(b) < 1 for a, b in zip(line.scale, line.offset, strict=True))


def _usual(meaning: Meaning) -> tuple[bool, int]:
    """Several say the same of a line: shifted levels first, then the least zero point."""
    return meaning.name != IDENTITY, abs(meaning.quantize.zero_point) if meaning.quantize else 0


def _quantized(line: Affine, own: Own) -> Iterator[Meaning]:
    """The field's mappings that one scale and one whole zero point take to the line."""
    for name, values in named(len(line.scale), own):
        known = canonical(values, len(line.scale))
        scales = [c / a for a, c in zip(line.scale, known.scale, strict=True)]
        middle = float(np.mean(scales))
        if middle <= 0 or max(scales) - min(scales) > _ALIKE * middle:
            continue
        for scale in (*(one for one in _USUAL if abs(one / middle - 1) < _ALIKE), float(f"{middle:.5g}")):
            zeros = [b - d / scale for b, d in zip(line.offset, known.offset, strict=True)]
            middle_zero = float(np.mean(zeros))
            for zero in sorted({math.floor(middle_zero), math.ceil(middle_zero)}, key=abs):
                if max(abs(one - zero) for one in zeros) < _OFF_ZERO:
                    yield Meaning(name=name, values=values, quantize=Quantize(scale=scale, zero_point=zero))


def _between(picture: np.ndarray, tensor: np.ndarray, limits: tuple[float, float]) -> Affine | None:
    """For each channel the line whose largest distance to the integers is the least; None where one says nothing."""
    found = []
    for c in range(tensor.shape[2]):
        x, y = picture[..., c].reshape(-1).astype(np.float64), tensor[..., c].reshape(-1).astype(np.float64)
        inside = (y > limits[0]) & (y < limits[1])  # what was clipped lies on no line
        x, y = x[inside], y[inside]
        x, y = (x, y) if picture.dtype != np.uint8 else _once(x, y)
        x, y = (one[:: max(len(one) // _SAMPLE, 1)] for one in (x, y))
        if len(x) < 2 or x.min() == x.max():
            return None
        found.append(_least(x, y))
    return Affine(scale=tuple(a for a, _ in found), offset=tuple(b for _, b in found))


def _once(x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Each pair of a whole level and an integer once."""
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
