"""MLflow ``MLmodel``: the tensor signature, which is JSON inside YAML."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping

from sm_imgcheck.core.errors import ImgcheckError
from sm_imgcheck.core.escape import for_terminal
from sm_imgcheck.core.json_types import Json
from sm_imgcheck.spec.importers import Importer
from sm_imgcheck.spec.importers._draft import Draft, DraftBuilder
from sm_imgcheck.spec.importers._source_file import SourceFile
from sm_imgcheck.spec.importers._tensors import TensorInput, add_tensor, image_input

__all__ = ["IMPORTER"]

_TITLE = "MLflow MLmodel"
_MARK = re.compile(r"^(flavors|mlflow_version|model_uuid|signature):", re.MULTILINE)


def matches(file: SourceFile) -> float:
    """By flavors with a version or a signature."""
    if file.json is not None:
        return 0.0
    marks = set(_MARK.findall(file.start))
    return 0.9 if "flavors" in marks and len(marks) > 1 else 0.7 if file.base == "MLmodel" and marks else 0.0


def read(file: SourceFile, input_name: str) -> Draft:
    """The draft of the image input."""
    where = for_terminal(file.name)
    document = file.yaml
    signature = document.get("signature") if isinstance(document, Mapping) else None
    entries = _entries(signature.get("inputs") if isinstance(signature, Mapping) else None)
    if not entries:
        raise ImgcheckError(
            f"{where}: signature: got none, expected inputs; MLflow image models often have none: import the model "
            "file or the preprocessor configuration"
        )
    tensors = [tensor for entry in entries[:100] if (tensor := _tensor(entry)) is not None]
    if not tensors:
        raise ImgcheckError(
            f"{where}: signature: got {len(entries)} columns of a table, expected a tensor or a binary column"
        )
    tensor = image_input(file.name, tensors, input_name)
    builder = DraftBuilder(file)
    add_tensor(builder, tensor, where="signature.inputs")
    builder.state("payload.stack", "mlflow", "MLmodel")
    if tensor.name == "input" and all("name" not in entry for entry in entries):
        builder.fields.pop("name", None)
    return builder.build(_TITLE, "model", missing="not stated: a signature has no color order, values or resize")


IMPORTER = Importer(
    rank=74,
    title=_TITLE,
    requires="MLmodel with signature.inputs of type tensor",
    marks=("MLmodel", "flavors", "mlflow_version", "signature", "tensor-spec"),
    matches=matches,
    read=read,
)


def _entries(inputs: Json) -> list[Mapping[str, Json]]:
    if isinstance(inputs, str):
        if len(inputs) > 1 << 20:
            return []
        try:
            inputs = json.loads(inputs)
        except (ValueError, RecursionError):
            return []
    return [entry for entry in inputs if isinstance(entry, Mapping)] if isinstance(inputs, list) else []


def _tensor(entry: Mapping[str, Json]) -> TensorInput | None:
    name = str(entry.get("name", "input"))[:200]
    inner = entry.get("tensor-spec")
    if entry.get("type") == "tensor" and isinstance(inner, Mapping):
        shape = inner.get("shape")
        sides = shape[:16] if isinstance(shape, list) else []
        dims = tuple(
            side if isinstance(side, int) and not isinstance(side, bool) and side > 0 else None for side in sides
        )
        return TensorInput(name=name, dtype=str(inner.get("dtype", ""))[:40], dims=dims if sides else None)
    if entry.get("type") == "binary":
        return TensorInput(name=name, dtype="bytes", dims=None)
    return None
