"""``tf.image.resize`` in NumPy: float32 throughout and in TensorFlow's order of operations.

Bit-exact for nearest, bilinear and bicubic, with and without antialias, and for area; lanczos (lanczos3) within
0.0002 grey levels, as sines differ in the last bit. Bicubic and lanczos may pass 0..255: TensorFlow does not clip.
"""

from __future__ import annotations

import numpy as np

from sm_imgcheck.geometry.edges import resized_by_tensorflow
from sm_imgcheck.geometry.places import letterbox_place
from sm_imgcheck.pixels.kernels_tensorflow import (
    tensorflow_area,
    tensorflow_centers,
    tensorflow_cubic,
    tensorflow_nearest,
    tensorflow_spans,
)
from sm_imgcheck.pixels.levels import finished
from sm_imgcheck.pixels.passes import columns_summed, picked, rows_summed
from sm_imgcheck.pixels.place import framed

__all__ = ["letterbox_tensorflow", "resize_tensorflow"]


def resize_tensorflow(
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
    """``tf.image.resize``. Parameters: see ``geometry.edges.resized`` and ``levels``.

    A rounded ``longest_edge`` is its ``preserve_aspect_ratio=True``.
    """
    height, width = image.shape[:2]
    new = resized_by_tensorflow(mode=mode, size=size, max_size=max_size, rounding=rounding, height=height, width=width)
    return sampled_by_tensorflow(image, size=new, interpolation=interpolation, dtype=dtype, antialias=antialias)


def letterbox_tensorflow(
    image: np.ndarray,
    *,
    size: list[int],
    fill: list[float],
    multiple_of: int | None,
    interpolation: str,
    dtype: str,
    antialias: bool,
) -> np.ndarray:
    """``tf.image.resize_with_pad``, which takes the padding from the size before it is floored."""
    top, left, new_height, new_width, frame_height, frame_width = letterbox_place(
        library="tensorflow", size=size, multiple_of=multiple_of, height=image.shape[0], width=image.shape[1]
    )
    new = (new_height, new_width)
    inner = sampled_by_tensorflow(image, size=new, interpolation=interpolation, dtype=dtype, antialias=antialias)
    return framed(inner, top=top, left=left, height=frame_height, width=frame_width, fill=fill)


def sampled_by_tensorflow(
    image: np.ndarray, *, size: tuple[int, int], interpolation: str, dtype: str, antialias: bool
) -> np.ndarray:
    """An HxWxC image at ``size`` (height, width). ``dtype`` uint8: rounded afterwards, as there is no such kernel."""
    height, width = image.shape[:2]
    if size == (height, width):
        return finished(image.copy(), dtype)
    if interpolation == "nearest":
        return finished(picked(image, tensorflow_nearest(size[0], height), tensorflow_nearest(size[1], width)), dtype)
    if interpolation == "area":
        wide = columns_summed(image, *tensorflow_area(size[1], width))
        ratio = np.float32(height) / np.float32(size[0]) * (np.float32(width) / np.float32(size[1]))
        done = rows_summed(wide, *tensorflow_area(size[0], height)) * np.float32(1.0 / float(ratio))
    elif antialias or interpolation == "lanczos":
        high = rows_summed(image, *tensorflow_spans(size[0], height, interpolation, antialias=antialias))
        done = columns_summed(high, *tensorflow_spans(size[1], width, interpolation, antialias=antialias))
    elif interpolation == "bicubic":
        high = rows_summed(image, *tensorflow_cubic(size[0], height))
        done = columns_summed(high, *tensorflow_cubic(size[1], width))
    else:
        done = blended(image, size)
    return finished(done, dtype)


def blended(image: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Bilinear as resize_bilinear computes it: a + (b - a) * share, along the rows and then between them."""
    left, right, along = neighbours(size[1], image.shape[1])
    upper, lower, down = neighbours(size[0], image.shape[0])
    rows = []
    for line in (upper, lower):
        part = image[line]
        start = part[:, left].astype(np.float32)
        rows.append(start + (part[:, right].astype(np.float32) - start) * along[:, np.newaxis])
    return np.asarray(rows[0] + (rows[1] - rows[0]) * down[:, np.newaxis, np.newaxis])


def neighbours(new: int, old: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The old pixels on both sides of each new one, and how far it lies towards the second, 0..1."""
    centers = tensorflow_centers(new, old) - np.float32(0.5)
    first = np.floor(centers)
    share = centers - first
    before = first.astype(np.int64)
    return np.maximum(before, 0), np.minimum(before + 1, old - 1), share
