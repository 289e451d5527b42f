"""Keras model configurations (``model.to_json()``, ``.keras``): the input, and layers that preprocess inside."""

from __future__ import annotations

import json
import zipfile
import zlib
from collections.abc import Iterator, Mapping

from sm_imgcheck.core.errors import ImgcheckError
from sm_imgcheck.core.escape import for_terminal
from sm_imgcheck.core.frozen import frozen
from sm_imgcheck.core.json_types import Json
from sm_imgcheck.spec.importers import Importer
from sm_imgcheck.spec.importers._draft import Draft, DraftBuilder
from sm_imgcheck.spec.importers._source_file import TEXT_BYTES, SourceFile
from sm_imgcheck.spec.importers._tensors import TensorInput, add_tensor, image_input
from sm_imgcheck.spec.importers._value_mapping import numbers

__all__ = ["IMPORTER"]

_TITLE = "Keras model configuration"
_MODELS = ("Functional", "Sequential", "Model")
_ZIP = b"PK\x03\x04"
_ARCHIVE_BYTES = 1 << 30
_MOST_LAYERS = 20_000
_INSIDE = ("Rescaling", "Normalization", "Resizing", "CenterCrop")


@frozen
class _Layer:
    kind: str
    config: Mapping[str, Json]


def matches(file: SourceFile) -> float:
    """By class_name of a model, in JSON or in the zip of a .keras file."""
    document = file.object
    if document.get("class_name") in _MODELS and isinstance(document.get("config"), Mapping | list):
        return 0.95
    if isinstance(document.get("config"), Mapping) and isinstance(document.get("keras_version"), str):
        return 0.7
    if file.head.startswith(_ZIP) and b"metadata.json" in file.head[:2048] and file.base.endswith(".keras"):
        return 0.95
    return 0.6 if file.head.startswith(_ZIP) and file.base.endswith(".keras") else 0.0


def read(file: SourceFile, input_name: str) -> Draft:
    """The draft of the image input."""
    document = _read_keras_zip(file) if file.head.startswith(_ZIP) else file.object
    layers = list(_layers(document))
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
    inside = [layer for layer in layers if layer.kind in _INSIDE]
    if layout_known is not None:
        _add_values(builder, inside)
    return builder.build(_TITLE, "model", missing="not stated: a Keras configuration has no color order or resize")


IMPORTER = Importer(
    rank=35,
    title=_TITLE,
    requires="JSON of model.to_json(), or a .keras file, with an input layer",
    marks=("keras", "class_name", "Functional", "InputLayer", "batch_input_shape", "layers", "keras_version"),
    matches=matches,
    read=read,
)


def _read_keras_zip(file: SourceFile) -> Mapping[str, Json]:
    """``config.json`` of a .keras file."""
    where = for_terminal(file.name)
    with file.open() as stream:
        if not stream.seekable():
            raise ImgcheckError(f"{where}: .keras file inside an archive: got a stream, expected the file itself")
        try:
            with zipfile.ZipFile(stream) as archive:
                if archive.getinfo("config.json").file_size > TEXT_BYTES:
                    raise ImgcheckError(f"{where}: config.json: got more than {TEXT_BYTES} bytes")
                with archive.open("config.json") as content:
                    document = json.loads(content.read(TEXT_BYTES))
        except (
            zipfile.BadZipFile,
            KeyError,
            ValueError,
            OSError,
            EOFError,
            zlib.error,
            RecursionError,
            NotImplementedError,
            RuntimeError,
        ) as error:
            raise ImgcheckError(
                f"{where}: .keras: {for_terminal(str(error)[:200])}, expected a zip with config.json"
            ) from None
    return document if isinstance(document, Mapping) else {}


def _layers(document: Mapping[str, Json]) -> Iterator[_Layer]:
    """All layers, including those of nested models, in the order of the file."""
    stack: list[Json] = [dict(document)]
    count = 0
    while stack:
        entry = stack.pop()
        count += 1
        if not isinstance(entry, Mapping) or count > _MOST_LAYERS:
            continue
        config = entry.get("config")
        kind = str(entry.get("class_name", "")).rpartition(">")[2]
        if isinstance(config, list):  # Sequential of Keras 2.2 and older
            stack += reversed(config[:_MOST_LAYERS])
        elif isinstance(config, Mapping):
            yield _Layer(kind=kind, config=config)
            inner = config.get("layers")
            if isinstance(inner, list):
                stack += reversed(inner[:_MOST_LAYERS])
            inner_layer = config.get("layer")
            if isinstance(inner_layer, Mapping):
                stack.append(dict(inner_layer))


def _inputs(layers: list[_Layer], document: Mapping[str, Json]) -> list[TensorInput]:
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
            _tensor(_Layer(kind="InputLayer", config={"batch_shape": outer["build_input_shape"], "name": "input"}))
        ]
    return tensors


def _shape(config: Mapping[str, Json]) -> list[Json] | None:
    for key in ("batch_shape", "batch_input_shape"):
        if isinstance(shape := config.get(key), list):
            return shape
    return None


def _tensor(layer: _Layer) -> TensorInput:
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


def _add_values(builder: DraftBuilder, inside: list[_Layer]) -> None:
    """The input range by the first layer that scales inside the model."""
    for layer in inside:
        if layer.kind in ("Resizing", "CenterCrop"):
            builder.note(
                f"layer {layer.kind} inside the model changes the size; images of another size than shape may be sent"
            )
            continue
        entering = _entering(layer)
        if entering is None:
            break
        builder.infer("value_range", list(entering), f"layer {layer.kind} inside the model: {_summary(layer)}")
        if entering[1] == 255:
            builder.note("the model scales pixels itself: send 0..255; scaled before, they would be scaled twice")
            builder.assume("channel_order", "RGB", "not stated; RGB by convention of Keras")
        return


def _entering(layer: _Layer) -> tuple[int, int] | None:
    """The input range of the layer: 0..255 or 0..1."""
    if layer.kind == "Rescaling":
        scale, offset = numbers(layer.config.get("scale")), numbers(layer.config.get("offset", 0.0))
        if scale is None or offset is None:
            return None
        for low, high in ((0, 255), (0, 1)):
            ends = [scale[0] * end + offset[0] for end in (low, high)]
            if max(map(abs, ends)) <= 3 and abs(ends[1] - ends[0]) >= 0.5:
                return low, high
        return None
    mean = numbers(layer.config.get("mean"))
    return (0, 255) if mean is not None and max(mean) > 2 else None


def _summary(layer: _Layer) -> str:
    keys = ("scale", "offset") if layer.kind == "Rescaling" else ("mean", "variance")
    return ", ".join(f"{key} {str(layer.config.get(key))[:60]}" for key in keys)
