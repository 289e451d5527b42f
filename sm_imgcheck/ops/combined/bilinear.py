"""TensorFlow's bilinear resize of an 8-bit image, each row of the image interpolated once.

The kernel interpolates the rows above and below each new row, and transposes both with NumPy, as generated code runs
without OpenCV. The additions and products are the same. Milliseconds on one thread for 375x500 to 224x224
(``tests/bench/combined.py``): 1.1 by the kernel, 0.8 here.
"""

from __future__ import annotations

import numpy as np

from sm_imgcheck.core.types import Step
from sm_imgcheck.ops.kernels.resize_tensorflow import neighbor_pixels
from sm_imgcheck.ops.trace import output_size

__all__ = ["resize_bilinear"]

# Values of the new rows that are computed together: they stay in the cache of the processor with the old ones.
_BAND_VALUES = 40_000


def resize_bilinear(step: Step, image: np.ndarray) -> np.ndarray | None:
    """The resized image in float32; None for another step, and where the kernel is faster or needs less memory."""
    params = step.params
    if step.op != "resize_tensorflow" or params["interpolation"] != "bilinear" or params["antialias"]:
        return None
    if params["dtype"] != "float32" or params.get("grid"):
        return None
    if image.dtype != np.uint8 or image.ndim != 3 or image.shape[2] not in (1, 3):
        return None
    height, width, channels = image.shape
    new_height, new_width = output_size(step, height=height, width=width)
    if (new_height, new_width) == (height, width):
        return None
    left, right, along = neighbor_pixels(new_width, width)
    upper, lower, down = neighbor_pixels(new_height, height)
    result = np.empty((new_height, new_width, channels), np.float32)
    count = max(1, _BAND_VALUES // result[0].size)
    for top in range(0, new_height, count):
        band = slice(top, top + count)
        numbers, place = np.unique((upper[band], lower[band]), return_inverse=True)
        above, below = place.reshape(2, -1)
        rows = _resize_rows(image[numbers], left, right, along)
        result[band] = _between(rows[above], rows[below], down[band]).reshape(-1, new_width, channels)
    return result


def _resize_rows(image: np.ndarray, left: np.ndarray, right: np.ndarray, along: np.ndarray) -> np.ndarray:
    """The rows of an image at their new width, flat. On the transposed image: there, neighbors are rows of memory."""
    import cv2

    columns = cv2.transpose(image).reshape(image.shape[1], -1)
    result = _between(columns[left].astype(np.float32), columns[right].astype(np.float32), along)
    return cv2.transpose(result.reshape(len(left), *image.shape[::2])).reshape(len(image), -1)


def _between(first: np.ndarray, last: np.ndarray, share: np.ndarray) -> np.ndarray:
    """``first + (last - first) * share``, one share for each line; written over ``last``."""
    last -= first
    last *= share[:, np.newaxis]
    last += first
    return last
