"""NVIDIA DeepStream nvinfer configuration, INI or YAML: y = net-scale-factor * (x - offset)."""

from __future__ import annotations

import configparser
import re
from collections.abc import Mapping

from sm_imgcheck.core.errors import ImgcheckError
from sm_imgcheck.core.escape import for_terminal
from sm_imgcheck.core.json_types import Json
from sm_imgcheck.spec.importers import Importer
from sm_imgcheck.spec.importers._deepstream_scaling import COLORS, add_frame, add_pixel_values, integers
from sm_imgcheck.spec.importers._draft import Draft, DraftBuilder
from sm_imgcheck.spec.importers._source_file import SourceFile

__all__ = ["IMPORTER", "read_groups"]

_TITLE = "DeepStream nvinfer configuration"
_GROUP = re.compile(r"^[ \t]*(\[property\]|property:)\s*$", re.MULTILINE)
_DIMS = ("infer-dims", "input-dims", "uff-input-dims")
"""The size of the input; the last two up to DeepStream 5."""
_KEYS = (
    "net-scale-factor",
    "model-color-format",
    "infer-dims",
    "onnx-file",
    "model-engine-file",
    "num-detected-classes",
)


def matches(file: SourceFile) -> float:
    """By the group property with keys of nvinfer."""
    start = file.start
    return 0.95 if _GROUP.search(start) and sum(key in start for key in _KEYS) >= 2 else 0.0


def read(file: SourceFile, input_name: str) -> Draft:
    """The draft of the network's input."""
    del input_name
    keys = read_groups(file).get("property", {})
    builder = DraftBuilder(file)
    builder.default("dtype", "float32", "nvinfer feeds float32; network-mode is the precision inside")
    if keys.get("input-tensor-from-meta") == "1":
        reason = "input-tensor-from-meta: nvdspreprocess makes the tensor; import its configuration"
        return builder.build(_TITLE, "pixels", missing=reason)
    order = COLORS.get(keys.get("model-color-format", "0"))
    if order is None:
        builder.unknown("channel_order", "model-color-format: expected 0, 1 or 2")
    elif "model-color-format" in keys:
        builder.state("channel_order", order, "model-color-format")
    else:
        builder.default("channel_order", order, "model-color-format: default 0 of nvinfer")
    if keys.get("mean-file"):
        builder.unknown("value_range", "mean-file: a mean of every pixel, which normalize cannot express")
    else:
        add_pixel_values(
            builder,
            factor=keys.get("net-scale-factor", "1.0"),
            offsets=[part for part in keys.get("offsets", "").split(";") if part.strip()],
            order=order or "RGB",
            source="net-scale-factor, offsets" if "offsets" in keys else "net-scale-factor",
        )
    _add_size(builder, keys)
    return builder.build(_TITLE, "pixels")


IMPORTER = Importer(
    rank=94,
    title=_TITLE,
    requires="an INI or YAML file with the group property, net-scale-factor and model-color-format",
    marks=("[property]", "net-scale-factor", "model-color-format", "infer-dims", "gie-unique-id"),
    matches=matches,
    read=read,
)


def read_groups(file: SourceFile) -> dict[str, dict[str, str]]:
    """Keys of each group as text, of INI and of YAML; of a key given twice, the last. Raises ImgcheckError."""
    if not re.search(r"^[ \t]*\[[^\[\]]+\]\s*$", file.start, re.MULTILINE):
        document = file.yaml
        groups = document.items() if isinstance(document, Mapping) else ()
        return {name: _as_text(group) for name, group in groups if isinstance(group, Mapping)}
    parser = configparser.RawConfigParser(strict=False, inline_comment_prefixes=("#", ";;"), delimiters=("=",))
    try:
        parser.read_string(file.text)
        return {name: {key: value.strip() for key, value in parser.items(name)} for name in parser.sections()}
    except configparser.Error as error:
        raise ImgcheckError(f"{for_terminal(file.name)}: INI: {for_terminal(str(error)[:200])}") from None


def _as_text(group: Mapping[str, Json]) -> dict[str, str]:
    return {key: str(value) for key, value in group.items() if isinstance(value, str | int | float)}


def _add_size(builder: DraftBuilder, keys: dict[str, str]) -> None:
    name = next((key for key in _DIMS if keys.get(key)), "infer-dims")
    sides = integers(keys.get(name, ""))
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
    add_frame(
        builder,
        (height, width),
        keeps_aspect=keys.get("maintain-aspect-ratio", "0") == "1",
        is_centered=keys.get("symmetric-padding", "0") == "1",
        scaling_filter=keys.get("scaling-filter", ""),
        key="scaling-filter",
    )
