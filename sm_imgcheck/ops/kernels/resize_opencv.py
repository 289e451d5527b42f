"""OpenCV's own resize: ``cv2.resize`` does the sums, on uint8 or float32, so every interpolation is bit-exact."""

from __future__ import annotations

from functools import partial
from typing import Unpack

import numpy as np

from sm_imgcheck.core.sizes import SizeRule, blob_factor, resized_by_opencv
from sm_imgcheck.ops.kernels._separable import convert_levels, working
from sm_imgcheck.ops.kernels.crop_pad import letterbox

__all__ = ["letterbox_opencv", "resize_opencv"]

# cv2.INTER_*; numbers of OpenCV, names of the spec language
OPENCV_INTERPOLATIONS = {"nearest": 0, "bilinear": 1, "bicubic": 2, "area": 3, "lanczos": 4, "nearest-exact": 6}


def resize_opencv(image: np.ndarray, *, interpolation: str, dtype: str, **rule: Unpack[SizeRule]) -> np.ndarray:
    """``cv2.resize``. rule: the size, see ``core.sizes``; dtype: see ``convert_levels``.

    A rounded ``cover`` is ``cv2.dnn.blobFromImage(crop=True)``, which hands ``cv2.resize`` a factor instead of a size:
    the pixels are then sampled with that factor, not with the ratio of the sizes.
    """
    height, width = image.shape[:2]
    new = resized_by_opencv(height=height, width=width, **rule)
    factor = blob_factor(height=height, width=width, **rule)
    return sampled_by_opencv(image, size=new, factor=factor, interpolation=interpolation, dtype=dtype)


def letterbox_opencv(
    image: np.ndarray, *, size: list[int], fill: list[float], multiple_of: int | None, interpolation: str, dtype: str
) -> np.ndarray:
    """Ultralytics' ``LetterBox(center=True, scaleup=True)``; with ``multiple_of`` its ``auto=True`` and ``stride``."""
    sample = partial(sampled_by_opencv, image, factor=0.0, interpolation=interpolation, dtype=dtype)
    return letterbox(image, sample, library="opencv", size=size, multiple_of=multiple_of, fill=fill)


def sampled_by_opencv(
    image: np.ndarray, *, size: tuple[int, int], factor: float, interpolation: str, dtype: str
) -> np.ndarray:
    """An HxWxC image at ``size`` (height, width); factor: sample with it (0: with the ratio of the sizes)."""
    import cv2

    pixels = working(image, dtype)
    flag = OPENCV_INTERPOLATIONS[interpolation]
    if factor and min(pixels.shape[:2]) * factor >= 1:
        result = cv2.resize(pixels, None, fx=factor, fy=factor, interpolation=flag)
    else:
        result = cv2.resize(pixels, (size[1], size[0]), interpolation=flag)
    return convert_levels(result.reshape(*size, pixels.shape[2]), dtype)  # cv2 drops the axis of a single channel
