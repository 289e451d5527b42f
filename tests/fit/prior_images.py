"""What the channel-order prior is fitted and measured on: photographs, parts of them, and images of other kinds."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from pathlib import Path
from typing import NamedTuple

import numpy as np
from kinds import KINDS
from PIL import Image, ImageOps

from sm_imgcheck.pipeline.measure.channel_prior.features import planes, split, thumbnail
from sm_imgcheck.pipeline.measure.channel_prior.ordinary import (
    MAX_EQUAL,
    balance,
    color_statistics,
    equal_neighbors,
)

VIEWS = 2
"""Views of each photograph: itself, and crops of it in another size, mirrored or not, brighter or darker."""
SIZES = (28, 192)
"""Sizes of the crops in pixels, by their logarithm: an image of 32x32 has no fine texture."""
KINDS_OF_EACH = 8
"""Images of other kinds from each photograph."""
COLORLESS = 2
"""Mean |R - B| in gray levels below which an image is gray."""


class Images(NamedTuple):
    """Features of images, one row an image: of the thumbnail, of its balanced copy, and its color statistics."""

    even: np.ndarray
    odd: np.ndarray
    balanced_even: np.ndarray
    balanced_odd: np.ndarray
    statistics: np.ndarray

    def take(self, rows: np.ndarray | slice) -> Images:
        """Some of the images."""
        return Images(*(part[rows] for part in self))


class Others(NamedTuple):
    """Images of other kinds than photographs."""

    images: Images
    photo: np.ndarray
    """Index of the photograph of each."""
    kind: np.ndarray
    """Index of its kind."""
    plain: np.ndarray
    """Whether it has plain areas, which alone keep the prior silent."""


def photographs(root: Path, limit: int | None = None) -> list[tuple[str, np.ndarray]]:
    """``set/group`` and HxWx3 uint8 of every photograph that is not gray, alternating between the sets."""
    files = [sorted((root / name).glob("*.jp*g"))[:limit] for name in ("imagenet", "bsds")]
    found = []
    for file in sorted((one for part in files for one in part), key=lambda one: (one.parent.name, one.name)):
        pixels = np.asarray(Image.open(file).convert("RGB"))
        if np.abs(pixels[..., 0].astype(float) - pixels[..., 2]).mean() >= COLORLESS:
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
        small = resize(crop, int(np.exp(rng.uniform(*np.log(SIZES)))), Image.Resampling.BILINEAR) / 255
        light = np.clip(small, 1e-4, 1) ** np.exp(rng.uniform(-0.25, 0.25)) * np.exp(rng.uniform(-0.2, 0.2))
        yield np.clip(light, 0, 1) * 255


def measure_images(images: Iterable[np.ndarray]) -> Images:
    """The features of each image."""
    rows = []
    for image in images:
        small = thumbnail(planes(image))
        rows.append((*split(small), *split(balance(small)), color_statistics(small)))
    return Images(*map(np.stack, zip(*rows, strict=True)))


def other_kinds(photos: list[tuple[str, np.ndarray]], seed: int) -> Others:
    """Images of other kinds, KINDS_OF_EACH of each photograph."""
    rng = np.random.default_rng(seed)
    names = list(KINDS)
    found: list[tuple[int, int, bool]] = []

    def images() -> Iterator[np.ndarray]:
        for at, (_, pixels) in enumerate(photos):
            for kind in rng.choice(len(names), KINDS_OF_EACH, replace=False).tolist():
                image = KINDS[names[kind]](pixels, rng)
                channels = planes(image)
                small = thumbnail(channels)
                if small is not None and np.abs(small[0] - small[2]).mean() * 255 >= COLORLESS:
                    found.append((at, kind, equal_neighbors(channels) >= MAX_EQUAL))
                    yield image

    return Others(measure_images(images()), *map(np.array, zip(*found, strict=True)))


def _pad(pixels: np.ndarray, fill: int) -> np.ndarray:
    height, width = pixels.shape[:2]
    side = max(height, width)
    out = np.full((side, side, 3), fill, np.uint8)
    top, left = (side - height) // 2, (side - width) // 2
    out[top : top + height, left : left + width] = pixels
    return out


def resize(pixels: np.ndarray, size: int, kernel: Image.Resampling = Image.Resampling.BICUBIC) -> np.ndarray:
    """A square of ``size`` pixels."""
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
    **{f"{size}x{size}": partial(resize, size=size) for size in (32, 48, 64, 96)},
    "32x32 area": partial(resize, size=32, kernel=Image.Resampling.BOX),
    "224x224 nearest": partial(resize, size=224, kernel=Image.Resampling.NEAREST),
    "224x224 bilinear": partial(resize, size=224, kernel=Image.Resampling.BILINEAR),
    "1024x1024 lanczos": partial(resize, size=1024, kernel=Image.Resampling.LANCZOS),
    "darker": lambda pixels: pixels * 0.6,
    "brighter": lambda pixels: np.clip(pixels * 1.4, 0, 255),
    "half the contrast": lambda pixels: 64 + pixels * 0.5,
}
"""Possible preprocessing of an image before its measurement."""
