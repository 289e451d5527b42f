"""PaddleDetection ``infer_cfg.yml``, PaddleClas and PaddleX ``inference.yml``: lists of preprocessing operations."""

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

_TITLE = "Paddle inference configuration"
_MARK = re.compile(r"^(Preprocess|PreProcess|Transforms|transforms|Deploy|Infer|val_dataset):", re.MULTILINE)
_SEGMENTATION = re.compile(r"^(Deploy|val_dataset):", re.MULTILINE)
_GROUPS = ("Preprocess", "PreProcess", "Transforms", "transforms", "Infer")
"""Groups of operations; the last is that of PaddleClas's training configurations."""
_OPERATIONS = ("Resize", "NormalizeImage", "Normalize", "Permute", "ToCHWImage", "ResizeImage", "DecodeImage")
_INTERPOLATIONS = {0: "nearest", 1: "bilinear", 2: "bicubic", 3: "area", 4: "lanczos"}
_WORDS = {
    "nearest": "nearest", "bilinear": "bilinear", "bicubic": "bicubic", "area": "area", "lanczos": "lanczos",
    "linear": "bilinear", "cubic": "bicubic", "lanczos4": "lanczos",
}  # fmt: skip
"""Words of PaddleClas and PaddleSeg, and at the end those of PaddleX."""
_MOST_STEPS = 100
_NEUTRAL_STEPS = {
    "Permute", "ToCHWImage", "KeepKeys", "ToTensor", "EncodeImage", "DetLabelEncode", "MultiLabelEncode",
    "CTCLabelEncode", "ClsLabelEncode", "RecConAug", "LoadImage", "ArrangeSegmenter",
}  # fmt: skip
"""Operations that do not change the pixels."""


def matches(file: SourceFile) -> float:
    """By a list of operations under Preprocess or transforms."""
    start = file.start
    if file.json is not None or not _MARK.search(start):
        return 0.0
    return 0.9 if sum(word in start for word in _OPERATIONS) >= (1 if _SEGMENTATION.search(start) else 2) else 0.0


def read(file: SourceFile, input_name: str) -> Draft:
    """The draft of the model's input."""
    del input_name
    state = _PaddleState(DraftBuilder(file), is_segmentation=_deploy(file.yaml) is not None)
    for name, params in _operations(file.yaml):
        state.add(name, params)
    state.finish()
    return state.builder.build(_TITLE, "pixels")


IMPORTER = Importer(
    rank=84,
    title=_TITLE,
    requires="infer_cfg.yml or inference.yml with Preprocess and NormalizeImage",
    marks=("Preprocess", "PreProcess", "NormalizeImage", "target_size", "transform_ops", "infer_cfg", "paddle"),
    matches=matches,
    read=read,
)


def _operations(document: Json) -> list[tuple[str, Mapping[str, Json]]]:
    """Name and parameters of each operation, in order."""
    steps: Json = None
    deploy = _deploy(document)
    if deploy is not None:
        steps = deploy.get("transforms")
    elif isinstance(document, Mapping):
        steps = next((document[key] for key in _GROUPS if key in document), None)
    if isinstance(steps, Mapping):
        steps = steps.get("transform_ops", steps.get("transforms"))
    result: list[tuple[str, Mapping[str, Json]]] = []
    for entry in steps[:_MOST_STEPS] if isinstance(steps, list) else []:
        if isinstance(entry, Mapping) and isinstance(entry.get("type"), str):
            result.append((str(entry["type"]), entry))
        elif isinstance(entry, Mapping) and len(entry) == 1:
            ((name, params),) = entry.items()
            result.append((name, params if isinstance(params, Mapping) else {}))
    return result


def _deploy(document: Json) -> Mapping[str, Json] | None:
    """The group of PaddleSeg's deploy.yaml, or of its training files."""
    groups = document if isinstance(document, Mapping) else {}
    deploy = groups.get("Deploy", groups.get("val_dataset"))
    return deploy if isinstance(deploy, Mapping) else None


class _PaddleState:
    """Operations read so far."""

    def __init__(self, builder: DraftBuilder, *, is_segmentation: bool) -> None:
        self.builder = builder
        self.is_segmentation = is_segmentation
        """PaddleSeg: sizes are (width, height), mean and std default to 0.5."""
        self.open_width: int | None = None
        """Height of a text line, whose width follows from its image."""
        self.order = "RGB"
        self.order_stated = False
        self.steps: list[tuple[dict[str, Json], str]] = []
        self.size: tuple[int, int] | None = None
        self.frame: tuple[int, int] | None = None
        """Height and width after an operation that cannot be expressed."""
        self.problem = ""
        self.is_open = False
        """Whether an operation that cannot be expressed gives each image its own size."""
        self.has_values = False

    def add(self, name: str, params: Mapping[str, Json]) -> None:
        """Take one operation in."""
        if name == "DecodeImage":
            bgr = params.get("img_mode") == "BGR" or params.get("to_rgb") is False
            self.order, self.order_stated = "BGR" if bgr else "RGB", bool(params)
        elif name in ("Resize", "ResizeImage", "ResizeByShort", "ResizeByLong", "LetterBoxResize"):
            self._resize(name, params)
        elif name in ("CropImage", "CenterCrop"):
            self._crop(name, params)
        elif name in ("NormalizeImage", "Normalize"):
            self._normalize(params)
        elif name in ("TopDownEvalAffine", "WarpAffine"):
            self._affine(name, params)
        elif name in ("RecResizeImg", "OCRReisizeNormImg", "OCRResizeNormImg"):
            self._text_line(name, params)
        elif name == "PadStride":
            stride = side(params.get("stride"))
            if stride is not None:
                pad: Json = {"multiple_of": stride, "position": "top_left", "units": "final", "fill": 0}
                self.steps.append(({"pad": pad}, name))
        elif name == "Pad":
            self._pad(params)
        elif name not in _NEUTRAL_STEPS:
            self.problem = f"{name[:40]}: an operation that the spec language cannot express"
            self.is_open = name == "DetResizeForTest" and "image_shape" not in params

    def _resize(self, name: str, params: Mapping[str, Json]) -> None:
        word = params.get("interp", params.get("interpolation", 1))
        word = word.lower() if isinstance(word, str) else word
        kernel = _INTERPOLATIONS.get(word) if isinstance(word, int) else _WORDS.get(str(word).lower())
        library = "pillow" if params.get("backend") == "pil" else "opencv"
        size = _pair(params.get("target_size", params.get("size")))
        if size is not None and (self.is_segmentation or name == "ResizeImage"):
            size = (size[1], size[0])
        short = side(params.get("resize_short", params.get("short_size")))
        if kernel is None or name in ("ResizeByLong", "LetterBoxResize") or (size is None and short is None):
            self.frame = size if name == "LetterBoxResize" else None
            self.problem = f"{name}: expected target_size and a known interpolation"
            return
        common: dict[str, Json] = {"interpolation": kernel, "library": library}
        if short is not None:
            resize: dict[str, Json] = {"mode": "shortest_edge", "size": short, "rounding": "round", **common}
            self.size = None
        elif params.get("keep_ratio") is True:
            assert size is not None
            edges: dict[str, Json] = {"size": min(size), "max_size": max(size)}
            resize = {"mode": "shortest_edge", **edges, "rounding": "round", **common}
            self.size = None
        else:
            assert size is not None
            resize = {"mode": "stretch", "size": [*size], **common}
            self.size = size
        self.steps.append(({"resize": resize}, name))

    def _affine(self, name: str, params: Mapping[str, Json]) -> None:
        """An affine transform to a fixed size: trainsize is [width, height]."""
        pair = _pair(params.get("trainsize"))
        sides = (pair[1], pair[0]) if pair else (side(params.get("input_h")), side(params.get("input_w")))
        self.problem = f"{name}: an affine transform, which resize cannot express"
        self.frame = (sides[0], sides[1]) if sides[0] and sides[1] else None

    def _text_line(self, name: str, params: Mapping[str, Json]) -> None:
        """Text recognition: height fixed, width by the aspect ratio, then (x / 255 - 0.5) / 0.5, padded with 0."""
        shape = params.get("image_shape")
        sides = [side(entry) for entry in shape] if isinstance(shape, list) and len(shape) == 3 else []
        self.problem = f"{name}: the width follows from the aspect ratio and is padded, which resize cannot express"
        add_scaled(
            self.builder, factor=1 / 127.5, mean=None, std=None, offset=-1.0, source=f"{name}: (x / 255 - 0.5) / 0.5"
        )
        self.has_values = True
        self.open_width = sides[1] if sides else None

    def _crop(self, name: str, params: Mapping[str, Json]) -> None:
        size = _pair(params.get("size", params.get("crop_size")))
        if size is None:
            self.problem = "CropImage: expected a size"
            return
        size = (size[1], size[0]) if name == "CropImage" else size
        self.steps.append(({"crop": {"size": [*size], "rounding": "floor", "pad_side": "after"}}, "CropImage"))
        self.size = size

    def _pad(self, params: Mapping[str, Json]) -> None:
        """To a size, at the right and at the bottom."""
        size, fill = _pair(params.get("size")), numbers(params.get("fill_value"))
        if size is None or fill is None or params.keys() - {"type", "size", "fill_value"} or self.has_values:
            self.problem = "Pad: expected size and fill_value, before NormalizeImage"
            return
        self.steps.append(({"pad": {"size": [*size], "position": "top_left", "fill": [*fill]}}, "Pad"))
        self.frame = size

    def _normalize(self, params: Mapping[str, Json]) -> None:
        if params.get("output_fp16") is True:
            self.builder.infer("dtype", "float16", "NormalizeImage: output_fp16")
        if params.get("channel_num", 3) != 3:
            for key in ("shape", "channel_order"):
                self.builder.unknown(
                    key, "NormalizeImage: channel_num: a channel of zeros, which a spec cannot express"
                )
        if params.get("norm_type") == "none":
            factor = 1 / 255 if params.get("is_scale", True) is True else 1.0
            add_scaled(self.builder, factor=factor, mean=None, std=None, source="NormalizeImage")
            self.has_values = True
            return
        factor_value = _factor(params)
        mean, std = (
            numbers(params.get("mean", [0.5] * 3 if self.is_segmentation else [0.485, 0.456, 0.406])),
            numbers(params.get("std", [0.5] * 3 if self.is_segmentation else [0.229, 0.224, 0.225])),
        )
        if factor_value is None or mean is None or std is None:
            self.builder.unknown("value_range", "NormalizeImage: expected scale, mean and std as numbers")
        else:
            order = self.order if len(mean) == 3 else ""
            add_scaled(
                self.builder,
                factor=factor_value,
                mean=mean,
                std=std,
                order=order,
                source="NormalizeImage scale, mean, std",
            )
        self.has_values = True

    def finish(self) -> None:
        """Add the rest to the builder."""
        builder = self.builder
        builder.geometry(self.steps, problem=self.problem, absent="no Resize")
        has_padding = any("pad" in step for step, _ in self.steps)
        height: Json = self.open_width or "H"
        width: Json = "W"
        if self.frame is not None:
            height, width = self.frame
        elif self.size is not None and not has_padding and not self.problem:
            height, width = self.size
        if self.problem and not self.frame and not self.open_width and not self.is_open:
            builder.unknown("shape", self.problem)
        builder.infer("shape", ["N", 3, height, width], "size of the last operation")
        builder.default("layout", "NCHW", "Permute: tensors of Paddle are channels first")
        builder.assume("dtype", "float32", "not stated; float32 by convention of Paddle")
        if self.order_stated:
            builder.state("channel_order", self.order, "DecodeImage")
        else:
            builder.assume("channel_order", "RGB", "not stated; the decoder of Paddle inference gives RGB")
        builder.default("decode.library", "opencv", "Paddle inference reads images with OpenCV")
        if not self.has_values:
            builder.infer("value_range", [0, 255], "no NormalizeImage")


def _factor(params: Mapping[str, Json]) -> float | None:
    """``scale`` as a number or the text 1.0/255.0; ``is_scale`` of PaddleDetection."""
    scale = params.get("scale")
    if scale is None:
        return 1 / 255 if params.get("is_scale", True) is True else 1.0
    parts = [numbers(part.strip().rstrip(".") or "0") for part in str(scale).split("/")]
    if any(part is None for part in parts) or not 1 <= len(parts) <= 2:
        return None
    first = parts[0] or [0.0]
    second = (parts[1] or [0.0]) if len(parts) == 2 else [1.0]
    return first[0] / second[0] if second[0] else None


def _pair(value: Json) -> tuple[int, int] | None:
    sides = [side(entry) for entry in value] if isinstance(value, list) else [side(value)] * 2
    return (sides[0], sides[1]) if len(sides) == 2 and sides[0] and sides[1] else None
