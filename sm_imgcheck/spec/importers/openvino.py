"""OpenVINO IR ``.xml``: parameters, and what the conversion has baked into the model (``rt_info``)."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Iterator, Mapping
from typing import Any, cast

from sm_imgcheck.core.errors import ImgcheckError
from sm_imgcheck.core.escape import for_terminal
from sm_imgcheck.core.json_types import Json
from sm_imgcheck.spec.importers import Importer
from sm_imgcheck.spec.importers._draft import Draft, DraftBuilder
from sm_imgcheck.spec.importers._source_file import SourceFile
from sm_imgcheck.spec.importers._tensors import TensorInput, add_tensor, image_input
from sm_imgcheck.spec.importers._value_mapping import add_range_inside, add_scaled, numbers

__all__ = ["IMPORTER"]

_TITLE = "OpenVINO IR"
_MOST_BYTES = 64 << 20
_CONVERSION_KEYS = ("mean_values", "scale_values", "reverse_input_channels")
_NONE = ("", "none", "[]", "()", "{}", "false", "1", "1.0", "not set", "default")
_MODES = {"standard": "stretch", "fit_to_window_letterbox": "letterbox"}
_ELEMENTS = {
    "f32": "float32",
    "f16": "float16",
    "u8": "uint8",
    "i8": "int8",
    "i32": "int32",
    "i64": "int64",
    "string": "string",
}


def matches(file: SourceFile) -> float:
    """By the root element: net with layers."""
    start = file.start[:4000]
    return 0.95 if "<net " in start and "<layer" in file.start and "version=" in start else 0.0


def read(file: SourceFile, input_name: str) -> Draft:
    """The draft of the image input."""
    inputs: list[TensorInput] = []
    info: dict[str, str] = {}
    for path, element in _elements(file):
        if element.tag == "layer" and element.get("type") in ("Parameter", "Input"):
            inputs.append(_parameter(element))
        elif "rt_info" in path and element.get("value") is not None:
            info.setdefault("/".join(path[path.index("rt_info") + 1 :]), str(element.get("value"))[:400])
    tensor = image_input(file.name, inputs[:100], input_name)
    builder = DraftBuilder(file)
    layout = add_tensor(builder, tensor, where=f"Parameter {for_terminal(tensor.name[:80])}")
    _add_conversion(builder, info)
    if layout is not None:
        _add_model_info(builder, info, layout, tensor)
    return builder.build(_TITLE, "model", missing="not stated: the IR has no color order, values or resize")


IMPORTER = Importer(
    rank=80,
    title=_TITLE,
    requires="an .xml file with net, layers and rt_info",
    marks=("<net", "rt_info", "<layer", "openvino", "Parameter", "conversion_parameters"),
    matches=matches,
    read=read,
)


def _elements(file: SourceFile) -> Iterator[tuple[list[str], ET.Element]]:
    """Each element at its end, with the tags above it and its own. Entities are refused; layers are dropped."""
    where = for_terminal(file.name)
    parser: Any = ET.XMLPullParser(events=("start", "end"))
    path: list[str] = []
    left = _MOST_BYTES
    try:
        with file.open() as stream:
            while chunk := stream.read(1 << 16):
                if b"<!ENTITY" in chunk or b"<!DOCTYPE" in chunk:
                    raise ImgcheckError(f"{where}: XML: got a DOCTYPE, expected plain elements")
                left -= len(chunk)
                if left < 0:
                    raise ImgcheckError(f"{where}: XML: got more than {_MOST_BYTES} bytes")
                parser.feed(chunk)
                for event, element in parser.read_events():
                    if event == "start":
                        path.append(element.tag)
                        if len(path) > 100:
                            raise ImgcheckError(f"{where}: XML: nested more than 100 deep")
                        continue
                    yield list(path), element
                    path.pop()
                    if element.tag in ("layer", "edge"):
                        element.clear()
            parser.close()
    except (ET.ParseError, ValueError) as error:
        raise ImgcheckError(f"{where}: XML: {for_terminal(str(error)[:200])}") from None


def _parameter(element: ET.Element) -> TensorInput:
    data = element.find("data")
    kind = str(data.get("element_type", "") if data is not None else "")
    text = str(data.get("shape", "") if data is not None else "")
    sides = [side.strip() for side in text.split(",") if side.strip()]
    if not sides:
        sides = [(dim.text or "").strip() for dim in element.iter("dim")]
    dims = tuple(
        int(side) if side.isascii() and side.isdigit() and len(side) < 10 and int(side) > 0 else None
        for side in sides[:16]
    )
    dtype = _ELEMENTS.get(kind.lower(), kind) or "float32"
    return TensorInput(name=str(element.get("name", ""))[:200], dtype=dtype, dims=dims)


def _value(info: Mapping[str, str], key: str) -> str:
    for path, value in info.items():
        if path.rpartition("/")[2] == key and value.strip().lower() not in _NONE:
            return value.strip()
    return ""


def _add_conversion(builder: DraftBuilder, info: Mapping[str, str]) -> None:
    """Values of the conversion are inside the model: applied again they double."""
    conversion = {path: value for path, value in info.items() if "model_info" not in path}
    conversion_values = {key: value for key in _CONVERSION_KEYS if (value := _value(conversion, key))}
    if not conversion_values:
        return
    summary = ", ".join(f"{key} {for_terminal(value[:80])}" for key, value in conversion_values.items())
    builder.note(f"inside the model by conversion: {summary}; do not apply it again")
    inside = [conversion_values[key] for key in ("mean_values", "scale_values") if key in conversion_values]
    if inside:
        add_range_inside(builder, inside, f"rt_info: {summary}")
    if conversion_values.get("reverse_input_channels", "").lower() in ("true", "yes"):
        builder.note("reverse_input_channels: the model swaps red and blue inside; its input order is not stated")


def _add_model_info(builder: DraftBuilder, info: Mapping[str, str], layout: str, tensor: TensorInput) -> None:
    """``model_info`` of OpenVINO Model API: done by the application, not inside the model."""
    if not any("model_info" in path for path in info):
        return
    inner = {path: value for path, value in info.items() if "model_info" in path}
    mean, scale = _numbers(_value(inner, "mean_values")), _numbers(_value(inner, "scale_values"))
    reverse = _value(inner, "reverse_input_channels").lower() in ("true", "yes")
    if mean or scale:
        order = "RGB" if reverse else "BGR"
        add_scaled(
            builder,
            factor=1.0,
            mean=mean or [0.0],
            std=scale or [1.0],
            order=order,
            source="rt_info model_info: mean_values, scale_values",
        )
    if "reverse_input_channels" in {path.rpartition("/")[2] for path in inner}:
        builder.infer(
            "channel_order", "RGB" if reverse else "BGR", "rt_info model_info: reverse_input_channels, from BGR images"
        )
    mode = _MODES.get(_value(inner, "resize_type"), "")
    size = _size(layout, tensor)
    if _value(inner, "resize_type") == "fit_to_window" and size is not None:
        _add_fit(builder, size, _value(inner, "pad_value"))
    if not mode or size is None:
        return
    builder.state("resize.mode", mode, "rt_info model_info: resize_type")
    builder.infer("resize.size", list(size), "shape of the input")
    builder.default("resize.interpolation", "bilinear", "OpenVINO Model API")
    builder.default("resize.library", "opencv", "OpenVINO Model API")
    if mode == "letterbox":
        fill = cast("Json", _numbers(_value(inner, "pad_value")) or [0])
        builder.add(
            "resize.fill", fill, "rt_info model_info: pad_value", "stated" if _value(inner, "pad_value") else "default"
        )


def _add_fit(builder: DraftBuilder, size: tuple[int, int], fill: str) -> None:
    """``resize_image_with_aspect`` of OpenVINO Model API: padded at the right and at the bottom."""
    where = "rt_info model_info: resize_type"
    kernel: dict[str, Json] = {"interpolation": "bilinear", "library": "opencv"}
    builder.state(
        "geometry[0]", {"resize": {"mode": "longest_edge", "size": [*size], "rounding": "round", **kernel}}, where
    )
    color = cast("Json", _numbers(fill) or [0])
    builder.state("geometry[1]", {"pad": {"size": [*size], "position": "top_left", "fill": color}}, where)


def _numbers(text: str) -> list[float]:
    parts = text.replace(",", " ").strip("[]() ").split()
    return numbers(list(parts)) or [] if 1 <= len(parts) <= 4 else []


def _size(layout: str, tensor: TensorInput) -> tuple[int, int] | None:
    dims = tensor.dims or ()
    if len(dims) != len(layout):
        return None
    height, width = dims[layout.index("H")], dims[layout.index("W")]
    return None if height is None or width is None else (height, width)
