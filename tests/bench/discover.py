"""How often `discover` reports the right recipe: small networks that were not used to choose its thresholds.

    python tests/fit/small_models.py FOLDER
    python tests/fit/small_outputs.py FOLDER
    python tests/bench/discover.py FOLDER [--kind detector] [--photos 192] [--draws 29] [--fitted]

Draws photographs from 600 generated images, and searches with the readings of each model's ONNX file. --fitted: the
models that thresholds were chosen on.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from typing import NamedTuple

import numpy as np
import onnxruntime
from PIL import Image

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "fit"))
import small_models
import small_outputs

from sm_imgcheck.features.discover.model import ModelInput
from sm_imgcheck.features.discover.output_kinds import Measure, OutputSample, find_reader
from sm_imgcheck.features.discover.recipes import InputFormat, candidate_recipes, encode_batch, input_format
from sm_imgcheck.features.discover.search import plan_rounds, search
from sm_imgcheck.features.discover.verdict import decide

KINDS = ("classes", "detector", "segmentation", "embedding")
_BATCH = 50


class Draw(NamedTuple):
    """One search."""

    contained: bool
    """The right recipe is in the reported set."""
    classes: int
    """Classes in the reported set."""
    probability: float
    """Probability of the right recipe."""
    determined: bool
    """There is a result."""


def models(kind: str, *, fitted: bool) -> Iterator[tuple[str, small_models.Recipe]]:
    """Names and recipes of the models of a kind: those of the first half, or of the second."""
    if kind == "classes":
        names = list(small_models.RECIPES)
        yield from ((name, small_models.RECIPES[name]) for name in (names[:7] if fitted else names[7:]))
        return
    names = [name for name in small_outputs.MODELS if name.startswith(kind)]
    half = len(names) // 2
    yield from ((name, small_outputs.MODELS[name].recipe) for name in (names[:half] if fitted else names[half:]))


def readings_of(path: Path, images: list[Image.Image]) -> tuple[dict[str, np.ndarray], Measure, InputFormat]:
    """Readings of shape [N, 2, ...] of each recipe by its label."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(str(path), options)
    node = session.get_inputs()[0]
    shape = tuple(length if isinstance(length, int) else None for length in node.shape)
    format_ = input_format(ModelInput(name=node.name, shape=shape, dtype="float32"), None)
    assert isinstance(format_, InputFormat)
    pixels = np.stack([small_models.shrink(image, "crop", format_.height) for image in images])
    if format_.channels == 1:
        pixels = small_models.reorder(pixels, "GRAY").astype(np.uint8)
    names = [each.name for each in session.get_outputs()]
    recipes = candidate_recipes(format_.channels, "float32", None)

    def run(recipe, part):
        return dict(zip(names, session.run(None, {node.name: encode_batch(part, recipe, format_)}), strict=True))

    sample = OutputSample(
        outputs=[run(each, pixels[:1]) for each in recipes[:4]], height=format_.height, width=format_.width
    )
    reader = find_reader(sample)
    readings = {}
    for recipe in recipes:
        views = []
        for view in (pixels, pixels[:, :, ::-1]):
            parts = [view[start : start + _BATCH] for start in range(0, len(view), _BATCH)]
            views.append(np.concatenate([reader.read(run(recipe, part), len(part)) for part in parts]))
        readings[recipe.label] = np.stack([views[0], reader.mirror(views[1])], 1).astype(np.float32)
    return readings, reader.measure, format_


def draws_of(path: Path, recipe: small_models.Recipe, images: list, photos: int, number: int) -> list[Draw]:
    """The searches of one model."""
    readings, measure, format_ = readings_of(path, images)
    recipes = candidate_recipes(format_.channels, "float32", None)
    label, draws = f"{recipe.order}, {recipe.mapping}", []
    for seed in range(number):
        chosen = np.random.default_rng(seed).choice(len(images), photos, replace=False)
        ranking = search(
            lambda each, numbers, chosen=chosen: readings[each.label][chosen[list(numbers)]].astype(np.float64),
            recipes,
            plan_rounds(len(recipes), photos, measure.rounds),
            measure,
            seed=seed,
        )
        verdict = decide(ranking, measure)
        right = [entry for entry in ranking.classes if label in {each.label for each in entry.recipes}]
        contained = bool({*map(id, right)} & {*map(id, verdict.remaining)})
        draws.append(Draw(contained, len(verdict.remaining), right[0].probability, verdict.recipe is not None))
    return draws


def main() -> None:
    """Print a line for each model, and the sum."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--kind", choices=KINDS, default="classes")
    parser.add_argument("--photos", type=int, default=192)
    parser.add_argument("--draws", type=int, default=29)
    parser.add_argument("--fitted", action="store_true")
    options = parser.parse_args()
    is_scene = options.kind in ("detector", "segmentation")
    images = [each.image for each in small_outputs.scenes(600, 3)] if is_scene else small_models.draw_all(600, 3)[0]
    total: list[Draw] = []
    for name, recipe in models(options.kind, fitted=options.fitted):
        draws = draws_of(options.folder / f"{name}.onnx", recipe, images, options.photos, options.draws)
        print(f"{name}  {summary(draws)}  {recipe.order}, {recipe.mapping}, {recipe.geometry}", flush=True)
        total += draws
    print(f"all {summary(total)} (expected: at least 95 % in the set, excluded 0)")


def summary(draws: list[Draw]) -> str:
    """Counts of draws in words."""
    contained = sum(each.contained for each in draws)
    alone = sum(each.contained and each.determined for each in draws)
    wrong = sum(each.determined and not each.contained for each in draws)
    excluded = sum(each.probability < 0.01 for each in draws)
    size = median(each.classes for each in draws)
    counts = f"in the set {contained} of {len(draws)}, median {size:g} classes, alone {alone}"
    return f"{counts}, wrong result {wrong}, excluded {excluded}"


if __name__ == "__main__":
    main()
