"""The subject of compared values: whether a message shows that they belong to an image, or to other data.

Lengths and dtypes have no subject: "expected 512, got 257" is an image size, a spectrum or a number of
features. A cause whose advice holds for images is certain only where the message names one, or a shape that only
images have.
"""

from __future__ import annotations

import re

from sm_imgcheck.core.channels import COUNTS

__all__ = ["is_about_image", "is_of_values", "names_image", "shows_image"]

_ABOUT_IMAGES = frozenset(
    (
        *(
            "alpha",
            "ambiguous-layout",
            "batch-twice",
            "channels",
            "color-for-gray",
            "features-wanted",
            "gray",
            "layout",
        ),
        *("matrix-size", "no-batch", "sides-swapped", "unequal-images", "value-range", "wrong-size"),
    )
)
"""Causes of compared values whose advice holds for images only."""

_OF_VALUES = _ABOUT_IMAGES | {
    *("batch-maximum", "batch-size", "bytes-count", "bytes-ratio", "float-for-integer", "float64", "input-name"),
    *("mean-length", "other-dtype", "other-shape", "shape-not-filled", "uint8", "unsupported-dtype"),
}
"""Causes of compared values, which any data may have."""

_WORDS = re.compile(
    r"(?i)image|img|imread|imdecode|picture|photo|pixel|(?<![a-z_])frames?(?![a-z_])|(?<![a-z])(?:conv|rgb|bgr|gr[ae]y|[nb]?chw|[nb]?hwc"
    r"|cv2?(?![a-z])|pil(?![a-z])|pillow|opencv|height|width|resolution|patch|vit(?![a-z])|yolo|resnet|jpe?g|png)"
    r"|(?<!\d)[134](?!\d)[^\n\d]{0,24}(?:channel|band)|(?:channel|band)[^\n\d]{0,24}(?<!\d)[134](?!\d)"
    r"|dimension 3 of input|index: ?2 .{0,40}index: ?3"
)
"""Words of images and of layers that take them, a number of channels that images have, and axes of four."""

_IMAGE = re.compile(r"(?i)image|img|picture|photo|pixel")

_SHAPE = re.compile(r"[\[({](?P<lengths>(?:-1|None|\?|\d{1,5})(?:(?:, ?|x| )(?:-1|None|\?|\d{1,5})){2,4})[\])}]")
_FEWEST_SIDE = max(COUNTS) + 1


def is_about_image(cause: str) -> bool:
    """Return whether the advice of a cause holds for images only."""
    return cause in _ABOUT_IMAGES


def is_of_values(cause: str) -> bool:
    """Return whether a cause compares values, or names one that is missing."""
    return cause in _OF_VALUES


def names_image(sentence: str) -> bool:
    """Return whether a sentence names an image."""
    return bool(_IMAGE.search(sentence))


def shows_image(message: str) -> bool:
    """Return whether a message names an image, or has a shape that only images have."""
    return bool(_WORDS.search(message)) or any(_is_image_shape(match["lengths"]) for match in _SHAPE.finditer(message))


def _is_image_shape(text: str) -> bool:
    """Return whether four axes, or three with a channel axis between two sides, are an image."""
    lengths = [int(length) if length.isdigit() else None for length in re.findall(r"-1|None|\?|\d+", text)]
    if len(lengths) >= 4:
        return any(lengths[axis] in COUNTS for axis in (1, -1, -3))
    return any(
        lengths[axis] in COUNTS
        and all(side is None or side >= _FEWEST_SIDE for side in lengths[:axis] + lengths[axis:][1:])
        for axis in (0, 2)
    )
