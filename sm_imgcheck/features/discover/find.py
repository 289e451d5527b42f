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
from sm_imgcheck.features.discover.configuration import (
    ConfigurationCheck,
    ImportedConfiguration,
    check_configuration,
    configured_recipe,
)
from sm_imgcheck.features.discover.labels import check_class_numbers, labels_of
from sm_imgcheck.features.discover.model import ModelInfo, ModelRunner
from sm_imgcheck.features.discover.output_kinds import OutputReader, Readings
from sm_imgcheck.features.discover.photos import geometries, pixels_of
from sm_imgcheck.features.discover.readings import PROBES, ModelReadings, find_output
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
    """Name of the output to read; empty: the first of a known kind."""
    kind: str = ""
    """Kind of the output; empty: recognized."""
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
    reader: OutputReader
    """How the outputs are read."""
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
    """On how many photographs a mistake changes the prediction, as ``Measure.change`` describes."""

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


def plan_search(
    model: ModelRunner,
    photos: Sequence[Any],
    options: DiscoverOptions,
) -> SearchPlan:
    """Recognize the outputs, and plan the rounds. photos: candidates of ``process``.

    Raises ImgcheckError for a model whose input or output is not known, and where no photograph can be decoded.
    """
    format_ = input_format(model.info.image, options.size)
    if isinstance(format_, str):
        raise ImgcheckError(f"model {model.name}: {format_}")
    recipes = candidate_recipes(format_.channels, format_.dtype, format_.quantization)
    if options.configuration is not None:
        recipe = configured_recipe(options.configuration, format_, recipes)
        recipes += () if recipe in recipes else (recipe,)
    resizes = geometries(format_)
    resize = next(iter(resizes.values()))
    arrays = (pixels_of([photo], resize, format_)[0] for photo in photos)
    pixels = next((each for each in arrays if each is not None), None)
    if pixels is None:
        raise ImgcheckError(f"photographs: none of {len(photos)} can be decoded; sm-imgcheck validate shows why")
    kind = options.kind or ("classes" if options.labels else "")
    reader = find_output(model, format_, recipes, pixels, output=options.output, kind=kind)
    few = min(len(photos), _MOST_PHOTOS)
    rounds = plan_rounds(len(recipes), few, reader.measure.rounds)
    runs = PROBES + count_runs(rounds) + (len(resizes) - 1) * min(few, _GEOMETRY_PHOTOS) * VIEWS
    runs += _MISTAKES * len(photos) + max(len(photos) - few, 0) + count_tensor_runs(len(options.tensors), few)
    return SearchPlan(
        info=model.info, format=format_, recipes=recipes, reader=reader, rounds=rounds, photos=len(photos), runs=runs
    )


def find_preprocessing(
    model: ModelRunner,
    plan: SearchPlan,
    photos: Mapping[str, Any],
    options: DiscoverOptions,
    progress: Callable[[int, int], None] = lambda *_: None,
) -> Discovery:
    """Search. photos: candidates of ``process`` by name. progress: model runs so far, and at most.

    Raises ImgcheckError where the model cannot be run, or the labels do not fit.
    """
    begin = monotonic()
    reader, measure = plan.reader, plan.reader.measure
    resizes = geometries(plan.format)
    paths, candidates = list(photos), list(photos.values())
    images = pixels_of(candidates, next(iter(resizes.values())), plan.format)
    numbers = [number for number, each in enumerate(images) if each is not None]
    names = [paths[number] for number in numbers]
    labels = labels_of(names, options.labels, options.labels_path)
    check_class_numbers(labels, reader, options.labels_path)
    pixels = np.stack([each for each in images if each is not None])
    run = ModelReadings(model, plan.format, reader, lambda runs: progress(runs, plan.runs))
    rounds = plan_rounds(len(plan.recipes), min(len(numbers), _MOST_PHOTOS), measure.rounds)
    ranking = search(lambda recipe, rows: run(recipe, pixels[list(rows)]), plan.recipes, rounds, measure, labels=labels)
    best = ranking.classes[0].recipes[0]
    verdict, check = decide(ranking, measure, labels), None
    if options.configuration is not None:
        recipe = configured_recipe(options.configuration, plan.format, plan.recipes)
        check, verdict = check_configuration(options.configuration, recipe, ranking, verdict)
        best = verdict.recipe or best
    geometry_scores: tuple[GeometryScore, ...] = ()
    mistakes: tuple[MistakeCost, ...] = ()
    tensors: tuple[TensorCheck, ...] = ()
    if verdict.recipe is not None:
        sample = [candidates[number] for number in numbers[:_GEOMETRY_PHOTOS]]
        readings = ranking.readings[best.label]
        geometry_scores = _geometries(run, sample, resizes, best=best, first=readings[:_GEOMETRY_PHOTOS], labels=labels)
        mistakes = _mistakes(run, best, plan.recipes, pixels, readings)
        tensors = _tensors(run, best, pixels, readings, options.tensors)
    return Discovery(
        plan=plan,
        ranking=ranking,
        geometries=geometry_scores,
        mistakes=mistakes,
        verdict=verdict,
        photos=tuple(names),
        undecodable=tuple(path for path, each in zip(paths, images, strict=True) if each is None),
        runs=run.runs + min(PROBES, len(plan.recipes)),
        seconds=monotonic() - begin,
        sample=pixels[:_SAMPLE],
        configuration=check,
        accuracy=_accuracy(ranking, labels),
        tensors=tensors,
    )


def _accuracy(ranking: Ranking, labels: npt.NDArray[np.int64] | None) -> float | None:
    if labels is None:
        return None
    readings = ranking.readings[ranking.classes[0].recipes[0].label]
    return float((readings[:, 0].argmax(-1) == labels[: len(readings)]).mean())


def _geometries(
    run: ModelReadings,
    photos: Sequence[Any],
    resizes: Mapping[str, Mapping[str, Any]],
    *,
    best: InputRecipe,
    first: Readings,
    labels: npt.NDArray[np.int64] | None,
) -> tuple[GeometryScore, ...]:
    """The geometries by probability, for the most probable recipe. first: readings with the first geometry."""
    readings = [first]
    for resize in list(resizes.values())[1:]:
        pixels = np.stack([each for each in pixels_of(photos, resize, run.format) if each is not None])
        readings.append(run(best, pixels))
    order = rank(readings, [best.with_name(name) for name in resizes], run.reader.measure, labels)
    names = [each.recipes[0].name for each in order]
    return tuple(
        GeometryScore(name=name, resize=resizes[name], probability=each.probability)
        for name, each in zip(names, order, strict=True)
    )


def _mistakes(
    run: ModelReadings, best: InputRecipe, recipes: tuple[InputRecipe, ...], pixels: np.ndarray, readings: Readings
) -> tuple[MistakeCost, ...]:
    """How often the usual mistakes change the prediction. readings: of the recipe, for the first photographs."""
    right = readings[:, :1]
    if len(readings) < len(pixels):
        right = np.concatenate([right, run(best, pixels[len(readings) :], views=1)])
    costs = []
    for name, recipe in list(mistakes_of(best, recipes).items())[:_MISTAKES]:
        changes = run.reader.measure.changes(right, run(recipe, pixels, views=1))
        costs.append(MistakeCost(name=name, changed=int(changes.sum()), photos=len(pixels)))
    return tuple(costs)


def _tensors(
    run: ModelReadings, best: InputRecipe, pixels: np.ndarray, readings: Readings, paths: Sequence[str]
) -> tuple[TensorCheck, ...]:
    """Compare tensors with the recipe. readings: of the recipe, for the first photographs."""
    if not paths:
        return ()
    spec = resolve_spec(input_spec(best, run.format))
    reference = None
    if best.order in ("RGB", "BGR"):
        few = min(len(readings), MOST_REFERENCE_PHOTOS)
        reference = OrderReference(readings[:few], run(best, pixels[:few, ..., ::-1]), run.reader.measure)
    return tuple(check_tensor(path, spec, best, run, reference) for path in paths)
