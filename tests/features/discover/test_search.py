"""The search, with class scores from a formula instead of a model."""

import numpy as np
import pytest

from sm_imgcheck.features.discover.output_kinds import ROUNDS
from sm_imgcheck.features.discover.output_kinds.classes import ClassMeasure
from sm_imgcheck.features.discover.recipes import candidate_recipes
from sm_imgcheck.features.discover.scores import class_features, combine, information
from sm_imgcheck.features.discover.search import VIEWS, count_runs
from sm_imgcheck.features.discover.search import plan_rounds as plan_rounds_of
from sm_imgcheck.features.discover.search import search as search_with
from sm_imgcheck.features.discover.verdict import Verdict
from sm_imgcheck.features.discover.verdict import decide as decide_of

RECIPES = candidate_recipes(3, "float32", None)
TRUE = "BGR, caffe mean"
CLASSES = 6


def plan_rounds(recipes, photos):
    return plan_rounds_of(recipes, photos, ROUNDS)


def search(score, recipes, rounds, *, classes=CLASSES, **options):
    return search_with(score, recipes, rounds, ClassMeasure(classes=classes), **options)


def decide(ranking, labels=None) -> Verdict:
    return decide_of(ranking, ClassMeasure(classes=CLASSES), labels)


def scorer(gains, noise=0.3, classes=CLASSES):
    """Class scores: those of the true class have the recipe's gain; the views differ by noise."""

    def score(recipe, photos):
        rng = np.random.default_rng([sum(recipe.label.encode()), photos[0]])
        scores = rng.normal(0, noise, (len(photos), VIEWS, classes))
        gain = gains.get(recipe.label, gains["others"])
        for row, photo in enumerate(photos):
            scores[row, :, photo % classes] += gain * (1 + 0.2 * np.sin(photo * 7))
        return scores

    return score


def run(gains, photos=48, classes=CLASSES, **options):
    score = scorer(gains, classes=classes, **options)
    return search(score, RECIPES, plan_rounds(len(RECIPES), photos), classes=classes)


@pytest.mark.parametrize("classes", [CLASSES, 200])
def test_best_recipe_is_determined(classes):
    ranking = run({TRUE: 6.0, "others": 2.0}, classes=classes)
    verdict = decide(ranking)
    assert verdict.recipe is not None
    assert verdict.recipe.label == TRUE
    assert ranking.classes[0].probability > 0.95


def test_close_recipes_remain_together():
    def score(recipe, photos):
        if recipe.label not in {TRUE, "RGB, caffe mean"}:
            return scorer({"others": 0.5})(recipe, photos)
        scores = scorer({"others": 4.0}, noise=0.8)(RECIPES[0], photos)
        return scores if recipe.label == TRUE else scores[:, ::-1, ::-1]  # another prediction, as certain

    verdict = decide(search(score, RECIPES, plan_rounds(len(RECIPES), 12)))
    assert verdict.recipe is None
    assert {TRUE, "RGB, caffe mean"} <= {each.recipes[0].label for each in verdict.remaining}
    assert f"{len(verdict.remaining)} recipes remain" in verdict.reasons[-1]


def test_recipes_with_equal_predictions_are_one_class():
    def score(_, photos):
        return scorer({"others": 6.0})(RECIPES[0], photos)

    verdict = decide(search(score, RECIPES, plan_rounds(len(RECIPES), 48)))
    assert verdict.recipe is None
    assert any("do not depend on the value mapping" in reason for reason in verdict.reasons)


def test_predictions_that_ignore_the_photograph_are_undetermined():
    def score(recipe, photos):
        rng = np.random.default_rng(sum(recipe.label.encode()))
        return np.broadcast_to(rng.normal(0, 3, CLASSES), (len(photos), VIEWS, CLASSES)).copy()

    verdict = decide(search(score, RECIPES, plan_rounds(len(RECIPES), 48)))
    assert not verdict.is_model
    assert "depend too little on the photograph" in verdict.reasons[0]


def test_confident_recipe_with_one_class_for_all_is_not_preferred():
    def score(recipe, photos):
        scores = scorer({"others": 1.5, TRUE: 2.5})(recipe, photos)
        if recipe.label == "RGB, divided by 255 twice":
            scores[:] = 0
            scores[..., 0] = 20
        return scores

    assert search(score, RECIPES, plan_rounds(len(RECIPES), 48)).classes[0].recipes[0].label == TRUE


def test_fewer_than_8_photographs_are_undetermined():
    verdict = decide(run({TRUE: 9.0, "others": 0.5}, photos=5))
    assert verdict.reasons[0] == "photographs: got 5, expected at least 8"


def test_labels_rank_by_the_right_class():
    labels = np.arange(48) % CLASSES
    gains = {TRUE: 2.0, "others": 0.5}
    ranking = search(scorer(gains, noise=1), RECIPES, plan_rounds(len(RECIPES), 48), labels=labels)
    verdict = decide(ranking, labels)
    assert verdict.recipe is not None
    assert verdict.recipe.label == TRUE


def test_labels_that_no_recipe_predicts_are_undetermined():
    labels = np.random.default_rng(1).integers(0, CLASSES, 48)
    ranking = search(scorer({"others": 0.0}), RECIPES, plan_rounds(len(RECIPES), 48), labels=labels)
    verdict = decide(ranking, labels)
    assert verdict.recipe is None
    assert "more often than by chance" in verdict.reasons[0]


@pytest.mark.parametrize("photos", [1, 8, 12, 24, 48, 200])
def test_runs_are_counted_before_the_search(photos):
    seen = []
    rounds = plan_rounds(len(RECIPES), photos)
    search(scorer({TRUE: 3.0, "others": 1.0}), RECIPES, rounds, progress=seen.append)
    assert seen[-1] == count_runs(rounds)
    assert max(each.photos for each in rounds) == min(photos, 192)


def test_search_on_48_photographs_needs_few_runs():
    assert count_runs(plan_rounds(20, 48)) < 1000


def test_progress_and_result_do_not_depend_on_the_run():
    first, second = (run({TRUE: 3.0, "others": 2.0}) for _ in range(2))
    assert [each.probability for each in first.classes] == [each.probability for each in second.classes]


def test_information_of_certain_and_distinct_predictions_is_one():
    scores = np.full((6, 2, 6), -50.0)
    scores[np.arange(6), :, np.arange(6)] = 0
    assert information(scores) == pytest.approx(1, abs=1e-6)
    assert information(np.zeros((6, 2, 6))) == pytest.approx(0, abs=1e-6)


def test_confident_prediction_that_changes_when_mirrored_has_negative_information():
    scores = np.full((6, 2, 6), -50.0)
    scores[:, 0, 0] = scores[:, 1, 1] = 0
    assert information(scores) < -1


def test_peak_does_not_change_with_scale_and_shift():
    scores = np.random.default_rng(0).normal(size=(5, 2, 10))
    assert class_features(scores)["peak"] == pytest.approx(class_features(scores * 7 + 3)["peak"])


def test_saturated_probabilities_have_the_least_peak():
    scores = np.full((1, 2, 10), -87.0)
    scores[..., 0] = 0
    assert class_features(scores)["peak"] == pytest.approx([1 / 3])


def test_constant_feature_is_ignored():
    values = np.random.default_rng(0).normal(size=(5, 3))
    both = combine({"a": values, "b": np.ones((5, 3))}, {"a": 1.0, "b": 1.0})
    assert both == pytest.approx(combine({"a": values}, {"a": 1.0}))
