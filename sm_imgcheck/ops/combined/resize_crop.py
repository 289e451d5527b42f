"""A resize of 8-bit pixels by Pillow or PyTorch together with the crop after it: only the pixels that are kept.

Milliseconds on one thread for an image of 375x500 (``tests/bench/combined.py``):

====================================  ==========  ========
resize and crop                       one by one  together
====================================  ==========  ========
Pillow, bicubic to 224x224                   1.9       1.3
Pillow, bicubic to 248x331, crop 224         2.4       1.0
torch, bilinear to 224x224                   1.0       0.7
torch, bilinear to 256x341, crop 224         1.5       0.5
====================================  ==========  ========
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache, partial
from typing import NamedTuple

import numpy as np

from sm_imgcheck.core.identity_cache import IdentityCache
from sm_imgcheck.core.placement import crop_box
from sm_imgcheck.core.types import Step
from sm_imgcheck.ops.combined.matrices import Axis, make_axis, resize
from sm_imgcheck.ops.kernels.resize_pillow import PILLOW_FILTERS, sampled_by_pillow
from sm_imgcheck.ops.kernels.resize_torch import sampled_by_torch, torch_integer_spans
from sm_imgcheck.ops.trace import output_size

__all__ = ["resize_and_crop"]

# Images of a geometry before its matrices are made: about this number of images saves the time for that.
_BEFORE = 8
# Limits of the geometries that are counted, and of those with matrices: about 400 bytes for each line of the image.
_MAX_COUNTS, _MAX_MATRICES = 512, 8
# Smaller images are resized in less time than the calls take, and the matrices of longer sides are large.
_LEAST_PIXELS, _LONGEST_SIDE = 20_000, 1 << 14
# Old pixels on either side of a new one that a filter reads, where the image is not reduced (libImaging/Resample.c).
_PILLOW_SUPPORT = {"lanczos": 3.0, "bilinear": 1.0, "bicubic": 2.0, "box": 0.5, "hamming": 1.0}
_PILLOW_PRECISION = 22
_BY_WEIGHTS = frozenset({"resize_pillow", "resize_pillow12", "resize_torch"})
_NEVER = -(1 << 62)


class _Geometry(NamedTuple):
    """What determines the weights. A tuple, which is hashed in a tenth of the time."""

    op: str
    old: tuple[int, int, int]
    """Height, width and channels of the image."""
    new: tuple[int, int]
    """Height and width after the resize."""
    rows: tuple[int, int]
    """The first of the resized rows that are kept, and the one after the last."""
    columns: tuple[int, int]
    interpolation: str
    antialias: bool = False


_uses: Counter[_Geometry] = Counter()
_geometries: IdentityCache[tuple[_Geometry, int]] = IdentityCache(_MAX_COUNTS)


def resize_and_crop(steps: Sequence[Step], image: np.ndarray) -> tuple[np.ndarray, int] | None:
    """The image after the first step, or the first two, and how many; None: apply the steps one by one.

    None for steps other than these, and for the first images of a size.
    """
    if not _is_supported(steps[0], image):
        return None
    key = tuple(steps[:2])
    geometry, count = _geometries.get(key, image.shape) or _geometries.put(
        key, _geometry(steps, image.shape), image.shape
    )
    if len(_uses) > _MAX_COUNTS:
        _uses.clear()
    _uses[geometry] += 1
    if _uses[geometry] <= _BEFORE:
        return None
    resizer = _resizer(geometry)
    result = None if resizer is None else resizer(image)
    if result is None:
        _uses[geometry] = _NEVER
        return None
    return result, count


def _is_supported(step: Step, image: np.ndarray) -> bool:
    """Whether a step is a resize by weights, of an image that is worth it."""
    params = step.params
    if params.get("dtype") != "uint8" or params.get("reducing_gap") or params.get("box"):
        return False
    if step.op not in _BY_WEIGHTS or params["interpolation"] not in _PILLOW_SUPPORT:
        return False
    # Pillow weighs colors by alpha; a gray image as RGB is one plane.
    return (
        image.dtype == np.uint8
        and image.ndim == 3
        and image.shape[2] in (1, 3)
        and image.flags.c_contiguous
        and image.shape[0] * image.shape[1] >= _LEAST_PIXELS
        and max(image.shape) <= _LONGEST_SIDE
    )


def _geometry(steps: Sequence[Step], shape: tuple[int, ...]) -> tuple[_Geometry, int]:
    """The geometry of the first step, or of the first two where the second is a crop inside the image; and how many.

    shape: of the image, HWC.
    """
    height, width, channels = shape
    new = output_size(steps[0], height=height, width=width)
    top, left, kept_height, kept_width, count = 0, 0, *new, 1
    if len(steps) > 1 and steps[1].op == "crop":
        part = crop_box(**steps[1].params, height=new[0], width=new[1])
        if min(part[:2]) >= 0 and part[0] + part[2] <= new[0] and part[1] + part[3] <= new[1]:
            top, left, kept_height, kept_width, count = *part, 2
    params = steps[0].params
    geometry = _Geometry(
        op=steps[0].op,
        old=(height, width, channels),
        new=new,
        rows=(top, top + kept_height),
        columns=(left, left + kept_width),
        interpolation=params["interpolation"],
        antialias=params.get("antialias", False),
    )
    return geometry, count


@lru_cache(maxsize=_MAX_MATRICES)
def _resizer(geometry: _Geometry) -> Callable[[np.ndarray], np.ndarray | None] | None:
    """The function that resizes an image of this geometry; None where its result would not be the library's.

    Both are compared over noise: which order of the passes this Pillow has is what they show.
    """
    height, width, channels = geometry.old
    if height == geometry.new[0] or width == geometry.new[1]:  # an axis that keeps its length has no pass
        return None
    noise = np.frombuffer(np.random.default_rng(0).bytes(height * width * channels), np.uint8).reshape(geometry.old)
    expected = _resized_by_library(noise, geometry)[slice(*geometry.rows), slice(*geometry.columns)]
    for resizer in _resizers(geometry):
        result = resizer(noise)
        if result is not None and np.array_equal(result, expected):
            return resizer
    return None


def _resizers(geometry: _Geometry) -> Iterator[Callable[[np.ndarray], np.ndarray | None]]:
    """Resizes by integer weights, in both orders of the passes."""
    make = _torch_axis if geometry.op == "resize_torch" else _pillow_axis
    rows = make(geometry, geometry.old[0], geometry.new[0], geometry.rows)
    columns = make(geometry, geometry.old[1], geometry.new[1], geometry.columns)
    for rows_first in (False, True):
        yield partial(resize, rows=rows, columns=columns, rows_first=rows_first)


def _resized_by_library(image: np.ndarray, geometry: _Geometry) -> np.ndarray:
    """The resized image by the kernel of the op."""
    if geometry.op == "resize_torch":
        return sampled_by_torch(
            image,
            size=geometry.new,
            interpolation=geometry.interpolation,
            dtype="uint8",
            antialias=geometry.antialias,
        )
    return sampled_by_pillow(
        image,
        box=(0, 0, geometry.old[1], geometry.old[0]),
        size=geometry.new,
        interpolation=geometry.interpolation,
        dtype="uint8",
        rows_first=geometry.op == "resize_pillow12",
    )


def _torch_axis(geometry: _Geometry, old: int, new: int, lines: tuple[int, int]) -> Axis:
    """The weights of the new lines from the first to the one before the second of ``lines``."""
    smooth = geometry.antialias or geometry.interpolation == "lanczos"
    starts, weights, precision = torch_integer_spans(new, old, geometry.interpolation, antialias=smooth)
    return make_axis(starts[slice(*lines)], weights[slice(*lines)], precision)


def _pillow_axis(geometry: _Geometry, old: int, new: int, lines: tuple[int, int]) -> Axis:
    """The same as the installed Pillow computes them: the resized pixels of 32-bit images with one pixel in each span.

    The weight of an 8-bit pixel is rounded to 22 bits, and so is the product of 2**22 and the same weight.
    """
    from PIL import Image

    support = _PILLOW_SUPPORT[geometry.interpolation] * max(1.0, old / new)
    distance = 2 * math.ceil(support) + 3
    pixels = np.arange(old)
    points = np.zeros((distance, old), np.int32)
    points[pixels % distance, pixels] = 1 << _PILLOW_PRECISION
    resample = Image.Resampling(PILLOW_FILTERS[geometry.interpolation])
    weights = np.asarray(Image.fromarray(points).resize((new, distance), resample, (0, 0, old, distance)))
    new_lines = np.arange(*lines)
    starts = np.floor((new_lines + 0.5) * (old / new) - support + 0.5).astype(np.int64) - 1
    taps = starts[:, np.newaxis] + np.arange(distance)
    return make_axis(starts, weights[taps % distance, new_lines[:, np.newaxis]], _PILLOW_PRECISION)
