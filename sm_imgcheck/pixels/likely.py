"""Whether the three channels of a tensor stand as RGB or BGR, by its colours."""

from __future__ import annotations

import numpy as np

from sm_imgcheck import prior
from sm_imgcheck.mapping import canonical
from sm_imgcheck.model import Affine, Facts, Values

__all__ = ["likely_order"]

_RANGES = ((0.0, 255.0), (0.0, 1.0), (-1.0, 1.0))
_BEYOND = 0.03
"""How far a filter may have overshot, as a share of the range."""
_NEAR = 0.1
"""How near both ends an unknown mapping must come. ImageNet's mean and std put black at -2.1, -2.0 and -1.8, so that
only a dull picture stays in -1..1, and then it does not touch both ends."""


def likely_order(array: np.ndarray, facts: Facts) -> tuple[str, float]:
    """``RGB`` or ``BGR`` with its probability, 0.5..1; an empty string and 0.0 where the colours say nothing.

    array: as measured in ``facts``. Its values are brought to 0..255 by the mapping that is known; where none is, only
    by a range alike in all channels that explains what is seen. A mean for each channel in an unknown order would
    itself be the colour that is looked for.
    """
    if facts.length("C") != 3 or "?" in facts.layout or facts.nans or facts.infinities or facts.constant:
        return "", 0.0
    values = facts.values or _by_range(facts)
    if values is None or "H" not in facts.layout or "W" not in facts.layout:
        return "", 0.0
    batch = array.transpose([facts.layout.index(axis) for axis in "NHWC" if axis in facts.layout])
    batch = batch if batch.ndim == 4 else batch[np.newaxis]
    odds = prior.log_odds(_pixels(batch[at], values) for at in prior.chosen(len(batch)))
    if odds == 0:
        return "", 0.0
    return ("RGB" if odds > 0 else "BGR"), prior.probability(abs(odds))


def _pixels(image: np.ndarray, values: Affine) -> np.ndarray:
    """HxWx3 float32 in 0..255: as much of an image as the prior looks at."""
    offset, scale = (np.array(part, np.float32) for part in (values.offset, values.scale))
    levels: np.ndarray = (prior.sparse(image).astype(np.float32) - offset) / scale
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
