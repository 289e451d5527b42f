"""Whether a tensor that no known pipeline explains shows its source image, or cannot be compared at all."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from sm_imgcheck.core.types import Facts
from sm_imgcheck.features.identify.cells import reduce_image
from sm_imgcheck.pipeline.measure.value_order import other_order

__all__ = ["few_colors", "resemblance"]

_SIDE, _BLUR = 32, 5
"""Pixels of a side that are compared, and of the local mean to subtract: the rest is detail, not light and dark."""
_IMAGES = 8
"""Images of a batch that are compared, evenly spread."""
_CENTRAL = 0.875


def few_colors(array: np.ndarray, axis: int) -> bool:
    """Return whether an array has one or two colors: too few to identify an image.

    axis: of the channels; -1 without one.
    """
    planes = np.moveaxis(array, axis, -1) if axis >= 0 else array[..., np.newaxis]
    first = planes[(0,) * (planes.ndim - 1)]
    other = (planes != first).any(axis=-1)
    if not other.any():
        return True
    second = planes[np.unravel_index(int(other.argmax()), other.shape)]
    return not (other & (planes != second).any(axis=-1)).any()


def resemblance(array: np.ndarray, facts: Facts, picture: np.ndarray) -> float:
    """Return the correlation, 0..1, between the ranks of the details of a tensor and its source; the best of several.

    array: as measured in ``facts``. image: HxWxC. Ranks are the same for every monotone mapping of the values. The
    whole image and its central parts are compared, in both orders of the tensor's values.
    """
    parts = [_detail(part) for part in _parts(picture)]
    results = (abs(float(_detail(image) @ part)) for image in _images(array, facts.layout) for part in parts)
    return max(results, default=0.0)


def _parts(picture: np.ndarray) -> Iterator[np.ndarray]:
    height, width = picture.shape[:2]
    side = min(height, width)
    for high, wide in ((height, width), (side, side), (int(side * _CENTRAL), int(side * _CENTRAL))):
        top, left = (height - high) // 2, (width - wide) // 2
        yield picture[top : top + high, left : left + wide]


def _images(array: np.ndarray, layout: str) -> Iterator[np.ndarray]:
    for values, axes in filter(None, ((array, layout), other_order(array, layout))):
        inner = axes.replace("N", "")
        batch = values if "N" in axes else values[np.newaxis]
        for index in np.unique(np.linspace(0, len(batch) - 1, min(_IMAGES, len(batch))).astype(int)):
            yield batch[index].transpose([inner.index(axis) for axis in "HWC" if axis in inner])


def _detail(image: np.ndarray) -> np.ndarray:
    """Ranks of the gray levels of a reduced image less their local mean; of length 1."""
    import cv2

    image = image if image.ndim == 3 else image[..., np.newaxis]
    gray = reduce_image(np.ascontiguousarray(image, np.float32), 4 * _SIDE)[0].mean(axis=2)
    small = cv2.resize(gray, (_SIDE, _SIDE), interpolation=cv2.INTER_AREA)
    ranks = np.empty(small.size, np.float32)
    ranks[np.argsort(small, axis=None, kind="stable")] = np.arange(small.size)
    detail = ranks.reshape(small.shape)
    detail = (detail - cv2.blur(detail, (_BLUR, _BLUR), borderType=cv2.BORDER_REFLECT)).ravel()
    detail -= detail.mean()
    unit: np.ndarray = detail / max(float(np.linalg.norm(detail)), 1e-6)
    return unit
