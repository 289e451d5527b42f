"""SageMaker Neo ``DataInputConfig``: names and shapes; the framework decides the layout."""

from __future__ import annotations

import json
from collections.abc import Mapping

from sm_imgcheck.core.json_types import Json
from sm_imgcheck.spec.importers import Importer
from sm_imgcheck.spec.importers._draft import Draft, DraftBuilder
from sm_imgcheck.spec.importers._source_file import SourceFile
from sm_imgcheck.spec.importers._tensors import TensorInput, add_tensor, image_input

__all__ = ["IMPORTER"]

_TITLE = "SageMaker Neo DataInputConfig"


def matches(file: SourceFile) -> float:
    """By DataInputConfig, or an object whose values are all shapes."""
    document = file.object
    if _unwrap(document)[0]:
        return 0.9
    shapes = [_shape(value) for value in document.values()]
    return 0.7 if shapes and len(shapes) <= 50 and all(shape is not None for shape in shapes) else 0.0


def read(file: SourceFile, input_name: str) -> Draft:
    """The draft of the image input."""
    config, framework = _unwrap(file.object)
    entries = config or file.object
    tensors = [
        TensorInput(name=name[:200], dtype="float32", dims=shape)
        for name, value in entries.items()
        if (shape := _shape(value)) is not None
    ]
    tensor = image_input(file.name, tensors, input_name)
    builder = DraftBuilder(file)
    builder.assume("dtype", "float32", "not stated; float32 is the usual input of compiled models")
    add_tensor(builder, tensor, where="DataInputConfig")
    if framework.upper() == "KERAS":
        builder.note("Neo expects Keras shapes as NCHW, but the model input is NHWC: check layout and shape")
    _add_image_type(builder, entries.get(tensor.name))
    return builder.build(_TITLE, "model", missing="not stated: DataInputConfig has only shapes")


IMPORTER = Importer(
    rank=90,
    title=_TITLE,
    requires='JSON such as {"input": [1, 3, 224, 224]}',
    marks=("DataInputConfig", "InputConfig", "Framework", "neo"),
    matches=matches,
    read=read,
)


def _unwrap(document: Mapping[str, Json]) -> tuple[Mapping[str, Json], str]:
    """DataInputConfig inside a description of a compilation job, and its framework."""
    outer = document.get("InputConfig", document)
    if not isinstance(outer, Mapping):
        return {}, ""
    config = outer.get("DataInputConfig")
    if isinstance(config, str) and len(config) < 1 << 16:
        try:
            config = json.loads(config.replace("'", '"'))
        except (ValueError, RecursionError):
            return {}, ""
    if isinstance(config, list):
        config = {f"input{index}": shape for index, shape in enumerate(config[:50])}
    return (config if isinstance(config, Mapping) else {}), str(outer.get("Framework", ""))


def _shape(value: Json) -> tuple[int | None, ...] | None:
    """A shape as a list, inside a list, or under ``shape``; "1..10" is open."""
    if isinstance(value, Mapping):
        value = value.get("default_shape", value.get("shape"))
    if isinstance(value, list) and len(value) == 1 and isinstance(value[0], list):
        value = value[0]
    if not isinstance(value, list) or not 3 <= len(value) <= 5:
        return None
    sides: list[int | None] = []
    for side in value:
        if isinstance(side, str) and ".." in side:
            sides.append(None)
        elif isinstance(side, int) and not isinstance(side, bool):
            sides.append(side if side > 0 else None)
        else:
            return None
    return tuple(sides)


def _add_image_type(builder: DraftBuilder, value: Json) -> None:
    """Core ML targets: an image with bias and scale inside the compiled model."""
    if isinstance(value, Mapping) and value.get("type") == "Image":
        builder.infer("value_range", [0, 255], "type Image: bias and scale are inside the compiled model")
