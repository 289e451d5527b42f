"""torchvision: the printed form of ``weights.transforms()`` and of ``Compose``."""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping

from sm_imgcheck.core.json_types import Json
from sm_imgcheck.spec.importers import Importer
from sm_imgcheck.spec.importers._class_settings import ClassSettings
from sm_imgcheck.spec.importers._draft import Draft, DraftBuilder
from sm_imgcheck.spec.importers._python_calls import PythonCall, parse_call
from sm_imgcheck.spec.importers._source_file import SourceFile
from sm_imgcheck.spec.importers._torch_values import INTERPOLATIONS, add_shortest_edge, add_unit_normalize, side
from sm_imgcheck.spec.importers._value_mapping import add_scaled, numbers

__all__ = ["IMPORTER"]

_TITLE = "torchvision transforms"
_PRESETS = ("ImageClassification", "SemanticSegmentation", "ObjectDetection")
_PRESET = re.compile(rf"\b({'|'.join(_PRESETS)})\(", re.ASCII)
_COMPOSE = re.compile(r"\bCompose\(\s*\n?\s*(?:\[)?\s*\w+\(", re.ASCII)
_ARGUMENT = re.compile(r"(\w+)=(\[[^\[\]]{0,200}\]|\([^()]{0,200}\)|[\w.]{1,60})", re.ASCII)
_DEFAULTS: dict[str, Json] = {
    "mean": [0.485, 0.456, 0.406],
    "std": [0.229, 0.224, 0.225],
    "interpolation": "InterpolationMode.BILINEAR",
}
_TENSORS = {"ToTensor", "Identity"}
_MOST_STEPS = 50


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
        and any(f"{word}(" in start for word in ("ToTensor", "Normalize", "ToDtype", "Resize"))
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
    builder.assume("channel_order", "RGB", "not stated; RGB by convention of torchvision")
    builder.default("layout", "NCHW", "tensors of torchvision are channels first, here in a batch")
    builder.assume("decode.exif", "ignore", "not stated; PIL.Image.open and torchvision.io ignore it")
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
    state = _ComposeState(builder)
    for line in text.splitlines():
        call = parse_call(line.strip().rstrip(","))
        if call is None or call.name == "Compose":
            continue
        state.count += 1
        if state.count > _MOST_STEPS:
            break
        state.add(call)
    state.finish()


class _ComposeState:
    """Steps read so far."""

    def __init__(self, builder: DraftBuilder) -> None:
        self.builder = builder
        self.count = 0
        self.steps: list[tuple[dict[str, Json], str]] = []
        self.size: tuple[int, int] | None = None
        self.sizes = False
        self.dtype = "uint8"
        self.library: dict[str, Json] = {}
        """What resizes: PIL images at first, then tensors of torch."""
        self.normalize: Mapping[str, Json] | None = None
        self.unknown = ""

    def add(self, call: PythonCall) -> None:
        """Take one transform in."""
        name, arguments = call.name, call.arguments
        if name == "Resize":
            self._resize(arguments)
        elif name == "CenterCrop":
            size = _pair(arguments.get("size", arguments.get("0")))
            if size is None:
                self.unknown = "CenterCrop: expected a size in pixels"
                return
            self.steps.append(({"crop": {"size": list(size), "rounding": "round"}}, "CenterCrop"))
            self.size = size
        elif name == "Normalize":
            self.normalize = arguments
        elif (
            name == "ToTensor" or (name == "ToDtype" and arguments.get("scale") is True) or name == "ConvertImageDtype"
        ):
            self.sizes, self.dtype = True, "float32"
            self.library = {"library": "torch", "dtype": "float32"}
        elif name == "ToDtype":
            self.dtype = "float32"
        elif name == "Grayscale":
            if arguments.get("num_output_channels", arguments.get("0", 1)) == 1:
                self.builder.state("channel_order", "GRAY", "Grayscale")
            else:
                self.builder.note("Grayscale: the gray image is repeated in all channels, which decode cannot express")
        elif name in ("ToImage", "ToImageTensor", "PILToTensor", "ToPureTensor"):
            self.library = self.library or {"library": "torch"}
        elif name == "ToPILImage":
            self.library = {}
        elif name not in _TENSORS:
            self.unknown = f"{name}: a transform that the spec language cannot express, or an augmentation"

    def _resize(self, arguments: Mapping[str, Json]) -> None:
        value = arguments.get("size", arguments.get("0"))
        kernel = INTERPOLATIONS.get(
            str(arguments.get("interpolation", "bilinear")).rpartition(".")[2].lower().replace("_", "-")
        )
        single = side(value[0]) if isinstance(value, list) and len(value) == 1 else side(value)
        pair = _pair(value) if isinstance(value, list) and len(value) == 2 else None
        library = dict(self.library)
        if library and arguments.get("antialias") is False and kernel in ("bilinear", "bicubic"):
            library["antialias"] = False
        if kernel is None or (single is None and pair is None):
            self.unknown = "Resize: expected a size in pixels and a known interpolation"
            return
        if pair is not None:
            stretch: dict[str, Json] = {"mode": "stretch", "size": list(pair), "interpolation": kernel, **library}
            self.steps.append(({"resize": stretch}, "Resize"))
            self.size = pair
            return
        resize_step: dict[str, Json] = {"mode": "shortest_edge", "size": single, "interpolation": kernel, **library}
        if (most := side(arguments.get("max_size"))) is not None:
            resize_step |= {"max_size": most, "rounding": "floor"}
        self.steps.append(({"resize": resize_step}, "Resize"))
        self.size = None

    def finish(self) -> None:
        """Add everything to the builder."""
        builder = self.builder
        gray = "channel_order" in builder.fields
        if self.unknown:
            builder.unknown("resize", self.unknown)
        elif not self.steps:
            builder.infer("resize.mode", "none", "no Resize and no CenterCrop")
        for index, (step, source) in enumerate([] if self.unknown else self.steps):
            builder.state(f"geometry[{index}]", step, source)
        if self.steps and not self.unknown and not any("library" in str(step) for step, _ in self.steps):
            builder.note("resize.library: assumed pillow, as for transforms of PIL images; on tensors it is torch")
        height, width = self.size or ("H", "W")
        builder.infer("shape", ["N", 1 if gray else 3, height, width], "CenterCrop and Resize")
        builder.infer("dtype", self.dtype, "ToTensor" if self.sizes else "no ToTensor")
        factor = 1 / 255 if self.sizes else 1.0
        if self.normalize is None:
            add_scaled(builder, factor=factor, mean=None, std=None, source="ToTensor" if self.sizes else "no ToTensor")
            return
        mean, std = (
            numbers(self.normalize.get("mean", self.normalize.get("0"))),
            numbers(self.normalize.get("std", self.normalize.get("1"))),
        )
        if mean is None or std is None:
            builder.unknown("value_range", "Normalize: expected mean and std as numbers")
            return
        add_scaled(
            builder,
            factor=factor,
            mean=mean,
            std=std,
            order="RGB" if len(mean) == 3 else "",
            source="ToTensor and Normalize",
        )


def _pair(value: Json) -> tuple[int, int] | None:
    sides = [side(entry) for entry in value] if isinstance(value, list) else [side(value)] * 2
    if len(sides) == 1:
        sides *= 2
    return (sides[0], sides[1]) if len(sides) == 2 and sides[0] and sides[1] else None
