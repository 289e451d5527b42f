"""Compare two shapes: the causes of their difference, the most specific first."""

from __future__ import annotations

import re
from collections.abc import Mapping

from sm_imgcheck.core.channels import COUNTS

__all__ = [
    "LENGTH",
    "SMALLEST_SIDE",
    "Shape",
    "Verdict",
    "are_kernels",
    "channel_axis",
    "channel_count",
    "channels_differ",
    "compare_axes",
    "compare_shapes",
    "format_shape",
    "is_image_shape",
    "parse_shape",
    "spec_shape",
]

Shape = list[int | None]
"""Lengths; None: any, or unknown."""

Verdict = tuple[tuple[str, ...], Mapping[str, str]]
"""Ids of causes, the most specific first, and the named groups formatted for a sentence."""

SMALLEST_SIDE = 16
"""A length that is too large for a number of channels: the side of an image."""

LENGTH = r"-?\d+|\?|[A-Za-z]\w{0,20}"


def parse_shape(text: str) -> Shape:
    """Return the lengths of a shape in any notation: ``[1, 3, H, W]``, ``(None, 224)``, ``1x3x224x224``."""
    if re.fullmatch(r"\W?[\d?-]{1,12}(?: ?[xX] ?[\d?-]{1,12})+\W?", text):
        text = re.sub("[xX]", ",", text)
    return [int(word) if word.isdigit() else None for word in re.findall(LENGTH, text)[:9]]


def spec_shape(expected: Shape) -> str:
    """Return a shape in the syntax of a spec: ``[N, 3, 640, W]``."""
    names = "NCHW" if channel_axis(expected) == 1 else "NHWC"
    return (
        "["
        + ", ".join(name if length is None else str(length) for length, name in zip(expected, names, strict=True))
        + "]"
    )


def compare_shapes(got: Shape, expected: Shape) -> tuple[str, ...]:
    """Return the causes, the most specific first. Empty for shapes that are not image shapes."""
    if len(expected) == 2 and len(got) == 4 and any(expected):
        return ("features-wanted",)
    if len(expected) <= 2 or _is_sequence(expected) or not (is_image_shape(expected) or is_image_shape(got)):
        return ()
    if len(expected) == len(got) and len(got) in (3, 4):
        return compare_axes([None, *got][-4:], [None, *expected][-4:])
    if len(got) == len(expected) + 1:
        return ("batch-twice",)
    if len(got) == len(expected) - 1:
        return _one_less(got, expected)
    return ("gray",) if len(got) == 2 and len(expected) == 4 else ()


def are_kernels(got: Shape, expected: Shape) -> bool:
    """Return whether two shapes of four axes are weights of a convolution, HWIO, for other numbers of channels.

    Not of one pixel: [1, 1, 256, 256] is a grayscale image.
    """
    sides = {length or SMALLEST_SIDE for shape in (got, expected) for length in shape[:2]}
    return len(sides) == 1 and 1 < min(sides) < SMALLEST_SIDE <= (got[3] or 0) and got[3] == expected[3]


def _is_sequence(shape: Shape) -> bool:
    """Return whether three axes are a sequence of a few features, such as ``[N, 8, 63]``, and not an image."""
    lengths = [length for length in shape if length]
    return len(shape) == 3 and len(lengths) > 1 and min(lengths) < SMALLEST_SIDE and not is_image_shape(shape)


def is_image_shape(shape: Shape) -> bool:
    """Return whether a shape has four axes, or three or five with a channel axis, and not two axes of one value."""
    if len(shape) == 3 and shape.count(1) > 1:
        return False
    return len(shape) == 4 or (len(shape) in (3, 5) and any(shape[axis] in COUNTS for axis in (0, 1, -1)))


def channel_axis(shape: Shape, likely: int | None = None) -> int | None:
    """Return the channel axis of four axes: 1 or 3."""
    fits = [axis for axis in (1, 3) if shape[axis] in COUNTS]
    colors = [axis for axis in fits if shape[axis] == 3]
    fits = colors if len(colors) == 1 else fits
    return likely if likely in fits else (fits[0] if fits else None)


def compare_axes(got: Shape, expected: Shape) -> tuple[str, ...]:
    """Compare two shapes of four axes: layout, channels, batch size, height and width."""
    if are_kernels(got, expected):
        return ("channels",) if {got[2], expected[2]} & set(COUNTS) else ()
    expected_axis = channel_axis(expected)
    got_axis = channel_axis(got, expected_axis)
    causes = []
    if expected_axis is not None and got_axis is not None and got_axis != expected_axis:
        causes.append("layout")
        got = [got[0], got[3], got[1], got[2]] if expected_axis == 1 else [got[0], got[2], got[3], got[1]]
    if expected_axis is not None and _differ(got[expected_axis], expected[expected_axis]):
        causes += channels_differ(got[expected_axis], expected[expected_axis])
    elif expected_axis is None and got_axis is not None and _differ(got[got_axis], expected[got_axis]):
        return ("channels",)  # an image before a layer of many channels
    if _differ(got[0], expected[0]):
        causes.append("batch-size")
    rows, columns = (2, 3) if expected_axis == 1 or (expected_axis is None and _differ(got[3], expected[3])) else (1, 2)
    if _differ(got[rows], expected[rows]) or _differ(got[columns], expected[columns]):
        swap = (
            got[rows] == expected[columns] and got[columns] == expected[rows] and None not in (got[rows], got[columns])
        )
        causes.append("sides-swapped" if swap else "wrong-size")
    return tuple(causes)


def _one_less(got: Shape, expected: Shape) -> tuple[str, ...]:
    if len(expected) == 3:  # a model without a batch dimension
        sides = expected[:2] if expected[2] in COUNTS else expected[1:]
        return ("gray",) if _fits(got, sides) else ()
    expected_axis = channel_axis(expected)
    bare = [length for axis, length in enumerate(expected) if axis != expected_axis]
    if expected_axis is not None and got[-1] not in COUNTS and got[0] in (None, 1) and _fits(got, bare):
        return ("gray",)
    # Keras treats the first axis as the batch dimension: the message shows the shape of one image row.
    remaining = () if got[0] is None else compare_axes([None, *got], expected)
    return ("no-batch", *(cause for cause in remaining if cause != "batch-size"))


def _fits(got: Shape, expected: Shape) -> bool:
    return not any(_differ(length, other) for length, other in zip(got, expected, strict=True))


def _differ(got: int | None, expected: int | None) -> bool:
    return got is not None and expected is not None and got != expected


def channels_differ(got: int | None, expected: int | None) -> list[str]:
    """Return the cause of a difference in the number of channels; empty: none, or unknown."""
    if expected not in COUNTS or got is None:
        return []
    if got == 1:
        return ["gray"]
    if expected == 1 and got in (3, 4):
        return ["color-for-gray"]
    if got == 4:
        return ["alpha"]
    return ["layout" if got >= SMALLEST_SIDE else "channels"]


def channel_count(channels: int) -> str:
    """Return ``1 channel`` or ``3 channels``."""
    return f"{channels} channel{'s' * (channels != 1)}"


def format_shape(shape: Shape) -> str:
    """Return ``[1, 3, ?, ?]``."""
    return "[" + ", ".join("?" if length is None else str(length) for length in shape) + "]"
