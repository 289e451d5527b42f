"""MediaPipe graphs: the options of ``ImageToTensorCalculator``."""

from __future__ import annotations

import re

from sm_imgcheck.core.errors import ImgcheckError
from sm_imgcheck.core.escape import for_terminal
from sm_imgcheck.spec.importers import Importer
from sm_imgcheck.spec.importers._draft import Draft, DraftBuilder
from sm_imgcheck.spec.importers._source_file import SourceFile
from sm_imgcheck.spec.importers._torch_values import side
from sm_imgcheck.spec.importers._value_mapping import numbers

__all__ = ["IMPORTER"]

_TITLE = "MediaPipe graph"
_CALCULATOR = re.compile(r"""calculator:\s*["']ImageToTensorCalculator["']""")
_NODE = re.compile(r"^[ \t]*node\s*:?\s*\{", re.MULTILINE)
_COMMENT = re.compile(r"#[^\n]*")
_SIDE = re.compile(r"output_tensor_(width|height)\s*:\s*(\d{1,6})")
_RANGE = re.compile(r"output_tensor_(float|int|uint)_range\s*:?\s*\{\s*min\s*:\s*([-\d.]+)\s*,?\s*max\s*:\s*([-\d.]+)")
_TYPES = {"float": "float32", "int": "int8", "uint": "uint8"}


def matches(file: SourceFile) -> float:
    """By a node with this calculator."""
    return 0.95 if _CALCULATOR.search(file.start) and _NODE.search(file.start) else 0.0


def read(file: SourceFile, input_name: str) -> Draft:
    """The draft of the tensor that the calculator makes."""
    del input_name
    nodes = [node for node in _NODE.split(_COMMENT.sub("", file.text)) if _CALCULATOR.search(node)]
    if len(nodes) != 1:
        text = f"got {len(nodes)} nodes, expected one; save that of the model to a separate file"
        raise ImgcheckError(f"{for_terminal(file.name)}: ImageToTensorCalculator: {text}")
    builder = DraftBuilder(file)
    sides = {key: side(int(value)) for key, value in _SIDE.findall(nodes[0])}
    if sides.get("height") and sides.get("width"):
        builder.state("shape", ["N", sides["height"], sides["width"], 3], "output_tensor_height, output_tensor_width")
    else:
        builder.unknown("shape", "output_tensor_width, output_tensor_height: not stated, those of the model")
    builder.default("layout", "NHWC", "ImageToTensorCalculator makes channels last")
    builder.default("channel_order", "RGB", "ImageToTensorCalculator makes RGB")
    ranges = _RANGE.search(nodes[0])
    bounds = numbers([ranges[2], ranges[3]]) if ranges else None
    if ranges is None or bounds is None:
        builder.unknown("value_range", "output_tensor_float_range: expected min and max")
    else:
        builder.state("value_range", [*bounds], f"output_tensor_{ranges[1]}_range")
        builder.infer("dtype", _TYPES[ranges[1]], f"output_tensor_{ranges[1]}_range")
    reason = "ImageToTensorCalculator: a rotated region by an affine transform, which resize cannot express"
    builder.unknown("resize", reason)
    return builder.build(_TITLE, "pixels")


IMPORTER = Importer(
    rank=95,
    title=_TITLE,
    requires="a .pbtxt graph with a node ImageToTensorCalculator and output_tensor_float_range",
    marks=("ImageToTensorCalculator", "mediapipe", "calculator:", "output_tensor_width", "input_stream"),
    matches=matches,
    read=read,
)
