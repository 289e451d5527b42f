"""Layouts: which letter of N, H, W, C names which axis of a shape."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations, permutations
from math import isqrt, prod
from typing import NamedTuple

from sm_imgcheck.core.channels import COUNTS
from sm_imgcheck.core.types import Contract, Dim

__all__ = [
    "LAYOUTS",
    "LikelyReading",
    "by_shape",
    "describe",
    "is_layout",
    "likely_reading",
    "lost_axis",
    "reading",
    "size",
    "unflatten_shape",
]

LAYOUTS = ("NHWC", "NCHW", "HWC", "CHW", "NHW", "HW")
_ORDERS = {
    length: [
        order
        for axes in combinations("NHWC", length)
        if {"H", "W", "C"} <= {*axes}
        for order in map("".join, permutations(axes))
        if order not in LAYOUTS
    ]
    for length in (3, 4)
}
"""Orders of axes that no library produces by default, by the number of axes."""


def reading(shape: tuple[int, ...], contract: Contract) -> str:
    """Return the most probable layout of a shape, given the contract.

    The contract's layout where it fits. If it does not, the layout that agrees with the contract in most axes, then the
    layout with the channels at the contract's axis. ``?`` for each axis where no layout is plausible for an image, or
    where another order of the axes would match the contract and this one does not.
    """
    unknown = "?" * len(shape)
    if _keeps(shape, contract):
        strip = not _is_plausible(shape, contract.layout, contract)
        return unknown if strip and _find_permutation(shape, contract, channels=(3, 4)) else contract.layout
    candidates = max(_readings(shape), key=lambda layout: _agreement(shape, layout, contract), default=None)
    if candidates == "CHW" and _is_gray_batch(shape, contract):
        candidates = "NHW"
    if candidates is None or not _is_plausible(shape, candidates, contract) or _flattened_lengths(shape, contract):
        return unknown
    right_channels = dict(zip(candidates, shape, strict=True)).get("C", 1) == contract.channels
    return (
        candidates
        if right_channels or not _find_permutation(shape, contract, channels=(contract.channels,))
        else unknown
    )


def _is_gray_batch(shape: tuple[int, ...], contract: Contract) -> bool:
    """Return whether a first axis of 1 or 4 is rather a batch of gray images than the channels of one image.

    The first misses the channel axis only; the second misses the batch dimension, and has other channels or another
    layout.
    """
    if "N" not in contract.layout or "C" not in contract.layout:
        return False
    channels_last = contract.layout[-1] == "C"
    return (shape[0] == 1 and (channels_last or contract.channels != 1)) or (shape[0] == 4 and channels_last)


def lost_axis(shape: tuple[int, ...], contract: Contract) -> str:
    """Return ``N`` or ``C``, the axis that an array of one axis too few misses; empty for other arrays."""
    if len(shape) != len(contract.shape) - 1:
        return ""
    layout = reading(shape, contract)
    return next((axis for axis in "NC" if axis in contract.layout and axis not in layout), "")


def _keeps(shape: tuple[int, ...], contract: Contract) -> bool:
    return len(shape) == len(contract.shape) and all(
        dim.allows(length) for dim, length in zip(contract.shape, shape, strict=True)
    )


_CHANNEL_LIKE = 4
"""A shorter side is more probably a channel axis or a batch size."""
_LONGEST_ASPECT = 32
"""Panoramas and lines of text stay below; a row of 3072 = 32 x 32 x 3 values under a batch of 64 is above."""


def _is_plausible(shape: tuple[int, ...], layout: str, contract: Contract) -> bool:
    """Return whether height and width are plausible for an image, or strips with the contract's height or width."""
    axes = dict(zip(layout, shape, strict=True))
    short, long = sorted((axes["H"], axes["W"]))
    dims = [(axes[axis], dim.fixed) for axis in "HW" if (dim := contract.dim(axis)) is not None]
    fixed_length = [length for _, length in dims if length is not None]
    if any(length == contract_axis == short for length, contract_axis in dims) or (
        len(fixed_length) == 2 and _is_strip(*sorted(fixed_length))
    ):
        return True
    return not _is_strip(short, long)


def _is_strip(short: int, long: int) -> bool:
    return long > short * (_CHANNEL_LIKE if short <= _CHANNEL_LIKE else _LONGEST_ASPECT)


class LikelyReading(NamedTuple):
    """What a shape that no usual layout explains probably is."""

    text: str
    layout: str = ""
    """The order of its axes, once it is unflattened; empty where it is not known."""


def likely_reading(shape: tuple[int, ...], contract: Contract) -> LikelyReading | None:
    """Return what a shape without a plausible layout probably is, given the contract; None without a probable guess."""
    if flat := _flattened_lengths(shape, contract):
        return LikelyReading(flat, contract.layout)
    if layout := _find_permutation(shape, contract, channels=(contract.channels,)) or _find_permutation(
        shape, contract, (3, 4)
    ):
        return LikelyReading(f"{layout}: axes permuted?", layout)
    if len(shape) > len(LAYOUTS[0]):
        inner = tuple(length for length in shape if length != 1)
        if 2 <= len(inner) <= 4 and "?" not in reading(inner, contract):
            return LikelyReading(f"{list(inner)} {reading(inner, contract)} with extra axes of length 1")
        return LikelyReading(f"{len(shape) - len(LAYOUTS[0])} axes too many: a batch of batches?")
    return None


def _flattened_lengths(shape: tuple[int, ...], contract: Contract) -> str:
    """How the last axis of one or two is the product of axes that the contract fixes; empty where it is not."""
    if not 1 <= len(shape) <= 2:
        return ""
    axes = [axis for axis in contract.layout if axis != "N"]
    lengths = [dim.fixed for axis in axes if (dim := contract.dim(axis)) is not None]
    if any(length is None for length in lengths):
        return _square(shape, contract)
    if shape[-1] == prod(length or 1 for length in lengths) and shape[-1] > max(length or 1 for length in lengths):
        return f"{shape[-1]} = {' x '.join(map(str, lengths))}: flattened?"
    height, width = contract.dim("H"), contract.dim("W")
    if contract.channels == 1 or height is None or width is None:
        return ""
    rows = (height.fixed, (width.fixed or 0) * contract.channels)
    return f"{rows[1]} = {width.fixed} x {contract.channels}: flattened?" if shape == rows else ""


def unflatten_shape(shape: tuple[int, ...], layout: str, contract: Contract) -> tuple[int, ...] | None:
    """Return the lengths of the axes of ``layout`` in a flattened array of this shape; None where it cannot be one.

    Lengths that the contract does not fix are those of a square image.
    """
    if not 1 <= len(shape) <= 2 or len(layout) <= len(shape):
        return None
    lengths = {axis: dim.fixed for axis in "HWC" if (dim := contract.dim(axis)) is not None} | {"C": contract.channels}
    open_axes = [axis for axis in "HW" if lengths.get(axis) is None]
    left = shape[-1] // prod(length for length in lengths.values() if length)
    lengths |= dict.fromkeys(open_axes, isqrt(left) if len(open_axes) == 2 else left)
    inner = prod(lengths[axis] or 0 for axis in layout if axis != "N")
    images = prod(shape) // inner if inner else 0
    candidates = tuple(images if axis == "N" else lengths[axis] or 0 for axis in layout)
    several = "N" in layout and len(shape) == 2 and images == shape[0]
    return candidates if prod(candidates) == prod(shape) > 0 and (images == 1 or several) else None


def _square(shape: tuple[int, ...], contract: Contract) -> str:
    """Return the same for a contract without a fixed size, if only the last axis can be a flattened square image."""
    channels = contract.channels
    side = isqrt(shape[-1] // channels)
    if side * side * channels != shape[-1] or (len(shape) == 2 and not _is_strip(*sorted(shape))):
        return ""
    order = f"{channels} x {side} x {side}" if contract.layout[-1] != "C" else f"{side} x {side} x {channels}"
    return f"{shape[-1]} = {order}: flattened?"


def _may_be_side(length: int, dim: Dim | None) -> bool:
    return length == dim.fixed if dim and dim.fixed else length > _CHANNEL_LIKE and (dim is None or dim.allows(length))


def _find_permutation(shape: tuple[int, ...], contract: Contract, channels: tuple[int, ...]) -> str:
    """Return an unusual order of the axes that fits the contract's height and width, with one of these ``channels``.

    Empty where no order fits.
    """
    if not 3 <= len(shape) <= 4:
        return ""
    for order in _ORDERS[len(shape)]:
        axes = dict(zip(order, shape, strict=True))
        if axes["C"] in channels and all(_may_be_side(axes[axis], contract.dim(axis)) for axis in "HW"):
            return order
    return ""


def by_shape(shape: tuple[int, ...]) -> str:
    """Return the most probable layout of a shape without a contract; ``?`` for each axis where no layout is plausible.

    An image has longer sides than channels, and more often three channels than one or four.
    """
    candidates = max(_readings(shape), key=lambda layout: _likeness(shape, layout), default=None)
    return candidates or "?" * len(shape)


def _likeness(shape: tuple[int, ...], layout: str) -> tuple[bool, int, bool]:
    axes = dict(zip(layout, shape, strict=True))
    channels = axes.get("C", 1)
    return channels == len("RGB"), min(axes["H"], axes["W"]), "C" in axes


def is_layout(layout: str) -> bool:
    """Whether these letters name each axis of an image, or of a batch of them, in any order.

    Those of a shape that no reading explains do not, nor do those of a single number.
    """
    return {"H", "W"} <= set(layout) <= set("NHWC") and len(set(layout)) == len(layout)


def _readings(shape: tuple[int, ...]) -> Iterator[str]:
    for layout in LAYOUTS:
        if len(layout) == len(shape) and ("C" not in layout or shape[layout.index("C")] in COUNTS):
            yield layout


def _agreement(shape: tuple[int, ...], layout: str, contract: Contract) -> tuple[int, ...]:
    axes = dict(zip(layout, shape, strict=True))
    orders = [axis for axis, length in axes.items() if (dim := contract.dim(axis)) is not None and dim.allows(length)]
    swapped_order = (
        (dim_h := contract.dim("H")) is not None
        and (dim_w := contract.dim("W")) is not None
        and (dim_h.allows(axes["W"]) and dim_w.allows(axes["H"]))
    )
    spatial = ("H" in orders) + ("W" in orders)
    return (
        2 * max(spatial, 2 * swapped_order) + ("C" in orders) * 2,
        (layout[-1] == "C") == (contract.layout[-1] == "C"),
        -axes.get("N", 1),
    )


def size(height: int, width: int) -> str:
    """Return a size as it appears in all messages."""
    return f"{height}x{width} (HxW)"


def describe(shape: tuple[int, ...], layout: str) -> str:
    """A shape with its letters, such as ``[1, 3, 224, 224] NCHW``."""
    return f"{list(shape)} {layout}" if is_layout(layout) else f"{list(shape)}"
