"""Does a picture of three channels stand as RGB or as BGR? What its colours say, without the file it came from.

Skies are blue and at the top, skin and soil are not: a linear model on odd features (``features``), bent by where the
even ones lie in a few coordinates of scene, gives log-odds that change sign exactly when R and B are exchanged. Its
numbers were fitted on photographs (``tests/fit/channel_prior.py``); ``about()`` says on which and how well it does.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from functools import cache
from importlib import resources

import numpy as np

from sm_imgcheck.prior.features import SIDE, sparse, split, thumbnail, trust

__all__ = ["about", "chosen", "log_odds", "probability", "sparse"]

_LOOKED_AT = 16
"""Images of a batch that are looked at, evenly spread: at 2 ms each."""
_MOST = math.log(999)
"""No number of pictures makes it surer than 0.999: those of one batch have their maker in common."""
_COLOURLESS = 2.0
"""Mean |R - B| in grey levels below which a picture is gray: JPEG's chroma noise stays under 1."""
_ALIKE = 4
"""Power of the cosine between two pictures, each less the average one: 0.0 +- 0.2 for unlike photographs, which then
hardly count as repeated; 0.8..0.9 for two crops of one, which mostly do."""
_NUMBERS = ("codebook", "mean", "scene", "weights", "far")
_Table = dict[str, np.ndarray]


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
    many of them are like it, so that equal frames count once.
    """
    looked = [found for image in images if (found := _look(image)) is not None]
    if not looked:
        return 0.0
    unit = np.stack([strangeness / np.linalg.norm(strangeness) for strangeness, _ in looked])
    counted = 1 / (np.maximum(unit @ unit.T, 0) ** _ALIKE).sum(axis=1)
    joined = float(counted @ np.array([odds for _, odds in looked]))
    return max(-_MOST, min(_MOST, joined))


def probability(odds: float) -> float:
    """Of log-odds: 0..1."""
    return 1 / (1 + math.exp(-odds))


def _look(image: np.ndarray) -> tuple[np.ndarray, float] | None:
    """The even half less the average one, and the log-odds, of one picture; None where it has no colour or is tiny."""
    small = thumbnail(image) if min(image.shape[:2]) >= SIDE else None  # smaller ones were never measured
    if small is None or 255 * float(np.abs(small[..., 0] - small[..., 2]).mean()) < _COLOURLESS:
        return None
    table = _table()
    even, odd = split(small, table["codebook"])
    strangeness = even - table["mean"]
    place = np.concatenate([[1.0], table["scene"] @ strangeness])
    return strangeness, trust(strangeness, table["far"]) * float(place @ (table["weights"] @ odd))
