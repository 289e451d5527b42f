"""Each gray level mapped to another one: brightness, contrast, equalization, posterization and other tone curves.

A table of 256 levels explains a tensor only if all pixels of one level became one number.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from sm_imgcheck.core.types import Affine, Step
from sm_imgcheck.core.value_mapping import canonical
from sm_imgcheck.features.identify.kernels import PipelineHypothesis, compare_views
from sm_imgcheck.features.identify.mistakes import Evidence, Mistake
from sm_imgcheck.features.identify.plan import channel_indices
from sm_imgcheck.features.identify.search import Search
from sm_imgcheck.features.identify.value_fit import AS_FLIPPED, AS_SPEC, named_transforms
from sm_imgcheck.ops.execute import apply_steps
from sm_imgcheck.ops.kernels.mistakes import CURVES, tone_curve

__all__ = ["MISTAKE"]

_NEAR = 0.02
"""Gray levels from an integer level."""
_ONE_OFF = 0.001
"""Share of the pixels that may have another number than their level."""
_ENOUGH = 8
"""Pixels of each level, on average: fewer fit any table."""
_LEVELS = 256


def _searches(evidence: Evidence) -> Iterator[Search]:
    for guess in evidence.guesses:
        if not guess.place.framing.resizes or any(member.dtype == "uint8" for member in guess.family.members):
            tables = _tables(guess, evidence)
            if tables is not None:
                numbers = np.rint([_complete(table) for table in tables]).astype(int)
                params = {"name": _name(tables), "table": numbers.tolist()}
                step = Step(op="tone_curve", params=params, why="gray levels mapped to others")
                yield evidence.again(guess, preparation=replace(evidence.source.preparation, after=(step,)))
                return


def _tables(guess: PipelineHypothesis, evidence: Evidence) -> np.ndarray | None:
    """The level that each level of R, G and B became, 256 for each channel, NaN for levels that do not occur.

    None where a level became several.
    """
    picture = apply_steps(guess.steps, evidence.source.cache)
    if picture.dtype != np.uint8:
        return None
    tensor, pixels = compare_views(picture, guess.place.tensor_image, guess.part)
    levels = _levels(tensor, evidence)
    if levels is None:
        return None
    tables = np.zeros((pixels.shape[2], _LEVELS))
    for channel, at in enumerate(channel_indices(guess.orders[0][0])):
        table = _table(pixels[..., at].ravel(), levels[..., channel].ravel())
        if table is None:
            return None
        tables[at] = table
    return tables


def _levels(tensor: np.ndarray, evidence: Evidence) -> np.ndarray | None:
    """The tensor in gray levels by the spec's mapping or a usual one that makes them integers; else None."""
    channels = tensor.shape[2]
    transforms = list(named_transforms(channels, evidence.source.values))
    # A table may hold any shift by integer levels, so that only the spec's is evident.
    mappings = [canonical(values, channels) for name, values in transforms if name in (AS_SPEC, AS_FLIPPED)]
    mappings += [mapping for _, values in transforms if not _shifts_levels(mapping := canonical(values, channels))]
    for mapping in mappings:
        levels = (tensor - np.array(mapping.offset, np.float32)) / np.array(mapping.scale, np.float32)
        integers = np.rint(levels)
        if integers.min() >= 0 and integers.max() < _LEVELS and np.abs(levels - integers).max() <= _NEAR:
            return integers if integers.max() > 1 else None
    return None


def _shifts_levels(mapping: Affine) -> bool:
    """Whether the mapping subtracts an integer number of gray levels, without a scale."""
    return all(a == 1 and b != 0 and b == round(b) for a, b in zip(mapping.scale, mapping.offset, strict=True))


def _table(levels: np.ndarray, values: np.ndarray) -> np.ndarray | None:
    """The value of each level; NaN for levels that do not occur; None where a level has several values."""
    order = np.argsort(levels, kind="stable")
    levels, values = levels[order], values[order]
    occurring, first, counts = np.unique(levels, return_index=True, return_counts=True)
    if len(levels) < _ENOUGH * len(occurring):
        return None
    middle = values[first + counts // 2]
    if (np.repeat(middle, counts) != values).mean() > _ONE_OFF:
        return None
    table = np.full(_LEVELS, np.nan)
    table[occurring] = middle
    return table


def _complete(table: np.ndarray) -> np.ndarray:
    """The table with levels that do not occur on a straight line between those that do."""
    occurring = np.flatnonzero(np.isfinite(table))
    return np.asarray(np.interp(np.arange(_LEVELS), occurring, table[occurring]))


def _name(tables: np.ndarray) -> str:
    """The curve of the tables in words."""
    occurring = np.isfinite(tables).any(axis=0)
    levels, table = np.arange(_LEVELS, dtype=np.float32)[occurring], np.nanmin(tables[:, occurring], axis=0)
    if (table != np.nanmax(tables[:, occurring], axis=0)).any():
        numbers = [len(np.unique(channel[np.isfinite(channel)])) for channel in tables]
        if max(numbers) <= _POSTER:
            return f"posterized to {', '.join(map(str, numbers))} levels of the channels (such as RGB565)"
        return "another tone curve in each channel (such as autocontrast or equalization)"
    for name in CURVES:
        if np.abs(tone_curve(levels[:, None, None], name=name)[:, 0, 0] - table).max() <= 1:
            return name
    inside = (table > 0) & (table < _LEVELS - 1)
    if np.count_nonzero(inside) > _ENOUGH:
        slope, constant = np.polyfit(levels[inside], table[inside], 1)
        if np.abs(np.clip(slope * levels + constant, 0, _LEVELS - 1) - table).max() <= 1:
            constant = round(constant) + 0.0
            return f"brightness or contrast changed ({slope:.2f} x {'-' if constant < 0 else '+'} {abs(constant):g})"
    distinct = len(np.unique(table))
    return f"posterized to {distinct} levels" if distinct <= _POSTER else "another tone curve"


_POSTER = 64

MISTAKE = Mistake(title="other tone curves", rank=9, distance=(0.02, np.inf), searches=_searches)
