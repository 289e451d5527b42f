"""Open Model Zoo ``accuracy-check.yml``: the preprocessing with which a model's accuracy was measured.

Operations: ``preprocessing`` of tools/accuracy_checker in the Open Model Zoo.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from sm_imgcheck.core.errors import ImgcheckError
from sm_imgcheck.core.escape import for_terminal
from sm_imgcheck.core.json_types import Json
from sm_imgcheck.spec.importers import Importer
from sm_imgcheck.spec.importers._draft import Draft, DraftBuilder
from sm_imgcheck.spec.importers._source_file import SourceFile
from sm_imgcheck.spec.importers._torch_values import side
from sm_imgcheck.spec.importers._value_mapping import add_scaled, numbers

__all__ = ["IMPORTER"]

_TITLE = "Open Model Zoo accuracy checker configuration"
_KEYS = re.compile(r"^[ \t]*(?:- )?(launchers|datasets|preprocessing|adapter|reader):", re.MULTILINE)
_KERNELS = {
    "bilinear": "bilinear", "linear": "bilinear", "bicubic": "bicubic", "cubic": "bicubic", "nearest": "nearest",
    "area": "area", "lanczos": "lanczos", "antialias": "lanczos",
}  # fmt: skip
_MEANS = {"imagenet": [104.00698793, 116.66876762, 122.67891434], "cifar10": [125.307, 122.961, 113.8575]}
"""Precomputed words of ``normalization``."""
_MOST = 50


def matches(file: SourceFile) -> float:
    """By models or evaluations with launchers, datasets and preprocessing."""
    if file.json is not None or not re.search(r"^(models|evaluations|launchers|datasets):", file.start, re.MULTILINE):
        return 0.0
    names = set(_KEYS.findall(file.start))
    return 0.9 if "datasets" in names and len(names) >= 3 else 0.0


def read(file: SourceFile, input_name: str) -> Draft:
    """The draft of the model's input for the first data set. input_name: name of the model, where there are several."""
    model, others = _model(file, input_name)
    launchers = _mappings(model.get("launchers"))
    datasets = _mappings(model.get("datasets"))
    if not datasets:
        raise ImgcheckError(f"{for_terminal(file.name)}: datasets: got none, expected one with preprocessing")
    dataset = datasets[0]
    builder = DraftBuilder(file)
    if others:
        names = for_terminal(", ".join([str(model.get("name"))[:60], *others]))
        builder.note(f"models: {len(others) + 1} with different contracts ({names}); select one with --input NAME")
    if len(datasets) > 1:
        builder.note(
            f"datasets: the first of {len(datasets)} is imported: {for_terminal(str(dataset.get('name'))[:80])}"
        )
    frameworks = list(dict.fromkeys(str(entry.get("framework", ""))[:40] for entry in launchers))
    if len(launchers) > 1:
        names = for_terminal(", ".join(frameworks))
        builder.note(f"launchers: {len(launchers)} ({names}); a converted model may have mean and scale inside")
    state = _Steps(builder, _reader(dataset))
    if "preprocessing" not in dataset:
        name = for_terminal(str(dataset.get("name"))[:80])
        builder.default("layout", "NCHW", "the accuracy checker gives OpenVINO channels first")
        return builder.build(
            _TITLE, "pixels", missing=f"preprocessing: absent; the global definition of data set {name} may have it"
        )
    for step in _mappings(dataset.get("preprocessing")):
        state.add(str(step.get("type", "")), step)
    state.finish()
    return builder.build(_TITLE, "pixels")


IMPORTER = Importer(
    rank=83,
    title=_TITLE,
    requires="accuracy-check.yml with models, launchers, datasets and preprocessing",
    marks=("accuracy-check", "launchers", "datasets", "preprocessing", "aspect_ratio_scale", "adapter"),
    matches=matches,
    read=read,
)


def _model(file: SourceFile, name: str) -> tuple[Mapping[str, Json], list[str]]:
    """The model called ``name``, or the first one, or the whole file; and the names of the other models."""
    document = file.yaml
    if isinstance(document, Mapping):
        models = _mappings(document.get("models")) or _mappings(document.get("evaluations")) or [document]
        model = next((entry for entry in models if entry.get("name") == name), models[0])
        return model, [str(entry.get("name"))[:60] for entry in models if entry is not model]
    raise ImgcheckError(f"{for_terminal(file.name)}: accuracy checker: expected a mapping")


def _mappings(value: Json) -> list[Mapping[str, Json]]:
    return [entry for entry in value[:_MOST] if isinstance(entry, Mapping)] if isinstance(value, list) else []


def _reader(dataset: Mapping[str, Json]) -> str:
    value = dataset.get("reader", "opencv_imread")
    return str(value.get("type", "") if isinstance(value, Mapping) else value)


def _flag(value: Json) -> bool:
    return value is True or str(value).lower() in ("true", "yes")


class _Steps:
    """Operations read so far."""

    def __init__(self, builder: DraftBuilder, reader: str) -> None:
        self.builder = builder
        self.reader = reader
        self.order = "RGB" if reader in ("pillow_imread", "tf_imread", "skimage_imread") else "BGR"
        self.order_source = f"reader {for_terminal(reader[:40])}"
        self.steps: list[tuple[dict[str, Json], str]] = []
        self.size: tuple[int, int] | None = None
        self.problem = ""
        self.has_values = False

    def add(self, kind: str, step: Mapping[str, Json]) -> None:
        """Read one operation."""
        if kind in ("bgr_to_rgb", "rgb_to_bgr"):
            self.order, self.order_source = kind[-3:].upper(), kind
        elif kind in ("bgr_to_gray", "rgb_to_gray"):
            self.order, self.order_source = "GRAY", kind
        elif kind in ("resize", "auto_resize"):
            self._resize(kind, step)
        elif kind == "crop":
            self._crop(step)
        elif kind == "padding":
            self._pad(step)
        elif kind == "normalization":
            self._normalize(step)
        elif kind:
            self.problem = self.problem or f"preprocessing: {for_terminal(kind[:40])} cannot be expressed"

    def _resize(self, kind: str, step: Mapping[str, Json]) -> None:
        size = _size(step)
        if size is None:
            self.problem = self.problem or f"preprocessing: {kind}: the size is that of the model, which is not stated"
            return
        word = str(step.get("interpolation", "linear")).lower()
        is_pillow = _flag(step.get("use_pillow")) or step.get("resize_realization") == "pillow"
        library = "pillow" if is_pillow else "opencv"
        kernel = _KERNELS.get("bilinear" if is_pillow and "interpolation" not in step else word)
        is_tensorflow = _flag(step.get("use_tensorflow")) or step.get("resize_realization") == "tf"
        scale = str(step.get("aspect_ratio_scale", ""))
        if kernel is None or is_tensorflow or scale not in ("", "greater", "fit_to_window"):
            self.problem = self.problem or "preprocessing: resize: an option that resize cannot express"
            return
        common: dict[str, Json] = {"interpolation": kernel, "library": library}
        if scale == "greater":  # the shorter edge
            resize: dict[str, Json] = {"mode": "shortest_edge", "size": min(size), "rounding": "floor"}
            self.size = None
        elif scale == "fit_to_window":
            resize = {"mode": "longest_edge", "size": [*size], "rounding": "floor"}
            self.size = None
        else:
            resize = {"mode": "stretch", "size": [*size]}
            self.size = size
        self.steps.append(({"resize": {**resize, **common}}, "preprocessing resize"))

    def _crop(self, step: Mapping[str, Json]) -> None:
        size, share = _size(step), numbers(step.get("central_fraction"))
        if share is not None and 0 < share[0] <= 1:
            self.steps.append(({"crop": {"fraction": share[0]}}, "preprocessing crop"))
            self.size = None
        elif size is not None:
            rounding = "round" if _flag(step.get("use_pillow")) else "floor"
            self.steps.append(({"crop": {"size": [*size], "rounding": rounding}}, "preprocessing crop"))
            self.size = size
        else:
            self.problem = self.problem or "preprocessing: crop: expected a size in pixels"

    def _pad(self, step: Mapping[str, Json]) -> None:
        size, stride = _size(step), side(step.get("stride"))
        position = {"right_bottom": "top_left", "left_top": "bottom_right"}.get(str(step.get("pad_type")), "center")
        fill = _numbers(step.get("pad_value", 0))
        if fill is None or (size is None and stride is None):
            self.problem = self.problem or "preprocessing: padding: expected a size or stride"
            return
        frame: dict[str, Json] = {"size": [*size]} if size else {"multiple_of": stride}
        units = {"units": "final"} if self.has_values else {}
        self.steps.append(({"pad": {**frame, "position": position, "fill": [*fill], **units}}, "preprocessing padding"))
        self.size = size

    def _normalize(self, step: Mapping[str, Json]) -> None:
        mean, std = step.get("mean"), step.get("std")
        means = _MEANS.get(mean) if isinstance(mean, str) and mean in _MEANS else _numbers(mean)
        stds = _numbers(std)
        if (
            (mean is not None and means is None)
            or (std is not None and stds is None)
            or _flag(step.get("images_dependence"))
        ):
            self.builder.unknown("value_range", "preprocessing normalization: expected mean and std as numbers")
        else:
            add_scaled(
                self.builder,
                factor=1.0,
                mean=means or [0.0],
                std=stds or [1.0],
                order=self.order if len(means or ()) == 3 or len(stds or ()) == 3 else "",
                source="preprocessing normalization mean, std",
            )
        self.has_values = True

    def finish(self) -> None:
        """Add the rest to the builder."""
        builder = self.builder
        builder.geometry(self.steps, problem=self.problem, absent="preprocessing: no resize")
        height, width = (None, None) if self.problem or self.size is None else self.size
        builder.infer("shape", ["N", 1 if self.order == "GRAY" else 3, height or "H", width or "W"], "preprocessing")
        builder.default("layout", "NCHW", "the accuracy checker gives OpenVINO channels first")
        builder.assume("dtype", "float32", "not stated; float32 by convention of the accuracy checker")
        builder.infer("channel_order", self.order, self.order_source)
        if self.reader == "opencv_imread":
            builder.default("decode.library", "opencv", "opencv_imread, the default reader")
        if not self.has_values:
            builder.infer("value_range", [0, 255], "preprocessing: no normalization")


def _numbers(value: Json) -> list[float] | None:
    """A number, a list, or numbers in text: 123.675, 116.28, 103.53."""
    if isinstance(value, str):
        value = [part.strip(" ()[]") for part in value.split(",")]
    return numbers(value)


def _size(step: Mapping[str, Json]) -> tuple[int, int] | None:
    """``size``, or dst_height and dst_width."""
    edge = side(step.get("size"))
    height, width = side(step.get("dst_height")) or edge, side(step.get("dst_width")) or edge
    return (height, width) if height and width else None
