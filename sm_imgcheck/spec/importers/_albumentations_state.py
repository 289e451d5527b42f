"""Transforms of Albumentations, one after another, as steps of ``geometry`` and a value mapping."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import islice

from sm_imgcheck.core.json_types import Json
from sm_imgcheck.spec.importers._class_settings import ClassSettings
from sm_imgcheck.spec.importers._draft import Draft, DraftBuilder
from sm_imgcheck.spec.importers._python_calls import PythonCall
from sm_imgcheck.spec.importers._torch_values import side
from sm_imgcheck.spec.importers._value_mapping import add_scaled, numbers

__all__ = ["albumentations_draft"]

_INTERPOLATIONS = ("nearest", "bilinear", "bicubic", "area", "lanczos")
"""By OpenCV's constants."""
_WORDS = {"INTER_NEAREST": 0, "INTER_LINEAR": 1, "INTER_CUBIC": 2, "INTER_AREA": 3, "INTER_LANCZOS4": 4}
_NORMALIZE: dict[str, Json] = {
    "mean": [0.485, 0.456, 0.406],
    "std": [0.229, 0.224, 0.225],
    "max_pixel_value": 255,
    "normalization": "standard",
}
_POSITIONS = {
    "Resize": ("height", "width", "interpolation"),
    "CenterCrop": ("height", "width"),
    "SmallestMaxSize": ("max_size", "interpolation"),
    "LongestMaxSize": ("max_size", "interpolation"),
    "PadIfNeeded": ("min_height", "min_width"),
    "Normalize": ("mean", "std", "max_pixel_value"),
}
_MOST_STEPS = 100
_EXACT = ("ToTensorV2", "ToTensor3D")
"""They transpose for every p."""


def albumentations_draft(calls: Iterable[PythonCall], builder: DraftBuilder, title: str) -> Draft:
    """The draft of the array to which the transforms convert an image."""
    state = _AlbumentationsState(builder)
    for call in islice(calls, _MOST_STEPS):
        state.add(call)
    state.finish()
    builder.assume("channel_order", "RGB", "not stated; RGB by convention of Albumentations, OpenCV alone reads BGR")
    return builder.build(title, "pixels")


def _with_names(call: PythonCall) -> PythonCall:
    """The call with the names of its arguments by position."""
    names = dict(zip("012", _POSITIONS.get(call.name, ()), strict=False))
    return PythonCall(name=call.name, arguments={names.get(key, key): value for key, value in call.arguments.items()})


class _AlbumentationsState:
    """Transforms read so far."""

    def __init__(self, builder: DraftBuilder) -> None:
        self.builder = builder
        self.steps: list[tuple[dict[str, Json], str]] = []
        self.size: tuple[Json, Json] = ("H", "W")
        self.longest: int | None = None
        """Length of the longest edge, where a transform sets it."""
        self.values: PythonCall | None = None
        self.layout = "NHWC"
        self.problem = ""
        """Why everything is unknown."""
        self.size_problem = ""
        """Why the geometry alone is unknown."""

    def add(self, call: PythonCall) -> None:
        """Take one transform in."""
        call = _with_names(call)
        arguments = call.arguments
        is_certain = arguments.get("p", 1) == 1 or arguments.get("always_apply") is True or call.name in _EXACT
        if not is_certain:
            self.problem = self.problem or f"{call.name}: applied at random (p)"
        elif call.name in ("Resize", "SmallestMaxSize", "LongestMaxSize", "CenterCrop"):
            self._resize(call)
        elif call.name == "PadIfNeeded":
            self._pad(arguments)
        elif call.name in ("Normalize", "ToFloat"):
            self.problem = self.problem or (f"{call.name}: values are changed twice" if self.values else "")
            self.values = call
        elif call.name in _EXACT:
            self.layout = "NCHW"
        elif call.name != "NoOp":
            self.problem = self.problem or f"{call.name[:40]}: an augmentation, or its effect is not known"

    def _resize(self, call: PythonCall) -> None:
        arguments, name = call.arguments, call.name
        height, width, edge = (side(arguments.get(key)) for key in ("height", "width", "max_size"))
        word = arguments.get("interpolation", 1)
        number = _WORDS.get(str(word).rpartition(".")[2], word)
        is_known = isinstance(number, int) and 0 <= number < len(_INTERPOLATIONS)
        if not is_known or (edge is None if name.endswith("MaxSize") else height is None or width is None):
            self.size_problem = f"{name}: expected a size in pixels and an interpolation of OpenCV"
            return
        assert isinstance(number, int)
        common: dict[str, Json] = {"interpolation": _INTERPOLATIONS[number], "library": "opencv"}
        self.longest, self.size = None, ("H", "W")
        if name == "CenterCrop":
            self.size = (height, width)
            step: dict[str, Json] = {"crop": {"size": [height, width], "rounding": "floor"}}
        elif name == "Resize":
            self.size = (height, width)
            step = {"resize": {"mode": "stretch", "size": [height, width], **common}}
        elif name == "SmallestMaxSize":
            step = {"resize": {"mode": "shortest_edge", "size": edge, "rounding": "round", **common}}
        else:
            self.longest = edge
            step = {"resize": {"mode": "longest_edge", "size": [edge, edge], "rounding": "round", **common}}
        self.steps.append((step, name))

    def _pad(self, arguments: Mapping[str, Json]) -> None:
        """To a fixed size, where the image is not larger."""
        height, width = side(arguments.get("min_height")), side(arguments.get("min_width"))
        border = str(arguments.get("border_mode")).rpartition(".")[2]
        fill = numbers(arguments.get("value", arguments.get("fill", 0)) or 0)
        least = min(height or 0, width or 0)
        fits = self.longest is not None and self.longest <= least
        position = str(arguments.get("position", "center")).rpartition(".")[2].lower()
        if border not in ("0", "BORDER_CONSTANT") or not fits or fill is None or position not in ("center", "top_left"):
            reason = "expected border_mode 0, a fill, and LongestMaxSize before it"
            self.size_problem = f"PadIfNeeded: {reason}"
            return
        pad: dict[str, Json] = {"size": [height, width], "fill": fill[0] if len(fill) == 1 else [*fill]}
        self.steps.append(({"pad": pad if position == "center" else {**pad, "position": position}}, "PadIfNeeded"))
        self.size = (height, width)

    def finish(self) -> None:
        """Add everything to the builder."""
        builder = self.builder
        if self.problem:
            for key in ("resize", "shape", "value_range", "dtype"):
                builder.unknown(key, self.problem)
            return
        builder.geometry(self.steps, problem=self.size_problem, absent="no Resize")
        if self.size_problem:
            builder.unknown("shape", self.size_problem)
        shape: dict[str, Json] = {"N": "N", "C": 3, "H": self.size[0], "W": self.size[1]}
        builder.infer("shape", [shape[axis] for axis in self.layout], "size of the last transform")
        builder.infer("layout", self.layout, "ToTensorV2" if self.layout == "NCHW" else "no ToTensorV2: channels last")
        if self.values:
            builder.infer("dtype", "float32", self.values.name)
        else:
            builder.infer("dtype", "uint8", "no Normalize")
        self._add_values()

    def _add_values(self) -> None:
        builder, call = self.builder, self.values
        if call is None:
            builder.infer("value_range", [0, 255], "no Normalize")
            return
        if call.name == "ToFloat":
            most = numbers(call.arguments.get("max_value") or 255, most=1)
            factor = 1 / most[0] if most and most[0] else 0
            add_scaled(builder, factor=factor, mean=None, std=None, source="ToFloat max_value")
            return
        settings = ClassSettings(given_keys=call.arguments, defaults=_NORMALIZE, owner="Normalize of Albumentations")
        mean, std = numbers(settings.get("mean")), numbers(settings.get("std"))
        most_value = settings.number("max_pixel_value")
        if mean is None or std is None or not most_value or str(settings.get("normalization")) != "standard":
            builder.unknown("value_range", "Normalize: expected mean, std and max_pixel_value as numbers")
            return
        add_scaled(
            builder,
            factor=1 / most_value,
            mean=mean,
            std=std,
            source="Normalize mean, std, max_pixel_value",
            mean_source=settings.source("mean"),
            std_source=settings.source("std"),
            mean_certainty=settings.certainty("mean"),
            std_certainty=settings.certainty("std"),
        )
