"""Shapes of MXNet models: ``signature.json`` of Multi Model Server, and ``model-shapes.json``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from sm_imgcheck.core.json_types import Json
from sm_imgcheck.spec.importers import Importer
from sm_imgcheck.spec.importers._draft import Draft, DraftBuilder
from sm_imgcheck.spec.importers._source_file import SourceFile
from sm_imgcheck.spec.importers._tensors import TensorInput, add_tensor, image_input

__all__ = ["IMPORTER"]

_TITLE = "MXNet model shapes"
_KEYS = (("data_name", "data_shape"), ("name", "shape"))
"""Multi Model Server; ``model-shapes.json``, which the default model_fn of SageMaker's container binds."""
_MOST_INPUTS = 50


def matches(file: SourceFile) -> float:
    """By a list of names and shapes, without types."""
    entries = list(_entries(file))
    return 0.7 if entries and all(_tensor(entry) is not None for entry in entries) else 0.0


def read(file: SourceFile, input_name: str) -> Draft:
    """The draft of the image input. A batch of 0 is one of any size."""
    tensors = [tensor for entry in _entries(file) if (tensor := _tensor(entry)) is not None]
    tensor = image_input(file.name, tensors, input_name)
    builder = DraftBuilder(file)
    builder.assume("dtype", "float32", "not stated; float32 is the default of mx.nd.array")
    add_tensor(builder, tensor, where=f"shape of {tensor.name}")
    return builder.build(_TITLE, "model", missing="not stated: the file has only shapes")


def _entries(file: SourceFile) -> Iterator[Mapping[str, Json]]:
    inputs = file.object.get("inputs") if file.object else file.json
    for entry in inputs[:_MOST_INPUTS] if isinstance(inputs, list) else []:
        yield entry if isinstance(entry, Mapping) else {}


def _tensor(entry: Mapping[str, Json]) -> TensorInput | None:
    for name, key in _KEYS:
        shape = entry.get(key)
        if entry.keys() == {name, key} and isinstance(shape, list) and 1 <= len(shape) <= 8:
            sides = [side if isinstance(side, int) and not isinstance(side, bool) else None for side in shape]
            dims = tuple(side if side is not None and side > 0 else None for side in sides)
            return TensorInput(name=str(entry[name])[:200], dtype="float32", dims=dims)
    return None


IMPORTER = Importer(
    rank=91,
    title=_TITLE,
    requires='signature.json with inputs of data_name and data_shape, or [{"name": "data", "shape": [1, 3, 224, 224]}]',
    marks=("data_shape", "data_name", "model-shapes", "signature.json", "mxnet"),
    matches=matches,
    read=read,
)
