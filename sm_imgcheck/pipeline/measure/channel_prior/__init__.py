"""How likely three channels are RGB or BGR, by their colors; ``core.evidence`` decides what counts as evidence."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from importlib import resources

import numpy as np

from sm_imgcheck.core.types import Affine, Facts, Values
from sm_imgcheck.core.value_mapping import canonical
from sm_imgcheck.pipeline.measure.channel_prior.features import (
    MAX_EQUAL,
    SIDE,
    equal_neighbors,
    is_ordinary,
    photo_weight,
    sparse,
    split,
    thumbnail,
)

__all__ = ["about", "chosen", "likely_order", "log_odds", "probability", "sparse"]

_LOOKED_AT = 16
"""Images of a batch that are looked at, evenly spread: at 2 ms each."""
_MOST = math.log(999)
"""No number of pictures makes it surer than 0.999: those of one batch have their maker in common."""
_COLORLESS = 2.0
"""Mean |R - B| in gray levels below which a picture is gray: JPEG's chroma noise stays under 1."""
_ALIKE = 4
"""Power of the cosine between two pictures, each less the average one: 0.0 +- 0.2 for unlike photographs, which then
hardly count as repeated; 0.8..0.9 for two crops of one, which mostly do."""
_MOST_DOUBTED = 0.5
"""Log-odds of pictures that are no ordinary photographs, at most: 0.62 in 0..1, no evidence."""
_NUMBERS = ("codebook", "mean", "scene", "weights", "far", "ordinary")
_Table = dict[str, np.ndarray]


@dataclass(frozen=True, slots=True, eq=False)
class _Picture:
    """What one picture shows of its channel order."""

    strangeness: np.ndarray
    """The even half less the average one."""
    odds: float
    """Logarithm."""
    ordinary: bool
    """Whether it looks like the photographs that the table was fitted on, whatever its channel order."""


@cache
def _table() -> _Table:
    """The fitted numbers, read when they are first needed; float16 in the file."""
    with resources.files(__name__).joinpath("table.npz").open("rb") as file:
        found = np.load(file, allow_pickle=False)
        return {name: found[name].astype(np.float32) for name in _NUMBERS} | {"about": found["about"]}


def about() -> str:
    """What the table was fitted on, when, and what was measured."""
    return str(_table()["about"])


def chosen(count: int) -> list[int]:
    """Which images of a batch of so many are worth looking at: a bounded number, evenly spread."""
    return sorted({round(at) for at in np.linspace(0, count - 1, min(_LOOKED_AT, count)).tolist()})


def log_odds(images: Iterable[np.ndarray]) -> float:
    """Natural logarithm of how much likelier RGB is than BGR, given that it is one of them; 0.0: nothing can be said.

    images: of one batch, each HxWx3 of any real dtype, finite, in 0..255. Their log-odds add up, each divided by how
    many of them are like it, so that equal frames count once. Where most of them are no ordinary photographs (false
    color, drawings, tints, which the table was never fitted on), the log-odds stay below ``_MOST_DOUBTED``.
    """
    looked = [found for image in images if (found := _look(image)) is not None]
    ordinary = [found for found in looked if found.ordinary]
    most = _MOST if len(ordinary) > len(looked) / 2 else _MOST_DOUBTED
    counted = _join(ordinary if most == _MOST else looked)
    return max(-most, min(most, counted))


def _join(pictures: list[_Picture]) -> float:
    """The sum of the log-odds, each divided by how many pictures are like it."""
    if not pictures:
        return 0.0
    unit = np.stack([picture.strangeness / np.linalg.norm(picture.strangeness) for picture in pictures])
    counted = 1 / (np.maximum(unit @ unit.T, 0) ** _ALIKE).sum(axis=1)
    return float(counted @ np.array([picture.odds for picture in pictures]))


def probability(odds: float) -> float:
    """Of log-odds: 0..1."""
    return 1 / (1 + math.exp(-odds))


def _look(image: np.ndarray) -> _Picture | None:
    """What one picture shows; None where it has no color or is tiny."""
    small = thumbnail(image) if min(image.shape[:2]) >= SIDE else None  # smaller ones were never measured
    if small is None or 255 * float(np.abs(small[..., 0] - small[..., 2]).mean()) < _COLORLESS:
        return None
    table = _table()
    even, odd = split(small, table["codebook"])
    strangeness = even - table["mean"]
    place = np.concatenate([[1.0], table["scene"] @ strangeness])
    odds = photo_weight(strangeness, table["far"]) * float(place @ (table["weights"] @ odd))
    ordinary = is_ordinary(strangeness, table["ordinary"]) and equal_neighbors(image) < MAX_EQUAL
    return _Picture(strangeness=strangeness, odds=odds, ordinary=ordinary)


_RANGES = ((0.0, 255.0), (0.0, 1.0), (-1.0, 1.0))
_BEYOND = 0.03
"""How far a filter may have overshot, as a share of the range."""
_NEAR = 0.1
"""How near both ends an unknown mapping must come. ImageNet's mean and std put black at -2.1, -2.0 and -1.8, so that
only a dull picture stays in -1..1, and then it does not touch both ends."""


def likely_order(array: np.ndarray, facts: Facts) -> tuple[str, float]:
    """``RGB`` or ``BGR`` with its probability, 0.5..1; an empty string and 0.0 where the colors say nothing.

    array: as measured in ``facts``. Its values are brought to 0..255 by the mapping that is known; where none is, only
    by a range alike in all channels that explains what is seen. A mean for each channel in an unknown order would
    itself be the color that is looked for.
    """
    if facts.length("C") != 3 or "?" in facts.layout or facts.nans or facts.infinities or facts.constant:
        return "", 0.0
    values = facts.values or _by_range(facts)
    if values is None or "H" not in facts.layout or "W" not in facts.layout:
        return "", 0.0
    batch = array.transpose([facts.layout.index(axis) for axis in "NHWC" if axis in facts.layout])
    batch = batch if batch.ndim == 4 else batch[np.newaxis]
    odds = log_odds(_pixels(batch[at], values) for at in chosen(len(batch)))
    if odds == 0:
        return "", 0.0
    return ("RGB" if odds > 0 else "BGR"), probability(abs(odds))


def _pixels(image: np.ndarray, values: Affine) -> np.ndarray:
    """HxWx3 float32 in 0..255: as much of an image as the prior looks at."""
    offset, scale = (np.array(part, np.float32) for part in (values.offset, values.scale))
    levels: np.ndarray = (sparse(image).astype(np.float32) - offset) / scale
    return levels


def _by_range(facts: Facts) -> Affine | None:
    """The mapping that the range of floats shows by itself."""
    if not facts.dtype.startswith("float") or facts.low is None or facts.high is None:
        return None
    for low, high in _RANGES:
        width = high - low
        inside = low - _BEYOND * width <= facts.low and facts.high <= high + _BEYOND * width
        if inside and facts.high >= high - _NEAR * width and facts.low <= low + _NEAR * width:
            return canonical(Values(low=low, high=high), 3)
    return None
