"""Command lines of model converters: OpenVINO ``mo`` and ``ovc``, ``trtexec``, and those of Qualcomm."""

from __future__ import annotations

import re
import shlex

from sm_imgcheck.core.errors import ImgcheckError
from sm_imgcheck.core.escape import for_terminal
from sm_imgcheck.spec.importers import Importer
from sm_imgcheck.spec.importers._draft import Draft, DraftBuilder
from sm_imgcheck.spec.importers._source_file import SourceFile
from sm_imgcheck.spec.importers._tensors import TensorInput, add_tensor, image_input

__all__ = ["IMPORTER"]

_TITLE = "command line of a converter"
_TOOLS = {
    **dict.fromkeys(("mo", "mo.py", "mo_onnx.py", "mo_tf.py", "mo_caffe.py", "ovc"), "mo"),
    "trtexec": "trtexec",
    **{f"snpe-{framework}-to-dlc": "qualcomm" for framework in ("onnx", "tensorflow", "tflite", "pytorch")},
    **{f"qnn-{framework}-converter": "qualcomm" for framework in ("onnx", "tensorflow", "tflite", "pytorch")},
}
_SHAPES = {
    "mo": ("--input_shape", "--input"),
    "trtexec": ("--shapes", "--optShapes"),
    "qualcomm": ("--input_dim", "-d"),
}
"""Options that state shapes, the first that is given counts."""
_NAMES = "|".join(re.escape(name) for name in sorted(_TOOLS, key=len, reverse=True))
_TOOL = re.compile(rf"(?<![\w.-])({_NAMES})\s[^|;&\n]{{0,500}}--?\w")
_SHORT = {"-s": "--scale"}
_LONGEST_OPTION = 1_000
_NAMED_SHAPE = re.compile(r"(?:([\w./:-]{1,80}?)\s*[:=]?\s*)?[\[(]([\d,\s?-]+)[\])]")
_TRT_SHAPE = re.compile(r"([\w./-]+):([\dx-]+)")


def matches(file: SourceFile) -> float:
    """By the name of a tool that is followed by options, outside of comments."""
    if not file.is_text or file.json is not None or not _TOOL.search(_join_lines(file.start)):
        return 0.0
    return 0.75 if any(option in file.start for options in _SHAPES.values() for option in options) else 0.0


def read(file: SourceFile, input_name: str) -> Draft:
    """The draft of the converted model's input."""
    tool, options = _command(file)
    key = next((key for key in _SHAPES[tool] if key in options and _tensors(tool, key, options)), "")
    if not key:
        raise ImgcheckError(
            f"{for_terminal(file.name)}: {tool}: got no shape, expected {_SHAPES[tool][0]}; import the model file"
        )
    tensor = image_input(file.name, _tensors(tool, key, options), input_name)
    builder = DraftBuilder(file)
    builder.assume("dtype", "float32", "not stated; float32 is the usual input of converted models")
    if tool == "trtexec" and "--minShapes" in options and tensor.dims is not None:
        tensor = TensorInput(name=tensor.name, dtype=tensor.dtype, dims=_open(tensor, options))
    add_tensor(builder, tensor, where=key)
    inside = {name: options[name] for name in ("--mean_values", "--scale_values", "--scale") if name in options}
    if inside:
        builder.infer(
            "value_range", [0, 255], f"{', '.join(inside)}: inside the converted model, whose input is pixels"
        )
        values = " ".join(f"{name} {value}" for name, value in inside.items())
        builder.note(f"inside the converted model: {for_terminal(values[:200])}; do not apply it again")
    if "--reverse_input_channels" in options:
        reason = "--reverse_input_channels: the opposite of the order of training, which is not stated"
        builder.unknown("channel_order", reason)
    return builder.build(_TITLE, "model", missing="not stated: the command converts a model")


IMPORTER = Importer(
    rank=83,
    title=_TITLE,
    requires="a script or text with mo --input_shape, trtexec --shapes, or snpe-onnx-to-dlc --input_dim",
    marks=("--input_shape", "--mean_values", "trtexec", "--optShapes", "snpe-", "qnn-", "--input_model"),
    matches=matches,
    read=read,
    is_code=True,
)


def _join_lines(text: str) -> str:
    """Without comments, each command on one line."""
    return re.sub(r"\\\r?\n", " ", re.sub(r"^[ \t]*#.*$", "", text, flags=re.MULTILINE))


def _command(file: SourceFile) -> tuple[str, dict[str, str]]:
    """The tool and the options of the only command. Raises ImgcheckError for several."""
    lines = [line for line in _join_lines(file.start).splitlines() if _TOOL.search(line)]
    if len(lines) != 1:
        raise ImgcheckError(
            f"{for_terminal(file.name)}: commands: got {len(lines)} conversions, expected one; save it to a file"
        )
    match = _TOOL.search(lines[0])
    assert match is not None
    try:
        words = shlex.split(lines[0][match.end(1) :].strip("` "))
    except ValueError as error:
        raise ImgcheckError(f"{for_terminal(file.name)}: command: {error}, expected a whole command line") from None
    options: dict[str, str] = {}
    last = ""
    for word in words[:500]:
        if re.match(r"--?[A-Za-z]", word):
            name, _, value = word.partition("=")
            last = _SHORT.get(name, name)
            options[last] = value
        elif last:
            options[last] = f"{options[last]} {word}".strip()
    return _TOOLS[match[1]], options


def _tensors(tool: str, key: str, options: dict[str, str]) -> list[TensorInput]:
    """Inputs with a shape in an option, named where the option names them."""
    text = options[key][:_LONGEST_OPTION]
    if tool == "trtexec":
        pairs = _TRT_SHAPE.findall(text)
    elif tool == "qualcomm":
        pairs = re.findall(r"([\w./:-]+)\s+([\d,]+)", text)
    else:
        names = options.get("--input", "").split(",")
        entries = _NAMED_SHAPE.findall(text)
        default = names if key == "--input_shape" else []
        pairs = [
            (name or (default[at] if at < len(default) else ""), sides) for at, (name, sides) in enumerate(entries)
        ]
    return [
        TensorInput(name=name.strip(", ") or "input", dtype="float32", dims=_sides(sides)) for name, sides in pairs[:50]
    ]


def _sides(text: str) -> tuple[int | None, ...]:
    return tuple(int(word) if word.strip().isdigit() and len(word) < 10 else None for word in re.split(r"[,x]", text))


def _open(tensor: TensorInput, options: dict[str, str]) -> tuple[int | None, ...] | None:
    """The lengths, None where the smallest and the largest that are given differ."""
    least, most = (
        {name: _sides(sides) for name, sides in _TRT_SHAPE.findall(options.get(key, ""))}.get(tensor.name, ())
        for key in ("--minShapes", "--maxShapes")
    )
    if tensor.dims is None or len(least) != len(tensor.dims) or len(most) != len(tensor.dims):
        return tensor.dims
    return tuple(low if low == high else None for low, high in zip(least, most, strict=True))
