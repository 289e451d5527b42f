"""Whether a tensor that no known pipeline explains shows its source image, or cannot be compared at all."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator

import numpy as np

from sm_imgcheck.core.types import Facts
from sm_imgcheck.features.identify.cells import reduce_image
from sm_imgcheck.ops.kernels.color import orient
from sm_imgcheck.pipeline.measure.sampling import evenly_spaced
from sm_imgcheck.pipeline.measure.value_order import other_order

__all__ = ["has_few_details", "has_same_distribution", "image_resemblance", "images_of", "resemblance"]

_SIDE, _BLUR = 32, 5
"""Pixels of a side that are compared, and of the local mean to subtract: the rest is detail, not light and dark."""
_IMAGES = 8
"""Images of a batch that are compared, evenly spread."""
_CENTRAL = 0.875


def has_few_details(array: np.ndarray, axis: int) -> bool:
    """Return whether almost every pixel of an array has one of two colors: too few to identify an image.

    axis: of the channels; -1 without one.
    """
    planes = np.moveaxis(array, axis, -1) if axis >= 0 else array[..., np.newaxis]
    stride = max(1, math.isqrt(planes[..., 0].size // _MOST_PIXELS))
    pixels = planes[..., ::stride, ::stride, :].reshape(-1, planes.shape[-1]).astype(np.float32)
    most, tolerance = _DETAILS * len(pixels), _ROUNDING * float(np.ptp(pixels))
    for _ in range(2):
        if len(pixels) > most:
            middle = len(pixels) // 2
            color = pixels[np.argpartition(pixels.sum(axis=1), middle)[middle]]
            pixels = pixels[(np.abs(pixels - color) > tolerance).any(axis=1)]
    return len(pixels) <= most


_MOST_PIXELS = 1 << 20
"""Pixels that are compared: of more, every second or third row and column."""
_DETAILS, _ROUNDING = 0.02, 1e-3
"""Share of other pixels up to which averages over cells show no framing, and share of the range by which the sums of a
resize may be off a color."""


def resemblance(array: np.ndarray, facts: Facts, pixels: np.ndarray) -> float:
    """Return the correlation, 0..1, between the ranks of the details of a tensor and its source; the best of several.

    array: as measured in ``facts``. pixels: HxWxC. Ranks are the same for every monotone mapping of the values. The
    whole image and its central parts are compared in all orientations, by gray levels, by shares of the channels (which
    a softmax over the channels leaves) and by local contrast (which other mappings leave), in both orders of the
    tensor's values; and the tensor's numbers in memory order with those of the source.
    """
    return max(_flat_resemblance(array, pixels), image_resemblance(images_of(array, facts.layout), pixels))


def image_resemblance(images: Iterable[np.ndarray], pixels: np.ndarray) -> float:
    """Return the best of these correlations for images HWC or HW, without that in memory order."""
    parts = [_details(view) for part in _parts(pixels) for view in _orientations(part)]
    return max(_likeness(_details(image), part) for image in images for part in parts)


def has_same_distribution(array: np.ndarray, facts: Facts, pixels: np.ndarray) -> bool:
    """Return whether the values of a tensor are distributed as those of its source, in any order.

    array: as measured in ``facts``. pixels: HxWxC. At any scale and offset, of all channels together or of each; images
    with few details all have one distribution. Nearly uniform and normal distributions do not count: all images that
    are equalized have one, and all noise.
    """
    if has_few_details(array, facts.layout.find("C")) or has_few_details(pixels, 2):
        return False
    image = _quantiles(next(images_of(array, facts.layout)))
    return any(_is_near(image, _quantiles(part[..., :3])) for part in _parts(pixels))


_QUANTILES = np.linspace(0, 1, 513)
_SAME = 0.02
"""Mean difference of quantiles, in standard deviations: bilinear, bicubic and nearest neighbor to 224x224 leave more in
9 % of 270 cases, and 8,010 pairs of different photographs have 0.033 and more."""


_UNIFORM = (_QUANTILES - 0.5) * math.sqrt(12)
_DEVIATIONS = np.linspace(-4, 4, 801)
_NORMAL = np.interp(_QUANTILES, [(1 + math.erf(z / math.sqrt(2))) / 2 for z in _DEVIATIONS], _DEVIATIONS)
_COMMON = 0.04
"""Mean difference of quantiles from a uniform or normal distribution up to which unrelated images have it: of 4,005
pairs of equalized photographs, 2,620 agree, and none without these; 1 of 90 photographs is refused."""


def _quantiles(image: np.ndarray) -> np.ndarray:
    """Quantiles of all values and of each channel, in standard deviations from their mean; in rows."""
    planes = [image, *(image[..., channel] for channel in range(image.shape[2] if image.ndim == 3 else 0))]
    rows = []
    for plane in planes:
        values = plane.ravel()[:: plane.size // _SAMPLE + 1].astype(np.float64)
        rows.append((np.quantile(values, _QUANTILES) - values.mean()) / max(values.std(), 1e-12))
    return np.stack(rows)


_SAMPLE = 1 << 17
"""Values whose distribution is compared."""


def _is_near(image: np.ndarray, other: np.ndarray) -> bool:
    """Whether the quantiles of all values agree, or those of each channel in the same or the reverse order."""
    common = [min(np.abs(row - each).mean() for each in (_UNIFORM, _NORMAL)) <= _COMMON for row in image]
    if not common[0] and np.abs(image[0] - other[0]).mean() <= _SAME:
        return True
    orders = (other[1:], other[:0:-1]) if len(image) == len(other) > 1 and not all(common[1:]) else ()
    return any(np.abs(image[1:] - order).mean(axis=1).max() <= _SAME for order in orders)


def _orientations(image: np.ndarray) -> Iterator[np.ndarray]:
    small = reduce_image(np.ascontiguousarray(image, np.float32), 4 * _SIDE)[0]
    return (orient(small, orientation=orientation) for orientation in range(1, 9))


def _likeness(details: tuple[np.ndarray, np.ndarray], others: tuple[np.ndarray, np.ndarray]) -> float:
    """The best correlation of two details of the same kind: by value, or by contrast."""
    return max(float(np.abs(each @ other.T).max()) for each, other in zip(details, others, strict=True))


_FLAT = 1 << 14
"""Numbers in memory order that are compared."""


def _flat_resemblance(array: np.ndarray, pixels: np.ndarray) -> float:
    """The correlation of the ranks of the differences of neighbors, of the beginnings of both buffers."""
    rgb = pixels[..., :3]
    orders = (rgb, rgb[..., ::-1])
    buffers = [_steps(each) for order in orders for each in (order, order.transpose(2, 0, 1))]
    first = array[0] if array.ndim == 4 else array
    readings = [_steps(first), _steps(np.moveaxis(first, 0, -1))]
    return max(_correlation(buffer, other) for buffer in readings for other in buffers)


def _steps(values: np.ndarray) -> np.ndarray:
    """The differences of a buffer's first numbers from those a pixel of three channels later."""
    numbers = values.flat[: _FLAT + 3].astype(np.float32)
    difference: np.ndarray = numbers[3:] - numbers[:-3]
    return difference


def _correlation(buffer: np.ndarray, other: np.ndarray) -> float:
    length = min(len(buffer), len(other))
    return abs(float(_unit(_ranks(buffer[:length])) @ _unit(_ranks(other[:length]))))


def _parts(pixels: np.ndarray) -> Iterator[np.ndarray]:
    height, width = pixels.shape[:2]
    side = min(height, width)
    for high, wide in ((height, width), (side, side), (int(side * _CENTRAL), int(side * _CENTRAL))):
        top, left = (height - high) // 2, (width - wide) // 2
        yield pixels[top : top + high, left : left + wide]


def images_of(array: np.ndarray, layout: str) -> Iterator[np.ndarray]:
    """Some images of a tensor, HWC or HW, evenly spread, in both orders of its values where these differ."""
    for values, axes in filter(None, ((array, layout), other_order(array, layout))):
        inner = axes.replace("N", "")
        batch = values if "N" in axes else values[np.newaxis]
        for index in evenly_spaced(len(batch), _IMAGES):
            yield batch[index].transpose([inner.index(axis) for axis in "HWC" if axis in inner])


def _details(image: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Details by value, of gray and of each channel's share, and details by contrast; each of length 1, in rows."""
    import cv2

    image = image if image.ndim == 3 else image[..., np.newaxis]
    pixels = reduce_image(np.ascontiguousarray(image, np.float32), 4 * _SIDE)[0]
    gray = pixels.mean(axis=2)
    planes = [gray, *(pixels[..., c] - gray for c in range(pixels.shape[2]) if pixels.shape[2] > 1)]
    contrast = np.abs(cv2.Laplacian(gray, cv2.CV_32F, borderType=cv2.BORDER_REFLECT))
    least = _LEAST * float(pixels.std())
    return np.stack([_detail(plane, least) for plane in planes]), _detail(contrast, least)[np.newaxis]


_LEAST = 0.02
"""Share of an image's standard deviation up to which a plane holds only rounding."""


def _detail(plane: np.ndarray, least: float) -> np.ndarray:
    """Ranks of a reduced plane less their local mean, of length 1; zeros up to a standard deviation of ``least``."""
    import cv2

    if plane.std() <= least:
        return np.zeros(_SIDE * _SIDE, np.float32)
    small = cv2.resize(plane, (_SIDE, _SIDE), interpolation=cv2.INTER_AREA)
    detail = _ranks(small).reshape(small.shape)
    return _unit((detail - cv2.blur(detail, (_BLUR, _BLUR), borderType=cv2.BORDER_REFLECT)).ravel())


def _ranks(values: np.ndarray) -> np.ndarray:
    """The rank of each value, of equal ones their mean rank; flat."""
    _, inverse, counts = np.unique(values, return_inverse=True, return_counts=True)
    ranks: np.ndarray = (np.cumsum(counts) - (counts - 1) / 2).astype(np.float32)[inverse.ravel()]
    return ranks


def _unit(values: np.ndarray) -> np.ndarray:
    """The values less their mean, of length 1."""
    difference = values - values.mean()
    unit: np.ndarray = difference / max(float(np.linalg.norm(difference)), 1e-6)
    return unit
