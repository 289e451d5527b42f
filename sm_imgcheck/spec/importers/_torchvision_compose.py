"""Transforms of torchvision, one after another, as steps of ``geometry`` and a value mapping."""

from __future__ import annotations

from collections.abc import Mapping

from sm_imgcheck.core.json_types import Json
from sm_imgcheck.spec.importers._draft import DraftBuilder
from sm_imgcheck.spec.importers._python_calls import PythonCall
from sm_imgcheck.spec.importers._torch_values import INTERPOLATIONS, side
from sm_imgcheck.spec.importers._value_mapping import add_scaled, numbers

__all__ = ["ComposeState", "add_conventions"]

_MOST_STEPS = 50
_FLOATS = {"float32": "float32", "float": "float32", "float16": "float16", "half": "float16", "bfloat16": "bfloat16"}
_GEOMETRIC = frozenset(
    (
        *("RandomResizedCrop", "RandomHorizontalFlip", "RandomVerticalFlip", "RandomCrop", "RandomRotation"),
        *("RandomAffine", "RandomPerspective", "RandomZoomOut", "RandomIoUCrop", "ScaleJitter", "RandomShortestSize"),
        "Pad",
    )
)
"""Transforms that move pixels and keep their values."""
_COLOR = frozenset(
    (
        *("ColorJitter", "RandomGrayscale", "RandomInvert", "RandomPosterize", "RandomSolarize"),
        *("RandomAdjustSharpness", "RandomAutocontrast", "RandomEqualize", "RandomPhotometricDistort", "GaussianBlur"),
        *("ElasticTransform", "AutoAugment", "RandAugment", "TrivialAugmentWide", "AugMix"),
    )
)
"""Transforms that change pixels; those of an image keep its type and channels."""
_TO_TENSOR = ("ToTensor", "MaybeToTensor")
"""The second: of timm, which leaves tensors unchanged."""
_NO_EFFECT = ("Identity", "_convert_image_to_rgb", "_convert_to_rgb")
"""The functions are those of CLIP and open_clip; RGB is the default of decode."""


def add_conventions(builder: DraftBuilder) -> None:
    """What transforms of torchvision do not state."""
    builder.assume("channel_order", "RGB", "not stated; RGB by convention of torchvision")
    builder.default("layout", "NCHW", "tensors of torchvision are channels first, here in a batch")
    builder.assume("decode.exif", "ignore", "not stated; PIL.Image.open and torchvision.io ignore it")


class ComposeState:
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
        self.is_gray = False
        self.unknown = ""
        """Why the geometry is unknown."""
        self.unknown_values = ""
        """Why everything else is unknown too."""

    def add(self, call: PythonCall) -> None:
        """Take one transform in."""
        self.count += 1
        name, arguments = call.name, call.arguments
        if self.count > _MOST_STEPS:
            self.unknown = self.unknown_values = f"more than {_MOST_STEPS} transforms"
        elif name == "Resize":
            self._resize(arguments)
        elif name == "ResizeKeepRatio":
            self._keep_ratio(arguments)
        elif name == "CenterCrop":
            self._crop(arguments)
        elif name == "Normalize":
            if self.normalize is not None:
                self.unknown_values = "Normalize: got two, expected one"
            self.normalize = arguments
        elif name in (*_TO_TENSOR, "ToDtype", "ConvertImageDtype"):
            self._to_float(name, arguments)
        elif name == "Grayscale":
            self._gray(arguments)
        elif name in ("ToImage", "ToImageTensor", "PILToTensor", "MaybePILToTensor", "ToPureTensor"):
            self.library = self.library or {"library": "torch"}
        elif name == "ToPILImage":
            self.library = {}
        elif name not in _NO_EFFECT:
            self._other(name)

    def _other(self, name: str) -> None:
        self.unknown = f"{name}: a transform that the spec language cannot express, or an augmentation"
        self.size = None
        if name not in _GEOMETRIC and (self.library or name not in _COLOR):
            self.unknown_values = f"{name}: may change the values, the channels or the type"

    def _crop(self, arguments: Mapping[str, Json]) -> None:
        size = _pair(arguments.get("size", arguments.get("0")))
        if size is None:
            self.unknown = "CenterCrop: expected a size in pixels"
            self.size = None
            return
        self.steps.append(({"crop": {"size": list(size), "rounding": "round"}}, "CenterCrop"))
        self.size = size

    def _gray(self, arguments: Mapping[str, Json]) -> None:
        if arguments.get("num_output_channels", arguments.get("0", 1)) == 1:
            self.is_gray = True
        else:
            reason = "Grayscale: gray, repeated in three channels, which a spec cannot express"
            self.builder.unknown("channel_order", reason)

    def _to_float(self, name: str, arguments: Mapping[str, Json]) -> None:
        """ToTensor, and a change of the dtype; pixels that stay uint8 keep their values."""
        words = str(arguments.get("dtype", arguments.get("0", "float32"))).rpartition(".")[2]
        if name not in _TO_TENSOR and words == "uint8":
            return
        if words not in _FLOATS:
            self.unknown_values = f"{name}: expected a type of floating point"
        self.dtype = _FLOATS.get(words, "float32")
        if name != "ToDtype" or arguments.get("scale", arguments.get("1")) is True:
            self.sizes = True
            self.library = {"library": "torch", "dtype": "float32"}

    def _resize(self, arguments: Mapping[str, Json]) -> None:
        value = arguments.get("size", arguments.get("0"))
        kernel = INTERPOLATIONS.get(
            str(arguments.get("interpolation", arguments.get("1", "bilinear")))
            .rpartition(".")[2]
            .lower()
            .replace("_", "-")
        )
        single = side(value[0]) if isinstance(value, list) and len(value) == 1 else side(value)
        pair = _pair(value) if isinstance(value, list) and len(value) == 2 else None
        library = dict(self.library)
        if library and arguments.get("antialias", arguments.get("3")) is False and kernel in ("bilinear", "bicubic"):
            library["antialias"] = False
        if kernel is None or (single is None and pair is None):
            self.unknown = "Resize: expected a size in pixels and a known interpolation"
            self.size = None
            return
        if pair is not None:
            stretch: dict[str, Json] = {"mode": "stretch", "size": list(pair), "interpolation": kernel, **library}
            self.steps.append(({"resize": stretch}, "Resize"))
            self.size = pair
            return
        resize_step: dict[str, Json] = {"mode": "shortest_edge", "size": single, "interpolation": kernel, **library}
        if (most := side(arguments.get("max_size", arguments.get("2")))) is not None:
            resize_step |= {"max_size": most, "rounding": "floor"}
        self.steps.append(({"resize": resize_step}, "Resize"))
        self.size = None

    def _keep_ratio(self, arguments: Mapping[str, Json]) -> None:
        """``ResizeKeepRatio`` of timm, as far as it covers the size without chance."""
        size = _pair(arguments.get("size"))
        kernel = INTERPOLATIONS.get(str(arguments.get("interpolation")))
        chances = ("longest", "random_scale_prob", "random_aspect_prob")
        self.size = None
        if size is None or kernel is None or any(arguments.get(key) != 0 for key in chances):
            self.unknown = "ResizeKeepRatio: expected a size, one interpolation, longest 0 and no random change"
            return
        cover: dict[str, Json] = {"mode": "cover", "size": [*size], "rounding": "round", "interpolation": kernel}
        self.steps.append(({"resize": cover}, "ResizeKeepRatio"))

    def _is_any_count(self) -> bool:
        """Whether Normalize has a mean of one entry, as for gray images and for RGB with the same mean."""
        mean = numbers(self.normalize.get("mean", self.normalize.get("0"))) if self.normalize is not None else None
        return mean is not None and len(mean) == 1

    def finish(self) -> None:
        """Add everything to the builder."""
        builder = self.builder
        builder.geometry(self.steps, problem=self.unknown, absent="no Resize and no CenterCrop")
        if self.steps and not self.unknown and not any("library" in str(step) for step, _ in self.steps):
            builder.note("resize.library: assumed pillow, as for transforms of PIL images; on tensors it is torch")
        if self.unknown_values:
            for key in ("shape", "layout", "dtype", "channel_order", "value_range"):
                builder.unknown(key, self.unknown_values)
            return
        if self.unknown and self.size is None:
            builder.unknown("shape", self.unknown)
        height, width = self.size or ("H", "W")
        if self.is_gray:
            builder.state("channel_order", "GRAY", "Grayscale")
        elif self._is_any_count():
            for key in ("channel_order", "shape"):
                builder.unknown(key, "Normalize: one mean fits images of any number of channels")
        builder.infer("shape", ["N", 1 if self.is_gray else 3, height, width], "CenterCrop and Resize")
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
