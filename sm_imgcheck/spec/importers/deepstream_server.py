"""NVIDIA DeepStream nvinferserver configuration: ``infer_config`` with ``preprocess``, in protobuf text."""

from __future__ import annotations

import re

from sm_imgcheck.core.errors import ImgcheckError
from sm_imgcheck.core.escape import for_terminal
from sm_imgcheck.core.json_types import Json
from sm_imgcheck.spec.importers import Importer
from sm_imgcheck.spec.importers._deepstream_scaling import add_frame, add_pixel_values
from sm_imgcheck.spec.importers._draft import Draft, DraftBuilder
from sm_imgcheck.spec.importers._pbtxt import Message, PbtxtError, parse_pbtxt
from sm_imgcheck.spec.importers._source_file import SourceFile

__all__ = ["IMPORTER"]

_TITLE = "DeepStream nvinferserver configuration"
_MARK = re.compile(r"^[ \t]*infer_config\s*:?\s*\{", re.MULTILINE)
_LAYOUTS = {"TENSOR_ORDER_LINEAR": "NCHW", "TENSOR_ORDER_NHWC": "NHWC"}
_ORDERS = {"IMAGE_FORMAT_RGB": "RGB", "IMAGE_FORMAT_BGR": "BGR", "IMAGE_FORMAT_GRAY": "GRAY"}


def matches(file: SourceFile) -> float:
    """By infer_config with preprocess."""
    return 0.96 if _MARK.search(file.start) and "preprocess" in file.start else 0.0


def read(file: SourceFile, input_name: str) -> Draft:
    """The draft of the model's input."""
    del input_name
    try:
        config = _message(parse_pbtxt(file.text), "infer_config")
    except PbtxtError as error:
        raise ImgcheckError(f"{for_terminal(file.name)}: infer_config: {error}") from None
    preprocess = _message(config, "preprocess")
    tensor = _message(_message(config, "backend"), "inputs")
    builder = DraftBuilder(file)
    order = _ORDERS.get(_word(preprocess, "network_format"), "")
    if order:
        builder.state("channel_order", order, "preprocess network_format")
    layout = _LAYOUTS.get(_word(preprocess, "tensor_order"))
    sides = [int(side) for side in tensor.get("dims", []) if isinstance(side, str) and re.fullmatch(r"\d{1,5}", side)]
    if layout:
        builder.state("layout", layout, "preprocess tensor_order")
    if layout and len(sides) == 3 and 0 not in sides:
        height, width = (sides[0], sides[1]) if layout == "NHWC" else (sides[1], sides[2])
        shape: list[Json] = ["N", *sides]
        builder.state("shape", shape, "backend inputs dims")
        add_frame(
            builder,
            (height, width),
            keeps_aspect=_word(preprocess, "maintain_aspect_ratio") in ("1", "true"),
            is_centered=_word(preprocess, "symmetric_padding") in ("1", "true"),
            scaling_filter=_word(preprocess, "frame_scaling_filter"),
            key="frame_scaling_filter",
        )
    _add_values(builder, _message(preprocess, "normalize"), order or "RGB")
    builder.assume("dtype", "float32", "not stated; the Triton model decides")
    return builder.build(_TITLE, "pixels", missing="not stated; the config.pbtxt of the Triton model decides")


IMPORTER = Importer(
    rank=96,
    title=_TITLE,
    requires="infer_config { preprocess { network_format normalize } } of nvinferserver",
    marks=("infer_config", "network_format", "tensor_order", "IMAGE_FORMAT_RGB", "scale_factor", "maintain_aspect"),
    matches=matches,
    read=read,
)


def _add_values(builder: DraftBuilder, normalize: Message, order: str) -> None:
    if not normalize:
        builder.default("value_range", [0, 255], "preprocess normalize: absent, scale_factor 1")
    elif _word(normalize, "mean_file"):
        builder.unknown("value_range", "mean_file: a mean of every pixel, which normalize cannot express")
    else:
        add_pixel_values(
            builder,
            factor=_word(normalize, "scale_factor") or "1",
            offsets=[entry for entry in normalize.get("channel_offsets", []) if isinstance(entry, str)],
            order=order,
            source="normalize scale_factor, channel_offsets",
        )


def _message(message: Message, key: str) -> Message:
    entries = [entry for entry in message.get(key, []) if isinstance(entry, dict)]
    return entries[0] if entries else {}


def _word(message: Message, key: str) -> str:
    words = [entry for entry in message.get(key, []) if isinstance(entry, str)]
    return words[-1] if words else ""
