"""Pillow's own resize: ``Image.resize`` does the sums, so every filter is bit-exact by construction.

uint8 images are resized as modes L, RGB and RGBA; the latter as ``Image.resize`` does it, with the colors weighed by
alpha and divided by it again, so that transparent pixels do not bleed. float32 images go through mode F, channel by
channel.

Pillow 13 runs the vertical pass first for some sizes; up to 12 the horizontal one always was. As uint8 is rounded
between the passes, up to 12 % of the values differ (bilinear by 1, lanczos by up to 9). ``pillow12`` keeps the older
order on every version: two resizes that each change one axis.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Unpack

import numpy as np

from sm_imgcheck.core.placement import fit_box
from sm_imgcheck.core.sizes import SizeRule, resized_size
from sm_imgcheck.ops.kernels._separable import convert_levels, working
from sm_imgcheck.ops.kernels.crop_pad import letterbox

if TYPE_CHECKING:
    from PIL import Image

__all__ = [
    "fit_pillow",
    "fit_pillow12",
    "letterbox_pillow",
    "letterbox_pillow12",
    "resize_pillow",
    "resize_pillow12",
]

# PIL.Image.Resampling, whose numbers have been fixed since Pillow 2.7
PILLOW_FILTERS = {"nearest": 0, "lanczos": 1, "bilinear": 2, "bicubic": 3, "box": 4, "hamming": 5}
PILLOW_MODES = {1: "L", 2: "LA", 3: "RGB", 4: "RGBA"}
"""By the number of channels."""


def resize_pillow(
    image: np.ndarray,
    *,
    interpolation: str,
    dtype: str,
    reducing_gap: float | None = None,
    box: list[float] | None = None,
    **rule: Unpack[SizeRule],
) -> np.ndarray:
    """``Image.resize`` of the installed Pillow. rule: the size, see ``core.sizes``; dtype: see ``convert_levels``.

    reducing_gap: of uint8 pixels, as Pillow has it: whole blocks are averaged first. box: [height, width] of the part
    at the top left that is sampled, as ``Image.thumbnail`` does where ``draft`` has rounded the size up.
    """
    height, width = image.shape[:2]
    new = resized_size(height=height, width=width, **rule)
    part = (0, 0, width, height) if box is None else (0, 0, box[1], box[0])
    if reducing_gap is None:
        return sampled_by_pillow(image, box=part, size=new, interpolation=interpolation, dtype=dtype)
    from PIL import Image

    pixels = working(image, "uint8")
    picture = Image.fromarray(pixels if image.shape[2] > 1 else pixels[..., 0])
    resample = Image.Resampling(PILLOW_FILTERS[interpolation])
    result = np.asarray(picture.resize((new[1], new[0]), resample, part, reducing_gap))
    return convert_levels(result.reshape(*new, image.shape[2]), dtype)


def resize_pillow12(
    image: np.ndarray,
    *,
    interpolation: str,
    dtype: str,
    **rule: Unpack[SizeRule],
) -> np.ndarray:
    """``Image.resize`` of Pillow up to 12, horizontal pass first, on every version."""
    height, width = image.shape[:2]
    new = resized_size(height=height, width=width, **rule)
    box = (0, 0, width, height)
    return sampled_by_pillow(image, box=box, size=new, interpolation=interpolation, dtype=dtype, rows_first=True)


def fit_pillow(
    image: np.ndarray, *, aspect: list[int], rounding: str, size: list[int], interpolation: str, dtype: str
) -> np.ndarray:
    """``Image.resize(size, box=)``: the central part of shape ``aspect``, sampled together with the pixels around it.

    Keras's ``load_img(keep_aspect_ratio=True)`` (rounding floor) and ``ImageOps.fit`` (rounding none): at the border of
    the part the filter also reads the rest of the image, up to 25 levels different from a real crop.
    """
    box = fit_box(aspect=aspect, rounding=rounding, height=image.shape[0], width=image.shape[1])
    return sampled_by_pillow(image, box=box, size=(size[0], size[1]), interpolation=interpolation, dtype=dtype)


def fit_pillow12(
    image: np.ndarray, *, aspect: list[int], rounding: str, size: list[int], interpolation: str, dtype: str
) -> np.ndarray:
    """``fit_pillow`` in the order of passes of Pillow up to 12."""
    box = fit_box(aspect=aspect, rounding=rounding, height=image.shape[0], width=image.shape[1])
    new = (size[0], size[1])
    return sampled_by_pillow(image, box=box, size=new, interpolation=interpolation, dtype=dtype, rows_first=True)


def letterbox_pillow(
    image: np.ndarray, *, size: list[int], fill: list[float], multiple_of: int | None, interpolation: str, dtype: str
) -> np.ndarray:
    """``ImageOps.pad``, the one letterbox that Pillow has: both edge and offset are rounded half to even.

    (``Image.thumbnail`` never enlarges and draws no frame.)
    """
    return letterboxed_by_pillow(
        image, size=size, fill=fill, multiple_of=multiple_of, interpolation=interpolation, dtype=dtype, rows_first=False
    )


def letterbox_pillow12(
    image: np.ndarray, *, size: list[int], fill: list[float], multiple_of: int | None, interpolation: str, dtype: str
) -> np.ndarray:
    """``ImageOps.pad`` in the order of passes of Pillow up to 12."""
    return letterboxed_by_pillow(
        image, size=size, fill=fill, multiple_of=multiple_of, interpolation=interpolation, dtype=dtype, rows_first=True
    )


def letterboxed_by_pillow(
    image: np.ndarray,
    *,
    size: list[int],
    fill: list[float],
    multiple_of: int | None,
    interpolation: str,
    dtype: str,
    rows_first: bool,
) -> np.ndarray:
    """The image at its largest inside the frame, sampled completely, with the frame around it."""
    box = (0, 0, image.shape[1], image.shape[0])
    sample = partial(sampled_by_pillow, image, box=box, interpolation=interpolation, dtype=dtype, rows_first=rows_first)
    return letterbox(image, sample, library="pillow", size=size, multiple_of=multiple_of, fill=fill)


def sampled_by_pillow(
    image: np.ndarray,
    *,
    box: tuple[float, float, float, float],
    size: tuple[int, int],
    interpolation: str,
    dtype: str,
    rows_first: bool = False,
) -> np.ndarray:
    """The part ``box`` (left, top, right, bottom) of an HxWxC image at ``size`` (height, width)."""
    from PIL import Image

    resample = Image.Resampling(PILLOW_FILTERS[interpolation])
    channels = image.shape[2]
    if channels == 3 and image.strides[2] == 0:  # a gray image as RGB: the same sums, three times
        gray = sampled_by_pillow(
            image[..., :1], box=box, size=size, interpolation=interpolation, dtype=dtype, rows_first=rows_first
        )
        return np.broadcast_to(gray, (*size, channels))
    if dtype == "uint8":
        pixels = working(image, dtype)
        # Not ``fromarray``, which fills the image with black first: 5 % of a resize of 375x500.
        source = Image.new(PILLOW_MODES[channels], (image.shape[1], image.shape[0]), None)
        source.frombytes(pixels)
        result = np.asarray(one_pillow_resize(source, box, size, resample, rows_first=rows_first))
        return result.reshape(*size, channels)
    result = np.empty((*size, channels), np.float32)
    for c in range(channels):  # one plane in float32 at a time: three of a large photo are much memory
        plane = Image.fromarray(np.ascontiguousarray(image[:, :, c], np.float32))
        result[:, :, c] = one_pillow_resize(plane, box, size, resample, rows_first=rows_first)
    return convert_levels(result, dtype)


def one_pillow_resize(
    image: Image.Image,
    box: tuple[float, float, float, float],
    size: tuple[int, int],
    resample: Image.Resampling,
    *,
    rows_first: bool,
) -> Image.Image:
    """``picture.resize``, or the same in two steps of one axis each. ``size`` is (height, width)."""
    from PIL import Image

    new = (size[1], size[0])
    same_alpha = image.size == new and box == (0, 0, *new)
    if not rows_first or same_alpha or resample == Image.Resampling.NEAREST:  # nearest has no passes
        return image.resize(new, resample, box)
    with_alpha = image.convert("RGBa") if image.mode == "RGBA" else image
    rows = with_alpha.resize((size[1], image.height), resample, (box[0], 0, box[2], image.height))
    result = rows.resize(new, resample, (0, box[1], size[1], box[3]))
    return result.convert("RGBA") if image.mode == "RGBA" else result
