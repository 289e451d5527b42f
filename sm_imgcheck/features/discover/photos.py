"""Photographs as pixels of the model's size, one set for each geometry."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from sm_imgcheck.core.types import Options, Spec
from sm_imgcheck.features.discover.recipes import InputFormat
from sm_imgcheck.pipeline.process import process
from sm_imgcheck.spec.load import resolve_spec

__all__ = ["geometries", "pixels_of"]

_SHARE = 0.875
"""Share of the shorter edge in a center crop: 224 of 256, the usual evaluation crop of ImageNet models."""


def geometries(format_: InputFormat) -> dict[str, Mapping[str, Any]]:
    """The spec's ``resize`` by name; the first is used to find the value mapping."""
    square = format_.height == format_.width
    short = round(min(format_.height, format_.width) / _SHARE)
    crop = {"mode": "shortest_edge", "size": short, "crop": "center", "interpolation": "bilinear"}
    cover = {"mode": "cover", "interpolation": "bilinear"}
    stretch = {"mode": "stretch", "interpolation": "bilinear"}
    letterbox = {"mode": "letterbox", "interpolation": "bilinear"}
    name = f"shortest edge {short}, center crop {format_.height}x{format_.width}" if square else "cover, center crop"
    return {name: crop if square else cover, "stretch": stretch, "letterbox": letterbox}


def pixels_of(photos: Sequence[Any], resize: Mapping[str, Any], format_: InputFormat) -> list[np.ndarray | None]:
    """uint8 [H, W, C], RGB or gray, for each photograph; None where it cannot be decoded.

    photos: candidates of ``process``.
    """
    spec = _pixel_spec(resize, format_)
    options = Options(want_array=True)
    return [process(photo, spec, options).array for photo in photos]


def _pixel_spec(resize: Mapping[str, Any], format_: InputFormat) -> Spec:
    return resolve_spec(
        {
            "shape": [format_.height, format_.width, format_.channels],
            "layout": "HWC",
            "dtype": "uint8",
            "channel_order": "GRAY" if format_.channels == 1 else "RGB",
            "value_range": [0, 255],
            "resize": dict(resize),
            "decode": {"bit_depth": "scale"},
        }
    )
