"""Find the preprocessing that a model expects from its predictions on photographs."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import field
from time import monotonic
from typing import Any

import numpy as np
import numpy.typing as npt

from sm_imgcheck.core.errors import ImgcheckError
from sm_imgcheck.core.frozen import frozen
from sm_imgcheck.features.discover.class_scores import ModelScores, Scores
from sm_imgcheck.features.discover.configuration import (
    ConfigurationCheck,
    ImportedConfiguration,
    check_configuration,
    configured_recipe,
)
from sm_imgcheck.features.discover.model import ModelInfo, ModelRunner
from sm_imgcheck.features.discover.photos import geometries, pixels_of
from sm_imgcheck.features.discover.recipes import (
    InputFormat,
    InputRecipe,
    candidate_recipes,
    input_format,
    input_spec,
    mistakes_of,
)
from sm_imgcheck.features.discover.search import (
    VIEWS,
    Ranking,
    RoundPlan,
    count_runs,
    plan_rounds,
    rank,
    search,
)
from sm_imgcheck.features.discover.tensors import (
    MOST_REFERENCE_PHOTOS,
    OrderReference,
    TensorCheck,
    check_tensor,
    count_tensor_runs,
)
from sm_imgcheck.features.discover.verdict import Verdict, decide
from sm_imgcheck.spec.load import resolve_spec

__all__ = [
    "DiscoverOptions",
    "Discovery",
    "GeometryScore",
    "MistakeCost",
    "SearchPlan",
    "find_preprocessing",
    "plan_search",
]

_MOST_PHOTOS = 192
"""Photographs that the search uses; the costs of mistakes are measured on all."""
_GEOMETRY_PHOTOS = 48
_MISTAKES = 5
_SAMPLE = 9


@frozen
class DiscoverOptions:
    """What is given, and the limits."""

    size: tuple[int, int] | None = None
    """Height and width, where the model's file has none."""
    output: str = ""
    labels: Mapping[str, int] = field(default_factory=dict)
    """Class number by the photograph's path; empty: no labels."""
    labels_path: str = ""
    configuration: ImportedConfiguration | None = None
    """What configuration files report of the preprocessing."""
    tensors: tuple[str, ...] = ()
    """Paths of tensors that are compared with the result."""


@frozen
class SearchPlan:
    """What a search will run."""

    info: ModelInfo
    format: InputFormat
    recipes: tuple[InputRecipe, ...]
    rounds: tuple[RoundPlan, ...]
    photos: int
    runs: int
    """Model runs at most, one image each."""


@frozen
class GeometryScore:
    """One geometry with its probability."""

    name: str
    resize: Mapping[str, Any]
    probability: float


@frozen
class MistakeCost:
    """On how many photographs a mistake changes the top class."""

    name: str
    changed: int
    photos: int


@frozen
class Discovery:
    """The result of a search."""

    plan: SearchPlan
    ranking: Ranking
    geometries: tuple[GeometryScore, ...]
    mistakes: tuple[MistakeCost, ...]
    verdict: Verdict
    output: str
    form: str
    photos: tuple[str, ...]
    """Paths of the photographs that were used."""
    undecodable: tuple[str, ...]
    """Paths of those that could not be decoded."""
    runs: int
    seconds: float
    sample: npt.NDArray[np.uint8] = field(repr=False, compare=False)
    """Pixels [N, H, W, C] of the first photographs, for an image of the ranking."""
    configuration: ConfigurationCheck | None = None
    accuracy: float | None = None
    """With labels: share of right top classes, for the most probable recipe."""
    tensors: tuple[TensorCheck, ...] = ()
    """The tensors, compared with the recipe; empty where it is not determined."""


def plan_search(model: ModelRunner, photos: int, options: DiscoverOptions) -> SearchPlan:
    """The rounds for a number of photographs. Raises ImgcheckError for a model whose input is not known."""
    format_ = input_format(model.info.image, options.size)
    if isinstance(format_, str):
        raise ImgcheckError(f"model {model.name}: {format_}")
    recipes = candidate_recipes(format_.channels, format_.dtype, format_.quantization)
    if options.configuration is not None:
        recipe = configured_recipe(options.configuration, format_, recipes)
        recipes += () if recipe in recipes else (recipe,)
    few = min(photos, _MOST_PHOTOS)
    rounds = plan_rounds(len(recipes), few)
    others = len(geometries(format_)) - 1
    runs = VIEWS + count_runs(rounds) + others * min(few, _GEOMETRY_PHOTOS) * VIEWS + _MISTAKES * photos
    runs += max(photos - few, 0) + count_tensor_runs(len(options.tensors), few)
    return SearchPlan(info=model.info, format=format_, recipes=recipes, rounds=rounds, photos=photos, runs=runs)


def find_preprocessing(
    model: ModelRunner,
    photos: Sequence[Any],
    paths: Sequence[str],
    options: DiscoverOptions,
    progress: Callable[[int, int], None] = lambda *_: None,
) -> Discovery:
    """Search. photos: candidates of ``process``; paths: their names. progress: model runs so far, and at most.

    Raises ImgcheckError where the model cannot be run, its output is not a distribution, no photograph can be decoded,
    or the labels do not fit.
    """
    begin = monotonic()
    plan = plan_search(model, len(photos), options)
    run = ModelScores(model, plan.format, options.output, lambda runs: progress(runs, plan.runs))
    resizes = geometries(plan.format)
    first = next(iter(resizes))
    images = pixels_of(photos, resizes[first], plan.format)
    numbers = [number for number, pixels in enumerate(images) if pixels is not None]
    if not numbers:
        raise ImgcheckError(f"photographs: none of {len(photos)} can be decoded; sm-imgcheck validate shows why")
    names = [paths[number] for number in numbers]
    labels = _labels(names, options)
    pixels = {first: np.stack([each for each in images if each is not None])}
    run(plan.recipes[0], pixels[first][:1])
    _refuse_labels(labels, run.classes, options.labels_path)
    few = min(len(numbers), _MOST_PHOTOS)
    rounds = plan_rounds(len(plan.recipes), few)
    ranking = search(lambda recipe, rows: run(recipe, pixels[first][list(rows)]), plan.recipes, rounds, labels=labels)
    best = ranking.classes[0].recipes[0]
    verdict, check = decide(ranking, labels), None
    if options.configuration is not None:
        recipe = configured_recipe(options.configuration, plan.format, plan.recipes)
        check, verdict = check_configuration(options.configuration, recipe, ranking, verdict)
        best = verdict.recipe or best
    geometry_scores: tuple[GeometryScore, ...] = ()
    mistakes: tuple[MistakeCost, ...] = ()
    tensors: tuple[TensorCheck, ...] = ()
    if verdict.recipe is not None:
        sample = [photos[number] for number in numbers[:_GEOMETRY_PHOTOS]]
        scores = ranking.scores[best.label][:_GEOMETRY_PHOTOS]
        geometry_scores = _geometries(run, sample, resizes, best=best, first=scores, labels=labels)
        mistakes = _mistakes(run, best, plan.recipes, pixels[first], ranking.scores[best.label])
        tensors = _tensors(run, best, pixels[first], ranking.scores[best.label], options.tensors)
    return Discovery(
        plan=plan,
        ranking=ranking,
        geometries=geometry_scores,
        mistakes=mistakes,
        verdict=verdict,
        output=run.output,
        form=run.form,
        photos=tuple(names),
        undecodable=tuple(path for path, each in zip(paths, images, strict=True) if each is None),
        runs=run.runs,
        seconds=monotonic() - begin,
        sample=pixels[first][:_SAMPLE],
        configuration=check,
        accuracy=_accuracy(ranking, labels),
        tensors=tensors,
    )


def _labels(names: Sequence[str], options: DiscoverOptions) -> npt.NDArray[np.int64] | None:
    """Class numbers of the photographs. Raises ImgcheckError where one has none."""
    if not options.labels:
        return None
    missing = [name for name in names if name not in options.labels]
    if missing:
        raise ImgcheckError(
            f"labels {options.labels_path}: {len(missing)} photographs have no label, such as {missing[0]}"
        )
    return np.array([options.labels[name] for name in names])


def _refuse_labels(labels: npt.NDArray[np.int64] | None, classes: int, path: str) -> None:
    """Raise ImgcheckError for a class number that the output does not have."""
    if labels is not None and int(labels.max()) >= classes:
        expected = f"0..{classes - 1} (classes of the output)"
        raise ImgcheckError(f"labels {path}: got class {labels.max()}, expected {expected}")


def _accuracy(ranking: Ranking, labels: npt.NDArray[np.int64] | None) -> float | None:
    if labels is None:
        return None
    scores = ranking.scores[ranking.classes[0].recipes[0].label]
    return float((scores[:, 0].argmax(-1) == labels[: len(scores)]).mean())


def _geometries(
    run: ModelScores,
    photos: Sequence[Any],
    resizes: Mapping[str, Mapping[str, Any]],
    *,
    best: InputRecipe,
    first: Scores,
    labels: npt.NDArray[np.int64] | None,
) -> tuple[GeometryScore, ...]:
    """The geometries by probability, for the most probable recipe. first: class scores with the first geometry."""
    scores = [first]
    for resize in list(resizes.values())[1:]:
        pixels = np.stack([each for each in pixels_of(photos, resize, run.format) if each is not None])
        scores.append(run(best, pixels))
    order = rank(scores, [best.with_name(name) for name in resizes], labels)
    names = [each.recipes[0].name for each in order]
    return tuple(
        GeometryScore(name=name, resize=resizes[name], probability=each.probability)
        for name, each in zip(names, order, strict=True)
    )


def _mistakes(
    run: ModelScores, best: InputRecipe, recipes: tuple[InputRecipe, ...], pixels: np.ndarray, scores: Scores
) -> tuple[MistakeCost, ...]:
    """How often the usual mistakes change the top class. scores: of the recipe, for the first photographs."""
    right = scores[:, 0].argmax(-1)
    if len(scores) < len(pixels):
        right = np.concatenate([right, run(best, pixels[len(scores) :], views=1)[:, 0].argmax(-1)])
    costs = []
    for name, recipe in list(mistakes_of(best, recipes).items())[:_MISTAKES]:
        wrong = run(recipe, pixels, views=1)[:, 0].argmax(-1)
        costs.append(MistakeCost(name=name, changed=int((wrong != right).sum()), photos=len(pixels)))
    return tuple(costs)


def _tensors(
    run: ModelScores, best: InputRecipe, pixels: np.ndarray, scores: Scores, paths: Sequence[str]
) -> tuple[TensorCheck, ...]:
    """Compare tensors with the recipe. scores: of the recipe, for the first photographs."""
    if not paths:
        return ()
    spec = resolve_spec(input_spec(best, run.format))
    reference = None
    if best.order in ("RGB", "BGR"):
        few = min(len(scores), MOST_REFERENCE_PHOTOS)
        reference = OrderReference(scores[:few], run(best, pixels[:few, ..., ::-1]))
    return tuple(check_tensor(path, spec, best, run, reference) for path in paths)
