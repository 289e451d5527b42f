"""Cut, pad, frame and mirror an image: no pixel changes its value.

Images are HxWxC, uint8 or float32, and are never modified. Where an image is smaller than its crop the frame is black.
"""

from __future__ import annotations

import numpy as np

from sm_imgcheck.core.placement import crop_box, pad_place

__all__ = ["crop", "is_letterboxed", "mirror", "pad"]


def crop(
    image: np.ndarray,
    *,
    fraction: float | None = None,
    size: list[int] | None = None,
    aspect: list[int] | None = None,
    square: float | None = None,
    rounding: str,
    pad_side: str = "after",
    position: str = "center",
    offset: list[int] | tuple[int, ...] = (0, 0),
) -> np.ndarray:
    """A part of an image, the central one by default, by one of ``fraction``, ``size``, ``aspect`` and ``square``.

    fraction: of both edges. size, aspect: [height, width]. square: of the shorter edge. rounding: of the offset of the
    cut, ``round`` (half to even), ``floor`` or ``ceil``. pad_side: position of an odd missing pixel (``after``,
    ``before`` the image). position: ``center``, an edge or a corner (with ``size``). offset: [down, right] from there.
    """
    top, left, height, width = crop_box(
        fraction=fraction,
        size=size,
        aspect=aspect,
        square=square,
        rounding=rounding,
        pad_side=pad_side,
        position=position,
        offset=offset,
        height=image.shape[0],
        width=image.shape[1],
    )
    part = image[max(top, 0) : max(top + height, 0), max(left, 0) : max(left + width, 0)]
    if part.shape[:2] == (height, width):
        return np.ascontiguousarray(part)
    black = [0.0] * image.shape[2]
    return is_letterboxed(part, top=max(-top, 0), left=max(-left, 0), height=height, width=width, fill=black)


def pad(
    image: np.ndarray,
    *,
    size: list[int] | None = None,
    multiple_of: int | None = None,
    square: bool = False,
    aspect: list[int] | None = None,
    fill: list[float],
    position: str,
    units: str = "byte",  # noqa: ARG001  # says where in a plan the step stands: before or after the values
) -> np.ndarray:
    """Put an image in a frame of at least ``size`` [height, width], the next multiples of a number, or in a square.

    aspect: [height, width] of the smallest frame around the image. fill: one number per channel, in the image's order;
    ``units`` are ``byte`` (0..255) or ``final`` (the model's own numbers). position: of the image, ``center`` or a
    corner such as ``top_left``. An edge that is longer than ``size`` does not change.
    """
    top, left, height, width = pad_place(
        size=size,
        multiple_of=multiple_of,
        square=square,
        aspect=aspect,
        position=position,
        height=image.shape[0],
        width=image.shape[1],
    )
    return is_letterboxed(image, top=top, left=left, height=height, width=width, fill=fill)


def mirror(image: np.ndarray) -> np.ndarray:
    """Swap left and right, HWC or NHWC: a random augmentation of training that serving should not apply."""
    return np.ascontiguousarray(image[..., ::-1, :])


def is_letterboxed(image: np.ndarray, *, top: int, left: int, height: int, width: int, fill: list[float]) -> np.ndarray:
    """A new HxWxC array of the image's dtype, filled per channel, with the image at ``top``, ``left``."""
    is_integer = image.dtype.kind in "iu"
    color = np.array([round(value) if is_integer else value for value in fill], image.dtype)
    frame = np.empty((height, width, image.shape[2]), image.dtype)
    frame[:] = color
    frame[top : top + image.shape[0], left : left + image.shape[1]] = image
    return frame
