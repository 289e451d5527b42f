"""``torch.nn.functional.interpolate`` and torchvision's resize of tensors, in NumPy.

uint8 (torchvision v2 and transformers on uint8 tensors): 16-bit weights, the horizontal pass first, whole levels
between the passes; exact. That is PyTorch's kernel on CPUs with AVX2 or NEON; without them torchvision resizes
bilinear images in float32 and rounds (``float32-rounded``). float32: within 0.0021 grey levels, as the order of the
additions depends on the build. Bicubic without antialias has a = -0.75, with it -0.5; neither is clipped in float32.
"""

from __future__ import annotations

import numpy as np

from sm_imgcheck.geometry.edges import resized
from sm_imgcheck.geometry.places import letterbox_place
from sm_imgcheck.pixels.kernels_tensorflow import tensorflow_nearest
from sm_imgcheck.pixels.kernels_torch import torch_area, torch_nearest, torch_spans, torch_whole_spans
from sm_imgcheck.pixels.levels import finished, working
from sm_imgcheck.pixels.passes import columns_summed, picked, rows_summed
from sm_imgcheck.pixels.place import framed

__all__ = ["letterbox_torch", "resize_torch"]


def resize_torch(
    image: np.ndarray,
    *,
    mode: str,
    size: int | list[int],
    max_size: int | None,
    rounding: str,
    interpolation: str,
    dtype: str,
    antialias: bool,
) -> np.ndarray:
    """``torch.nn.functional.interpolate``. Parameters: see ``geometry.edges.resized`` and ``levels``."""
    height, width = image.shape[:2]
    new = resized(mode=mode, size=size, max_size=max_size, rounding=rounding, height=height, width=width)
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
    top, left, new_height, new_width, frame_height, frame_width = letterbox_place(
        library="torch", size=size, multiple_of=multiple_of, height=image.shape[0], width=image.shape[1]
    )
    new = (new_height, new_width)
    inner = sampled_by_torch(image, size=new, interpolation=interpolation, dtype=dtype, antialias=antialias)
    return framed(inner, top=top, left=left, height=frame_height, width=frame_width, fill=fill)


def sampled_by_torch(
    image: np.ndarray, *, size: tuple[int, int], interpolation: str, dtype: str, antialias: bool
) -> np.ndarray:
    """An HxWxC image at ``size`` (height, width)."""
    height, width = image.shape[:2]
    if size == (height, width):
        return finished(image.copy(), dtype)
    if interpolation in {"nearest", "nearest-exact"}:
        line = torch_nearest if interpolation == "nearest" else tensorflow_nearest
        return finished(picked(image, line(size[0], height), line(size[1], width)), dtype)
    if interpolation == "area":
        wide = columns_summed(image, *torch_area(size[1], width))
        return finished(rows_summed(wide, *torch_area(size[0], height)), dtype)
    smooth = antialias or interpolation == "lanczos"
    if dtype == "uint8":
        return sampled_in_levels(working(image, dtype), size, interpolation, antialias=smooth)
    wide = columns_summed(image, *torch_spans(size[1], width, interpolation, antialias=smooth))
    done = rows_summed(wide, *torch_spans(size[0], height, interpolation, antialias=smooth))
    return finished(done, dtype)


def sampled_in_levels(image: np.ndarray, size: tuple[int, int], interpolation: str, *, antialias: bool) -> np.ndarray:
    """A uint8 image resized in whole numbers; an axis that keeps its length is not touched."""
    for axis, total in ((1, columns_summed), (0, rows_summed)):
        if image.shape[axis] != size[axis]:
            starts, weights, precision = torch_whole_spans(
                size[axis], image.shape[axis], interpolation, antialias=antialias
            )
            sums = total(image, starts, weights) + (1 << (precision - 1))
            image = np.clip(sums >> precision, 0, 255).astype(np.uint8)
    return image
