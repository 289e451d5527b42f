"""Command lines of model converters: OpenVINO ``mo`` and ``ovc``, ``trtexec``, and those of Qualcomm."""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping

from sm_imgcheck.core.errors import ImgcheckError
from sm_imgcheck.core.escape import for_terminal
from sm_imgcheck.spec import dtypes
from sm_imgcheck.spec.importers import Importer
from sm_imgcheck.spec.importers._draft import Draft, DraftBuilder
from sm_imgcheck.spec.importers._source_file import SourceFile
from sm_imgcheck.spec.importers._tensors import TensorInput, add_tensor, image_input, layout_of
from sm_imgcheck.spec.importers._value_mapping import add_range_inside

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
_NO_NAME = "input"
_NAMED_SHAPE = re.compile(r"(?:([\w./:-]{1,80}?)\s*[:=]?\s*)?[\[(]([\d,\s?-]+)[\])]")
_TRT_SHAPE = re.compile(r"([\w./-]+):([\dx-]+)")
_TF_OPTION = re.compile(r"--(tensorflow|tensorboard|saved_model|input_meta_graph|input_checkpoint)")
_TF_FILE = re.compile(r"\.(pb|pbtxt|meta|ckpt)$")
_OTHER_FILE = re.compile(r"\.(onnx|caffemodel|prototxt|pdmodel|params)$")
_LAYOUT = re.compile(
    r"(?:([\w./:-]{1,80})\()?(?<!\w)(n?chw|n?hwc)(?!\w)(?:\s*->\s*(n?chw|n?hwc)(?!\w))?", re.IGNORECASE
)


def matches(file: SourceFile) -> float:
    """By the name of a tool that is followed by options, outside of comments."""
    if not file.is_text or file.json is not None or not _TOOL.search(_join_lines(file.start)):
        return 0.0
    return 0.75 if any(option in file.start for options in _SHAPES.values() for option in options) else 0.0


def read(file: SourceFile, input_name: str) -> Draft:
    """The draft of the converted model's input."""
    script, options = _command(file)
    tool = _TOOLS[script]
    key = next((key for key in _SHAPES[tool] if key in options and _tensors(tool, key, options)), "")
    if not key:
        raise ImgcheckError(
            f"{for_terminal(file.name)}: {tool}: got no shape, expected {_SHAPES[tool][0]}; import the model file"
        )
    tensor = image_input(file.name, _tensors(tool, key, options), input_name)
    builder = DraftBuilder(file)
    formats = _trt_formats(builder, options) if tool == "trtexec" else ""
    builder.assume("dtype", "float32", "not stated; float32 is the usual input of converted models")
    if tool == "qualcomm":
        _add_source(builder, tensor, key, "SNPE and QNN converters change images to NHWC")
    elif tool == "mo":
        _add_mo(builder, script, tensor, options, key)
    else:
        if "--minShapes" in options and tensor.dims is not None:
            tensor = TensorInput(name=tensor.name, dtype=tensor.dtype, dims=_open(tensor, options))
        if formats:
            _add_source(builder, tensor, key, f"--inputIOFormats: the format in memory is {formats}")
        else:
            add_tensor(builder, tensor, where=key)
    inside = {name: options[name] for name in ("--mean_values", "--scale_values", "--scale") if name in options}
    if inside:
        values = " ".join(f"{name} {value}" for name, value in inside.items())
        add_range_inside(builder, inside.values(), ", ".join(inside))
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
    """The name of the tool and the options of the only command. Raises ImgcheckError for several."""
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
    return match[1], options


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
        TensorInput(name=name.strip(", ") or _NO_NAME, dtype="float32", dims=_sides(sides))
        for name, sides in pairs[:50]
    ]


def _add_source(builder: DraftBuilder, tensor: TensorInput, where: str, reason: str) -> None:
    """Add the name; the shape is only that of the model before its conversion. reason: why the layout may differ."""
    shape = f"[{', '.join('?' if side is None else str(side) for side in tensor.dims or ())}]"
    builder.state("name", tensor.name[:200], where)
    for field in ("shape", "layout"):
        builder.unknown(field, f"{where}: {shape} before the conversion; {reason}")
    builder.note(f"{where}: {shape} is the shape of the source model; {reason}")


def _add_mo(builder: DraftBuilder, script: str, tensor: TensorInput, options: Mapping[str, str], where: str) -> None:
    """Add the input of an OpenVINO model, with its axes in the order of --layout or --target_layout."""
    dims = tensor.dims or ()
    before, after = _layouts(tensor.name, options.get("--layout", ""))
    before = before or _layouts(tensor.name, options.get("--source_layout", ""))[0]
    after = after or _layouts(tensor.name, options.get("--target_layout", ""))[0]
    keys = ", ".join(key for key in ("--layout", "--source_layout", "--target_layout") if key in options)
    if "->" in options.get("--layout", "") or "--target_layout" in options:
        before = before or layout_of(dims) or ""
        if len(before) != len(dims) or sorted(before) != sorted(after):
            _add_source(builder, tensor, where, f"{keys}: expected a change between NCHW and NHWC")
            return
        target = TensorInput(
            name=tensor.name, dtype=tensor.dtype, dims=tuple(dims[before.index(axis)] for axis in after)
        )
        add_tensor(builder, target, where=f"{where}, {keys}", layout=after, layout_source=keys)
    elif not before and script != "ovc" and _may_become_nchw(script, tensor, options):
        _add_source(builder, tensor, where, "OpenVINO before 2022.1 converts models of TensorFlow to NCHW")
    else:
        add_tensor(builder, tensor, where=where, layout=before, layout_source=keys)


def _layouts(name: str, text: str) -> tuple[str, str]:
    """The layouts of an input before and after its change, in capitals; empty where not stated."""
    compact = re.sub(r"\[([\w,\s]*)\]", lambda axes: re.sub(r"[,\s]", "", axes[1]), text[:_LONGEST_OPTION])
    for owner, before, after in _LAYOUT.findall(compact):
        if owner in ("", name) or name == _NO_NAME:
            return before.upper(), after.upper()
    return "", ""


def _may_become_nchw(script: str, tensor: TensorInput, options: Mapping[str, str]) -> bool:
    """Whether the model is one of TensorFlow, or channels last and of no stated framework."""
    if "--disable_nhwc_to_nchw" in options:
        return False
    framework = options.get("--framework", "")
    model = next((options[key] for key in ("--input_model", "-m", "-w") if key in options), "")
    if script == "mo_tf.py" or framework == "tf" or _TF_FILE.search(model) or any(map(_TF_OPTION.match, options)):
        return True
    is_other = script in ("mo_onnx.py", "mo_caffe.py") or framework or _OTHER_FILE.search(model)
    return not is_other and (layout_of(tensor.dims or ()) or "").endswith("HWC")


def _trt_formats(builder: DraftBuilder, options: Mapping[str, str]) -> str:
    """Add the type of --inputIOFormats; returns its formats in memory, empty where they are the order of the axes."""
    key = "--inputIOFormats"
    entries = [entry.strip().partition(":") for entry in options.get(key, "").split(",") if entry.strip()]
    types = {dtypes.canonical(dtype) for dtype, _, _ in entries}
    forms = {form.lower() for _, _, form in entries if form}
    if len(types) == 1 and (dtype := next(iter(types))):
        builder.state("dtype", dtype, key)
    elif types:
        builder.unknown("dtype", f"{key}: expected one type for all inputs")
    return for_terminal(", ".join(sorted(forms))[:80]) if forms - {"chw"} else ""


def _sides(text: str) -> tuple[int | None, ...]:
    return tuple(int(word) if word.strip().isdigit() and len(word) < 10 else None for word in re.split(r"[,x]", text))


def _open(tensor: TensorInput, options: Mapping[str, str]) -> tuple[int | None, ...] | None:
    """The lengths, None where the smallest and the largest that are given differ."""
    least, most = (
        {name: _sides(sides) for name, sides in _TRT_SHAPE.findall(options.get(key, ""))}.get(tensor.name, ())
        for key in ("--minShapes", "--maxShapes")
    )
    if tensor.dims is None or len(least) != len(tensor.dims) or len(most) != len(tensor.dims):
        return tensor.dims
    return tuple(low if low == high else None for low, high in zip(least, most, strict=True))
