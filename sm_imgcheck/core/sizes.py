"""Sizes and positions of resize, crop and pad: the rules of the libraries, in integer pixels, height before width.

Each rule is named after its library, because the libraries differ by one pixel in rare cases.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Sequence

from sm_imgcheck.core.errors import PlanError

__all__ = [
    "blob_factor",
    "crop_box",
    "fit_box",
    "letterbox_place",
    "pad_place",
    "resized_by_opencv",
    "resized_by_tensorflow",
    "resized_size",
    "round_length",
    "single",
]

# A derived edge has no limit: 1x60000 pixels resized to a shorter edge of 256 are 12 GB. A size is rejected if it is
# larger than this, than four times the image and than an image of aspect 4:1 at the requested size. 2**24 pixels: 192
# MiB in float32.
MOST_DERIVED_PIXELS = 1 << 24


def round_length(value: float, rounding: str) -> int:
    """Return ``value`` as an integer: ``floor``, ``ceil``, ``round`` (half to even) or ``half_up``."""
    if rounding == "ceil":
        return math.ceil(value)
    if rounding == "half_up":
        return math.floor(value + 0.5)
    return round(value) if rounding == "round" else math.floor(value)


def single(value: float) -> float:
    """``value`` rounded to float32, for rules that a library computes in it."""
    return float(struct.unpack("<f", struct.pack("<f", value))[0])


def resized_size(
    *, mode: str, size: int | Sequence[int], max_size: int | None, rounding: str, height: int, width: int
) -> tuple[int, int]:
    """Height and width after a resize; never less than one pixel.

    ``size`` is [height, width] for ``stretch`` and ``cover``, one edge for ``shortest_edge``, either for
    ``longest_edge``: the largest image inside [height, width]. ``exchanged`` is ``shortest_edge`` with height and width
    mistaken for each other: no spec has it.
    """
    if mode == "exchanged":
        new_height, new_width = resized_size(
            mode="shortest_edge", size=size, max_size=max_size, rounding=rounding, height=height, width=width
        )
        return new_width, new_height
    if mode == "stretch":
        assert not isinstance(size, int)
        return size[0], size[1]
    if mode == "cover":
        assert not isinstance(size, int)
        new = cover_size(size=size, rounding=rounding, height=height, width=width)
        return check_resized_size(new, pixels=size[0] * size[1], height=height, width=width)
    if mode == "longest_edge" and not isinstance(size, int):
        return inside(size=size, rounding=rounding, height=height, width=width)
    assert isinstance(size, int)
    short, long = sorted((height, width))
    if mode == "longest_edge":
        new_short, new_long = longest_edge(size=size, rounding=rounding, short=short, long=long)
    else:
        new_short, new_long = shortest_edge(size=size, max_size=max_size, rounding=rounding, short=short, long=long)
    new_short, new_long = max(new_short, 1), max(new_long, 1)
    new = (new_short, new_long) if height <= width else (new_long, new_short)
    return check_resized_size(new, pixels=size * size, height=height, width=width)


def check_resized_size(new: tuple[int, int], *, pixels: int, height: int, width: int) -> tuple[int, int]:
    """Return the size ``new``. Raises PlanError where a long, thin image makes it too large. ``pixels``: requested."""
    most = max(MOST_DERIVED_PIXELS, 4 * pixels, 4 * height * width)
    if new[0] * new[1] > most:
        raise PlanError(
            f"aspect ratio: {height}x{width} would become {new[0]}x{new[1]} (HxW), and at most "
            f"{most} pixels are supported; remove it, or use mode: stretch or letterbox"
        )
    return new


def shortest_edge(*, size: int, max_size: int | None, rounding: str, short: int, long: int) -> tuple[int, int]:
    """Return the new lengths of the shorter and the longer edge when the shorter becomes ``size``.

    ``floor`` is torchvision's ``_compute_resized_output_size``, which scales the floored edge again where ``max_size``
    is passed; ``detr`` is transformers' ``get_size_with_aspect_ratio``, which starts from the original edges.
    """
    if rounding == "detr":
        return detr_edges(size=size, max_size=max_size, short=short, long=long)
    new_long = round_length(size * long / short, rounding)
    if max_size is None or new_long <= max_size:
        return size, new_long
    share = max_size * size / new_long if rounding == "floor" else max_size * short / long
    return round_length(share, rounding), max_size


def detr_edges(*, size: int, max_size: int | None, short: int, long: int) -> tuple[int, int]:
    """Return the edges by DETR's rule: floor, but round the shorter edge where ``max_size`` limits the longer one."""
    exact: float = size
    if max_size is not None and long / short * size > max_size:
        exact = max_size * float(short) / long
    new_short = round(exact)
    return (short, long) if new_short == short else (new_short, int(exact * long / short))


def longest_edge(*, size: int, rounding: str, short: int, long: int) -> tuple[int, int]:
    """New lengths of the shorter and the longer edge when the longer becomes ``size``.

    ``floor`` is torchvision v2's ``Resize(None, max_size)``, ``round`` timm's ``ResizeKeepRatio(longest=1)``,
    ``half_up`` the rule of Segment Anything.
    """
    if rounding == "round":
        return round(short / (long / size)), size
    if rounding == "half_up":
        return round_length(short * (size / long), rounding), size
    return round_length(size * short / long, rounding), size


def cover_size(*, size: Sequence[int], rounding: str, height: int, width: int) -> tuple[int, int]:
    """Height and width at which the image just covers ``size``; ``round`` is timm's ``ResizeKeepRatio``."""
    tight_height = height * size[1] <= width * size[0]
    if rounding == "floor":
        new_height = size[0] if tight_height else height * size[1] // width
        return new_height, (width * size[0] // height if tight_height else size[1])
    ratio = min(height / size[0], width / size[1])
    return round_length(height / ratio, rounding), round_length(width / ratio, rounding)


def inside(*, size: Sequence[int], rounding: str, height: int, width: int) -> tuple[int, int]:
    """Height and width of the largest image inside ``size``; ``round`` is timm's ``ResizeKeepRatio(longest=1)``."""
    ratio = max(height / size[0], width / size[1])
    if rounding == "floor":
        tight_height = height * size[1] >= width * size[0]
        new_height = size[0] if tight_height else height * size[1] // width
        return max(new_height, 1), max(width * size[0] // height if tight_height else size[1], 1)
    return max(round_length(height / ratio, rounding), 1), max(round_length(width / ratio, rounding), 1)


def blob_factor(*, size: Sequence[int], height: int, width: int) -> float:
    """The float32 scale factor with which ``cv2.dnn.blobFromImage(crop=True)`` covers ``size``."""
    return max(single(size[1] / width), single(size[0] / height))


def resized_by_opencv(
    *, mode: str, size: int | Sequence[int], max_size: int | None, rounding: str, height: int, width: int
) -> tuple[int, int]:
    """As ``resized``, but a rounded ``cover`` is ``cv2.dnn.blobFromImage(crop=True)``: its float32 factor decides."""
    if mode != "cover" or rounding != "round":
        return resized_size(mode=mode, size=size, max_size=max_size, rounding=rounding, height=height, width=width)
    assert not isinstance(size, int)
    factor = blob_factor(size=size, height=height, width=width)
    new = (max(round(height * factor), 1), max(round(width * factor), 1))
    return check_resized_size(new, pixels=size[0] * size[1], height=height, width=width)


def resized_by_tensorflow(
    *, mode: str, size: int | Sequence[int], max_size: int | None, rounding: str, height: int, width: int
) -> tuple[int, int]:
    """As ``resized``, but a rounded ``longest_edge`` is ``tf.image.resize(preserve_aspect_ratio=True)``, in float32."""
    if mode != "longest_edge" or rounding != "round":
        return resized_size(mode=mode, size=size, max_size=max_size, rounding=rounding, height=height, width=width)
    if isinstance(size, int):
        factor = single(size / max(height, width))
    else:
        factor = min(single(size[0] / height), single(size[1] / width))
    return max(round(single(factor * height)), 1), max(round(single(factor * width)), 1)


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
    """Top, left, height and width of a cut, exactly one of the first four being given.

    position: ``center``, or with ``size`` an edge or a corner such as ``top_left``. offset: [down, right] from there,
    in pixels.

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
    position: str,
    height: int,
    width: int,
) -> tuple[int, int, int, int]:
    """Return top and left of the image in its frame, then height and width of the frame, never smaller than the image.

    Exactly one of ``size``, ``multiple_of`` and ``square`` is given; ``square`` is a frame as long as the longer edge.

    ``position`` is the position of the image: ``center`` (an odd missing pixel is added below and to the right), or the
    corner ``top_left``, ``top_right``, ``bottom_left`` or ``bottom_right``.
    """
    if multiple_of is not None:
        size = (-(-height // multiple_of) * multiple_of, -(-width // multiple_of) * multiple_of)
    if square:
        size = check_resized_size((max(height, width),) * 2, pixels=0, height=height, width=width)
    assert size is not None
    frame_height, frame_width = max(size[0], height), max(size[1], width)
    missing_y, missing_x = frame_height - height, frame_width - width
    if position == "center":
        return missing_y // 2, missing_x // 2, frame_height, frame_width
    top = missing_y if position.startswith("bottom") else 0
    left = missing_x if position.endswith("right") else 0
    return top, left, frame_height, frame_width
