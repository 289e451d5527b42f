"""Core ML ``.mlmodel``: image inputs; scale and bias are inside the model.

Field numbers: https://github.com/apple/coremltools/tree/main/mlmodel/format
"""

from __future__ import annotations

from collections.abc import Iterator

from sm_imgcheck.core.errors import ImgcheckError
from sm_imgcheck.core.escape import for_terminal
from sm_imgcheck.core.frozen import frozen
from sm_imgcheck.spec.importers import Importer
from sm_imgcheck.spec.importers._draft import Draft, DraftBuilder
from sm_imgcheck.spec.importers._protobuf import LENGTH, VARINT, WireError, WireReader, signed_of, to_signed
from sm_imgcheck.spec.importers._source_file import SourceFile
from sm_imgcheck.spec.importers._tensors import TensorInput, add_tensor, image_input

__all__ = ["IMPORTER"]

_TITLE = "Core ML model"
_COLORS = {10: "GRAY", 20: "RGB", 30: "BGR", 40: "GRAY"}
_HALF_GRAY = 40
_SIZE_LIST, _RANGE = 21, 31
"""Fields of flexible sizes: a list of sizes, and a range for each axis."""
_ARRAYS = {65568: "float32", 65600: "float64", 65552: "float16", 131104: "int32"}
_LATEST = 20
_NEWLINE = 0x0A


@frozen
class _Feature:
    name: str
    color: str = ""
    """Channel order of an image input; empty for an array."""
    dtype: str = "uint8"
    dims: tuple[int | None, ...] | None = None


def matches(file: SourceFile) -> float:
    """By the specification version, then a description that begins with an input."""
    head = file.head
    if len(head) < 8 or head[0] != 0x08 or not 1 <= head[1] <= _LATEST or head[2] != 0x12:
        return 0.0
    at = 4 if head[3] < 0x80 else 5
    begins = head[at] == _NEWLINE
    return 0.95 if begins and file.base.endswith(".mlmodel") else 0.52 if begins and head[1] > 1 else 0.0


def read(file: SourceFile, input_name: str) -> Draft:
    """The draft of the image input."""
    with file.open() as stream:
        try:
            features = _features(WireReader(stream, file.size))
        except WireError as error:
            raise ImgcheckError(f"{for_terminal(file.name)}: Core ML: {error}, expected a whole model file") from None
    builder = DraftBuilder(file)
    images = [feature for feature in features if feature.color and input_name in ("", feature.name)]
    if len(images) == 1:
        _add_image(builder, images[0])
        return builder.build(_TITLE, "model", missing="not stated: Vision or the caller resizes the image")
    tensors = [TensorInput(name=feature.name, dtype=feature.dtype, dims=feature.dims) for feature in features]
    tensor = image_input(file.name, tensors, input_name)
    add_tensor(builder, tensor, where=f"input {for_terminal(tensor.name[:80])}")
    return builder.build(_TITLE, "model", missing="not stated: a Core ML array has no color order, values or resize")


IMPORTER = Importer(
    rank=96,
    title=_TITLE,
    requires="a .mlmodel file with an image input",
    marks=(".mlmodel", "coremltools", "com.github.apple"),
    matches=matches,
    read=read,
)


def _features(reader: WireReader) -> list[_Feature]:
    """Inputs of ModelDescription (field 2 of Model)."""
    features: list[_Feature] = []
    for number, kind, length in reader.fields(None):
        if number == 2 and kind == LENGTH:
            for inner, wire, size in reader.fields(reader.at + length):
                if inner == 1 and wire == LENGTH and len(features) < 100:
                    features.append(_feature(reader, reader.at + size))
            break
    return features


def _feature(reader: WireReader, end: int) -> _Feature:
    """FeatureDescription: name 1, type 3 with imageType 4 or multiArrayType 5."""
    name, color, dtype = "", "", "uint8"
    dims: tuple[int | None, ...] | None = None
    for number, kind, length in reader.fields(end):
        if number == 1 and kind == LENGTH:
            name = reader.text(length)
        elif number == 3 and kind == LENGTH:
            for inner, wire, size in reader.fields(reader.at + length):
                if inner == 4 and wire == LENGTH:
                    color, dtype, dims = _image(reader, reader.at + size)
                elif inner == 5 and wire == LENGTH:
                    dtype, dims = _array(reader, reader.at + size)
    return _Feature(name=name, color=color, dtype=dtype, dims=dims)


def _image(reader: WireReader, end: int) -> tuple[str, str, tuple[int | None, ...]]:
    """ImageFeatureType: width 1, height 2, colorSpace 3."""
    sides: tuple[list[int], list[int]] = ([], [])
    color = 0
    for number, kind, value in reader.fields(end):
        if kind == VARINT and number in (1, 2):
            sides[number - 1].append(value)
        elif kind == VARINT and number == 3:
            color = value
        elif kind == LENGTH and number in (_SIZE_LIST, _RANGE):
            for axis, numbers in _messages(reader, reader.at + value):
                if number == _SIZE_LIST:
                    sides[0].extend(numbers.get(1, ()))
                    sides[1].extend(numbers.get(2, ()))
                elif axis in (1, 2):
                    sides[axis - 1].extend(_bounds(numbers))
    width, height = map(_length, sides)
    return _COLORS.get(color, "RGB"), "float16" if color == _HALF_GRAY else "uint8", (height, width)


def _array(reader: WireReader, end: int) -> tuple[str, tuple[int | None, ...]]:
    """ArrayFeatureType: shape 1 (packed or not), dataType 2."""
    sides: list[list[int]] = []
    dtype = ""
    for number, kind, value in reader.fields(end):
        if number == 1:
            sides += [[side] for side in (signed_of(reader.take(value)) if kind == LENGTH else [value])]
        elif number == 2 and kind == VARINT:
            dtype = _ARRAYS.get(value, f"type {value}")
        elif kind == LENGTH and number in (_SIZE_LIST, _RANGE):
            messages = [numbers for _, numbers in _messages(reader, reader.at + value)]
            rows = [numbers.get(1, []) for numbers in messages] if number == _SIZE_LIST else [*map(_bounds, messages)]
            columns = rows if number == _RANGE else zip(*rows, strict=False)
            for side, lengths in zip(sides, columns, strict=False):
                side.extend(lengths)
        if len(sides) > 16:
            raise WireError("too many axes")
    return dtype, tuple(map(_length, sides))


def _messages(reader: WireReader, end: int) -> Iterator[tuple[int, dict[int, list[int]]]]:
    """The field number of each inner message, and its numbers by their field."""
    for axis, wire, size in reader.fields(end):
        numbers: dict[int, list[int]] = {}
        for number, kind, value in reader.fields(reader.at + size) if wire == LENGTH else ():
            numbers.setdefault(number, []).extend(
                signed_of(reader.take(value)) if kind == LENGTH else [to_signed(value)]
            )
        yield axis, numbers


def _bounds(numbers: dict[int, list[int]]) -> list[int]:
    """SizeRange: lowerBound 1, upperBound 2, negative without a limit."""
    return [*numbers.get(1, [0]), *numbers.get(2, [0])]


def _length(sides: list[int]) -> int | None:
    """The only length of an axis; None where it is flexible or not stated."""
    return sides[0] if len(set(sides)) == 1 and sides[0] > 0 else None


def _add_image(builder: DraftBuilder, feature: _Feature) -> None:
    where = f"input {for_terminal(feature.name[:80])}, imageType"
    height, width = feature.dims or (None, None)
    if any(side is not None and side > 65_535 for side in (height, width)):
        height = width = None
    builder.state("name", feature.name[:200], where)
    builder.state("channel_order", feature.color, f"{where} colorSpace")
    channels = 1 if feature.color == "GRAY" else 3
    builder.state("shape", [height or "H", width or "W", channels], where)
    builder.default("layout", "HWC", "an image input is a pixel buffer")
    builder.default("dtype", feature.dtype, f"an image input is a pixel buffer of {feature.dtype}")
    if feature.dtype == "uint8":
        builder.default("value_range", [0, 255], "an image input is pixels; scale and bias are inside the model")
    builder.note("scale and bias of the image are inside the model: do not apply them again")
