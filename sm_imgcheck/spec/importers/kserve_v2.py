"""KServe and Open Inference v2 model metadata."""

from __future__ import annotations

from collections.abc import Mapping

from sm_imgcheck.core.json_types import Json
from sm_imgcheck.spec.importers import Importer
from sm_imgcheck.spec.importers._draft import Draft, DraftBuilder
from sm_imgcheck.spec.importers._source_file import SourceFile
from sm_imgcheck.spec.importers._tensors import TensorInput, add_tensor, image_input

__all__ = ["IMPORTER"]

_TITLE = "KServe v2 model metadata"


def matches(file: SourceFile) -> float:
    """By inputs with datatype and shape."""
    inputs = file.object.get("inputs")
    if not isinstance(inputs, list) or not inputs or not all(isinstance(entry, Mapping) for entry in inputs):
        return 0.0
    has_types = all(isinstance(entry, Mapping) and {"name", "datatype", "shape"} <= entry.keys() for entry in inputs)
    data = any(isinstance(entry, Mapping) and ("data" in entry or "parameters" in entry) for entry in inputs)
    return 0.9 if has_types and not data else 0.4 if has_types else 0.0


def read(file: SourceFile, input_name: str) -> Draft:
    """The draft of the image input."""
    entries = file.object.get("inputs")
    inputs = (
        [_input(entry) for entry in entries[:100] if isinstance(entry, Mapping)] if isinstance(entries, list) else []
    )
    tensor = image_input(file.name, inputs, input_name)
    builder = DraftBuilder(file)
    add_tensor(builder, tensor, where=f"inputs: {tensor.name[:80]}")
    platform = str(file.object.get("platform", ""))
    if platform and any(
        word in platform
        for word in ("tensorrt", "onnxruntime", "pytorch_libtorch", "ensemble", "openvino", "tensorflow")
    ):
        builder.state("payload.stack", "triton", "platform")
    if tensor.is_encoded:
        builder.note("BYTES: usually the encoded image; in binary form each element has a 4-byte length in front")
    return builder.build(_TITLE, "model", missing="not stated: v2 metadata have no color order, values or resize")


IMPORTER = Importer(
    rank=72,
    title=_TITLE,
    requires="JSON of GET /v2/models/NAME with inputs of name, datatype and shape",
    marks=("datatype", "inputs", "outputs", "platform", "versions", "shape"),
    matches=matches,
    read=read,
)


def _input(entry: Mapping[str, Json]) -> TensorInput:
    shape = entry.get("shape")
    sides = shape[:16] if isinstance(shape, list) else []
    dims = tuple(_side(side) for side in sides) if isinstance(shape, list) else None
    return TensorInput(name=str(entry.get("name", ""))[:200], dtype=str(entry.get("datatype", ""))[:40], dims=dims)


def _side(value: Json) -> int | None:
    if isinstance(value, str) and value.lstrip("-").isdigit() and len(value) < 10:
        value = int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) and value > 0 else None
