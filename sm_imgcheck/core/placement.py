"""Positions of crop, letterbox and pad: the rules of the libraries, in integer pixels, height before width.

Each rule is named after its library, because the libraries differ by one pixel in rare cases.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Required, TypedDict

from sm_imgcheck.core.sizes import check_resized_size, round_length, single

__all__ = ["CropRule", "PadRule", "crop_box", "fit_box", "letterbox_place", "pad_place"]


class CropRule(TypedDict, total=False):
    """The parameters of a crop; exactly one of the first four is given.

    fraction: of both edges. size, aspect: [height, width]. square: of the shorter edge. rounding: of the offset of the
    cut, ``round`` (half to even), ``floor`` or ``ceil``. pad_side: position of an odd missing pixel (``after``,
    ``before`` the image). position: ``center``, or with ``size`` an edge or a corner such as ``top_left``. offset:
    [down, right] from there, in pixels.
    """

    fraction: float | None
    size: Sequence[int] | None
    aspect: Sequence[int] | None
    square: float | None
    rounding: Required[str]
    pad_side: str
    position: str
    offset: Sequence[int]


class PadRule(TypedDict, total=False):
    """The parameters of a pad that select the frame; exactly one of the first four is given.

    size: [height, width] at least. multiple_of: the next multiples of it. square: a frame as long as the longer edge.
    aspect: [height, width] of the smallest frame around the image: Keras's ``pad_to_aspect_ratio``, which floors the
    frame and, in the center, leaves an odd missing pixel out. position: of the image, ``center`` (an odd missing pixel
    is added below and to the right), or the corner ``top_left``, ``top_right``, ``bottom_left`` or ``bottom_right``.
    """

    size: Sequence[int] | None
    multiple_of: int | None
    square: bool
    aspect: Sequence[int] | None
    position: Required[str]


def crop_box(
    *,
    fraction: float | None = None,
    size: Sequence[int] | None = None,
    aspect: Sequence[int] | None = None,
    square: float | None = None,
    rounding: str,
    pad_side: str = "after",
    position: str = "center",
    offset: Sequence[int] = (0, 0),
    height: int,
    width: int,
) -> tuple[int, int, int, int]:
    """Top, left, height and width of a cut by a ``CropRule``.

    A negative top or left means that the image is smaller than ``size`` and is set that far inside a black frame.

    * ``fraction``: ``tf.image.central_crop``, the same number of pixels from either side.
    * ``size``: the center crops of torchvision, timm and transformers, ``tf.image.resize_with_crop_or_pad``.
    * ``aspect``: the largest part with the aspect ratio height:width, Keras's ``smart_resize``.
    * ``square``: this share of the shorter side, in float32, as the Inception and EfficientNet code for TPU has it.
    """
    if fraction is not None:
        top = min(round_length((height - height * fraction) / 2, rounding), (height - 1) // 2)
        left = min(round_length((width - width * fraction) / 2, rounding), (width - 1) // 2)
        return top, left, height - 2 * top, width - 2 * left
    if aspect is not None:
        size = (
            max(min(height, width * aspect[0] // aspect[1]), 1),
            max(min(width, height * aspect[1] // aspect[0]), 1),
        )
    if square is not None:
        side = max(int(single(single(square) * min(height, width))), 1)
        size = (side, side)
    assert size is not None
    top = cut_start(length=height, target=size[0], rounding=rounding, pad_side=pad_side)
    left = cut_start(length=width, target=size[1], rounding=rounding, pad_side=pad_side)
    if "top" in position or "bottom" in position:
        top = 0 if "top" in position else height - size[0]
    if "left" in position or "right" in position:
        left = 0 if "left" in position else width - size[1]
    return top + offset[0], left + offset[1], size[0], size[1]


def cut_start(*, length: int, target: int, rounding: str, pad_side: str) -> int:
    """Return the first pixel of a central crop; below zero where pixels are missing.

    An odd missing pixel is added ``after`` the image (torchvision, timm, TensorFlow, transformers' torchvision backend)
    or ``before`` it (transformers' Pillow backend, which floors the negative offset like any other).
    """
    spare = length - target
    if spare >= 0:
        return round_length(spare / 2, rounding)
    return spare // 2 if pad_side == "before" else -(-spare // 2)


def fit_box(*, aspect: Sequence[int], rounding: str, height: int, width: int) -> tuple[float, float, float, float]:
    """Return left, top, right and bottom of the region that Pillow's ``resize(box=)`` samples.

    ``rounding`` none is ``ImageOps.fit``, whose box ends between pixels; the others are integer pixels, as those of
    Keras's ``load_img(keep_aspect_ratio=True)`` (floor).
    """
    if rounding != "none":
        top, left, high, wide = crop_box(aspect=aspect, rounding=rounding, height=height, width=width)
        return left, top, left + wide, top + high
    ratio, present = aspect[1] / aspect[0], width / height
    part_width: float = ratio * height if present > ratio else width
    part_height: float = width / ratio if present < ratio else height
    start_x, start_y = (width - part_width) * 0.5, (height - part_height) * 0.5
    return start_x, start_y, start_x + part_width, start_y + part_height


def letterbox_place(
    *, library: str, size: Sequence[int], multiple_of: int | None, height: int, width: int
) -> tuple[int, int, int, int, int, int]:
    """Top, left, height and width of the resized image, then height and width of the frame.

    With ``multiple_of`` only what is missing modulo that number is added (ultralytics' ``auto``).
    """
    top, left = 0.0, 0.0
    if library == "tensorflow":
        new_height, new_width, top, left = resize_with_pad(size=size, height=height, width=width)
    else:
        new_height, new_width = letterbox_content_size(library=library, size=size, height=height, width=width)
    missing_y, missing_x = size[0] - new_height, size[1] - new_width
    if multiple_of is not None:
        missing_y, missing_x = missing_y % multiple_of, missing_x % multiple_of
    if multiple_of is not None or library != "tensorflow":
        top, left = missing_y / 2, missing_x / 2
    if library == "opencv":  # ultralytics: an exact half is added below and to the right
        top, left = round(top - 0.1), round(left - 0.1)
    rounding = "round" if library == "pillow" else "floor"
    return (
        round_length(top, rounding),
        round_length(left, rounding),
        new_height,
        new_width,
        new_height + missing_y,
        new_width + missing_x,
    )


def letterbox_content_size(*, library: str, size: Sequence[int], height: int, width: int) -> tuple[int, int]:
    """Height and width of the image inside a letterbox, at least one pixel.

    ``opencv`` is ultralytics' ``LetterBox``, ``pillow`` is ``ImageOps.contain``; ``torch`` floors as torchvision does.
    """
    if library == "opencv":
        ratio = min(size[0] / height, size[1] / width)
        new_height, new_width = round(height * ratio), round(width * ratio)
    elif width / height > size[1] / size[0]:
        share = height / width * size[1] if library == "pillow" else size[1] * height / width
        new_height, new_width = round_length(share, "round" if library == "pillow" else "floor"), size[1]
    elif width / height < size[1] / size[0]:
        share = width / height * size[0] if library == "pillow" else size[0] * width / height
        new_height, new_width = size[0], round_length(share, "round" if library == "pillow" else "floor")
    else:
        new_height, new_width = size[0], size[1]
    return max(new_height, 1), max(new_width, 1)


def resize_with_pad(*, size: Sequence[int], height: int, width: int) -> tuple[int, int, float, float]:
    """Return height, width, top and left of ``tf.image.resize_with_pad``, in float32, padded before the floor.

    Each sum is rounded to float32 separately; with doubles, one in a few hundred sizes differs by a pixel.
    """
    ratio = max(single(width / size[1]), single(height / size[0]))
    exact_height, exact_width = single(height / ratio), single(width / ratio)
    top, left = single(size[0] - exact_height) / 2, single(size[1] - exact_width) / 2
    return max(int(exact_height), 1), max(int(exact_width), 1), max(top, 0), max(left, 0)


def pad_place(
    *,
    size: Sequence[int] | None = None,
    multiple_of: int | None = None,
    square: bool = False,
    aspect: Sequence[int] | None = None,
    position: str,
    height: int,
    width: int,
) -> tuple[int, int, int, int]:
    """Top and left of the image in its frame by a ``PadRule``, then height and width of the frame.

    The frame is never smaller than the image.
    """
    if multiple_of is not None:
        size = (-(-height // multiple_of) * multiple_of, -(-width // multiple_of) * multiple_of)
    if square:
        aspect = (1, 1)
    if aspect is not None:
        missing = (max(width * aspect[0] // aspect[1] - height, 0), max(height * aspect[1] // aspect[0] - width, 0))
        if position == "center" and not square:
            missing = (missing[0] // 2 * 2, missing[1] // 2 * 2)
        new = (height + missing[0], width + missing[1])
        size = check_resized_size(new, pixels=0, height=height, width=width)
    assert size is not None
    frame_height, frame_width = max(size[0], height), max(size[1], width)
    missing_y, missing_x = frame_height - height, frame_width - width
    if position == "center":
        return missing_y // 2, missing_x // 2, frame_height, frame_width
    top = missing_y if position.startswith("bottom") else 0
    left = missing_x if position.endswith("right") else 0
    return top, left, frame_height, frame_width
