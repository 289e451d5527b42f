"""torchvision: the printed form of ``weights.transforms()`` and of ``Compose``."""

from __future__ import annotations

import ast
import re

from sm_imgcheck.core.json_types import Json
from sm_imgcheck.spec.importers import Importer
from sm_imgcheck.spec.importers._class_settings import ClassSettings
from sm_imgcheck.spec.importers._draft import Draft, DraftBuilder
from sm_imgcheck.spec.importers._python_calls import PythonCall, parse_call
from sm_imgcheck.spec.importers._source_file import SourceFile
from sm_imgcheck.spec.importers._torch_values import INTERPOLATIONS, add_shortest_edge, add_unit_normalize, side
from sm_imgcheck.spec.importers._torchvision_compose import ComposeState, add_conventions
from sm_imgcheck.spec.importers._value_mapping import add_scaled

__all__ = ["IMPORTER"]

_TITLE = "torchvision transforms"
_PRESETS = ("ImageClassification", "SemanticSegmentation", "ObjectDetection")
_PRESET = re.compile(rf"\b({'|'.join(_PRESETS)})\(", re.ASCII)
_COMPOSE = re.compile(r"\bCompose\(\s*\n?\s*(?:\[)?\s*\w+\(", re.ASCII)
_OPAQUE = re.compile(r"\s*(?:<(?:function )?([\w.<>]{1,60})\b.* at 0x|(\w{1,60})\(\s*$)", re.ASCII)
"""A function, an object without a printed form, and a class around other transforms."""
_UNREADABLE = re.compile(r"\s*(\w{1,60})\(.*\),?\s*$", re.ASCII)
"""A transform with arguments that are not printed as Python."""
_ARGUMENT = re.compile(r"(\w+)=(\[[^\[\]]{0,200}\]|\([^()]{0,200}\)|[\w.]{1,60})", re.ASCII)
_DEFAULTS: dict[str, Json] = {
    "mean": [0.485, 0.456, 0.406],
    "std": [0.229, 0.224, 0.225],
    "interpolation": "InterpolationMode.BILINEAR",
}


def matches(file: SourceFile) -> float:
    """By the name of the preset or of Compose at the beginning of a line."""
    if file.json is not None or not file.is_text:
        return 0.0
    start = file.start[:20_000]
    if _PRESET.search(start) and "size=" in start:
        return 0.85
    if (
        _COMPOSE.search(start)
        and "import " not in start
        and any(f"{word}(" in start for word in ("ToTensor", "Normalize", "ToDtype", "Resize", "MaybeToTensor"))
    ):
        return 0.8
    return 0.55 if re.match(r"\s*ObjectDetection\(\)\s*$", start) else 0.0


def read(file: SourceFile, input_name: str) -> Draft:
    """The draft of the tensor that the transforms make."""
    del input_name
    text = file.text[:20_000]
    builder = DraftBuilder(file)
    preset = _PRESET.search(text)
    if preset is not None:
        _add_preset(builder, preset[1], text[preset.end() :])
    else:
        _add_compose(builder, text)
    add_conventions(builder)
    return builder.build(_TITLE, "pixels")


IMPORTER = Importer(
    rank=30,
    title=_TITLE,
    requires="the text that print(weights.transforms()) or print(Compose(...)) writes",
    marks=("ImageClassification", "crop_size", "resize_size", "InterpolationMode", "Compose", "ToTensor", "Normalize"),
    matches=matches,
    read=read,
)


def _add_preset(builder: DraftBuilder, name: str, text: str) -> None:
    body = text[: text.find("\n)")] if "\n)" in text else text
    arguments: dict[str, Json] = {}
    for key, value in _ARGUMENT.findall(body):
        arguments.setdefault(key, _literal(value))
    settings = ClassSettings(given_keys=arguments, defaults=_DEFAULTS, owner=name)
    builder.default("dtype", "float32", f"{name} makes float32")
    if name == "ObjectDetection":
        add_scaled(builder, factor=1 / 255, mean=None, std=None, source=f"{name} divides by 255", certainty="default")
        builder.add("resize.mode", "none", f"{name} does not resize; the model does", "default")
        builder.infer("shape", ["N", 3, "H", "W"], "no fixed size")
        return
    add_unit_normalize(builder, settings)
    edge, crop = _first(settings.get("resize_size")), _first(settings.get("crop_size"))
    kernel = INTERPOLATIONS.get(str(settings.get("interpolation")).rpartition(".")[2].lower().replace("_", "-"))
    if edge is None or kernel is None or (crop is None and name == "ImageClassification"):
        builder.unknown("resize", "resize_size, crop_size and interpolation: expected pixels and a known word")
        return
    sources = {
        "size": "resize_size",
        "crop": "crop_size" if crop else name,
        "interpolation": settings.source("interpolation"),
    }
    add_shortest_edge(builder, edge, kernel, crop=crop is not None, sources=sources)
    builder.state("shape", ["N", 3, crop or "H", crop or "W"], "crop_size" if crop else "resize_size")


def _literal(text: str) -> Json:
    """A number or list as printed; any other text stays text."""
    try:
        value = ast.literal_eval(text)
    except (ValueError, SyntaxError, RecursionError, MemoryError):
        return text
    return list(value) if isinstance(value, tuple | list) else value if isinstance(value, int | float) else text


def _first(value: Json) -> int | None:
    return side(value[0]) if isinstance(value, list) and len(value) in (1, 2) else side(value)


def _add_compose(builder: DraftBuilder, text: str) -> None:
    state = ComposeState(builder)
    if "=tensor([" in text:
        builder.note("mean and std of timm are printed with 4 decimals: a difference of at most 0.05 gray levels")
    for line in text.splitlines():
        call = parse_call(line.strip().rstrip(","))
        opaque = _OPAQUE.match(line) or _UNREADABLE.match(line)
        if call is None and opaque is not None:
            call = PythonCall(name=next(filter(None, opaque.groups())), arguments={})
        if call is not None and call.name not in ("Compose", "Sequential"):
            state.add(call)
    state.finish()
