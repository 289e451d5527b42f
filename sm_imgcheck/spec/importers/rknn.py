"""Scripts of RKNN Toolkit: ``rknn.config`` puts mean and std inside the compiled model. Code is never executed."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from sm_imgcheck.core.errors import ImgcheckError
from sm_imgcheck.core.escape import for_terminal
from sm_imgcheck.core.json_types import Json
from sm_imgcheck.spec.importers import Importer
from sm_imgcheck.spec.importers._compose_code import code_texts
from sm_imgcheck.spec.importers._draft import Draft, DraftBuilder
from sm_imgcheck.spec.importers._python_calls import PythonCall, call_of, dotted_name, parse_module
from sm_imgcheck.spec.importers._python_names import BoundNames
from sm_imgcheck.spec.importers._source_file import SourceFile
from sm_imgcheck.spec.importers._tensors import layout_of
from sm_imgcheck.spec.importers._value_mapping import numbers

__all__ = ["IMPORTER"]

_TITLE = "RKNN Toolkit script"
_SHAPE = "input_size_list"
_FORMAT = "data_format"
_PASS_THROUGH = "inputs_pass_through"  # noqa: S105 (not a password)
_OFF: tuple[Json, ...] = (0, [0])
"""Values of ``inputs_pass_through`` that leave mean and std to the model."""
_DATA_TYPES = ("uint8", "int8", "int16", "float16", "float32")
_PIXEL_STD = 2.0
"""From this std on mean and std are those of pixels 0..255; ImageNet's of values 0..1 are below 0.3."""


def matches(file: SourceFile) -> float:
    """By an import of rknn and a call of ``config``."""
    return 0.8 if file.json is None and "rknn.api" in file.start and ".config(" in file.start else 0.0


def read(file: SourceFile, input_name: str) -> Draft:
    """The draft of the input of ``rknn.inference``: NHWC, or by its ``data_format``."""
    del input_name
    builder = DraftBuilder(file)
    calls = list(_calls(file))
    configs = [call for call in calls if call.name == "config"]
    if not configs:
        raise ImgcheckError(f"{for_terminal(file.name)}: rknn.config: got no call in Python code, expected one")
    inferences = [_with_names(call) for call in calls if call.name == "inference"]
    if any(call.arguments.get(_PASS_THROUGH, 0) not in _OFF for call in inferences):
        builder.unknown("value_range", f"{_PASS_THROUGH}: the model's mean and std are not applied")
    else:
        _add_values(builder, configs)
    shapes = [call.arguments[_SHAPE] for call in calls if _SHAPE in call.arguments and call.name.startswith("load_")]
    _add_shape(builder, shapes, inferences)
    return builder.build(_TITLE, "model", missing="not stated: import the model that the script converts too")


def _calls(file: SourceFile) -> Iterator[PythonCall]:
    """Calls of methods in Python code, or in the code of Markdown, with the names in their arguments."""
    for tree in filter(None, map(parse_module, code_texts(file))):
        names = BoundNames(tree)
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and "." in dotted_name(node.func):
                yield call_of(node, names.values(node))


def _with_names(call: PythonCall) -> PythonCall:
    """A call of ``inference`` whose arguments by position have names.

    Toolkit 1: inputs, data_type, data_format, inputs_pass_through; Toolkit 2: without data_type. Any other value is
    that of ``data_format``, which it leaves unknown.
    """
    keywords: dict[str, Json] = {key: value for key, value in call.arguments.items() if not key.isdecimal()}
    for value in [value for key, value in call.arguments.items() if key.isdecimal() and key != "0"]:
        first = value[0] if isinstance(value, list) and value else value
        if isinstance(first, int):
            keywords[_PASS_THROUGH] = value
        elif first not in _DATA_TYPES:
            keywords[_FORMAT] = value
    return PythonCall(name=call.name, arguments=keywords)


def _add_values(builder: DraftBuilder, calls: list[PythonCall]) -> None:
    """Pixels where mean and std of pixels are inside; of calls that differ none is chosen."""
    pairs = [(call.arguments.get("mean_values"), call.arguments.get("std_values")) for call in calls]
    mean, std = pairs[0] if pairs and all(pair == pairs[0] for pair in pairs) else (None, None)
    stds = numbers(std[0] if isinstance(std, list) and len(std) == 1 else std)
    if len(pairs) > 1 and mean is None and std is None:
        builder.unknown("value_range", f"rknn.config: got {len(pairs)} that differ, expected one")
    elif stds is None or max(stds) < _PIXEL_STD:
        builder.unknown("value_range", "rknn.config: expected std_values of pixels as numbers")
    else:
        builder.infer("value_range", [0, 255], "rknn.config: mean and std are inside the model, whose input is pixels")
        builder.assume("dtype", "uint8", "not stated; pixels are sent as uint8 by convention")
        text = for_terminal(f"mean_values={mean}, std_values={std}"[:200])
        builder.note(f"inside the compiled model: {text}; do not apply it again")


def _add_shape(builder: DraftBuilder, values: list[Json], inferences: list[PythonCall]) -> None:
    """One input of one size, as the model states it, in the layout of ``rknn.inference``."""
    layouts = [_inference_layout(call) for call in inferences if _FORMAT in call.arguments]
    is_partial = 0 < len(layouts) < len(inferences)
    if is_partial or len(set(layouts)) > 1 or "" in layouts:
        for key in ("layout", "shape"):
            builder.unknown(key, f"{_FORMAT} of rknn.inference: expected nhwc or nchw, the same in each call")
        return
    inference_layout = layouts[0] if layouts else "NHWC"
    first = values[0] if values and all(value == values[0] for value in values) else None
    shape = first[0] if isinstance(first, list) and len(first) == 1 and isinstance(first[0], list) else []
    sides = [entry for entry in shape if isinstance(entry, int) and not isinstance(entry, bool) and entry > 0]
    layout = layout_of(sides)
    if len(sides) != len(shape) or layout is None:
        return
    sizes: dict[str, Json] = dict(zip(layout, sides, strict=True))
    builder.infer("shape", [sizes.get(axis, "N") for axis in inference_layout], _SHAPE)
    if layouts:
        builder.state("layout", inference_layout, _FORMAT)
    else:
        builder.default("layout", inference_layout, f"{_FORMAT} of rknn.inference")


def _inference_layout(call: PythonCall) -> str:
    """The layout of the first input by ``data_format``, a text or a list of one; empty for anything else."""
    value = call.arguments[_FORMAT]
    text = value[0] if isinstance(value, list) and len(value) == 1 else value
    return text.upper() if isinstance(text, str) and text in ("nchw", "nhwc") else ""


IMPORTER = Importer(
    rank=97,
    title=_TITLE,
    requires="Python code with rknn.config(mean_values=..., std_values=...)",
    marks=("rknn", "mean_values", "std_values", "target_platform", "load_onnx"),
    matches=matches,
    read=read,
    is_code=True,
)
