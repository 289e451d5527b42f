"""Fit the weights that distinguish the order of values (HWC or CHW), and measure them on other photographs.

    python tests/fit/value_order.py PHOTOS            fits on PHOTOS/imagenet, prints WEIGHTS
    python tests/fit/value_order.py PHOTOS --check    measures the package's weights on PHOTOS/bsds, new to them

PHOTOS: as for ``channel_prior.py``. Each photograph becomes tensors of several sizes and recipes, in color and in gray
stored as RGB, each in both orders. Needs only what the package needs (NumPy, Pillow). Deterministic.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps

from sm_imgcheck.core.assumptions import contradicted_layout
from sm_imgcheck.core.types import Facts
from sm_imgcheck.core.value_mapping import RECIPES, canonical
from sm_imgcheck.pipeline.measure.value_order import measure_value_order, order_features

RIDGE = 0.3
GRAY = 0.15
"""Share of the tensors that hold gray stored as RGB."""


def _letterbox(image: Image.Image, side: int) -> Image.Image:
    return ImageOps.pad(image, (side, side), Image.Resampling.BILINEAR, color=(114, 114, 114))


FRAMINGS: tuple[Callable[[Image.Image], Image.Image], ...] = (
    lambda image: image,
    lambda image: image.resize((224, 224), Image.Resampling.BILINEAR),
    lambda image: ImageOps.fit(image, (224, 224), Image.Resampling.BICUBIC),
    lambda image: image.resize((320, 240), Image.Resampling.BILINEAR),
    lambda image: image.resize((299, 299), Image.Resampling.NEAREST),
    lambda image: _letterbox(image, 416),
    lambda image: image.resize((64, 64), Image.Resampling.BILINEAR),
    lambda image: image.resize((32, 32), Image.Resampling.LANCZOS),
    lambda image: image.resize((96, 48), Image.Resampling.BILINEAR),
    lambda image: image.resize((48, 96), Image.Resampling.NEAREST),
)
_MAPPINGS = [canonical(dict(RECIPES)[name], 3) for name in (
    "0..255, not scaled", "divided by 255", "divided by 127.5, minus 1", "ImageNet mean and std", "caffe mean",
)]  # fmt: skip


def tensors(folder: Path, count: int, seed: int) -> Iterator[np.ndarray]:
    """``count`` HWC float32 tensors of the photographs of a folder, alternating, with random framing and recipe."""
    files = sorted(folder.glob("*.jp*g"))
    rng = np.random.default_rng(seed)
    for at in range(count):
        image = Image.open(files[at % len(files)]).convert("RGB")
        image = image.convert("L").convert("RGB") if rng.random() < GRAY else image
        pixels = np.asarray(FRAMINGS[rng.integers(len(FRAMINGS))](image), np.float32)
        affine = _MAPPINGS[rng.integers(len(_MAPPINGS))]
        yield pixels * np.float32(affine.scale) + np.float32(affine.offset)


def planes(tensor: np.ndarray) -> np.ndarray:
    """The same as CHW, contiguous."""
    return np.ascontiguousarray(tensor.transpose(2, 0, 1))


def fit(folder: Path, count: int) -> np.ndarray:
    """Weights of 1 and the features: ridge logistic regression, Newton's method; HWC is the positive class."""
    rows, is_hwc = [], []
    for tensor in tensors(folder, count, seed=1):
        for image, hwc in ((tensor, 1.0), (planes(tensor), 0.0)):
            if (found := order_features([image], width=tensor.shape[1], channels=3)) is not None:
                rows.append((1.0, *found))
                is_hwc.append(hwc)
    features, labels = np.array(rows), np.array(is_hwc)
    ridge = RIDGE * np.array([1e-6, 1, 1, 1])
    weights = np.zeros(4)
    for _ in range(50):
        share = 1 / (1 + np.exp(-features @ weights))
        hessian = (features * (share * (1 - share))[:, None]).T @ features + np.diag(ridge)
        weights -= np.linalg.solve(hessian, features.T @ (share - labels) + ridge * weights)
    return weights


def contradicts(array: np.ndarray, layout: str) -> tuple[bool, float]:
    """Whether the values contradict the layout, and the probability of that."""
    facts = Facts(shape=array.shape, layout=layout, dtype="float32", channel_order="RGB")
    order = measure_value_order(array, facts)
    found = replace(facts, value_order=order.order, value_order_probability=order.probability)
    other = order.order not in ("", layout)
    return bool(contradicted_layout(found)), order.probability if other else 1 - order.probability


def check(folder: Path, count: int) -> dict[str, float]:
    """False alarms on right tensors, found shares of reshaped ones, and the calibration error."""
    false, found, probabilities, labels = 0, {"HWC": 0, "CHW": 0}, [], []
    for tensor in tensors(folder, count, seed=2):
        height, width, channels = tensor.shape
        for array, layout in ((tensor, "HWC"), (planes(tensor), "CHW")):
            alarm, probability = contradicts(array, layout)
            false += alarm
            probabilities.append(probability)
            other = "CHW" if layout == "HWC" else "HWC"
            shape = (channels, height, width) if other == "CHW" else (height, width, channels)
            alarm, probability = contradicts(array.reshape(shape), other)
            found[layout] += alarm
            probabilities.append(probability)
            labels += [0, 1]
    share, truth = np.array(probabilities), np.array(labels)
    bins = np.minimum((share * 10).astype(int), 9)
    error = sum(
        (bins == at).mean() * abs(share[bins == at].mean() - truth[bins == at].mean()) for at in np.unique(bins)
    )
    return {
        "right tensors": 2 * count,
        "false alarms": false,
        "found HWC under CHW": found["HWC"] / count,
        "found CHW under HWC": found["CHW"] / count,
        "calibration error": float(error),
    }


def main() -> None:
    """Fit, or check."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("photos", type=Path)
    parser.add_argument("--check", action="store_true", help="measure the package's weights")
    parser.add_argument("--count", type=int, default=3000, help="tensors, each in both orders")
    options = parser.parse_args()
    if options.check:
        for name, value in check(options.photos / "bsds", options.count).items():
            print(f"{name:22} {value:.4f}" if isinstance(value, float) else f"{name:22} {value}")
    else:
        weights = fit(options.photos / "imagenet", options.count)
        print(f"WEIGHTS = ({', '.join(f'{weight:.2f}' for weight in weights)})")


if __name__ == "__main__":
    main()
