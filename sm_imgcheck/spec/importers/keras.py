"""Keras model configurations (JSON, ``.keras``, ``.h5``): the input, and layers that preprocess inside."""

from __future__ import annotations

import json
from collections.abc import Mapping

from sm_imgcheck.core.errors import ImgcheckError
from sm_imgcheck.core.escape import for_terminal
from sm_imgcheck.core.json_types import Json
from sm_imgcheck.spec.importers import Importer
from sm_imgcheck.spec.importers._draft import Draft, DraftBuilder
from sm_imgcheck.spec.importers._hdf5 import HDF5_MAGIC, Hdf5Error, read_attribute
from sm_imgcheck.spec.importers._keras_layers import KerasLayer, layers_of, pixel_range
from sm_imgcheck.spec.importers._source_file import TEXT_BYTES, SourceFile
from sm_imgcheck.spec.importers._tensors import TensorInput, add_tensor, image_input
from sm_imgcheck.spec.importers._zip_members import ZIP_MAGIC, read_member

__all__ = ["IMPORTER"]

_TITLE = "Keras model configuration"
_MODELS = ("Functional", "Sequential", "Model")
_CONFIG = "config.json"


def matches(file: SourceFile) -> float:
    """By class_name of a model in JSON, by the zip of a .keras file, or by HDF5."""
    document = _topology(file.object)
    if document.get("class_name") in _MODELS and isinstance(document.get("config"), Mapping | list):
        return 0.95
    if isinstance(document.get("config"), Mapping) and isinstance(document.get("keras_version"), str):
        return 0.7
    if file.head.startswith(HDF5_MAGIC):
        return 0.9
    return 0.95 if file.head.startswith(ZIP_MAGIC) and file.base.endswith(".keras") else 0.0


def read(file: SourceFile, input_name: str) -> Draft:
    """The draft of the image input."""
    document = _document(file)
    layers = list(layers_of(document))
    inputs = _inputs(layers, document)
    tensor = image_input(file.name, inputs, input_name)
    builder = DraftBuilder(file)
    first = any(layer.config.get("data_format") == "channels_first" for layer in layers)
    has_data_format = any(isinstance(layer.config.get("data_format"), str) for layer in layers)
    layout = ("NCHW" if first else "NHWC") if has_data_format else ""
    layout_known = add_tensor(
        builder,
        tensor,
        where=f"input layer {for_terminal(tensor.name[:80])}",
        layout=layout,
        layout_source="data_format of the layers",
    )
    if layout_known is not None:
        _add_values(builder, layers)
    return builder.build(_TITLE, "model", missing="not stated: a Keras configuration has no color order or resize")


IMPORTER = Importer(
    rank=35,
    title=_TITLE,
    requires="JSON of model.to_json(), or a .keras or .h5 file of model.save(), with an input layer",
    marks=("keras", "class_name", "Functional", "InputLayer", "batch_input_shape", "layers", "keras_version"),
    matches=matches,
    read=read,
)


def _document(file: SourceFile) -> Mapping[str, Json]:
    """The model configuration, from JSON, from ``config.json`` of a .keras file, or from an attribute of HDF5."""
    if file.head.startswith(ZIP_MAGIC):
        return _parse_config(
            file, read_member(file, ".keras", lambda names: _CONFIG * (_CONFIG in names), limit=TEXT_BYTES)
        )
    if file.head.startswith(HDF5_MAGIC):
        return _parse_config(file, _hdf5_config(file))
    return _topology(file.object)


def _topology(document: Mapping[str, Json]) -> Mapping[str, Json]:
    """The model configuration inside ``model.json`` of TensorFlow.js; any other document unchanged."""
    topology = document.get("modelTopology")
    config = topology.get("model_config", topology) if isinstance(topology, Mapping) else None
    return config if isinstance(config, Mapping) else document


def _hdf5_config(file: SourceFile) -> bytes | None:
    where = for_terminal(file.name)
    with file.open() as stream:
        if not stream.seekable():
            raise ImgcheckError(f"{where}: HDF5 inside an archive: got a stream, expected the file itself")
        try:
            return read_attribute(stream, "model_config", limit=TEXT_BYTES)
        except (Hdf5Error, OSError, OverflowError) as error:
            raise ImgcheckError(f"{where}: HDF5: {for_terminal(str(error)[:200])}, expected a Keras model") from None


def _parse_config(file: SourceFile, body: bytes | None) -> Mapping[str, Json]:
    where = for_terminal(file.name)
    if body is None:
        raise ImgcheckError(f"{where}: model configuration: got none (weights only), expected a file of model.save()")
    try:
        document: Json = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise ImgcheckError(f"{where}: model configuration: {for_terminal(str(error)[:200])}") from None
    return document if isinstance(document, Mapping) else {}


def _inputs(layers: list[KerasLayer], document: Mapping[str, Json]) -> list[TensorInput]:
    """Input layers of the outer model; without any, the first layer that has a shape."""
    outer = document.get("config")
    outer_layers = outer.get("layers") if isinstance(outer, Mapping) else outer
    outside = (
        [entry.get("config") for entry in outer_layers if isinstance(entry, Mapping)]
        if isinstance(outer_layers, list)
        else []
    )
    inputs = [
        layer
        for layer in layers
        if layer.kind == "InputLayer" and (any(layer.config is entry for entry in outside) or not outside)
    ]
    layers_with_shape = inputs or [layer for layer in layers if _shape(layer.config) is not None][:1]
    tensors = [_tensor(layer) for layer in layers_with_shape[:50]]
    if not tensors and isinstance(outer, Mapping) and isinstance(outer.get("build_input_shape"), list):
        tensors = [
            _tensor(KerasLayer(kind="InputLayer", config={"batch_shape": outer["build_input_shape"], "name": "input"}))
        ]
    return tensors


def _shape(config: Mapping[str, Json]) -> list[Json] | None:
    for key in ("batch_shape", "batch_input_shape"):
        if isinstance(shape := config.get(key), list):
            return shape
    return None


def _tensor(layer: KerasLayer) -> TensorInput:
    shape = _shape(layer.config)
    sides = (
        tuple(
            side if isinstance(side, int) and not isinstance(side, bool) and side > 0 else None for side in shape[:16]
        )
        if shape
        else None
    )
    dtype = layer.config.get("dtype")
    if isinstance(dtype, Mapping):  # a DTypePolicy
        inner = dtype.get("config")
        dtype = inner.get("name") if isinstance(inner, Mapping) else None
    text = str(dtype or "float32").removeprefix("mixed_")
    return TensorInput(name=str(layer.config.get("name", "input"))[:200], dtype=text[:40], dims=sides)


def _add_values(builder: DraftBuilder, layers: list[KerasLayer]) -> None:
    """The input range by the first layer or operation that scales inside the model."""
    for layer in layers:
        if layer.kind in ("Resizing", "CenterCrop"):
            builder.note(
                f"layer {layer.kind} inside the model changes the size; images of another size than shape may be sent"
            )
    entering = pixel_range(layers)
    if entering is None:
        return
    builder.infer("value_range", [0, entering.high], f"inside the model: {entering.reason}")
    if entering.high == 255:
        builder.note("the model scales pixels itself: send 0..255; scaled before, they would be scaled twice")
        builder.assume("channel_order", "RGB", "not stated; RGB by convention of Keras")
