"""Find the recipe that a model most likely expects: successive halving, and a paired bootstrap over photographs.

Each round runs the remaining recipes on more photographs, and drops the least probable. A recipe's probability is the
share of bootstrap samples in which its score is the best, times its prior. A model may prefer another recipe than its
own, which more photographs do not change: the samples are smaller than the set of photographs
(``Measure.systematic_error``).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

import numpy as np
import numpy.typing as npt

from sm_imgcheck.core.frozen import frozen
from sm_imgcheck.features.discover.output_kinds import Measure, Readings, Rounds
from sm_imgcheck.features.discover.recipes import InputRecipe
from sm_imgcheck.features.discover.scores import combine, label_scores

__all__ = [
    "Ranking",
    "RecipeScore",
    "RoundPlan",
    "Scorer",
    "count_runs",
    "plan_rounds",
    "rank",
    "search",
]

_SAMPLES = 2_000
_IMPROBABLE = {
    "divided by 255 twice": 0.02,
    "divided by 127.5 without minus 1": 0.02,
    "ImageNet mean and std without dividing by 255": 0.02,
    "-0.5..0.5": 0.3,
}
"""Prior of mappings that are mistakes rather than recipes, or rare; all others have 1."""
_PENALTY = 100.0
"""Subtracted from the score of a recipe whose predictions depend too little on the photograph, if others do not."""
_SAME = 0.01
"""Difference of two recipes' readings below which they are one class."""
VIEWS = 2

Array = npt.NDArray[np.float64]


class Scorer(Protocol):
    """Runs the model."""

    def __call__(self, recipe: InputRecipe, photos: Sequence[int]) -> Readings:
        """Readings of shape [len(photos), 2, ...]: for the photographs, and mirrored."""
        ...


@frozen
class RoundPlan:
    """One round of the halving."""

    recipes: int
    """Maximum number of recipes that remain."""
    photos: int
    """Number of photographs in total, with those of earlier rounds."""


@frozen
class RecipeScore:
    """A class of recipes in the ranking."""

    recipes: tuple[InputRecipe, ...]
    """Those whose predictions do not differ."""
    probability: float
    score: float
    """Mean score minus that of the best recipe, in standard deviations of one photograph's paired difference."""
    photos: int
    """Photographs that it was run on."""


@frozen
class Ranking:
    """All recipes, the most probable first."""

    classes: tuple[RecipeScore, ...]
    runs: int
    features: dict[str, float]
    """Mean of each feature for the first recipe."""
    readings: dict[str, Readings]
    """Readings of shape [N, 2, ...] of each remaining recipe by its label."""


def plan_rounds(recipes: int, photos: int, rounds: Rounds) -> tuple[RoundPlan, ...]:
    """The rounds for a number of recipes and of photographs."""
    plans: list[RoundPlan] = []
    for most, number in rounds:
        number = min(photos, number)  # noqa: PLW2901
        if not plans or number > plans[-1].photos:
            plans.append(RoundPlan(recipes=min(most, recipes) if plans else recipes, photos=number))
    return tuple(plans)


def count_runs(rounds: Sequence[RoundPlan]) -> int:
    """Most model runs of the rounds."""
    total = before = 0
    for each in rounds:
        total += each.recipes * (each.photos - before) * VIEWS
        before = each.photos
    return total


def search(
    scorer: Scorer,
    recipes: Sequence[InputRecipe],
    rounds: Sequence[RoundPlan],
    measure: Measure,
    *,
    labels: npt.NDArray[np.int64] | None = None,
    seed: int = 0,
    progress: Callable[[int], None] = lambda _: None,
) -> Ranking:
    """Run the rounds. labels: class numbers of the photographs. progress: gets the number of model runs so far."""
    remaining, before, runs = list(recipes), 0, 0
    readings: dict[str, Readings] = {}
    order_of_all: list[RecipeScore] = []
    for plan in rounds:
        new = range(before, plan.photos)
        for recipe in remaining:
            more = scorer(recipe, new)
            readings[recipe.label] = more if not before else np.concatenate([readings[recipe.label], more])
            runs += len(new) * VIEWS
            progress(runs)
        before = plan.photos
        order = rank([readings[recipe.label] for recipe in remaining], remaining, measure, labels, seed)
        following = rounds[list(rounds).index(plan) + 1] if plan is not rounds[-1] else None
        if following is not None:
            order_of_all = [*order[following.recipes :], *order_of_all]
            remaining = [each.recipes[0] for each in order[: following.recipes]]
            readings = {recipe.label: readings[recipe.label] for recipe in remaining}
        else:
            order_of_all = [*order, *order_of_all]
    best = readings[order_of_all[0].recipes[0].label]
    features = {name: float(values.mean()) for name, values in measure.features(best).items()}
    classes = _merge_classes(order_of_all, readings, measure)
    return Ranking(classes=classes, runs=runs, features=features, readings=readings)


def rank(
    readings: Sequence[Readings],
    recipes: Sequence[InputRecipe],
    measure: Measure,
    labels: npt.NDArray[np.int64] | None = None,
    seed: int = 0,
) -> list[RecipeScore]:
    """Rank recipes by their readings of shape [N, 2, ...] each, for the same photographs."""
    if labels is not None:
        per_photo = combine(
            {"label": np.stack([label_scores(each, labels[: len(each)]) for each in readings], 1)}, {"label": 1.0}
        )
    else:
        features = [measure.features(each) for each in readings]
        by_name = {name: np.stack([each[name] for each in features], 1) for name in features[0]}
        per_photo = combine(by_name, dict(measure.weights))
        shares = np.array([measure.information(each) for each in readings])
        if shares.max() >= measure.least_information:
            per_photo = per_photo - _PENALTY * (shares < measure.least_information / 2)
    mean = per_photo.mean(0)
    wins = _wins(per_photo, recipes, measure, seed)
    order = sorted(range(len(recipes)), key=lambda number: (-wins[number], -mean[number]))
    best = float(mean[order[0]])
    return [
        RecipeScore(
            recipes=(recipes[number],),
            probability=float(wins[number]),
            score=float(mean[number]) - best,
            photos=len(per_photo),
        )
        for number in order
    ]


def _wins(per_photo: Array, recipes: Sequence[InputRecipe], measure: Measure, seed: int) -> Array:
    """Share of bootstrap samples in which each recipe is the best, weighted by the priors."""
    rng = np.random.default_rng(seed)
    number = len(per_photo)
    size = max(1, round(1 / (1 / number + measure.systematic_error**2)))
    samples = rng.multinomial(size, np.full(number, 1 / number), _SAMPLES) @ per_photo / size
    if measure.constant_error:
        samples = samples + rng.normal(0, measure.constant_error, samples.shape)
    wins = np.bincount(samples.argmax(1), minlength=len(recipes)) / _SAMPLES
    products: Array = wins * [_IMPROBABLE.get(recipe.name, 1.0) for recipe in recipes]
    total = products.sum()
    return products / total if total else wins


def _merge_classes(
    order: Sequence[RecipeScore], readings: dict[str, Readings], measure: Measure
) -> tuple[RecipeScore, ...]:
    """The ranking with recipes whose predictions do not differ as one class."""
    classes: list[RecipeScore] = []
    for each in order:
        near = next((number for number, other in enumerate(classes) if _is_same(each, other, readings, measure)), None)
        if near is None:
            classes.append(each)
            continue
        other = classes[near]
        classes[near] = RecipeScore(
            recipes=(*other.recipes, *each.recipes),
            probability=other.probability + each.probability,
            score=max(other.score, each.score),
            photos=other.photos,
        )
    return tuple(sorted(classes, key=lambda each: -each.probability))


def _is_same(first: RecipeScore, second: RecipeScore, readings: dict[str, Readings], measure: Measure) -> bool:
    a, b = (readings.get(each.recipes[0].label) for each in (first, second))
    if a is None or b is None:
        return False
    return measure.difference(a, b) < _SAME
