"""ONNX models: graph inputs, Windows ML and Ultralytics metadata. Tensors are skipped at any size.

Field numbers: https://github.com/onnx/onnx/blob/main/onnx/onnx.proto
"""

from __future__ import annotations

from collections.abc import Mapping

from sm_imgcheck.core.errors import ImgcheckError
from sm_imgcheck.core.escape import for_terminal
from sm_imgcheck.spec.importers import Importer
from sm_imgcheck.spec.importers._draft import Draft, DraftBuilder
from sm_imgcheck.spec.importers._protobuf import LENGTH, VARINT, WireError, WireReader, to_signed
from sm_imgcheck.spec.importers._source_file import SourceFile
from sm_imgcheck.spec.importers._tensors import TensorInput, add_tensor, image_input
from sm_imgcheck.spec.importers._ultralytics import add_ultralytics, is_ultralytics

__all__ = ["IMPORTER"]

_TITLE = "ONNX model"
_GRAPH, _METADATA, _OPSET = 7, 14, 8
_INITIALIZER, _INPUT = 5, 11
_TYPES = {
    1: "float32", 2: "uint8", 3: "int8", 4: "uint16", 5: "int16", 6: "int32", 7: "int64", 8: "string", 10: "float16",
    11: "float64", 12: "uint32", 13: "uint64", 16: "bfloat16",
}  # fmt: skip
_IR_VERSION, _PRODUCER, _GRAPH_KEY = 0x08, 0x12, 0x3A
_LATEST_VERSION = 64
_MOST_AXES = 16
_LONGEST_AXIS = 40
_RANGES = {"NominalRange_0_255": [0, 255], "Normalized_0_1": [0, 1], "Normalized_1_1": [-1, 1]}
_PIXELS = {"bgr8": "BGR", "rgb8": "RGB", "gray8": "GRAY", "bgra8": "BGRA", "rgba8": "RGBA"}


def matches(file: SourceFile) -> float:
    """By the first fields of ModelProto: ir_version, then the producer's name, the graph or the opset."""
    head = file.head
    suffix = file.base.endswith(".onnx")
    if len(head) < 8 or head[0] != _IR_VERSION or not 1 <= head[1] <= _LATEST_VERSION:
        return 0.3 if suffix else 0.0
    if head[2] == _PRODUCER:
        name = head[4 : 4 + head[3]]
        producer = head[3] < 128 and name.isascii() and name.decode("ascii", "replace").isprintable()
        return 0.9 if producer else 0.6 if suffix else 0.0
    return 0.9 if suffix or head[2] == _GRAPH_KEY else 0.0


def read(file: SourceFile, input_name: str) -> Draft:
    """The draft of the image input."""
    with file.open() as stream:
        try:
            inputs, initializers, metadata = _model(WireReader(stream, file.size))
        except WireError as error:
            raise ImgcheckError(f"{for_terminal(file.name)}: ONNX: {error}, expected a whole model file") from None
    real = [entry for entry in inputs if entry.name not in initializers]
    tensor = image_input(file.name, real, input_name)
    builder = DraftBuilder(file)
    layout = add_tensor(builder, tensor, where=f"graph input {for_terminal(tensor.name[:80])}")
    _add_windows_ml(builder, metadata)
    if is_ultralytics(metadata) and layout is not None:
        add_ultralytics(builder, metadata, tensor.dims or ())
    return builder.build(_TITLE, "model", missing="not stated: an ONNX input has no color order, values or resize")


IMPORTER = Importer(
    rank=40,
    title=_TITLE,
    requires="a .onnx file: a binary ModelProto with graph inputs",
    marks=(".onnx", "onnx", "pytorch", "graph"),
    matches=matches,
    read=read,
)


def _model(reader: WireReader) -> tuple[list[TensorInput], set[str], dict[str, str]]:
    inputs: list[TensorInput] = []
    initializers: set[str] = set()
    metadata: dict[str, str] = {}
    graphs = 0
    for number, kind, length in reader.fields(None):
        if kind != LENGTH:
            continue
        end = reader.at + length
        if number == _GRAPH:
            graphs += 1
            for inner, wire, size in reader.fields(end):
                if wire != LENGTH:
                    continue
                if inner == _INITIALIZER:
                    initializers.add(_name(reader, reader.at + size, 8))
                elif inner == _INPUT:
                    inputs.append(_value_info(reader, reader.at + size))
        elif number == _METADATA and len(metadata) < 1000:
            key, value = _pair(reader, end)
            metadata[key] = value
    if not graphs:
        raise WireError("no graph")
    return inputs, initializers, metadata


def _name(reader: WireReader, end: int, field: int) -> str:
    for number, kind, length in reader.fields(end):
        if number == field and kind == LENGTH:
            name = reader.text(length)
            reader.skip_to(end)
            return name
    return ""


def _pair(reader: WireReader, end: int) -> tuple[str, str]:
    key = value = ""
    for number, kind, length in reader.fields(end):
        if kind == LENGTH and number == 1:
            key = reader.text(length)
        elif kind == LENGTH and number == 2:
            value = reader.text(length)
    return key, value


def _value_info(reader: WireReader, end: int) -> TensorInput:
    """ValueInfoProto: name 1, type 2; TypeProto.tensor_type 1: elem_type 1, shape 2."""
    name, dtype = "", ""
    dims: tuple[int | None, ...] | None = None
    axes: tuple[str, ...] = ()
    for number, kind, length in reader.fields(end):
        if kind == LENGTH and number == 1:
            name = reader.text(length)
        elif kind == LENGTH and number == 2:
            for inner, wire, size in reader.fields(reader.at + length):
                if inner == 1 and wire == LENGTH:
                    dtype, dims, axes = _tensor_type(reader, reader.at + size)
    return TensorInput(name=name, dtype=dtype, dims=dims, axes=axes)


def _tensor_type(reader: WireReader, end: int) -> tuple[str, tuple[int | None, ...] | None, tuple[str, ...]]:
    """Type, lengths and names of the axes."""
    dtype = ""
    dims: tuple[int | None, ...] | None = None
    axes: tuple[str, ...] = ()
    for number, kind, value in reader.fields(end):
        if number == 1 and kind == VARINT:
            dtype = _TYPES.get(value, f"type {value}")
        elif number == 2 and kind == LENGTH:
            dims, axes = _dimensions(reader, reader.at + value)
    return dtype, dims, axes


def _dimensions(reader: WireReader, end: int) -> tuple[tuple[int | None, ...], tuple[str, ...]]:
    """TensorShapeProto.dim 1: dim_value 1, dim_param 2. Unknown lengths are stored as -1 or 0."""
    dims: list[int | None] = []
    axes: list[str] = []
    for number, kind, length in reader.fields(end):
        if number == 1 and kind == LENGTH:
            value: int | None = None
            name = ""
            for inner, wire, content in reader.fields(reader.at + length):
                if inner == 1 and wire == VARINT:
                    value = to_signed(content) if to_signed(content) > 0 else None
                elif inner == 2 and wire == LENGTH:
                    name = reader.text(min(content, _LONGEST_AXIS))
            dims.append(value)
            axes.append(name)
            if len(dims) > _MOST_AXES:
                raise WireError("too many axes")
    return tuple(dims), tuple(axes)


def _add_windows_ml(builder: DraftBuilder, metadata: Mapping[str, str]) -> None:
    """https://github.com/onnx/onnx/blob/main/docs/MetadataProps.md."""
    pixels = metadata.get("Image.BitmapPixelFormat", "")
    if pixels.lower() in _PIXELS:
        builder.state("channel_order", _PIXELS[pixels.lower()], "metadata Image.BitmapPixelFormat")
    nominal = metadata.get("Image.NominalPixelRange", "")
    if nominal in _RANGES:
        builder.state("value_range", list(_RANGES[nominal]), "metadata Image.NominalPixelRange")
    elif nominal:
        builder.unknown("value_range", f"metadata Image.NominalPixelRange: got {for_terminal(nominal[:40])}")
