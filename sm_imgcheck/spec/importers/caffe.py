"""Caffe ``.prototxt``: ``input_param``, ``input_dim`` or ``input_shape``, and ``transform_param`` of the test data."""

from __future__ import annotations

import re
from collections.abc import Iterator

from sm_imgcheck.core.errors import ImgcheckError
from sm_imgcheck.core.escape import for_terminal
from sm_imgcheck.core.json_types import Json
from sm_imgcheck.spec.importers import Importer
from sm_imgcheck.spec.importers._draft import Draft, DraftBuilder
from sm_imgcheck.spec.importers._pbtxt import Message, PbtxtError, parse_pbtxt
from sm_imgcheck.spec.importers._source_file import SourceFile
from sm_imgcheck.spec.importers._tensors import TensorInput, add_tensor, image_input
from sm_imgcheck.spec.importers._torch_values import side
from sm_imgcheck.spec.importers._value_mapping import add_scaled, numbers

__all__ = ["IMPORTER"]

_TITLE = "Caffe network"
_LAYER = re.compile(r"^[ \t]*layers?\s*:?\s*\{", re.MULTILINE)
_MARKS = ("input_param", "input_dim", "input_shape", "transform_param", "bottom:", "convolution_param")


def matches(file: SourceFile) -> float:
    """By layers, and an input or a data layer."""
    start = file.start if file.json is None else ""
    return 0.9 if _LAYER.search(start) and sum(word in start for word in _MARKS) >= 1 and "top:" in start else 0.0


def read(file: SourceFile, input_name: str) -> Draft:
    """The draft of the network's input."""
    try:
        network = parse_pbtxt(file.text)
    except PbtxtError as error:
        raise ImgcheckError(f"{for_terminal(file.name)}: prototxt: {error}") from None
    layers = [layer for key in ("layer", "layers") for layer in network.get(key, []) if isinstance(layer, dict)]
    builder = DraftBuilder(file)
    builder.default("layout", "NCHW", "blobs of Caffe are channels first")
    builder.assume("dtype", "float32", "not stated; blobs of Caffe are float32")
    tensors = [*_declared_inputs(network), *(tensor for layer in layers for tensor in _input_layer(layer))]
    data = [layer for layer in layers if "transform_param" in layer and not _is_training(layer)]
    if data:
        _add_transform(builder, data[0])
    if tensors:
        add_tensor(builder, image_input(file.name, tensors, input_name), where="input", layout="NCHW")
    elif not data:
        raise ImgcheckError(
            f"{for_terminal(file.name)}: input: got none, expected input_param or a data layer for TEST"
        )
    builder.assume("channel_order", "BGR", "not stated; Caffe reads images with OpenCV, BGR")
    return builder.build(_TITLE, "model", missing="not stated: a deploy.prototxt has no values and no resize")


IMPORTER = Importer(
    rank=87,
    title=_TITLE,
    requires="deploy.prototxt with input_param or input_dim, or train_val.prototxt with transform_param",
    marks=("prototxt", "input_param", "transform_param", "layer {", "bottom:", "convolution_param"),
    matches=matches,
    read=read,
)


def _declared_inputs(network: Message) -> Iterator[TensorInput]:
    """``input`` with ``input_dim``, four for each, or with ``input_shape``."""
    names = [str(name) for name in network.get("input", [])]
    dims = _lengths(network.get("input_dim", []))
    shapes = [_lengths(shape.get("dim", [])) for shape in network.get("input_shape", []) if isinstance(shape, dict)]
    shapes = shapes or [dims[at : at + 4] for at in range(0, len(dims), 4)]
    for name, shape in zip(names, shapes, strict=False):
        yield TensorInput(name=name, dtype="float32", dims=tuple(shape))


def _input_layer(layer: Message) -> Iterator[TensorInput]:
    for parameters in layer.get("input_param", []):
        for shape in parameters.get("shape", []) if isinstance(parameters, dict) else []:
            if isinstance(shape, dict):
                name = str(next(iter(layer.get("top", [])), "data"))
                yield TensorInput(name=name, dtype="float32", dims=tuple(_lengths(shape.get("dim", []))))
                return


def _lengths(words: list[str | Message]) -> list[int | None]:
    return [int(word) if isinstance(word, str) and word.isdigit() and len(word) < 7 else None for word in words[:64]]


def _is_training(layer: Message) -> bool:
    return any(isinstance(rule, dict) and rule.get("phase") in (["TRAIN"], ["0"]) for rule in layer.get("include", []))


def _first(message: Message, key: str) -> Message:
    value = next(iter(message.get(key, [])), None)
    return value if isinstance(value, dict) else {}


def _add_transform(builder: DraftBuilder, layer: Message) -> None:
    """Add (pixels - mean) * scale, a center crop, and the resize of ImageData."""
    transform, images = _first(layer, "transform_param"), _first(layer, "image_data_param")
    mean = numbers([*transform["mean_value"]]) if "mean_value" in transform else [0.0]
    scale = numbers([*transform.get("scale", ["1"])], most=1)
    if "mean_file" in transform or mean is None or scale is None or not scale[0] > 0:
        builder.unknown("value_range", "transform_param: expected mean_value and scale as numbers, not a mean_file")
    else:
        means = mean if "mean_value" in transform else None
        stds = [1 / scale[0]] if means else None
        source, order = "transform_param mean_value, scale", "BGR" if len(mean) == 3 else ""
        factor = 1.0 if means else scale[0]
        add_scaled(builder, factor=factor, mean=means, std=stds, order=order, source=source)
    crop = _pixels(transform, "crop_size")
    height, width = _pixels(images, "new_height"), _pixels(images, "new_width")
    gray = transform.get("force_gray") == ["true"] or images.get("is_color") == ["false"]
    if gray:
        builder.infer("channel_order", "GRAY", "force_gray or is_color: one channel")
    sides: list[Json] = [crop or height or "H", crop or width or "W"]
    builder.infer("shape", ["N", 1 if gray else 3, *sides], "transform_param crop_size")
    if height is None or width is None:
        builder.unknown("resize", "not stated: the images of the data layer are resized before, if at all")
        return
    builder.default("decode.library", "opencv", "ImageData reads images with OpenCV")
    size: Json = [height, width]
    resize: Json = {"mode": "stretch", "size": size, "interpolation": "bilinear", "library": "opencv"}
    builder.state("geometry[0]", {"resize": resize}, "image_data_param new_height, new_width")
    if crop:
        builder.state("geometry[1]", {"crop": {"size": [crop, crop], "rounding": "floor"}}, "transform_param crop_size")


def _pixels(message: Message, key: str) -> int | None:
    values = numbers([*message.get(key, [])], most=1)
    return side(values[0]) if values else None
