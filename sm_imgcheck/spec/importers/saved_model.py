"""TensorFlow SavedModel: signatures of ``saved_model.pb``.

Field numbers: tensorflow/core/protobuf/saved_model.proto and meta_graph.proto.
"""

from __future__ import annotations

from sm_imgcheck.core.errors import ImgcheckError
from sm_imgcheck.core.escape import for_terminal
from sm_imgcheck.spec.importers import Importer
from sm_imgcheck.spec.importers._draft import Draft
from sm_imgcheck.spec.importers._protobuf import LENGTH, VARINT, WireError, WireReader, to_signed
from sm_imgcheck.spec.importers._signatures import TF_TYPES, signature_draft
from sm_imgcheck.spec.importers._source_file import SourceFile
from sm_imgcheck.spec.importers._tensors import TensorInput

__all__ = ["IMPORTER"]

_TITLE = "TensorFlow SavedModel"
_META_GRAPH, _SIGNATURE = 2, 5


def matches(file: SourceFile) -> float:
    """By the first fields of SavedModel: schema version 1, then a meta graph."""
    head = file.head
    if head[:3] == b"\x08\x01\x12":
        return 0.9 if file.base == "saved_model.pb" or b"serve" in head[:4096] else 0.55
    return 0.0


def read(file: SourceFile, input_name: str) -> Draft:
    """The draft of the image input."""
    with file.open() as stream:
        try:
            signatures = _signatures(WireReader(stream, file.size))
        except WireError as error:
            raise ImgcheckError(f"{for_terminal(file.name)}: SavedModel: {error}, expected a whole file") from None
    return signature_draft(file, _TITLE, signatures, input_name)


IMPORTER = Importer(
    rank=60,
    title=_TITLE,
    requires="saved_model.pb, or the folder that contains it",
    marks=("saved_model", "serving_default", "tensorflow", ".pb"),
    matches=matches,
    read=read,
)


def _signatures(reader: WireReader) -> dict[str, list[TensorInput]]:
    signatures: dict[str, list[TensorInput]] = {}
    for number, kind, length in reader.fields(None):
        if number == _META_GRAPH and kind == LENGTH:
            for inner, wire, size in reader.fields(reader.at + length):
                if inner == _SIGNATURE and wire == LENGTH and len(signatures) < 100:
                    name, inputs = _signature(reader, reader.at + size)
                    signatures[name] = inputs
    return signatures


def _signature(reader: WireReader, end: int) -> tuple[str, list[TensorInput]]:
    """An entry of the map: key 1, SignatureDef 2 whose inputs are 1."""
    name = ""
    inputs: list[TensorInput] = []
    for number, kind, length in reader.fields(end):
        if kind == LENGTH and number == 1:
            name = reader.text(length)
        elif kind == LENGTH and number == 2:
            for inner, wire, size in reader.fields(reader.at + length):
                if inner == 1 and wire == LENGTH and len(inputs) < 100:
                    inputs.append(_input(reader, reader.at + size))
    return name, inputs


def _input(reader: WireReader, end: int) -> TensorInput:
    """An entry of the map: key 1, TensorInfo 2 with dtype 2 and tensor_shape 3."""
    name, dtype, dims = "", "", None
    for number, kind, length in reader.fields(end):
        if kind == LENGTH and number == 1:
            name = reader.text(length)
        elif kind == LENGTH and number == 2:
            for inner, wire, value in reader.fields(reader.at + length):
                if inner == 2 and wire == VARINT:
                    dtype = TF_TYPES.get(value, f"type {value}")
                elif inner == 3 and wire == LENGTH:
                    dims = _shape(reader, reader.at + value)
    return TensorInput(name=name, dtype=dtype, dims=dims)


def _shape(reader: WireReader, end: int) -> tuple[int | None, ...] | None:
    """TensorShapeProto: dim 2 with size 1; unknown_rank 3."""
    dims: list[int | None] = []
    unknown = False
    for number, kind, value in reader.fields(end):
        if number == 2 and kind == LENGTH:
            size = 0
            for inner, wire, content in reader.fields(reader.at + value):
                if inner == 1 and wire == VARINT:
                    size = to_signed(content)
            dims.append(size if size > 0 else None)
            if len(dims) > 16:
                raise WireError("too many axes")
        elif number == 3 and kind == VARINT:
            unknown = bool(value)
    return None if unknown else tuple(dims)
