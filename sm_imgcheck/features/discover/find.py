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
from sm_imgcheck.features.discover.model import ModelError, ModelInfo, ModelRunner
from sm_imgcheck.features.discover.photos import geometries, pixels_of
from sm_imgcheck.features.discover.predictions import Prediction, interpret
from sm_imgcheck.features.discover.recipes import (
    InputFormat,
    InputRecipe,
    candidate_recipes,
    encode_batch,
    input_format,
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
from sm_imgcheck.features.discover.verdict import Verdict, judge

__all__ = [
    "DiscoverOptions",
    "Discovery",
    "GeometryScore",
    "MistakeCost",
    "SearchPlan",
    "find_preprocessing",
    "plan_search",
]

_BATCH = 8
"""Images in one run of the model, which bounds its memory."""
_MOST_PHOTOS = 192
"""Photographs that the search uses; the costs of mistakes are measured on all."""
_GEOMETRY_PHOTOS = 48
_MISTAKES = 5
_SAMPLE = 9
Scores = npt.NDArray[np.float64]


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
    """What was found out."""

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
    """Pixels [N, H, W, C] of the first photographs, for a picture."""
    configuration: ConfigurationCheck | None = None
    accuracy: float | None = None
    """With labels: share of right top classes, for the most probable recipe."""


def plan_search(model: ModelRunner, photos: int, options: DiscoverOptions) -> SearchPlan:
    """The rounds for so many photographs. Raises ImgcheckError for a model whose input is not known."""
    format_ = input_format(model.info.image, options.size)
    if isinstance(format_, str):
        raise ImgcheckError(f"model {model.name}: {format_}")
    recipes = candidate_recipes(format_.channels, format_.dtype, format_.quantization)
    if options.configuration is not None:
        configured = configured_recipe(options.configuration, format_, recipes)
        recipes += () if configured in recipes else (configured,)
    used = min(photos, _MOST_PHOTOS)
    rounds = plan_rounds(len(recipes), used)
    others = len(geometries(format_)) - 1
    runs = VIEWS + count_runs(rounds) + others * min(used, _GEOMETRY_PHOTOS) * VIEWS + (1 + _MISTAKES) * photos
    return SearchPlan(info=model.info, format=format_, recipes=recipes, rounds=rounds, photos=photos, runs=runs)


def find_preprocessing(
    model: ModelRunner,
    photos: Sequence[Any],
    paths: Sequence[str],
    options: DiscoverOptions,
    progress: Callable[[int, int], None] = lambda *_: None,
) -> Discovery:
    """Search. photos: what ``process`` takes; paths: their names. progress: model runs so far, and at most.

    Raises ImgcheckError where the model cannot be run, its output is not a distribution, no photograph can be decoded,
    or the labels do not fit.
    """
    begin = monotonic()
    plan = plan_search(model, len(photos), options)
    run = _ModelScores(model, plan.format, options.output, lambda runs: progress(runs, plan.runs))
    resizes = geometries(plan.format)
    first = next(iter(resizes))
    decoded = pixels_of(photos, resizes[first], plan.format)
    used = [number for number, pixels in enumerate(decoded) if pixels is not None]
    if not used:
        raise ImgcheckError(f"photographs: none of {len(photos)} can be decoded; sm-imgcheck validate shows why")
    names = [paths[number] for number in used]
    labels = _labels(names, options)
    pixels = {first: np.stack([each for each in decoded if each is not None])}
    run(plan.recipes[0], pixels[first][:1])
    _refuse_labels(labels, run.classes, options.labels_path)
    few = min(len(used), _MOST_PHOTOS)
    rounds = plan_rounds(len(plan.recipes), few)
    ranking = search(
        lambda recipe, chosen: run(recipe, pixels[first][list(chosen)]), plan.recipes, rounds, labels=labels
    )
    best = ranking.classes[0].recipes[0]
    verdict, check = judge(ranking, labels), None
    if options.configuration is not None:
        configured = configured_recipe(options.configuration, plan.format, plan.recipes)
        check, verdict = check_configuration(options.configuration, configured, ranking, verdict)
        best = verdict.recipe or best
    scored: tuple[GeometryScore, ...] = ()
    mistakes: tuple[MistakeCost, ...] = ()
    if verdict.recipe is not None:
        some = [photos[number] for number in used[:_GEOMETRY_PHOTOS]]
        scores = ranking.scores[best.label][:_GEOMETRY_PHOTOS]
        scored = _geometries(run, some, resizes, best=best, first=scores, labels=labels)
        mistakes = _mistakes(run, best, plan.recipes, pixels[first])
    return Discovery(
        plan=plan,
        ranking=ranking,
        geometries=scored,
        mistakes=mistakes,
        verdict=verdict,
        output=run.output,
        form=run.form,
        photos=tuple(names),
        undecodable=tuple(path for path, each in zip(paths, decoded, strict=True) if each is None),
        runs=run.runs,
        seconds=monotonic() - begin,
        sample=pixels[first][:_SAMPLE],
        configuration=check,
        accuracy=_accuracy(ranking, labels),
    )


class _ModelScores:
    """Class scores of encoded pixels, and the number of model runs."""

    def __init__(self, model: ModelRunner, format_: InputFormat, output: str, progress: Callable[[int], None]) -> None:
        self.model, self.format, self.output, self.progress = model, format_, output, progress
        self.runs = self.classes = 0
        self.form = ""

    def __call__(self, recipe: InputRecipe, pixels: np.ndarray, views: int = VIEWS) -> Scores:
        """Scores of shape [N, views, K]: of the pixels, and mirrored. Scores that are not finite count as equal."""
        images = np.stack([pixels, pixels[:, :, ::-1]][:views], axis=1).reshape(-1, *pixels.shape[1:])
        parts = [self._run(recipe, images[start : start + _BATCH]) for start in range(0, len(images), _BATCH)]
        return np.concatenate(parts).reshape(len(pixels), views, -1)

    def _run(self, recipe: InputRecipe, images: np.ndarray) -> Scores:
        batch = encode_batch(images, recipe, self.format)
        try:
            if self.format.layout.startswith("N"):
                outputs = self.model.run_images(batch)
            else:
                several = [self.model.run(each) for each in batch]
                outputs = {name: np.stack([each[name].ravel() for each in several]) for name in several[0]}
        except ModelError as error:
            raise ImgcheckError(f"model {self.model.name}: {error}") from None
        self.runs += len(images)
        self.progress(self.runs)
        prediction = interpret(outputs, self.output)
        if prediction.form == "values" and not (self.form and not prediction.finite):
            raise ImgcheckError(f"model {self.model.name}: {_no_distribution(prediction)}")
        if prediction.form == "values":
            return np.zeros((len(images), self.classes))
        self.output, self.form, self.classes = prediction.output, prediction.form, prediction.logits.shape[1]
        return prediction.logits


def _no_distribution(prediction: Prediction) -> str:
    shapes = ", ".join(f"{name} {list(shape)}" for name, shape in prediction.outputs.items())
    return f"outputs: got {shapes}, expected a distribution over classes, [N, K]; --output-name selects one"


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
    run: _ModelScores,
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
    order = rank(scores, [best.renamed(name) for name in resizes], labels)
    names = [each.recipes[0].name for each in order]
    return tuple(
        GeometryScore(name=name, resize=resizes[name], probability=each.probability)
        for name, each in zip(names, order, strict=True)
    )


def _mistakes(
    run: _ModelScores, best: InputRecipe, recipes: tuple[InputRecipe, ...], pixels: np.ndarray
) -> tuple[MistakeCost, ...]:
    """How often the usual mistakes change the top class."""
    right = run(best, pixels, views=1)[:, 0].argmax(-1)
    costs = []
    for name, recipe in list(mistakes_of(best, recipes).items())[:_MISTAKES]:
        wrong = run(recipe, pixels, views=1)[:, 0].argmax(-1)
        costs.append(MistakeCost(name=name, changed=int((wrong != right).sum()), photos=len(pixels)))
    return tuple(costs)
