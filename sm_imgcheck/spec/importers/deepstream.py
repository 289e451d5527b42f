"""NVIDIA DeepStream nvinfer configuration: y = net-scale-factor * (x - offset)."""

from __future__ import annotations

import configparser

from sm_imgcheck.core.errors import ImgcheckError
from sm_imgcheck.core.escape import for_terminal
from sm_imgcheck.core.json_types import Json
from sm_imgcheck.spec.importers import Importer
from sm_imgcheck.spec.importers._draft import Draft, DraftBuilder
from sm_imgcheck.spec.importers._source_file import SourceFile
from sm_imgcheck.spec.importers._value_mapping import add_scaled, numbers

__all__ = ["IMPORTER"]

_TITLE = "DeepStream nvinfer configuration"
_COLORS = {"0": "RGB", "1": "BGR", "2": "GRAY"}
_DIMS = ("infer-dims", "input-dims", "uff-input-dims")
"""The size of the input; the last two up to DeepStream 5."""
_FILTERS = {"0": "nearest", "1": "bilinear"}


def matches(file: SourceFile) -> float:
    """By the group [property] with keys of nvinfer."""
    start = file.start
    keys = (
        "net-scale-factor",
        "model-color-format",
        "infer-dims",
        "onnx-file",
        "model-engine-file",
        "num-detected-classes",
    )
    return 0.95 if "[property]" in start and sum(key in start for key in keys) >= 2 else 0.0


def read(file: SourceFile, input_name: str) -> Draft:
    """The draft of the network's input."""
    del input_name
    parser = configparser.RawConfigParser(strict=False, inline_comment_prefixes=("#", ";;"), delimiters=("=",))
    try:
        parser.read_string(file.text)
        keys = {key: value.strip() for key, value in parser.items("property")}
    except configparser.Error as error:
        raise ImgcheckError(f"{for_terminal(file.name)}: INI: {for_terminal(str(error)[:200])}") from None
    builder = DraftBuilder(file)
    order = _COLORS.get(keys.get("model-color-format", "0"))
    if order is None:
        builder.unknown("channel_order", "model-color-format: expected 0, 1 or 2")
    elif "model-color-format" in keys:
        builder.state("channel_order", order, "model-color-format")
    else:
        builder.default("channel_order", order, "model-color-format: default 0 of nvinfer")
    _add_values(builder, keys, order or "RGB")
    _add_size(builder, keys)
    builder.default("dtype", "float32", "nvinfer feeds float32; network-mode is the precision inside")
    return builder.build(_TITLE, "pixels")


IMPORTER = Importer(
    rank=94,
    title=_TITLE,
    requires="an INI file with [property], net-scale-factor and model-color-format",
    marks=("[property]", "net-scale-factor", "model-color-format", "infer-dims", "gie-unique-id"),
    matches=matches,
    read=read,
)


def _add_values(builder: DraftBuilder, keys: dict[str, str], order: str) -> None:
    factor = numbers(keys.get("net-scale-factor", "1.0"))
    offsets = numbers([part for part in keys.get("offsets", "").split(";") if part.strip()] or [0.0])
    if factor is None or offsets is None:
        builder.unknown("value_range", "net-scale-factor and offsets: expected numbers")
        return
    if "offsets" not in keys:
        add_scaled(builder, factor=factor[0], mean=None, std=None, source="net-scale-factor")
        return
    inverse = [1 / factor[0]] if factor[0] > 0 else [0.0]
    equal = len(set(offsets)) == 1
    add_scaled(
        builder, factor=1.0, mean=offsets, std=inverse, order="" if equal else order, source="net-scale-factor, offsets"
    )


def _add_size(builder: DraftBuilder, keys: dict[str, str]) -> None:
    name = next((key for key in _DIMS if keys.get(key)), "infer-dims")
    parts = [part.strip() for part in keys.get(name, "").split(";") if part.strip()]
    sides = [int(part) for part in parts if part.isascii() and part.isdigit() and 0 < len(part) <= 5]
    last = keys.get("network-input-order", "0") == "1"
    if name != "infer-dims" and len(sides) == 4:  # the fourth number is the order
        last, sides = sides[3] == 1, sides[:3]
    if len(sides) != 3 or 0 in sides:
        builder.unknown("shape", "infer-dims: not stated; the model file decides")
        builder.unknown("layout", "network-input-order: known only with infer-dims")
        builder.unknown("resize", "infer-dims: not stated")
        return
    channels, height, width = (sides[2], sides[0], sides[1]) if last else (sides[0], sides[1], sides[2])
    shape: Json = ["N", height, width, channels] if last else ["N", channels, height, width]
    builder.state("shape", shape, name)
    builder.add("layout", "NHWC" if last else "NCHW", "network-input-order", "stated" if last else "default")
    kernel = _FILTERS.get(keys.get("scaling-filter", "1"), "bilinear")
    size: list[Json] = [height, width]
    if keys.get("maintain-aspect-ratio", "0") == "1":
        resize: Json = {"mode": "longest_edge", "size": size, "interpolation": kernel, "library": "opencv"}
        position = "center" if keys.get("symmetric-padding", "0") == "1" else "top_left"
        builder.state("geometry[0]", {"resize": resize}, "maintain-aspect-ratio")
        builder.state("geometry[1]", {"pad": {"size": size, "position": position, "fill": 0}}, "symmetric-padding")
    else:
        builder.default("resize.mode", "stretch", "maintain-aspect-ratio: default 0 of nvinfer")
        builder.infer("resize.size", size, name)
        builder.add(
            "resize.interpolation", kernel, "scaling-filter", "stated" if "scaling-filter" in keys else "default"
        )
        builder.assume(
            "resize.library", "opencv", "not stated; the scaler of the GPU resizes like OpenCV, not bit for bit"
        )
