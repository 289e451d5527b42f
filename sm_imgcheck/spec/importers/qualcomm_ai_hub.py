"""Qualcomm AI Hub ``metadata.json`` of an exported model, by ``qai_hub_models``.

Source: quic/ai-hub-models, qai_hub_models/configs/model_metadata.py and tensor_spec.py; defaults are not written.
"""

from __future__ import annotations

from collections.abc import Mapping

from sm_imgcheck.core.escape import for_terminal
from sm_imgcheck.core.json_types import Json
from sm_imgcheck.spec.importers import Importer
from sm_imgcheck.spec.importers._draft import Draft, DraftBuilder
from sm_imgcheck.spec.importers._source_file import SourceFile
from sm_imgcheck.spec.importers._tensors import TensorInput, add_tensor, image_input
from sm_imgcheck.spec.importers._value_mapping import numbers

__all__ = ["IMPORTER"]

_TITLE = "Qualcomm AI Hub metadata"
_ORDERS = {"rgb": "RGB", "bgr": "BGR", "grayscale": "GRAY"}
_RANGES = ([0, 1], [-1, 1], [0, 255])
"""Ranges of pixels; others are those of a mean and std that the file does not state."""
_MOST_INPUTS = 100


def matches(file: SourceFile) -> float:
    """By model_files with inputs and outputs."""
    files = file.object.get("model_files")
    entries = list(files.values()) if isinstance(files, Mapping) else []
    is_own = all(isinstance(entry, Mapping) and {"inputs", "outputs"} <= entry.keys() for entry in entries)
    return 0.95 if entries and is_own else 0.0


def read(file: SourceFile, input_name: str) -> Draft:
    """The draft of the image input of the model files."""
    inputs = _inputs(file.object.get("model_files"))
    images = {name: entry for name, entry in inputs.items() if entry.get("io_type") == "image"} or inputs
    tensor = image_input(file.name, [_tensor(name, entry) for name, entry in images.items()], input_name)
    builder = DraftBuilder(file)
    where = f"inputs {for_terminal(tensor.name[:80])}"
    add_tensor(builder, tensor, where=where)
    entry = images[tensor.name]
    if entry.get("io_type") == "image":
        _add_image(builder, entry, where)
    quantization = entry.get("quantization_parameters")
    if isinstance(quantization, Mapping):
        for key in ("scale", "zero_point"):
            builder.state(f"quantize.{key}", quantization.get(key), f"{where} quantization_parameters")
    builder.unknown("resize", "not stated: metadata of AI Hub have no resize")
    return builder.build(_TITLE, "model", missing=f"not stated: absent in {where}")


IMPORTER = Importer(
    rank=73,
    title=_TITLE,
    requires="metadata.json with model_files, each with inputs and outputs",
    marks=("model_files", "io_type", "image_metadata", "value_range", "quantization_parameters", "tool_versions"),
    matches=matches,
    read=read,
)


def _inputs(files: Json) -> dict[str, Mapping[str, Json]]:
    """Inputs of all model files by their name; the first file with a name counts."""
    result: dict[str, Mapping[str, Json]] = {}
    for entry in list(files.values())[:_MOST_INPUTS] if isinstance(files, Mapping) else ():
        inputs = entry.get("inputs") if isinstance(entry, Mapping) else None
        for name, tensor in list(inputs.items())[:_MOST_INPUTS] if isinstance(inputs, Mapping) else ():
            if isinstance(tensor, Mapping):
                result.setdefault(str(name)[:200], tensor)
    return result


def _tensor(name: str, entry: Mapping[str, Json]) -> TensorInput:
    shape = entry.get("shape")
    sides = shape[:16] if isinstance(shape, list) else []
    dims = tuple(side if isinstance(side, int) and not isinstance(side, bool) and side > 0 else None for side in sides)
    return TensorInput(name=name, dtype=str(entry.get("dtype", "float32"))[:40], dims=dims or None)


def _add_image(builder: DraftBuilder, entry: Mapping[str, Json], where: str) -> None:
    """Color format, and the range of the values before any quantization."""
    metadata = entry.get("image_metadata")
    color = metadata.get("color_format", "rgb") if isinstance(metadata, Mapping) else None
    if color is None:
        builder.assume("channel_order", "RGB", "color_format: absent; RGB by convention of AI Hub")
    elif order := _ORDERS.get(str(color)):
        builder.state("channel_order", order, f"{where} image_metadata.color_format")
    ends = numbers(entry.get("value_range"), most=2)
    if ends in _RANGES:
        builder.state("value_range", [*ends], f"{where} value_range")
    elif "value_range" in entry:
        reason = f"{ends} may be that of a mean and std, which are not stated" if ends else "expected two numbers"
        builder.unknown("value_range", f"{where} value_range: {reason}")
