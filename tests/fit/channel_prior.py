"""Fit the table of the channel-order prior, and measure it by cross-validation.

    python tests/fit/channel_prior.py PHOTOS                    writes the table.npz of the package
    python tests/fit/channel_prior.py PHOTOS --check            prints the cross-validation; writes no file
    python tests/fit/channel_prior.py PHOTOS --check --hold-out-kinds
    python tests/fit/channel_prior.py PHOTOS --check --repeats 1 --limit 120

PHOTOS: a folder with ``imagenet/`` (sample images of github EliSchwartz/imagenet-sample-images, research use) and
``bsds/`` (BSDS500, non-commercial research and education): photographs in RGB as shown to a person. Needs only what
the package needs (NumPy, Pillow, OpenCV). Deterministic except the last bits of the linear algebra library.

Images other than ordinary photographs (``kinds/``: false color, drawings and tints, from the same photographs) fit the
rule that separates them, so that the table has no evidence for them. With ``--hold-out-kinds`` the fit
does not use half of the kinds, which measures the rule on unknown kinds.

Every photograph is one example, "this is RGB"; by construction the model predicts the opposite for its swapped copy,
which therefore adds no evidence. Folds keep together what may show one scene: all photographs of one CD of
the Corel library (the thousands of a BSDS number) are in one fold. Scene coordinates, weights, rule and temperature
are all fitted without the fold that they are tested on.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from kinds import HELD_OUT, KINDS
from prior_images import CHANGES, VIEWS, Images, Others, measure_images, other_kinds, photographs, views
from prior_model import (
    EVIDENCE,
    FOLDS,
    CrossValidation,
    cross_validated,
    false_warnings,
    fit_rule,
    fit_table,
    silence,
    table_odds,
)

import sm_imgcheck.pipeline.measure.channel_prior

DATE = "2026-11-29"


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
    sure = odds[np.abs(odds) > EVIDENCE]
    return {
        "photograph": (odds > 0).mean(),
        "surest half": (surest[: len(odds) // 2] > 0).mean(),
        "batch of 16": (batches > 0).mean(),
        "calibration error": calibration_error(odds),
        "said at 0.9": len(sure) / len(odds),
        "right there": (sure > 0).mean(),
    }


def trade_off(odds: np.ndarray) -> Iterator[str]:
    """Lines with the share of the photographs at each probability, and how many of them are right."""
    for probability in (0.5, 0.7, 0.8, 0.9, 0.95, 0.98, 0.99):
        sure = odds[np.abs(odds) >= np.log(probability / (1 - probability))]
        yield f"at {probability:.2f}: {len(sure) / len(odds):.4f} of the photographs, right {(sure > 0).mean():.4f}"


def changed_odds(photos: list[tuple[str, np.ndarray]], model: CrossValidation, change: str) -> np.ndarray:
    """Log-odds of all photographs, changed, each by the model trained without its group."""
    odds = np.zeros(len(photos))
    for one, (table, factor) in enumerate(zip(model.tables, model.factors, strict=True)):
        rows = np.flatnonzero(model.fold == one)
        images = measure_images(CHANGES[change](photos[at][1]) for at in rows)
        odds[rows] = silence(table, images, table_odds(table, images) * factor, factor)
    return odds


def check(
    photos: list[tuple[str, np.ndarray]], images: Images, others: Others, repeats: int, held: tuple[str, ...]
) -> None:
    """Print the cross-validation."""
    groups = [group for group, _ in photos]
    sets = np.array([group.partition("/")[0] for group in groups])
    runs = [cross_validated(images, groups, others, seed, held) for seed in range(repeats)]
    results = [numbers(run.odds) for run in runs]
    print(f"{len(photos)} photographs, {FOLDS} folds, {repeats} splits: mean (worst split)")
    for name in results[0]:
        each = [result[name] for result in results]
        print(f"  {name:18} {np.mean(each):.4f} ({max(each) if 'error' in name else min(each):.4f})")
    print(*trade_off(np.concatenate([run.odds for run in runs])), sep="\n")
    for left_out in np.unique(sets):
        table = fit_table(images.take(np.repeat(sets != left_out, VIEWS)))
        first = images.take(slice(None, None, VIEWS)).take(sets == left_out)
        values = numbers(table_odds(table, first) * runs[0].factors.mean())
        print(f"never saw {left_out}:", *(f"{name} {value:.4f}" for name, value in values.items()), sep="  ")
    false = [false_warnings(others, run) for run in runs]
    for name in KINDS:
        share = np.mean([each[name] for each in false])
        print(f"{name:18} warned of falsely: {share:.4f}{' (held out)' if name in held else ''}")
    for name in CHANGES:
        values = numbers(changed_odds(photos, runs[0], name))
        wanted = ("photograph", "said at 0.9", "right there", "calibration error")
        print(f"{name:18}", *(f"{each} {values[each]:.4f}" for each in wanted), sep="  ")


def ship(photos: list[tuple[str, np.ndarray]], images: Images, others: Others) -> None:
    """Write the table that the package reads."""
    model = cross_validated(images, [group for group, _ in photos], others, 0, ())
    table, factor = fit_table(images), float(model.factors.mean())
    table |= fit_rule(table, images.take(slice(None, None, VIEWS)), others.images, factor)
    table["weights"] *= factor
    false = false_warnings(others, model)
    kinds = ", ".join(f"{name} {share:.4f}" for name, share in false.items() if share > 0)
    right = ", ".join(f"{name} {value:.4f}" for name, value in numbers(model.odds).items())
    words = (
        f"Fitted {DATE} by tests/fit/channel_prior.py on {len(photos)} photographs that are not gray: of 500 ImageNet "
        "sample images (github EliSchwartz/imagenet-sample-images, research use) and the 500 of BSDS500 "
        "(non-commercial research and education). Only these numbers are kept. "
        f"Cross-validated, {FOLDS} folds, scenes kept together: {right}. Called BGR, of {len(others.kind)} "
        f"images of {len(KINDS)} other kinds, all RGB: {kinds}; 0 of the other kinds."
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
    parser.add_argument("--hold-out-kinds", action="store_true", help="with --check: fit without half of the kinds")
    parser.add_argument("--repeats", type=int, default=3, help="how many ways to split into folds")
    parser.add_argument("--limit", type=int, help="photographs of each set, for a quick look")
    asked = parser.parse_args()
    photos = photographs(asked.photos, asked.limit)
    rng = np.random.default_rng(0)
    images = measure_images(view for _, pixels in photos for view in views(pixels, rng))
    others = other_kinds(photos, 0)
    if asked.check:
        check(photos, images, others, asked.repeats, HELD_OUT if asked.hold_out_kinds else ())
    else:
        ship(photos, images, others)


if __name__ == "__main__":
    main()
