"""TensorFlow Serving ``/metadata`` JSON: signatures, with sizes as strings."""

from __future__ import annotations

from collections.abc import Mapping

from sm_imgcheck.core.json_types import Json
from sm_imgcheck.spec.importers import Importer
from sm_imgcheck.spec.importers._draft import Draft
from sm_imgcheck.spec.importers._signatures import signature_draft
from sm_imgcheck.spec.importers._source_file import SourceFile
from sm_imgcheck.spec.importers._tensors import TensorInput

__all__ = ["IMPORTER"]

_TITLE = "TensorFlow Serving metadata"


def matches(file: SourceFile) -> float:
    """By ``signature_def``."""
    return 0.95 if _definitions(file.object) else 0.0


def read(file: SourceFile, input_name: str) -> Draft:
    """The draft of the image input."""
    signatures = {
        name: _inputs(entry) for name, entry in _definitions(file.object).items() if isinstance(entry, Mapping)
    }
    return signature_draft(file, _TITLE, signatures, input_name)


IMPORTER = Importer(
    rank=62,
    title=_TITLE,
    requires="JSON of GET /v1/models/NAME/metadata with metadata.signature_def",
    marks=("signature_def", "model_spec", "tensor_shape", "serving_default", "metadata"),
    matches=matches,
    read=read,
)


def _definitions(document: Mapping[str, Json]) -> Mapping[str, Json]:
    """The signatures by name; the key is doubled in some versions, and in camel case through gRPC."""
    inner = document.get("metadata", document)
    for _ in range(3):
        if not isinstance(inner, Mapping):
            return {}
        nested = inner.get("signature_def", inner.get("signatureDef"))
        if nested is None:
            break
        inner = nested
    definitions = inner if isinstance(inner, Mapping) else {}
    return definitions if any(map(_has_tensors, definitions.values())) else {}


def _has_tensors(signature: Json) -> bool:
    """Whether an input is a TensorInfo: other formats have inputs with other keys."""
    inputs = signature.get("inputs") if isinstance(signature, Mapping) else None
    tensors = inputs.values() if isinstance(inputs, Mapping) else ()
    return any(isinstance(entry, Mapping) and {"tensor_shape", "tensorShape"} & entry.keys() for entry in tensors)


def _inputs(signature: Mapping[str, Json]) -> list[TensorInput]:
    inputs = signature.get("inputs")
    if not isinstance(inputs, Mapping):
        return []
    return [_input(name, entry) for name, entry in list(inputs.items())[:100] if isinstance(entry, Mapping)]


def _input(name: str, entry: Mapping[str, Json]) -> TensorInput:
    shape = entry.get("tensor_shape", entry.get("tensorShape"))
    dims: tuple[int | None, ...] | None = None
    if isinstance(shape, Mapping) and not (shape.get("unknown_rank") or shape.get("unknownRank")):
        dims_listed = shape.get("dim")
        dims = tuple(_side(side) for side in dims_listed[:16]) if isinstance(dims_listed, list) else ()
    return TensorInput(name=name, dtype=str(entry.get("dtype", ""))[:40], dims=dims)


def _side(value: Json) -> int | None:
    size = value.get("size") if isinstance(value, Mapping) else value
    text = str(size)
    return int(text) if text.isascii() and text.isdigit() and 0 < len(text) < 10 and int(text) > 0 else None
