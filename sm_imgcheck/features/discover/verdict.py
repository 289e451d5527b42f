"""Whether the predictions determine the recipe, and the reasons if they do not."""

from __future__ import annotations

from math import sqrt

import numpy as np
import numpy.typing as npt

from sm_imgcheck.core.frozen import frozen
from sm_imgcheck.core.phrases import listing
from sm_imgcheck.features.discover.output_kinds import FEWEST_PHOTOS, Measure, Readings
from sm_imgcheck.features.discover.recipes import InputRecipe
from sm_imgcheck.features.discover.search import Ranking, RecipeScore

__all__ = ["Verdict", "decide", "remaining_classes"]

_ENOUGH = 0.95
"""Probability of the remaining classes together, and of a class that is the result."""
_CHANCE = 3.0
"""Standard deviations by which the accuracy with labels has to exceed the share of the most frequent class."""


@frozen
class Verdict:
    """The recipe, or the reasons why it is not determined."""

    recipe: InputRecipe | None
    """The recipe with a probability of 95 % or more."""
    remaining: tuple[RecipeScore, ...]
    """The most probable classes, which have 95 % together; all classes if ``is_model`` is false."""
    reasons: tuple[str, ...]
    """Why the recipe is not determined; empty: it is."""
    information: float
    """``Measure.information`` of the first recipe."""
    is_model: bool
    """Whether the predictions are those of a trained model on photographs that it recognizes.

    Otherwise the ranking is that of noise or saturation, and its probabilities are not reported: a published face
    detector for RGB had BGR at 97 % on photographs with few faces.
    """
    is_open: bool = False
    """Whether only the number of remaining classes prevents a result."""
    by_configuration: bool = False
    """Whether a configuration selected the recipe among the remaining classes."""


def decide(ranking: Ranking, measure: Measure, labels: npt.NDArray[np.int64] | None = None) -> Verdict:
    """Decide whether a class of recipes is the result."""
    best = ranking.classes[0]
    readings = ranking.readings[best.recipes[0].label]
    share = measure.information(readings)
    reasons = []
    fewest = FEWEST_PHOTOS if labels is not None else measure.fewest_photos
    if len(readings) < fewest:
        reasons.append(f"photographs: got {len(readings)}, expected at least {fewest}")
    is_model = share >= measure.least_information if labels is None else _beats_chance(readings, labels)
    remaining = remaining_classes(ranking) if is_model else ranking.classes
    if not is_model and labels is None:
        reasons.append(
            f"{measure.shortage(share)}: weights that are not trained, photographs unlike the training data, or all of "
            "one class"
        )
    elif not is_model:
        reasons.append("with no recipe the top classes agree with the labels more often than by chance")
    if len(mappings := list(dict.fromkeys(recipe.name for recipe in best.recipes))) > 1:
        reasons.append(f"the predictions do not depend on the value mapping: {listing(mappings, 'or')} give the same")
    if len({recipe.order for recipe in best.recipes}) > 1:
        reasons.append("the predictions do not depend on the channel order")
    is_open = not reasons and len(remaining) > 1
    if is_model and len(remaining) > 1:
        reasons.append(f"{len(remaining)} recipes remain: {_remedy(labels, measure)} can separate them")
    return Verdict(
        recipe=None if reasons else best.recipes[0],
        remaining=remaining,
        reasons=tuple(reasons),
        information=share,
        is_model=is_model,
        is_open=is_open,
    )


def _remedy(labels: npt.NDArray[np.int64] | None, measure: Measure) -> str:
    """What separates recipes that remain."""
    return (
        "more photographs, or --labels,"
        if labels is None and measure.accepts_labels
        else "more photographs, or --config,"
    )


def remaining_classes(ranking: Ranking) -> tuple[RecipeScore, ...]:
    """The most probable classes that have 95 % together."""
    total, remaining = 0.0, []
    for each in ranking.classes:
        if total >= _ENOUGH:
            break
        total += each.probability
        remaining.append(each)
    return tuple(remaining)


def _beats_chance(scores: Readings, labels: npt.NDArray[np.int64]) -> bool:
    """Whether the top classes are right more often than that of the most frequent class."""
    number = len(scores)
    targets = labels[:number]
    chance = max(float(np.bincount(targets).max()) / number, 1 / scores.shape[-1])
    accuracy = float((scores[:, 0].argmax(-1) == targets).mean())
    if chance >= 1:
        return accuracy > 0.5
    deviation = sqrt(chance * (1 - chance) / number)
    return bool(accuracy > chance + _CHANCE * deviation)
