"""Fit the table of the channel-order prior, and measure it by cross-validation.

    python tests/fit/channel_prior.py PHOTOS                    writes the table.npz of the package
    python tests/fit/channel_prior.py PHOTOS --check            prints the cross-validation; writes no file
    python tests/fit/channel_prior.py PHOTOS --check --repeats 1 --limit 120

PHOTOS: a folder with ``imagenet/`` (sample images of github EliSchwartz/imagenet-sample-images, research use) and
``bsds/`` (BSDS500, non-commercial research and education): photographs in RGB as shown to a person. Needs only what
the package needs (NumPy, Pillow, OpenCV). Deterministic except the last bits of the linear algebra library.

Images other than ordinary photographs (``kinds.py``: twelve kinds of false color, drawings and tints, from the
same photographs) fit the plane that separates them, so that the table has no evidence for them.

Every photograph is one example, "this is RGB"; by construction the model predicts the opposite for its swapped copy,
which therefore adds no evidence. Folds keep together what may show one scene: all photographs of one CD of
the Corel library (the thousands of a BSDS number) are in one fold. Scene coordinates, weights, plane and temperature
are all fitted without the fold that they are tested on.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from pathlib import Path
from typing import NamedTuple

import numpy as np
from kinds import KINDS
from PIL import Image, ImageOps

import sm_imgcheck.pipeline.measure.channel_prior
from sm_imgcheck.pipeline.measure.channel_prior.features import (
    MAX_EQUAL,
    equal_neighbors,
    is_ordinary,
    photo_weight,
    split,
    thumbnail,
)

SCENES = 6
"""Coordinates of scene."""
BEND = 1.0
"""Mean square of all coordinates together: how far a scene may bend the weights."""
RIDGE = 0.02
VIEWS = 2
"""Views of each photograph: itself, and crops of it in another size, mirrored or not, brighter or darker."""
WEIGHT_OF_CROP = 0.3
"""Weight of a crop; the photograph itself counts 1."""
SIZES = (28, 192)
"""Sizes of the crops in pixels, by their logarithm: an image of 32x32 has no fine texture."""
USUAL = (0.9, 0.99)
"""Shares of the photographs: the distances from the average up to which evidence counts fully, and partly."""
KINDS_OF_EACH = 6
"""Images of other kinds from each photograph; film tints and water, the nearest ones, of all."""
NEAREST = ("film tint", "underwater")
COMPONENTS, PLANE_RIDGE = 200, 8.0
"""Principal components of the even halves that the plane is fitted in, and its ridge."""
SILENT = 0.3
"""Share of the photographs with evidence that the plane removes, so that other kinds have no evidence."""
EVIDENCE = float(np.log(9))
WEIGHT_OF_WRONG, WEIGHT_OF_SURE, WEIGHT_OF_UNSURE = 6.0, 0.2, 0.05
"""Weights of images of other kinds with a false warning, with evidence, and without; a photograph counts 1."""
CAUTION = 0.85
"""Factor of the log-odds: at a probability of 0.9, 99.0 % instead of 98.1 % are right, for 3 % fewer photographs."""
FOLDS = 5
DATE = "2026-11-29"
Table = dict[str, np.ndarray]


class Halves(NamedTuple):
    """Even and odd halves of images, one row an image."""

    even: np.ndarray
    odd: np.ndarray

    def take(self, rows: np.ndarray | slice) -> Halves:
        """Some of the images."""
        return Halves(self.even[rows], self.odd[rows])


def photographs(root: Path, limit: int | None = None) -> list[tuple[str, np.ndarray]]:
    """``set/group`` and HxWx3 uint8 of every photograph that is not gray, alternating between the sets."""
    files = [sorted((root / name).glob("*.jp*g"))[:limit] for name in ("imagenet", "bsds")]
    found = []
    for file in sorted((one for part in files for one in part), key=lambda one: (one.parent.name, one.name)):
        pixels = np.asarray(Image.open(file).convert("RGB"))
        if np.abs(pixels[..., 0].astype(float) - pixels[..., 2]).mean() >= 2:
            group = int(file.stem) // 1000 if file.parent.name == "bsds" else file.stem
            found.append((f"{file.parent.name}/{group}", pixels))
    return found


def views(pixels: np.ndarray, rng: np.random.Generator) -> Iterator[np.ndarray]:
    """The photograph, and parts of it, VIEWS in all."""
    yield pixels
    for _ in range(VIEWS - 1):
        size = [int(length * share) for length, share in zip(pixels.shape, rng.uniform(0.7, 1, 2), strict=False)]
        top, left = (int(rng.integers(0, whole - part + 1)) for whole, part in zip(pixels.shape, size, strict=False))
        crop = pixels[top : top + size[0], left : left + size[1], :][:, :: rng.choice([-1, 1])]
        small = _resize(crop, int(np.exp(rng.uniform(*np.log(SIZES)))), Image.Resampling.BILINEAR) / 255
        light = np.clip(small, 1e-4, 1) ** np.exp(rng.uniform(-0.25, 0.25)) * np.exp(rng.uniform(-0.2, 0.2))
        yield np.clip(light, 0, 1) * 255


def halves(images: Iterable[np.ndarray]) -> Halves:
    """The halves of each image."""
    both = [split(thumbnail(image)) for image in images]
    return Halves(np.stack([even for even, _ in both]), np.stack([odd for _, odd in both]))


def fit_table(photos: Halves) -> Table:
    """The table for photographs, each with its VIEWS in a row, without temperature."""
    even, odd = photos
    mean = even[::VIEWS].mean(axis=0)
    scene = np.linalg.svd(even[::VIEWS] - mean, full_matrices=False)[2][:SCENES]
    place = (even - mean) @ scene.T
    scene *= np.sqrt(BEND / (place**2).sum(axis=1).mean())
    place = (even - mean) @ scene.T
    gram = (odd @ odd.T) * (1 + place @ place.T)
    scale = np.trace(gram) / len(gram)
    weight = np.tile([1.0] + [WEIGHT_OF_CROP] * (VIEWS - 1), len(even) // VIEWS)
    blame = ridge_logistic(gram.astype(float) / scale, weight / (RIDGE * VIEWS)) / scale
    weights = (np.column_stack([np.ones(len(place)), place]) * blame[:, None]).T @ odd
    far = np.quantile(np.linalg.norm(even[::VIEWS] - mean, axis=1), USUAL)
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


def plain_odds(table: Table, images: Halves) -> np.ndarray:
    """Log-odds of images by their colors alone."""
    place = np.column_stack([np.ones(len(images.even)), (images.even - table["mean"]) @ table["scene"].T])
    odds: np.ndarray = (place * (images.odd @ table["weights"].T)).sum(axis=1)
    return odds


def table_odds(table: Table, images: Halves) -> np.ndarray:
    """Log-odds of images, weighted by their similarity to photographs."""
    weights = [photo_weight(strangeness, table["far"]) for strangeness in images.even - table["mean"]]
    return plain_odds(table, images) * weights


class Others(NamedTuple):
    """Images of other kinds than photographs."""

    halves: Halves
    photo: np.ndarray
    """Index of the photograph of each."""
    kind: np.ndarray
    """Index of its kind."""
    plain: np.ndarray
    """Whether it has plain areas, which alone keep the prior silent."""


def other_kinds(photos: list[tuple[str, np.ndarray]], seed: int) -> Others:
    """Images of other kinds, KINDS_OF_EACH of each photograph."""
    rng = np.random.default_rng(seed)
    names = list(KINDS)
    farther = [kind for kind in range(len(names)) if names[kind] not in NEAREST]
    both, found = [], []
    for at, (_, pixels) in enumerate(photos):
        for kind in (*rng.choice(farther, KINDS_OF_EACH - 2, replace=False), *map(names.index, NEAREST)):
            picture = KINDS[names[kind]](pixels, rng)
            small = thumbnail(picture)
            if small is not None and np.abs(small[..., 0] - small[..., 2]).mean() * 255 >= 2:
                both.append(split(small))
                found.append((at, kind, equal_neighbors(picture) >= MAX_EQUAL))
    return Others(Halves(*map(np.stack, zip(*both, strict=True))), *map(np.array, zip(*found, strict=True)))


def ordinary_plane(table: Table, photos: Halves, others: Halves) -> np.ndarray:
    """The plane between photographs and images of other kinds: weights and a constant."""
    even = np.concatenate([photos.even, others.even])
    strange = even - table["mean"]
    odds = np.concatenate([plain_odds(table, photos), plain_odds(table, others)])
    photo = np.arange(len(even)) < len(photos.even)
    sure = np.abs(odds) > EVIDENCE
    weight = np.where(sure, WEIGHT_OF_SURE, 0) + WEIGHT_OF_UNSURE
    weight = np.where(photo, 1, np.where(odds < -EVIDENCE, WEIGHT_OF_WRONG, weight))
    axes = np.linalg.eigh(strange.T @ strange)[1][:, ::-1][:, :COMPONENTS]
    axes = axes / (strange[photo] @ axes).std(axis=0)
    places = np.column_stack([np.ones(len(strange)), strange @ axes])
    ridge = np.where(np.arange(COMPONENTS + 1) > 0, PLANE_RIDGE, 1e-6)
    found = np.zeros(COMPONENTS + 1)
    for _ in range(12):
        share = 1 / (1 + np.exp(-np.clip(places @ found, -30, 30)))
        hessian = (places * (weight * share * (1 - share))[:, None]).T @ places + np.diag(ridge)
        found -= np.linalg.solve(hessian, places.T @ (weight * (share - photo)) + ridge * found)
    plane = axes @ found[1:]
    return np.append(plane, -np.quantile((strange @ plane)[photo & sure], SILENT)).astype(np.float32)


def silence(table: Table, even: np.ndarray, odds: np.ndarray) -> np.ndarray:
    """Log-odds, close to 0 for images other than ordinary photographs."""
    ordinary = np.array([is_ordinary(each - table["mean"], table["ordinary"]) for each in even])
    return np.where(ordinary, odds, np.clip(odds, -0.5, 0.5))


def temperature(odds: np.ndarray) -> float:
    """The factor with the highest likelihood of the log-odds of photographs (RGB, all)."""
    factors = np.exp(np.linspace(-1.5, 1.5, 301))
    return float(factors[np.argmin([np.logaddexp(0, -factor * odds).mean() for factor in factors])])


def folds_of(groups: list[str], rng: np.random.Generator) -> np.ndarray:
    """The fold of each photograph: a group stays together."""
    names = sorted(set(groups))
    fold = dict(zip(names, rng.permutation(len(names)) % FOLDS, strict=True))
    return np.array([fold[group] for group in groups])


def cross_validated(
    photos: Halves, groups: list[str], others: Others, seed: int
) -> tuple[np.ndarray, np.ndarray, list[Table], np.ndarray]:
    """Log-odds of each photograph by a model trained without its group; its fold; the models and temperatures.

    The model is also trained without the images of other kinds from photographs of its group.

    The temperature of a fold is fitted on the log-odds of the other folds, again by models trained without them.
    """
    fold = folds_of(groups, np.random.default_rng(seed))
    first = photos.take(slice(None, None, VIEWS))
    tables = [fit_table(photos.take(np.repeat(fold != one, VIEWS))) for one in range(FOLDS)]
    for one, table in enumerate(tables):
        kinds = others.halves.take(fold[others.photo] != one)
        table["ordinary"] = ordinary_plane(table, first.take(fold != one), kinds)
    raw = np.zeros(len(groups))
    for one, table in enumerate(tables):
        raw[fold == one] = table_odds(table, first.take(fold == one))
    factors = CAUTION * np.array([temperature(raw[fold != one]) for one in range(FOLDS)])
    odds = raw * factors[fold]
    for one, table in enumerate(tables):
        odds[fold == one] = silence(table, first.even[fold == one], odds[fold == one])
    return odds, fold, tables, factors


def false_warnings(others: Others, fold: np.ndarray, tables: list[Table], factors: np.ndarray) -> dict[str, float]:
    """The share of the images of each kind, all of them RGB, that a model trained without them calls BGR."""
    wrong = np.zeros(len(others.kind), bool)
    for one, table in enumerate(tables):
        held = np.flatnonzero((fold[others.photo] == one) & ~others.plain)
        images = others.halves.take(held)
        wrong[held] = silence(table, images.even, table_odds(table, images) * factors[one]) < -EVIDENCE
    return {name: float(wrong[others.kind == at].mean()) for at, name in enumerate(KINDS)}


def calibration_error(odds: np.ndarray) -> float:
    """Expected calibration error over ten equal bins of confidence 0.5..1."""
    confidence, right = 1 / (1 + np.exp(-np.abs(odds))), odds > 0
    bins = np.minimum(((confidence - 0.5) * 20).astype(int), 9)
    return sum(
        (bins == one).mean() * abs(confidence[bins == one].mean() - right[bins == one].mean())
        for one in np.unique(bins)
    )


def numbers(odds: np.ndarray) -> dict[str, float]:
    """What is measured of log-odds of photographs that are all RGB."""
    surest = odds[np.argsort(-np.abs(odds), kind="stable")]
    rng = np.random.default_rng(0)
    batches = np.array([odds[rng.choice(len(odds), 16, replace=False)].sum() for _ in range(20_000)])
    sure = odds[np.abs(odds) > np.log(9)]
    return {
        "photograph": (odds > 0).mean(),
        "surest half": (surest[: len(odds) // 2] > 0).mean(),
        "batch of 16": (batches > 0).mean(),
        "calibration error": calibration_error(odds),
        "said at 0.9": len(sure) / len(odds),
        "right there": (sure > 0).mean(),
    }


def _pad(pixels: np.ndarray, fill: int) -> np.ndarray:
    height, width = pixels.shape[:2]
    side = max(height, width)
    out = np.full((side, side, 3), fill, np.uint8)
    top, left = (side - height) // 2, (side - width) // 2
    out[top : top + height, left : left + width] = pixels
    return out


def _resize(pixels: np.ndarray, size: int, kernel: Image.Resampling = Image.Resampling.BICUBIC) -> np.ndarray:
    return np.asarray(Image.fromarray(pixels).resize((size, size), kernel))


def _crop(pixels: np.ndarray, share: float) -> np.ndarray:
    image = Image.fromarray(pixels)
    return np.asarray(ImageOps.fit(image, [int(min(image.size) * share)] * 2))


CHANGES: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "as it is": lambda pixels: pixels,
    "mirrored": lambda pixels: pixels[:, ::-1],
    "center crop": partial(_crop, share=0.875),
    "center crop, half": partial(_crop, share=0.5),
    "letterbox 114": partial(_pad, fill=114),
    "letterbox black": partial(_pad, fill=0),
    "32x32": partial(_resize, size=32),
    "224x224 nearest": partial(_resize, size=224, kernel=Image.Resampling.NEAREST),
    "224x224 bilinear": partial(_resize, size=224, kernel=Image.Resampling.BILINEAR),
    "1024x1024 lanczos": partial(_resize, size=1024, kernel=Image.Resampling.LANCZOS),
    "darker": lambda pixels: pixels * 0.6,
    "brighter": lambda pixels: np.clip(pixels * 1.4, 0, 255),
    "half the contrast": lambda pixels: 64 + pixels * 0.5,
}
"""Possible preprocessing of an image before its measurement."""


def trade_off(odds: np.ndarray) -> Iterator[str]:
    """Lines with the share of the photographs at each probability, and how many of them are right."""
    for probability in (0.5, 0.7, 0.8, 0.9, 0.95, 0.98, 0.99):
        sure = odds[np.abs(odds) >= np.log(probability / (1 - probability))]
        yield f"at {probability:.2f}: {len(sure) / len(odds):.4f} of the photographs, right {(sure > 0).mean():.4f}"


def check(photos: list[tuple[str, np.ndarray]], measured: Halves, others: Others, repeats: int) -> None:
    """Print the cross-validation."""
    groups = [group for group, _ in photos]
    sets = np.array([group.partition("/")[0] for group in groups])
    runs = [cross_validated(measured, groups, others, seed) for seed in range(repeats)]
    results = [numbers(odds) for odds, *_ in runs]
    print(f"{len(photos)} photographs, {FOLDS} folds, {repeats} splits: mean (worst split)")
    for name in results[0]:
        each = [result[name] for result in results]
        print(f"  {name:18} {np.mean(each):.4f} ({max(each) if 'error' in name else min(each):.4f})")
    print(*trade_off(np.concatenate([odds for odds, *_ in runs])), sep="\n")
    for left_out in np.unique(sets):
        table = fit_table(measured.take(np.repeat(sets != left_out, VIEWS)))
        odds = table_odds(table, measured.take(slice(None, None, VIEWS)).take(sets == left_out)) * runs[0][3].mean()
        print(f"never saw {left_out}:", *(f"{name} {value:.4f}" for name, value in numbers(odds).items()), sep="  ")
    _, fold, tables, factors = runs[0]
    for name, share in false_warnings(others, fold, tables, factors).items():
        print(f"{name:18} warned of falsely: {share:.4f}")
    for name, change in CHANGES.items():
        odds = np.zeros(len(photos))
        for one in range(FOLDS):
            changed = halves(change(photos[at][1]) for at in np.flatnonzero(fold == one))
            odds[fold == one] = table_odds(tables[one], changed) * factors[one]
        print(f"{name:18} {(odds > 0).mean():.4f}  calibration error {calibration_error(odds):.4f}")


def ship(photos: list[tuple[str, np.ndarray]], measured: Halves, others: Others) -> None:
    """Write the table that the package reads."""
    groups = [group for group, _ in photos]
    odds, fold, tables, factors = cross_validated(measured, groups, others, 0)
    table = fit_table(measured)
    table["ordinary"] = ordinary_plane(table, measured.take(slice(None, None, VIEWS)), others.halves)
    table["weights"] *= factors.mean()
    false = false_warnings(others, fold, tables, factors)
    kinds = ", ".join(f"{name} {share:.4f}" for name, share in false.items())
    right = ", ".join(f"{name} {value:.4f}" for name, value in numbers(odds).items())
    words = (
        f"Fitted {DATE} by tests/fit/channel_prior.py on {len(photos)} photographs that are not gray: of 500 ImageNet "
        "sample images (github EliSchwartz/imagenet-sample-images, research use) and the 500 of BSDS500 "
        "(non-commercial research and education). Only these numbers are kept. "
        f"Cross-validated, {FOLDS} folds, scenes kept together: {right}. Called BGR, of {len(others.kind)} "
        f"pictures that are no photographs, all RGB: {kinds}."
    )
    arrays = {name: value.astype(np.float16) for name, value in table.items()}
    np.savez_compressed(
        Path(sm_imgcheck.pipeline.measure.channel_prior.__file__).parent / "table.npz", about=np.array(words), **arrays
    )
    print(words)


def main() -> None:
    """Fit, or check."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("photos", type=Path)
    parser.add_argument("--check", action="store_true", help="measure, write nothing")
    parser.add_argument("--repeats", type=int, default=3, help="how many ways to split into folds")
    parser.add_argument("--limit", type=int, help="photographs of each set, for a quick look")
    asked = parser.parse_args()
    photos = photographs(asked.photos, asked.limit)
    rng = np.random.default_rng(0)
    measured = halves(view for _, pixels in photos for view in views(pixels, rng))
    others = other_kinds(photos, 0)
    if asked.check:
        check(photos, measured, others, asked.repeats)
    else:
        ship(photos, measured, others)


if __name__ == "__main__":
    main()
