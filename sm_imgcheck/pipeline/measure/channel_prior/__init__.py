"""How likely three channels are RGB or BGR, by their colors; ``rules/channels.py`` decides what is reported."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np

from sm_imgcheck.core.types import Affine, Facts, Values
from sm_imgcheck.core.value_mapping import canonical
from sm_imgcheck.pipeline.measure.channel_prior.features import photo_weight, planes, sparse, split, thumbnail
from sm_imgcheck.pipeline.measure.channel_prior.ordinary import (
    MAX_EQUAL,
    agrees,
    balance,
    color_statistics,
    equal_neighbors,
    is_ordinary,
)
from sm_imgcheck.pipeline.measure.sampling import evenly_spaced

__all__ = ["about", "likely_order", "log_odds", "probability", "sparse"]

_SAMPLE_IMAGES = 16
"""Images of a batch that are examined, evenly spaced: at 2 ms each."""
_MOST = math.log(999)
"""The probability never exceeds 0.999 for any number of images: those of one batch have a common source."""
_COLORLESS = 2.0
"""Mean |R - B| in gray levels below which an image is gray: JPEG's chroma noise stays under 1."""
_SIMILARITY_POWER = 4
"""Power of the cosine between two images, each minus the average image: 0.0 +- 0.2 for different photographs, which
then barely count as repeated; 0.8..0.9 for two crops of one image, which mostly do."""
_SMALLEST = 32
"""Height and width below which an image is not examined."""
_MOST_DOUBTED = 0.5
"""Largest log-odds of images that are not ordinary photographs: 0.62 in 0..1, almost without evidence."""
_MOST_AGAINST = 0.2
"""Share of the evidence of a batch that may contradict the rest: half photographs and half images of another hue have
0 instead of 4 % of false warnings in batches of 16, and batches of photographs as many warnings as without."""
_NUMBERS = ("mean", "scene", "weights", "far", "ordinary", "least")
_Table = dict[str, np.ndarray]


@dataclass(frozen=True, slots=True, eq=False)
class _Evidence:
    """The evidence of one image about its channel order."""

    strangeness: np.ndarray
    """The even half less the average one."""
    odds: float
    """Logarithm."""
    ordinary: bool
    """Whether it is similar to the photographs that the table was fitted on, in either channel order."""


@cache
def _table() -> _Table:
    """The fitted numbers, read when they are first needed; float16 in the file."""
    with Path(__file__).with_name("table.npz").open("rb") as file:
        item = np.load(file, allow_pickle=False)
        return {name: item[name].astype(np.float32) for name in _NUMBERS} | {"about": item["about"]}


def about() -> str:
    """What the table was fitted on, when, and what was measured."""
    return str(_table()["about"])


def log_odds(images: Iterable[np.ndarray]) -> float:
    """Return the natural logarithm of the odds of RGB against BGR, given that it is one of them; 0.0 without evidence.

    images: of one batch, each HxWx3 of any real dtype, finite, in 0..255. Their log-odds add up, each divided by the
    number of similar images, so that equal frames count once. Where most of them are unusual (false color, drawings,
    tints, which the table was never fitted on), or contradict each other, the log-odds stay below ``_MOST_DOUBTED``.
    """
    evidence = [item for image in images if (item := _look(image)) is not None]
    ordinary = [item for item in evidence if item.ordinary]
    is_photographs = len(ordinary) > len(evidence) / 2
    shares = _join(ordinary if is_photographs else evidence)
    total = float(shares.sum())
    contradiction = float(np.abs(shares[shares * total < 0]).sum())
    most = _MOST if is_photographs and contradiction <= _MOST_AGAINST * float(np.abs(shares).sum()) else _MOST_DOUBTED
    return max(-most, min(most, total))


def _join(samples: list[_Evidence]) -> np.ndarray:
    """Return the log-odds of each image, divided by the number of similar images."""
    if not samples:
        return np.zeros(0)
    unit = np.stack([picture.strangeness / np.linalg.norm(picture.strangeness) for picture in samples])
    weights = 1 / (np.maximum(unit @ unit.T, 0) ** _SIMILARITY_POWER).sum(axis=1)
    return np.asarray(weights * np.array([picture.odds for picture in samples]))


def probability(odds: float) -> float:
    """Return the probability of log-odds: 0..1."""
    return 1 / (1 + math.exp(-odds))


def _look(image: np.ndarray) -> _Evidence | None:
    """Return the evidence of one image; None for a gray or tiny image."""
    if min(image.shape[:2]) < _SMALLEST:  # never measured
        return None
    pixels = planes(image)
    small = thumbnail(pixels)
    if small is None or 255 * float(np.abs(small[0] - small[2]).mean()) < _COLORLESS:
        return None
    strangeness, odds = _odds(small)
    table = _table()
    ordinary = (
        equal_neighbors(pixels) < MAX_EQUAL
        and bool(is_ordinary(color_statistics(small), table["ordinary"], float(table["least"])))
        and bool(agrees(odds, _odds(balance(small))[1]))
    )
    return _Evidence(strangeness=strangeness, odds=odds, ordinary=ordinary)


def _odds(small: np.ndarray) -> tuple[np.ndarray, float]:
    """Return the even half of a thumbnail less the average one, and its log-odds by the colors alone."""
    table = _table()
    even, odd = split(small)
    strangeness = even - table["mean"]
    place = np.concatenate([[1.0], table["scene"] @ strangeness])
    return strangeness, photo_weight(strangeness, table["far"]) * float(place @ (table["weights"] @ odd))


_RANGES = ((0.0, 255.0), (0.0, 1.0), (-1.0, 1.0))
_BEYOND = 0.03
"""How far a filter may have overshot, as a share of the range."""
_NEAR = 0.1
"""Required distance of an unknown mapping from both ends. ImageNet's mean and std map black to -2.1, -2.0 and -1.8, so
that only an image with low contrast stays in -1..1, and then it does not reach both ends."""


def likely_order(array: np.ndarray, facts: Facts) -> tuple[str, float]:
    """Return ``RGB`` or ``BGR`` with its probability, 0.5..1; an empty string and 0.0 without evidence.

    array: as measured in ``facts``. Its values are mapped to 0..255 by the known mapping; without one, only by a range
    common to all channels that explains the values. A mean for each channel in an unknown order would itself be the
    color to be determined.
    """
    if facts.length("C") != 3 or "?" in facts.layout or facts.nans or facts.infinities or facts.constant:
        return "", 0.0
    values = facts.values or _by_range(facts)
    if values is None or "H" not in facts.layout or "W" not in facts.layout:
        return "", 0.0
    batch = array.transpose([facts.layout.index(axis) for axis in "NHWC" if axis in facts.layout])
    batch = batch if batch.ndim == 4 else batch[np.newaxis]
    odds = log_odds(_pixels(batch[at], values) for at in evenly_spaced(len(batch), _SAMPLE_IMAGES))
    if odds == 0:
        return "", 0.0
    return ("RGB" if odds > 0 else "BGR"), probability(abs(odds))


def _pixels(image: np.ndarray, values: Affine) -> np.ndarray:
    """Return HxWx3 float32 in 0..255: the part of an image that the prior uses."""
    offset, scale = (np.array(part, np.float32) for part in (values.offset, values.scale))
    levels: np.ndarray = (sparse(image).astype(np.float32) - offset) / scale
    return levels


def _by_range(facts: Facts) -> Affine | None:
    """Return the mapping that the range of floats indicates."""
    if not facts.dtype.startswith("float") or facts.low is None or facts.high is None:
        return None
    for low, high in _RANGES:
        width = high - low
        inside = low - _BEYOND * width <= facts.low and facts.high <= high + _BEYOND * width
        if inside and facts.high >= high - _NEAR * width and facts.low <= low + _NEAR * width:
            return canonical(Values(low=low, high=high), 3)
    return None
