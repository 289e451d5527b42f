"""Sizes and places in whole pixels: the sums that every geometry op starts from.

No arrays here, so that a plan can be traced without an image. The ops call the same functions.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sm_imgcheck.geometry.edges import resized, resized_by_opencv, resized_by_tensorflow
from sm_imgcheck.geometry.places import crop_box, letterbox_place, pad_place

__all__ = ["output_size"]


def output_size(op: str, params: Mapping[str, Any], height: int, width: int) -> tuple[int, int]:
    """Height and width after the geometry op ``op`` with its step's parameters."""
    kind, _, library = op.partition("_")
    if kind == "fit":
        return params["size"][0], params["size"][1]
    if kind == "letterbox":
        found = letterbox_place(
            library=library.removesuffix("12"),
            size=params["size"],
            multiple_of=params["multiple_of"],
            height=height,
            width=width,
        )
        return found[4], found[5]
    if kind == "resize":
        edges = {key: params[key] for key in ("mode", "size", "max_size", "rounding")}
        rule = {"opencv": resized_by_opencv, "tensorflow": resized_by_tensorflow}.get(library, resized)
        return rule(**edges, height=height, width=width)
    if kind == "crop":
        return crop_box(**params, height=height, width=width)[2:]
    place = {key: params[key] for key in ("size", "multiple_of", "position") if key in params}
    return pad_place(**place, height=height, width=width)[2:]
