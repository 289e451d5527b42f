"""Change of the model's input, in gray levels, if some fields of one spec are those of another."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from sm_imgcheck.core.errors import ImgcheckError
from sm_imgcheck.core.frozen import frozen
from sm_imgcheck.core.types import Options, Spec
from sm_imgcheck.core.value_mapping import quantized_target
from sm_imgcheck.pipeline.process import process
from sm_imgcheck.spec.parse import parse

__all__ = ["PixelChange", "measure_change"]

_VALUES = ("value_range", "normalize")
_SIZES = ("shape", "layout", "geometry")


@frozen
class PixelChange:
    """How far the numbers are from those of the first spec, as gray levels of the first spec."""

    mean: float | None
    """None: the sizes differ, so that pixels cannot be compared."""
    maximum: float | None
    first_size: tuple[int, int]
    """Height and width."""
    second_size: tuple[int, int]


def measure_change(first: Spec, second: Spec, fields: Sequence[str], image: bytes) -> PixelChange | None:
    """The change between the first spec and the first spec with ``fields`` of the second.

    None if one of the two produces no tensor from the image: the change is not known.
    """
    combination = _combine(first, second, fields)
    if combination is None:
        return None
    left, right = _pixels(first, image), _pixels(combination, image)
    if left is None or right is None:
        return None
    sizes = (left.shape[1], left.shape[2]), (right.shape[1], right.shape[2])
    if sizes[0] != sizes[1]:
        return PixelChange(mean=None, maximum=None, first_size=sizes[0], second_size=sizes[1])
    if left.shape != right.shape:
        channels = min(left.shape[3], right.shape[3])
        left, right = left[..., :channels], right[..., :channels]
    affine = quantized_target(first.contract, first.contract.channel_order)
    scale = np.array(affine.scale[: left.shape[3]])
    difference = np.abs(left - right) / scale
    return PixelChange(
        mean=float(difference.mean()), maximum=float(difference.max()), first_size=sizes[0], second_size=sizes[1]
    )


def _combine(first: Spec, second: Spec, fields: Sequence[str]) -> Spec | None:
    """The first spec with some fields of the second; where sizes then contradict, with all sizes of the second."""
    for more in ((), _SIZES):
        mapping: dict[str, Any] = {key: value for key, value in first.resolved.items() if key != "expect_range"}
        for field in (*fields, *more):
            _take(mapping, second, field)
        try:
            return parse(mapping)
        except ImgcheckError:
            continue
    return None


def _take(mapping: dict[str, Any], second: Spec, field: str) -> None:
    top, _, inner = field.partition(".")
    other = second.resolved
    if top == "decode":
        mapping["decode"] = {key: value for key, value in mapping["decode"].items() if key != "background"}
        mapping["decode"][inner] = other["decode"][inner]
    elif top == "value_range":
        for key in _VALUES:
            mapping.pop(key, None)
        mapping.update({key: other[key] for key in _VALUES if key in other})
    elif top == "resize":
        mapping["geometry"] = other["geometry"]
    elif top in other:
        mapping[top] = other[top]
    else:
        mapping.pop(top, None)


def _pixels(spec: Spec, image: bytes) -> np.ndarray | None:
    """The tensor as NHWC float64; None if the spec produces no tensor from the image."""
    result = process(image, spec, Options(want_array=True))
    if result.array is None:
        return None
    layout = spec.contract.layout
    array = np.asarray(result.array, np.float64)
    if "N" not in layout:
        array, layout = array[None], f"N{layout}"
    if "C" not in layout:
        array, layout = array[..., None], f"{layout}C"
    return array.transpose([layout.index(axis) for axis in "NHWC"])
