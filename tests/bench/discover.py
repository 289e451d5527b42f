"""How often `discover` reports the right recipe: small networks that were not used to choose its thresholds.

    python tests/fit/small_models.py FOLDER
    python tests/bench/discover.py FOLDER [--photos 192] [--draws 29]

Draws photographs from 600 generated images, and searches with the class scores of each model's ONNX file.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from statistics import median
from typing import NamedTuple

import numpy as np
import onnxruntime

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "fit"))
import small_models

from sm_imgcheck.features.discover.model import ModelInput
from sm_imgcheck.features.discover.recipes import InputFormat, candidate_recipes, encode_batch, input_format
from sm_imgcheck.features.discover.search import plan_rounds, search
from sm_imgcheck.features.discover.verdict import remaining_classes

TESTED = "hijklmn"


class Draw(NamedTuple):
    """One search."""

    contained: bool
    """The right recipe is in the reported set."""
    classes: int
    """Classes in the reported set."""
    probability: float
    """Probability of the right recipe."""


def class_scores(
    session: onnxruntime.InferenceSession, pixels: np.ndarray, format_: InputFormat
) -> dict[str, np.ndarray]:
    """Scores of shape [N, 2, K] of each recipe by its label."""
    name = session.get_inputs()[0].name
    scores = {}
    for recipe in candidate_recipes(format_.channels, format_.dtype, None):
        views = [
            session.run(None, {name: encode_batch(view, recipe, format_)})[0] for view in (pixels, pixels[:, :, ::-1])
        ]
        scores[recipe.label] = np.log(np.stack(views, 1).astype(np.float64).clip(1e-38))
    return scores


def draws_of(path: Path, recipe: small_models.Recipe, images: list, photos: int, number: int) -> list[Draw]:
    """The searches of one model."""
    session = onnxruntime.InferenceSession(str(path))
    node = session.get_inputs()[0]
    shape = tuple(length if isinstance(length, int) else None for length in node.shape)
    format_ = input_format(ModelInput(name=node.name, shape=shape, dtype="float32"), None)
    pixels = np.stack([small_models.shrink(image, "crop") for image in images])
    if format_.channels == 1:
        pixels = small_models.reorder(pixels, "GRAY").astype(np.uint8)
    scores = class_scores(session, pixels, format_)
    recipes = candidate_recipes(format_.channels, "float32", None)
    label, draws = f"{recipe.order}, {recipe.mapping}", []
    for seed in range(number):
        chosen = np.random.default_rng(seed).choice(len(pixels), photos, replace=False)
        ranking = search(
            lambda each, numbers, chosen=chosen: scores[each.label][chosen[list(numbers)]],
            recipes,
            plan_rounds(len(recipes), photos),
            seed=seed,
        )
        remaining = remaining_classes(ranking)
        right = [entry for entry in ranking.classes if label in {each.label for each in entry.recipes}]
        draws.append(Draw(bool({*map(id, right)} & {*map(id, remaining)}), len(remaining), right[0].probability))
    return draws


def main() -> None:
    """Print a line for each model, and the sum."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--photos", type=int, default=192)
    parser.add_argument("--draws", type=int, default=29)
    options = parser.parse_args()
    images, _ = small_models.draw_all(600, 3)
    total: list[Draw] = []
    for name in TESTED:
        recipe = small_models.RECIPES[name]
        draws = draws_of(options.folder / f"{name}.onnx", recipe, images, options.photos, options.draws)
        print(f"{name}  {summary(draws)}  {recipe.order}, {recipe.mapping}, {recipe.geometry}")
        total += draws
    print(f"all {summary(total)} (expected: at least 98 % in the set, median 2, alone 80 %, excluded 0)")


def summary(draws: list[Draw]) -> str:
    """Counts of draws in words."""
    contained = sum(each.contained for each in draws)
    alone = sum(each.contained and each.classes == 1 for each in draws)
    excluded = sum(each.probability < 0.01 for each in draws)
    size = median(each.classes for each in draws)
    return f"in the set {contained} of {len(draws)}, median {size:g} classes, alone {alone}, excluded {excluded}"


if __name__ == "__main__":
    main()
