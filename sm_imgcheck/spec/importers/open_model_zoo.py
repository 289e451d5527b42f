"""Open Model Zoo ``model.yml``: input of the converted model. Before 2021 it is in ``model_optimizer_args`` alone."""

from __future__ import annotations

import re
from collections.abc import Mapping

from sm_imgcheck.core.errors import ImgcheckError
from sm_imgcheck.core.escape import for_terminal
from sm_imgcheck.core.json_types import Json
from sm_imgcheck.spec.importers import Importer
from sm_imgcheck.spec.importers._draft import Draft, DraftBuilder
from sm_imgcheck.spec.importers._source_file import SourceFile
from sm_imgcheck.spec.importers._tensors import TensorInput, add_tensor, image_input
from sm_imgcheck.spec.importers._value_mapping import add_range_inside

__all__ = ["IMPORTER"]

_TITLE = "Open Model Zoo model.yml"
_MARK = re.compile(r"^(model_optimizer_args|input_info|task_type|quantizable):", re.MULTILINE)
_LAYOUTS = ("NCHW", "NHWC", "CHW", "HWC")
_SHAPE = re.compile(r"[\[(]([\d,\s-]+)[\])]")


def matches(file: SourceFile) -> float:
    """By model_optimizer_args and input_info."""
    names = set(_MARK.findall(file.start)) if file.json is None else set()
    return 0.9 if len(names) >= 2 and names & {"model_optimizer_args", "input_info"} else 0.0


def read(file: SourceFile, input_name: str) -> Draft:
    """The draft of the converted model's input."""
    document = file.yaml
    if not isinstance(document, Mapping):
        raise ImgcheckError(f"{for_terminal(file.name)}: model.yml: expected a mapping")
    input_info = document.get("input_info")
    entries_of_file = input_info[:50] if isinstance(input_info, list) else []
    entries: list[Mapping[str, Json]] = [entry for entry in entries_of_file if isinstance(entry, Mapping)]
    optimizer_args = document.get("model_optimizer_args")
    arguments = [str(entry)[:400] for entry in optimizer_args] if isinstance(optimizer_args, list) else []
    where = "input_info" if entries else "model_optimizer_args"
    entries = entries or _argument_entries(arguments)
    tensors = [_tensor(entry) for entry in entries]
    tensor = image_input(file.name, tensors, input_name)
    layout_name = str(entries[tensors.index(tensor)].get("layout", "")).upper()
    builder = DraftBuilder(file)
    builder.assume("dtype", "float32", "not stated; float32 by convention of converted models")
    if document.get("task_type") == "colorization":
        for key in ("channel_order", "value_range"):
            builder.unknown(key, "task_type colorization: L of LAB, which a spec cannot state")
    add_tensor(
        builder,
        tensor,
        where=where,
        layout=layout_name if layout_name in _LAYOUTS else "",
        layout_source="input_info layout",
    )
    inside = [entry for entry in arguments if entry.startswith(("--mean_values", "--scale_values", "--scale="))]
    if inside:
        values = [re.split(r"[=\s]", entry, maxsplit=1)[-1] for entry in inside]
        add_range_inside(builder, values, "model_optimizer_args: mean and scale")
        builder.note(f"inside the converted model: {for_terminal(' '.join(inside)[:200])}; do not apply it again")
    if "--reverse_input_channels" in arguments:
        builder.infer(
            "channel_order", "BGR", "--reverse_input_channels: trained on RGB, the input of the converted model is BGR"
        )
    return builder.build(_TITLE, "model", missing="not stated: model.yml has no resize, and values only by conversion")


IMPORTER = Importer(
    rank=82,
    title=_TITLE,
    requires="model.yml with input_info and model_optimizer_args",
    marks=("model_optimizer_args", "input_info", "reverse_input_channels", "framework", "quantizable"),
    matches=matches,
    read=read,
)


def _argument_entries(arguments: list[str]) -> list[Mapping[str, Json]]:
    """Inputs by --input_shape=[1,3,224,224] and --input=data, in the form of input_info."""
    values = dict(entry.lstrip("-").partition("=")[::2] for entry in arguments)
    texts = _SHAPE.findall(values.get("input_shape", ""))
    shapes = [[int(side) for side in re.findall(r"-?\d+", text)] for text in texts]
    names = values.get("input", "").split(",")
    return [
        {"name": names[index] if index < len(names) else "input", "shape": [*shape]}
        for index, shape in enumerate(shapes[:50])
    ]


def _tensor(entry: Mapping[str, Json]) -> TensorInput:
    shape = entry.get("shape")
    sides = shape[:16] if isinstance(shape, list) else []
    dims = tuple(side if isinstance(side, int) and not isinstance(side, bool) and side > 0 else None for side in sides)
    return TensorInput(name=str(entry.get("name", "input"))[:200], dtype="float32", dims=dims if sides else None)
