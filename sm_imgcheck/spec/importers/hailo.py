"""Hailo model scripts (``.alls``): ``normalization`` inside the compiled model."""

from __future__ import annotations

import re

from sm_imgcheck.core.escape import for_terminal
from sm_imgcheck.spec.importers import Importer
from sm_imgcheck.spec.importers._draft import Draft, DraftBuilder
from sm_imgcheck.spec.importers._source_file import SourceFile

__all__ = ["IMPORTER"]

_TITLE = "Hailo model script"
_NORMALIZATION = re.compile(r"^[ \t]*\w+\s*=\s*normalization\(\s*(\[[^\]]*\]\s*,\s*\[[^\]]*\])", re.MULTILINE)
_COMMANDS = (
    *("model_optimization_config", "performance_param", "change_output_activation", "post_quantization_optimization"),
    *("quantization_param", "nms_postprocess", "normalization", "allocator_param", "input_conversion"),
)
_COMMAND = re.compile(rf"^[ \t]*(?:[\w, \[\]]{{1,80}}=\s*)?({'|'.join(_COMMANDS)})\(", re.MULTILINE)


def matches(file: SourceFile) -> float:
    """By commands of model scripts."""
    commands = set(_COMMAND.findall(file.start))
    return 0.9 if len(commands) >= 2 or (commands and file.base.endswith(".alls")) else 0.0


def read(file: SourceFile, input_name: str) -> Draft:
    """The draft of the compiled model's input: pixels, where the model normalizes inside."""
    del input_name
    builder = DraftBuilder(file)
    arguments = _NORMALIZATION.findall(file.text)
    if arguments:
        builder.infer("value_range", [0, 255], "normalization: inside the compiled model, whose input is pixels")
        builder.note(
            f"inside the compiled model: normalization({for_terminal(arguments[0][:120])}); do not apply it again"
        )
    if "input_conversion(" in file.text:
        builder.note("input_conversion: the compiled model converts the color format inside")
    return builder.build(_TITLE, "model", missing="not stated in a model script: import the ONNX model too")


IMPORTER = Importer(
    rank=96,
    title=_TITLE,
    requires="a .alls file with normalization, performance_param or model_optimization_config",
    marks=(".alls", "normalization(", "model_optimization_config", "performance_param", "hailo"),
    matches=matches,
    read=read,
)
