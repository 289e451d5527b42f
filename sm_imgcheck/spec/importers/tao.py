"""NVIDIA TAO experiment specification (YAML): mean and std of the data set, size of the export."""

from __future__ import annotations

import re
from collections.abc import Mapping

from sm_imgcheck.core.json_types import Json
from sm_imgcheck.spec.importers import Importer
from sm_imgcheck.spec.importers._draft import Draft, DraftBuilder
from sm_imgcheck.spec.importers._source_file import SourceFile
from sm_imgcheck.spec.importers._torch_values import side
from sm_imgcheck.spec.importers._value_mapping import add_scaled, numbers

__all__ = ["IMPORTER"]

_TITLE = "NVIDIA TAO specification"
_GROUP = re.compile(
    r"^(dataset|dataset_config|export|train|model|results_dir|encryption_key|gen_trt_engine):", re.MULTILINE
)
_MARKS = ("input_mean", "input_width", "onnx_file", "tensorrt:", "gen_trt_engine")


def matches(file: SourceFile) -> float:
    """By the group export, and keys of an input."""
    groups = set(_GROUP.findall(file.start)) if file.json is None else set()
    is_tao = "export" in groups and len(groups) >= 2 and sum(word in file.start for word in _MARKS) >= 2
    return 0.85 if is_tao else 0.0


def read(file: SourceFile, input_name: str) -> Draft:
    """The draft of the exported model's input."""
    del input_name
    document = file.yaml
    builder = DraftBuilder(file)
    export = _group(document, "export")
    channels, height, width = (side(export.get(f"input_{key}")) for key in ("channel", "height", "width"))
    if height is None or width is None:
        builder.unknown("shape", "export: expected input_height and input_width")
    else:
        source = "export input_channel, input_height, input_width"
        builder.state("shape", ["N", channels or 3, height, width], source)
    builder.default("layout", "NCHW", "models of TAO are channels first")
    builder.assume("dtype", "float32", "not stated; float32 by convention of TAO")
    data = _group(document, "dataset") or _group(document, "dataset_config")
    augmentation = _group(data, "augmentation") or _group(data, "augmentation_config")
    mean, std = numbers(augmentation.get("input_mean")), numbers(augmentation.get("input_std"))
    if mean is None or std is None or not any(mean):
        builder.unknown("value_range", "dataset.augmentation: expected input_mean and input_std that show their units")
    else:
        source = "dataset.augmentation input_mean, input_std"
        add_scaled(builder, factor=1 / 255 if max(mean) <= 1 else 1.0, mean=mean, std=std, source=source)
    if channels == 1:
        builder.infer("channel_order", "GRAY", "export input_channel: one channel")
    return builder.build(_TITLE, "model", missing="not stated: depends on the network of TAO")


IMPORTER = Importer(
    rank=89,
    title=_TITLE,
    requires="the YAML of a TAO experiment with export input_height and input_width, and dataset augmentation",
    marks=("input_mean", "input_width", "encryption_key", "gen_trt_engine", "export:", "tao"),
    matches=matches,
    read=read,
)


def _group(document: object, key: str) -> Mapping[str, Json]:
    value = document.get(key) if isinstance(document, Mapping) else None
    return value if isinstance(value, Mapping) else {}
