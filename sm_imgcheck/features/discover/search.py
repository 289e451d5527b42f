"""Find the recipe that a model most likely expects: successive halving, and a paired bootstrap over photographs.

Each round runs the remaining recipes on more photographs, and drops the least probable. A recipe's probability is the
share of bootstrap samples in which its score is the best, times its prior. A model may prefer another recipe than its
own, which more photographs do not change: the samples are smaller than the set of photographs (``MODEL_ERROR``).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

import numpy as np
import numpy.typing as npt

from sm_imgcheck.core.frozen import frozen
from sm_imgcheck.features.discover.recipes import InputRecipe
from sm_imgcheck.features.discover.scores import (
    LEAST_INFORMATION,
    class_features,
    combine,
    information,
    label_scores,
    weights_for,
)

__all__ = [
    "MODEL_ERROR",
    "Ranking",
    "RecipeScore",
    "RoundPlan",
    "Scorer",
    "count_runs",
    "plan_rounds",
    "rank",
    "search",
]

MODEL_ERROR = 0.06
"""Standard deviation of the systematic error of a difference between two recipes, in units of the paired standard
deviation of one photograph. Fitted on the first half of the models of tests/fit/small_models.py."""
_FIRST = 12
_ROUNDS = ((8, 24), (4, 96), (3, 192))
"""Recipes that remain, and photographs in total, of each round after the first."""
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
"""Total variation of two recipes' predictions below which they are one class."""
VIEWS = 2

Array = npt.NDArray[np.float64]


class Scorer(Protocol):
    """Runs the model."""

    def __call__(self, recipe: InputRecipe, photos: Sequence[int]) -> Array:
        """Class scores (logits) of shape [len(photos), 2, K]: the photographs, and mirrored."""
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
    scores: dict[str, Array]
    """Class scores of shape [N, 2, K] of each remaining recipe by its label."""


def plan_rounds(recipes: int, photos: int) -> tuple[RoundPlan, ...]:
    """The rounds for a number of recipes and of photographs."""
    first = min(photos, _FIRST)
    rounds = [RoundPlan(recipes=recipes, photos=first)]
    for most, number in _ROUNDS:
        number = min(photos, number)  # noqa: PLW2901
        if number > rounds[-1].photos:
            rounds.append(RoundPlan(recipes=min(most, recipes), photos=number))
    return tuple(rounds)


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
    *,
    labels: npt.NDArray[np.int64] | None = None,
    seed: int = 0,
    progress: Callable[[int], None] = lambda _: None,
) -> Ranking:
    """Run the rounds. labels: class numbers of the photographs. progress: gets the number of model runs so far."""
    remaining, before, runs = list(recipes), 0, 0
    scores: dict[str, Array] = {}
    order_of_all: list[RecipeScore] = []
    for plan in rounds:
        new = range(before, plan.photos)
        for recipe in remaining:
            more = scorer(recipe, new)
            scores[recipe.label] = more if not before else np.concatenate([scores[recipe.label], more])
            runs += len(new) * VIEWS
            progress(runs)
        before = plan.photos
        order = rank([scores[recipe.label] for recipe in remaining], remaining, labels, seed)
        following = rounds[list(rounds).index(plan) + 1] if plan is not rounds[-1] else None
        if following is not None:
            order_of_all = [*order[following.recipes :], *order_of_all]
            remaining = [each.recipes[0] for each in order[: following.recipes]]
            scores = {recipe.label: scores[recipe.label] for recipe in remaining}
        else:
            order_of_all = [*order, *order_of_all]
    best = scores[order_of_all[0].recipes[0].label]
    features = {name: float(values.mean()) for name, values in class_features(best).items()}
    return Ranking(classes=_merge_classes(order_of_all, scores), runs=runs, features=features, scores=scores)


def rank(
    scores: Sequence[Array], recipes: Sequence[InputRecipe], labels: npt.NDArray[np.int64] | None, seed: int = 0
) -> list[RecipeScore]:
    """Rank recipes by their class scores of shape [N, 2, K] each, on the same photographs."""
    if labels is not None:
        per_photo = combine(
            {"label": np.stack([label_scores(each, labels[: len(each)]) for each in scores], 1)}, {"label": 1.0}
        )
    else:
        features = [class_features(each) for each in scores]
        by_name = {name: np.stack([each[name] for each in features], 1) for name in features[0]}
        per_photo = combine(by_name, weights_for(scores[0].shape[-1]))
        shares = np.array([information(each) for each in scores])
        if shares.max() >= LEAST_INFORMATION:
            per_photo = per_photo - _PENALTY * (shares < LEAST_INFORMATION / 2)
    mean = per_photo.mean(0)
    wins = _wins(per_photo, recipes, seed)
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


def _wins(per_photo: Array, recipes: Sequence[InputRecipe], seed: int) -> Array:
    """Share of bootstrap samples in which each recipe is the best, weighted by the priors."""
    rng = np.random.default_rng(seed)
    number = len(per_photo)
    size = max(1, round(1 / (1 / number + MODEL_ERROR**2)))
    samples = rng.multinomial(size, np.full(number, 1 / number), _SAMPLES) @ per_photo / size
    wins = np.bincount(samples.argmax(1), minlength=len(recipes)) / _SAMPLES
    products: Array = wins * [_IMPROBABLE.get(recipe.name, 1.0) for recipe in recipes]
    total = products.sum()
    return products / total if total else wins


def _merge_classes(order: Sequence[RecipeScore], scores: dict[str, Array]) -> tuple[RecipeScore, ...]:
    """The ranking with recipes whose predictions do not differ as one class."""
    classes: list[RecipeScore] = []
    for each in order:
        near = next((number for number, other in enumerate(classes) if _is_same(each, other, scores)), None)
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


def _is_same(first: RecipeScore, second: RecipeScore, scores: dict[str, Array]) -> bool:
    a, b = (scores.get(each.recipes[0].label) for each in (first, second))
    if a is None or b is None:
        return False
    return float(np.abs(_probabilities(a[:, 0]) - _probabilities(b[:, 0])).sum(-1).mean() / 2) < _SAME


def _probabilities(scores: Array) -> Array:
    powers = np.exp(scores - scores.max(-1, keepdims=True))
    probabilities: Array = powers / powers.sum(-1, keepdims=True)
    return probabilities
