"""``torch.nn.functional.interpolate`` and torchvision's resize of tensors, in NumPy.

uint8 (torchvision v2 and transformers on uint8 tensors): 16-bit weights, the horizontal pass first, integer levels
between the passes; exact. That is PyTorch's kernel on CPUs with AVX2 or NEON; without them torchvision resizes bilinear
images in float32 and rounds (``float32-rounded``). float32: within 0.0021 gray levels, as the order of the additions
depends on the build. Bicubic without antialias has a = -0.75, with it -0.5; neither is clipped in float32.
"""

from __future__ import annotations

from functools import lru_cache, partial
from typing import Unpack

import numpy as np

from sm_imgcheck.core.sizes import SizeRule, resized_size
from sm_imgcheck.ops.kernels._exact_sums import LONGEST_LINE, columns_exact, rows_exact, weight_blocks
from sm_imgcheck.ops.kernels._separable import columns_summed, convert_levels, gather_pixels, rows_summed, working
from sm_imgcheck.ops.kernels.crop_pad import letterbox
from sm_imgcheck.ops.kernels.resize_tensorflow import tensorflow_nearest

__all__ = ["letterbox_torch", "resize_torch", "torch_area", "torch_integer_spans", "torch_nearest", "torch_spans"]

# Pixels under each kernel before it is stretched.
TORCH_TAPS = {"bilinear": 2, "bicubic": 4, "lanczos": 6}


def torch_nearest(new: int, old: int) -> np.ndarray:
    """Which old pixel ``nearest`` copies: the one at the new one's upper left corner, in float32."""
    scale = np.float32(old) / np.float32(new)
    lines = np.floor(np.arange(new, dtype=np.float32) * scale).astype(np.int64)
    return np.asarray(np.minimum(lines, old - 1))


def torch_area(new: int, old: int) -> tuple[np.ndarray, np.ndarray]:
    """Spans of adaptive average pooling: means of complete pixels."""
    position = np.arange(new)
    starts, ends = position * old // new, -(-(position + 1) * old // new)
    inside = np.arange(int(np.max(ends - starts))) < (ends - starts)[:, np.newaxis]
    return starts, inside.astype(np.float32) / (ends - starts).astype(np.float32)[:, np.newaxis]


def torch_spans(new: int, old: int, interpolation: str, *, antialias: bool) -> tuple[np.ndarray, np.ndarray]:
    """Spans for float images, in float32."""
    if antialias:
        return stretched_spans(new, old, interpolation, np.float32)
    return plain_spans(new, old, interpolation, np.float32)[:2]


def torch_integer_spans(
    new: int, old: int, interpolation: str, *, antialias: bool
) -> tuple[np.ndarray, np.ndarray, int]:
    """Spans for uint8 images: weights as integer multiples of 2**-precision that fit 16 bits, and that precision."""
    if antialias:
        starts, weights = stretched_spans(new, old, interpolation, np.float64)
        largest = float(weights.max())
    else:
        starts, weights, largest = plain_spans(new, old, interpolation, np.float64)
    precision = 0
    while precision < 22 and int(0.5 + largest * (1 << (precision + 1))) < 1 << 15:
        precision += 1
    integers = np.trunc(weights * (1 << precision) + np.copysign(0.5, weights))
    return starts, integers.astype(np.int32), precision


def stretched_spans(new: int, old: int, interpolation: str, kind: type[np.floating]) -> tuple[np.ndarray, np.ndarray]:
    """Spans with antialias: the kernel grows with the step between new pixels, and never leaves the image."""
    scale = kind(old) / kind(new)
    half = TORCH_TAPS[interpolation] * 0.5
    support = kind(half * float(scale)) if scale >= 1 else kind(half)
    inverse = kind(1.0 / float(scale)) if scale >= 1 else kind(1)
    centers = (float(scale) * (np.arange(new) + 0.5)).astype(kind)
    starts = np.maximum(np.trunc((centers - support).astype(np.float64) + 0.5).astype(np.int64), 0)
    ends = np.minimum(np.trunc((centers + support).astype(np.float64) + 0.5).astype(np.int64), old)
    ends = np.minimum(ends, starts + int(np.ceil(support)) * 2 + 1)
    taps = starts[:, np.newaxis] + np.arange(int(np.max(ends - starts)))
    away = (taps.astype(kind) - centers[:, np.newaxis]).astype(np.float64) + 0.5
    weights = torch_kernel((away * float(inverse)).astype(kind), interpolation, -0.5)
    weights[taps >= ends[:, np.newaxis]] = 0
    return starts, weights / sum_in_order(weights)


def plain_spans(
    new: int, old: int, interpolation: str, kind: type[np.floating]
) -> tuple[np.ndarray, np.ndarray, float]:
    """Spans without antialias: two or four pixels; the weight of a pixel outside the image is added to its border.

    The last entry is the largest weight before a negative one is added to the same pixel: the precision of integer
    weights depends on it.
    """
    taps = TORCH_TAPS[interpolation]
    scale = float(kind(old) / kind(new))
    # one rounding after product and difference: PyTorch's builds fuse the two
    centers = (scale * (np.arange(new) + 0.5) - 0.5).astype(kind)
    if interpolation == "bilinear":
        centers = np.maximum(centers, kind(0))
    first = np.minimum(np.floor(centers).astype(np.int64), old - 1)
    share = np.clip(centers - first.astype(kind), kind(0), kind(1))
    begin = first - taps // 2 + 1
    starts = np.clip(begin, 0, max(old - taps, 0))
    weights, largest = np.zeros((new, min(taps, old)), kind), 0.0
    for k in range(taps):
        position = np.arange(new), np.clip(begin + k, 0, old - 1) - starts
        weights[position] += torch_kernel((k + 1 - taps // 2) - share, interpolation, -0.75)
        largest = max(largest, float(weights[position].max()))
    return starts, weights, largest


def torch_kernel(x: np.ndarray, interpolation: str, a: float) -> np.ndarray:
    """The kernel's value at the signed distances ``x``, in their precision. a: of the cubic."""
    x = np.abs(x)
    if interpolation == "bilinear":
        return np.asarray(np.maximum(1 - x, x.dtype.type(0)))
    if interpolation == "bicubic":
        near = ((a + 2) * x - (a + 3)) * x * x + 1
        far = ((a * x - 5 * a) * x + 8 * a) * x - 4 * a
        return np.where(x < 1, near, np.where(x < 2, far, 0)).astype(x.dtype)
    return np.where(x < 3, np.sinc(x) * np.sinc(x / 3), 0).astype(x.dtype)


def sum_in_order(weights: np.ndarray) -> np.ndarray:
    """The sum of each row, tap by tap, as a column; 1 instead of a sum that is almost zero."""
    total = np.zeros((len(weights), 1), weights.dtype)
    for k in range(weights.shape[1]):
        total += weights[:, k : k + 1]
    return np.where(total == 0, 1, total).astype(weights.dtype)


def resize_torch(
    image: np.ndarray,
    *,
    interpolation: str,
    dtype: str,
    antialias: bool,
    **rule: Unpack[SizeRule],
) -> np.ndarray:
    """``torch.nn.functional.interpolate``. rule: the size, see ``core.sizes``; dtype: see ``convert_levels``."""
    new = resized_size(height=image.shape[0], width=image.shape[1], **rule)
    return sampled_by_torch(image, size=new, interpolation=interpolation, dtype=dtype, antialias=antialias)


def letterbox_torch(
    image: np.ndarray,
    *,
    size: list[int],
    fill: list[float],
    multiple_of: int | None,
    interpolation: str,
    dtype: str,
    antialias: bool,
) -> np.ndarray:
    """The largest size inside the frame, floored as torchvision does; an odd missing pixel below and to the right."""
    sample = partial(sampled_by_torch, image, interpolation=interpolation, dtype=dtype, antialias=antialias)
    return letterbox(image, sample, library="torch", size=size, multiple_of=multiple_of, fill=fill)


def sampled_by_torch(
    image: np.ndarray, *, size: tuple[int, int], interpolation: str, dtype: str, antialias: bool
) -> np.ndarray:
    """An HxWxC image at ``size`` (height, width)."""
    height, width = image.shape[:2]
    if size == (height, width):
        return convert_levels(image.copy(), dtype)
    if interpolation in {"nearest", "nearest-exact"}:
        line = torch_nearest if interpolation == "nearest" else tensorflow_nearest
        return convert_levels(gather_pixels(image, line(size[0], height), line(size[1], width)), dtype)
    if interpolation == "area":
        wide = columns_summed(image, *torch_area(size[1], width))
        return convert_levels(rows_summed(wide, *torch_area(size[0], height)), dtype)
    smooth = antialias or interpolation == "lanczos"
    if dtype == "uint8":
        return sampled_in_levels(working(image, dtype), size, interpolation, antialias=smooth)
    wide = columns_summed(image, *torch_spans(size[1], width, interpolation, antialias=smooth))
    result = rows_summed(wide, *torch_spans(size[0], height, interpolation, antialias=smooth))
    return convert_levels(result, dtype)


def sampled_in_levels(image: np.ndarray, size: tuple[int, int], interpolation: str, *, antialias: bool) -> np.ndarray:
    """A uint8 image resized with integer weights; an axis that keeps its length does not change."""
    for axis, exact, plain in ((1, columns_exact, columns_summed), (0, rows_exact, rows_summed)):
        new, old, channels = size[axis], image.shape[axis], image.shape[2] if axis else 1
        if old == new:
            continue
        if old <= LONGEST_LINE:
            image = exact(image, new, *torch_blocks(new, old, interpolation, antialias, channels))
            continue
        starts, weights, precision = torch_integer_spans(new, old, interpolation, antialias=antialias)
        sums = plain(image, starts, weights)
        sums += 1 << (precision - 1)  # in place: for a large image, never a second copy
        sums >>= precision
        image = np.clip(sums, 0, 255, out=sums).astype(np.uint8)
    return image


@lru_cache(maxsize=4)
def torch_blocks(
    new: int, old: int, interpolation: str, antialias: bool, channels: int
) -> tuple[tuple[tuple[int, int, np.ndarray], ...], bool]:
    """``weight_blocks`` of an axis; the images of a folder have few different sizes."""
    starts, weights, precision = torch_integer_spans(new, old, interpolation, antialias=antialias)
    return weight_blocks(starts, weights, precision, old, channels)
