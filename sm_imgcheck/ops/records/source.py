"""Ops that produce an RGB, gray or RGBA image from a file: decode, orient, convert its channels."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from sm_imgcheck.core.channels import ALPHA, CHANNELS, GRAY
from sm_imgcheck.core.frozen import replace_fields
from sm_imgcheck.core.types import Facts, Step
from sm_imgcheck.core.value_mapping import levels
from sm_imgcheck.ops.records import LIBRARIES, Op

__all__ = ["OPS"]


def _pixels(facts: Facts, order: str) -> Facts:
    """Facts of uint8 pixels in other channels."""
    shape = (*facts.shape[:-1], CHANNELS[order])
    return replace_fields(
        facts, shape=shape, dtype="uint8", channel_order=order, low=0, high=255, values=levels(CHANNELS[order])
    )


def _decode(facts: Facts, step: Step) -> Facts:
    return _pixels(facts, GRAY) if step.params.get("gray") else facts


def _orient(facts: Facts, step: Step) -> Facts:
    height, width, channels = facts.shape
    is_transposed = step.params["orientation"] in (5, 6, 7, 8)  # not for {"header": "orientation"} either
    return replace_fields(facts, shape=(width, height, channels)) if is_transposed else facts


def _color(facts: Facts, step: Step) -> Facts:
    return _pixels(facts, step.params["to"])


def _decoder_phrase(step: Step) -> str:
    """What differs from what Pillow, OpenCV and libjpeg all decode."""
    params = step.params
    parts = ["TensorFlow's fast DCT"] if params.get("dct") == "tensorflow" else []
    parts += ["the Y plane alone"] if params.get("gray") else []
    parts += ["converted to sRGB by its profile"] if params.get("icc") == "srgb" else []
    if params.get("reduction", 1) != 1:
        parts.append(f"decoded at 1/{params['reduction']} of its size (draft, thumbnail, IMREAD_REDUCED)")
    return ", ".join(parts)


def _orient_phrase(step: Step) -> str:
    orientation = step.params["orientation"]
    return "" if orientation == 1 else f"{_ROTATIONS[orientation]} (EXIF orientation {orientation})"


_ROTATIONS = {
    2: "flipped horizontally",
    3: "rotated 180 degrees",
    4: "flipped vertically",
    5: "flipped along the main diagonal",
    6: "rotated 90 degrees clockwise",
    7: "flipped along the other diagonal",
    8: "rotated 90 degrees counterclockwise",
}


def _color_phrase(step: Step) -> str:
    """How the file's channels became the model's; empty where there is one way only, or no file yet."""
    mode, to, params = step.params["mode"], step.params["to"], step.params
    if not isinstance(mode, str):
        return ""
    if to == GRAY and mode != "L":
        return f"{mode} to gray by {'luma' if params['to_gray'] == 'luma' else 'the Y plane'}"
    if mode == "CMYK":
        return f"CMYK by {LIBRARIES[params['cmyk']]}'s arithmetic"
    if mode in ("LA", "RGBA") and to not in ALPHA:
        return f"alpha composited onto {_color_name(params)}" if params["alpha"] == "composite" else "alpha dropped"
    return ""


def _color_name(params: Mapping[str, Any]) -> str:
    background = list(params["background"])
    return {(0, 0, 0): "black", (255, 255, 255): "white"}.get(tuple(background), f"RGB {background}")


_image = partial(Op, shapes_image=True)
OPS = {
    "decode": _image(
        stage="decode",
        kernel="sm_imgcheck.io.images.decode",  # named, not imported: what reads files is another floor
        effect=_decode,
        traits=frozenset({"decoder"}),
        phrase=_decoder_phrase,
    ),
    "orient": _image(
        stage="orient",
        kernel="sm_imgcheck.ops.kernels.color",
        effect=_orient,
        traits=frozenset({"turn"}),
        phrase=_orient_phrase,
    ),
    "color": _image(
        stage="color",
        kernel="sm_imgcheck.ops.kernels.color",
        effect=_color,
        traits=frozenset({"color"}),
        phrase=_color_phrase,
        one_image=True,
    ),
}
