"""The model of the channel-order prior: its weights, the rule for ordinary images, its cross-validation."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from kinds import KINDS
from prior_images import VIEWS, Images, Others

from sm_imgcheck.pipeline.measure.channel_prior.features import photo_weight
from sm_imgcheck.pipeline.measure.channel_prior.ordinary import agrees, is_ordinary

SCENES = 6
"""Coordinates of scene."""
BEND = 1.0
"""Mean square of all coordinates together: how far a scene may bend the weights."""
RIDGE = 0.02
WEIGHT_OF_CROP = 0.3
"""Weight of a crop; the photograph itself counts 1, and a balanced thumbnail as much as its original: 1 % more
photographs are recognized than without."""
USUAL = (0.9, 0.99)
"""Shares of the photographs: the distances from the average up to which evidence counts fully, and partly."""
RULE_RIDGE = 8.0
SILENT = 0.25
"""Share of the photographs with evidence that the rule removes, so that other kinds have no evidence."""
EVIDENCE = float(np.log(9))
WEIGHT_OF_WRONG, WEIGHT_OF_SURE, WEIGHT_OF_UNSURE = 20.0, 1.0, 0.2
"""Weights of images of other kinds with a false warning, with evidence, and without; a photograph counts 1."""
CAUTION = 0.85
"""Factor of the log-odds, so that fewer warnings are wrong than the likelihood alone gives."""
FOLDS = 5
Table = dict[str, np.ndarray]


def fit_table(photos: Images) -> Table:
    """The table for photographs, each with its VIEWS in a row, without temperature."""
    first = photos.even[::VIEWS]
    mean = first.mean(axis=0)
    scene = np.linalg.svd(first - mean, full_matrices=False)[2][:SCENES]
    scene *= np.sqrt(BEND / (((first - mean) @ scene.T) ** 2).sum(axis=1).mean())
    even = np.concatenate([photos.even, photos.balanced_even])
    odd = np.concatenate([photos.odd, photos.balanced_odd])
    place = (even - mean) @ scene.T
    gram = (odd @ odd.T) * (1 + place @ place.T)
    scale = np.trace(gram) / len(gram)
    weight = np.tile([1.0] + [WEIGHT_OF_CROP] * (VIEWS - 1), len(even) // VIEWS)
    blame = ridge_logistic(gram.astype(float) / scale, weight / (RIDGE * VIEWS)) / scale
    weights = (np.column_stack([np.ones(len(place)), place]) * blame[:, None]).T @ odd
    far = np.quantile(np.linalg.norm(first - mean, axis=1), USUAL)
    return {"mean": mean, "scene": scene, "weights": weights, "far": far}


def ridge_logistic(gram: np.ndarray, strength: np.ndarray) -> np.ndarray:
    """Coefficients of the examples, all of which are right when gram @ coefficients > 0: Newton's method.

    strength: weight of each example, divided by the ridge.
    """
    found = np.zeros(len(gram))
    for _ in range(8):
        odds = gram @ found
        wrong = 1 / (1 + np.exp(odds))
        weight = wrong * (1 - wrong) + 1e-6
        found = np.linalg.solve(gram + np.diag(1 / (weight * strength)), odds + wrong / weight)
    return found


def _odds(table: Table, even: np.ndarray, odd: np.ndarray) -> np.ndarray:
    strange = even - table["mean"]
    place = np.column_stack([np.ones(len(even)), strange @ table["scene"].T])
    weights = np.array([photo_weight(each, table["far"]) for each in strange])
    odds: np.ndarray = (place * (odd @ table["weights"].T)).sum(axis=1) * weights
    return odds


def table_odds(table: Table, images: Images) -> np.ndarray:
    """Log-odds of images by their colors alone, weighted by their similarity to photographs."""
    return _odds(table, images.even, images.odd)


def agreement(table: Table, images: Images, factor: float) -> np.ndarray:
    """Whether the balanced images have the same order."""
    other = factor * _odds(table, images.balanced_even, images.balanced_odd)
    return np.asarray(agrees(table_odds(table, images), other))


def fit_rule(table: Table, photos: Images, others: Images, factor: float) -> Table:
    """The rule that separates photographs from images of other kinds: ridge logistic regression, Newton's method."""
    statistics = np.concatenate([photos.statistics, others.statistics]).astype(float)
    odds = factor * np.concatenate([table_odds(table, photos), table_odds(table, others)])
    clear = np.concatenate([agreement(table, photos, factor), agreement(table, others, factor)])
    odds = np.where(clear, odds, 0)
    photo = np.arange(len(odds)) < len(photos.even)
    sure = np.abs(odds) > EVIDENCE
    weight = np.where(sure, WEIGHT_OF_SURE, WEIGHT_OF_UNSURE)
    weight = np.where(photo, 1, np.where(odds < -EVIDENCE, WEIGHT_OF_WRONG, weight))
    mean, deviation = statistics[photo].mean(axis=0), statistics[photo].std(axis=0) + 1e-3
    places = np.clip((statistics - mean) / deviation, -5, 5)
    places = np.column_stack([np.ones(len(places)), places, places**2])
    ridge = np.array([1e-6] + [RULE_RIDGE] * (places.shape[1] - 1))
    found = np.zeros(len(ridge))
    for _ in range(12):
        share = 1 / (1 + np.exp(-np.clip(places @ found, -30, 30)))
        hessian = (places * (weight * share * (1 - share))[:, None]).T @ places + np.diag(ridge)
        found -= np.linalg.solve(hessian, places.T @ (weight * (share - photo)) + ridge * found)
    rule = np.stack([mean, deviation, *np.split(found[1:], 2)])
    least = np.quantile((places[:, 1:] @ found[1:])[photo & sure], SILENT)
    return {"ordinary": rule, "least": np.array(least)}


def silence(table: Table, images: Images, odds: np.ndarray, factor: float) -> np.ndarray:
    """Log-odds, close to 0 for images other than ordinary photographs. odds: with the factor."""
    ordinary = is_ordinary(images.statistics, table["ordinary"], float(table["least"]))
    return np.where(ordinary & agreement(table, images, factor), odds, np.clip(odds, -0.5, 0.5))


def temperature(odds: np.ndarray) -> float:
    """The factor with the highest likelihood of the log-odds of photographs (RGB, all)."""
    factors = np.exp(np.linspace(-1.5, 1.5, 301))
    return float(factors[np.argmin([np.logaddexp(0, -factor * odds).mean() for factor in factors])])


class CrossValidation(NamedTuple):
    """Models of the folds, each trained without the groups of its fold."""

    odds: np.ndarray
    """Log-odds of each photograph by the model trained without its group."""
    fold: np.ndarray
    """Fold of each photograph."""
    tables: list[Table]
    factors: np.ndarray
    """Temperature of each fold."""


def folds_of(groups: list[str], rng: np.random.Generator) -> np.ndarray:
    """The fold of each photograph: a group stays together."""
    names = sorted(set(groups))
    fold = dict(zip(names, rng.permutation(len(names)) % FOLDS, strict=True))
    return np.array([fold[group] for group in groups])


def cross_validated(
    photos: Images, groups: list[str], others: Others, seed: int, held: tuple[str, ...]
) -> CrossValidation:
    """Models and log-odds, each of photographs and images of other kinds of other groups, and of no kind in ``held``.

    The temperature of a fold is fitted on the log-odds of the other folds, again by models trained without them.
    """
    fold = folds_of(groups, np.random.default_rng(seed))
    first = photos.take(slice(None, None, VIEWS))
    tables = [fit_table(photos.take(np.repeat(fold != one, VIEWS))) for one in range(FOLDS)]
    odds = np.zeros(len(groups))
    for one, table in enumerate(tables):
        odds[fold == one] = table_odds(table, first.take(fold == one))
    factors = CAUTION * np.array([temperature(odds[fold != one]) for one in range(FOLDS)])
    odds *= factors[fold]
    known = ~np.isin(others.kind, [list(KINDS).index(name) for name in held])
    for one, (table, factor) in enumerate(zip(tables, factors, strict=True)):
        kinds = others.images.take((fold[others.photo] != one) & known)
        table.update(fit_rule(table, first.take(fold != one), kinds, factor))
        odds[fold == one] = silence(table, first.take(fold == one), odds[fold == one], factor)
    return CrossValidation(odds, fold, tables, factors)


def false_warnings(others: Others, model: CrossValidation) -> dict[str, float]:
    """The share of the images of each kind, all of them RGB, that a model trained without them calls BGR."""
    wrong = np.zeros(len(others.kind), bool)
    for one, (table, factor) in enumerate(zip(model.tables, model.factors, strict=True)):
        rows = np.flatnonzero((model.fold[others.photo] == one) & ~others.plain)
        images = others.images.take(rows)
        wrong[rows] = silence(table, images, table_odds(table, images) * factor, factor) < -EVIDENCE
    return {name: float(wrong[others.kind == at].mean()) for at, name in enumerate(KINDS)}
