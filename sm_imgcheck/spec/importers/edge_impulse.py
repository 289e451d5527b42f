"""Edge Impulse deployments: ``model_metadata.h`` of a C++ library, and the model parameters of a Linux runner.

Facts: ``ei_constants.h`` and ``model_metadata.h`` of the inferencing SDK, and ``extract_image_features`` of
``ei_run_dsp.h``, which divides RGB pixels by 255 before any image scaling of the learning block.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping

from sm_imgcheck.core.errors import ImgcheckError
from sm_imgcheck.core.escape import for_terminal
from sm_imgcheck.core.json_types import Json
from sm_imgcheck.spec.importers import Importer
from sm_imgcheck.spec.importers._draft import Draft, DraftBuilder
from sm_imgcheck.spec.importers._source_file import SourceFile
from sm_imgcheck.spec.importers._torch_values import side
from sm_imgcheck.spec.importers._value_mapping import add_scaled, numbers

__all__ = ["IMPORTER"]

_TITLE = "Edge Impulse model"
_PREFIX = "EI_CLASSIFIER_"
_DEFINE = re.compile(rf"^\s*#define[ \t]+{_PREFIX}(\w{{1,60}})[ \t]+([^\n/]{{1,80}})", re.MULTILINE | re.ASCII)
_SCALING = re.compile(rf"\b{_PREFIX}IMAGE_SCALING_(\w{{1,40}})", re.ASCII)
_WORDS = {
    "FIT_SHORTEST": "cover", "FIT_LONGEST": "letterbox", "SQUASH": "stretch", "1": "cover", "2": "letterbox",
    "3": "stretch", "fit-shortest": "cover", "fit-longest": "letterbox", "squash": "stretch",
}  # fmt: skip
"""Resize modes: constants, their numbers, and the words of the runner."""
_TYPES = {"FLOAT32": "float32", "UINT8": "uint8", "INT8": "int8", "1": "float32", "3": "uint8", "9": "int8"}
"""``EI_CLASSIFIER_DATATYPE``: constants and numbers."""
_TORCH = ([0.485, 0.456, 0.406], [0.229, 0.224, 0.225])
"""``ei_scale_fmatrix``, of values 0..1."""


def matches(file: SourceFile) -> float:
    """By the constants of the header, or the keys of the parameters."""
    if file.json is None:
        return 0.95 if f"#define {_PREFIX}INPUT_WIDTH" in re.sub(r"[ \t]+", " ", file.start) else 0.0
    return 0.95 if "image_input_width" in _parameters(file.object) else 0.0


def read(file: SourceFile, input_name: str) -> Draft:
    """The draft of the model's input, which the SDK makes from the pixels of the resized image."""
    del input_name
    builder = DraftBuilder(file)
    if file.json is not None:
        _read_parameters(builder, file)
    else:
        _read_header(builder, file)
    return builder.build(_TITLE, "pixels")


def _read_parameters(builder: DraftBuilder, file: SourceFile) -> None:
    keys = _parameters(file.object)
    count = side(keys.get("image_channel_count"))
    _add_image(builder, file, keys.get("image_input_height"), keys.get("image_input_width"), count)
    _add_resize(builder, keys, "image_resize_mode", str(keys.get("image_resize_mode")))


def _read_header(builder: DraftBuilder, file: SourceFile) -> None:
    defines = {key: value.strip() for key, value in _DEFINE.findall(file.text)}
    sides = {key: _number(defines.get(f"INPUT_{key}")) for key in ("HEIGHT", "WIDTH")}
    values, pixels = _number(defines.get("NN_INPUT_FRAME_SIZE")), math.prod(value or 0 for value in sides.values())
    count = side(values / pixels) if values and pixels else None
    _add_image(builder, file, sides["HEIGHT"], sides["WIDTH"], count)
    mode = defines.get("RESIZE_MODE", "").removeprefix(f"{_PREFIX}RESIZE_")
    _add_resize(
        builder,
        dict(zip(("image_input_height", "image_input_width"), sides.values(), strict=True)),
        "RESIZE_MODE",
        mode,
    )
    dtype = _TYPES.get(defines.get("TFLITE_INPUT_DATATYPE", "").removeprefix(f"{_PREFIX}DATATYPE_"))
    if dtype is not None:
        builder.state("dtype", dtype, f"{_PREFIX}TFLITE_INPUT_DATATYPE")
    if dtype is not None and _add_quantization(builder, defines, dtype):
        _add_values(builder, file, defines)


def _add_image(builder: DraftBuilder, file: SourceFile, height: Json, width: Json, count: int | None) -> None:
    """Shape and color of one image. Raises ImgcheckError for a model of other data."""
    if not side(height) or not side(width):
        raise ImgcheckError(
            f"{for_terminal(file.name)}: input: got no width and height of an image, as for sensor data and sound, "
            "expected a model of images"
        )
    builder.default("layout", "NHWC", "extract_image_features of the SDK: channels last")
    if count not in (1, 3):
        for key in ("shape", "channel_order"):
            builder.unknown(key, "number of values of the input: expected 1 or 3 for each pixel")
        return
    builder.infer("shape", ["N", height, width, count], "width, height and number of values")
    builder.default("channel_order", "RGB" if count == 3 else "GRAY", "extract_image_features of the SDK")


def _add_resize(builder: DraftBuilder, sides: Mapping[str, Json], key: str, word: str) -> None:
    mode = _WORDS.get(word)
    if mode is None:
        builder.unknown("resize", f"{key}: got {for_terminal(word[:40]) or 'none'}, expected a resize mode")
        return
    builder.state("resize.mode", mode, key)
    builder.state("resize.size", [sides["image_input_height"], sides["image_input_width"]], "width and height")
    if mode == "letterbox":
        builder.default("resize.fill", 0, "fit-longest of the SDK pads with zeros")
    builder.note("interpolation: not stated; the devices and the training resize differently")


def _add_quantization(builder: DraftBuilder, defines: Mapping[str, str], dtype: str) -> bool:
    """Whether the values before the quantization can be stated."""
    if dtype == "float32":
        return True
    scale = numbers(defines.get("TFLITE_INPUT_SCALE", "").rstrip("fF"))
    zero_point = numbers(defines.get("TFLITE_INPUT_ZEROPOINT", ""))
    if scale is None or zero_point is None or not scale[0] > 0:
        builder.unknown("value_range", f"{_PREFIX}TFLITE_INPUT_SCALE and ZEROPOINT: got none; the .tflite has them")
        return False
    builder.state("quantize.scale", scale[0], f"{_PREFIX}TFLITE_INPUT_SCALE")
    builder.state("quantize.zero_point", int(zero_point[0]), f"{_PREFIX}TFLITE_INPUT_ZEROPOINT")
    return True


def _add_values(builder: DraftBuilder, file: SourceFile, defines: Mapping[str, str]) -> None:
    """Pixels / 255, then the image scaling of the learning block, which ``model_variables.h`` names."""
    word = "NONE"
    if defines.get("LOAD_IMAGE_SCALING", "0") != "0":
        neighbor = file.sibling("model_variables.h")
        words = set(_SCALING.findall(neighbor.text)) if neighbor is not None else set()
        word = words.pop() if len(words) == 1 else ""
    if word == "NONE":
        source = "extract_image_features of the SDK divides by 255"
        add_scaled(builder, factor=1 / 255, mean=None, std=None, source=source, certainty="default")
    elif word == "TORCH":
        mean, std = _TORCH
        source = f"{_PREFIX}IMAGE_SCALING_TORCH of model_variables.h"
        add_scaled(builder, factor=1 / 255, mean=mean, std=std, order="RGB", source=source, certainty="default")
    else:
        builder.unknown("value_range", f"{_PREFIX}LOAD_IMAGE_SCALING: the scaling is in model_variables.h")


def _parameters(document: Mapping[str, Json]) -> Mapping[str, Json]:
    inner = document.get("model_parameters", document.get("modelParameters"))
    return inner if isinstance(inner, Mapping) else document


def _number(text: str | None) -> int | None:
    return int(text) if text is not None and text.isdecimal() and len(text) < 10 else None


IMPORTER = Importer(
    rank=98,
    title=_TITLE,
    requires="model_metadata.h with EI_CLASSIFIER_INPUT_WIDTH, or JSON with model_parameters.image_input_width",
    marks=("EI_CLASSIFIER", "edge-impulse", "image_input_width", "image_resize_mode", "model_metadata"),
    matches=matches,
    read=read,
)
