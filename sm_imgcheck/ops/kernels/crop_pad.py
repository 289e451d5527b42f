"""Cut, pad, frame and mirror an image: no pixel changes its value.

Images are HxWxC, uint8 or float32, and are never modified. Where an image is smaller than its crop the frame is black.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Unpack

import numpy as np

from sm_imgcheck.core.placement import CropRule, PadRule, crop_box, letterbox_place, pad_place

__all__ = ["crop", "letterbox", "mirror", "pad"]


def crop(image: np.ndarray, **rule: Unpack[CropRule]) -> np.ndarray:
    """A part of an image, the central one by default."""
    top, left, height, width = crop_box(height=image.shape[0], width=image.shape[1], **rule)
    part = image[max(top, 0) : max(top + height, 0), max(left, 0) : max(left + width, 0)]
    if part.shape[:2] == (height, width):
        return np.ascontiguousarray(part)
    black = [0.0] * image.shape[2]
    return add_frame(part, top=max(-top, 0), left=max(-left, 0), height=height, width=width, fill=black)


def pad(
    image: np.ndarray,
    *,
    fill: list[float],
    units: str = "byte",  # noqa: ARG001 - position of the step in a plan: before or after the values
    **rule: Unpack[PadRule],
) -> np.ndarray:
    """Put an image in a frame. An edge that is longer than the frame does not change.

    fill: one number per channel, in the image's order; ``units`` are ``byte`` (0..255) or ``final`` (the model's own
    numbers).
    """
    top, left, height, width = pad_place(height=image.shape[0], width=image.shape[1], **rule)
    return add_frame(image, top=top, left=left, height=height, width=width, fill=fill)


def mirror(image: np.ndarray) -> np.ndarray:
    """Swap left and right, HWC or NHWC: a random augmentation of training that serving should not apply."""
    return np.ascontiguousarray(image[..., ::-1, :])


def letterbox(
    image: np.ndarray,
    sample: Callable[..., np.ndarray],
    *,
    library: str,
    size: list[int],
    multiple_of: int | None,
    fill: list[float],
) -> np.ndarray:
    """The image at its largest inside the frame of a library, by ``sample(size=(height, width))``, with the frame."""
    top, left, new_height, new_width, height, width = letterbox_place(
        library=library, size=size, multiple_of=multiple_of, height=image.shape[0], width=image.shape[1]
    )
    return add_frame(sample(size=(new_height, new_width)), top=top, left=left, height=height, width=width, fill=fill)


def add_frame(image: np.ndarray, *, top: int, left: int, height: int, width: int, fill: list[float]) -> np.ndarray:
    """A new HxWxC array of the image's dtype, filled per channel, with the image at ``top``, ``left``."""
    is_integer = image.dtype.kind in "iu"
    color = np.array([round(value) if is_integer else value for value in fill], image.dtype)
    frame = np.empty((height, width, image.shape[2]), image.dtype)
    frame[:] = color
    frame[top : top + image.shape[0], left : left + image.shape[1]] = image
    return frame
