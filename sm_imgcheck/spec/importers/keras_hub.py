"""keras_hub ``ImageConverter``: ``image_converter.json`` and preprocessor configurations that contain it."""

from __future__ import annotations

from collections.abc import Mapping

from sm_imgcheck.core.json_types import Json
from sm_imgcheck.spec.importers import Importer
from sm_imgcheck.spec.importers._class_settings import ClassSettings
from sm_imgcheck.spec.importers._draft import Draft, DraftBuilder
from sm_imgcheck.spec.importers._source_file import SourceFile
from sm_imgcheck.spec.importers._torch_values import side
from sm_imgcheck.spec.importers._value_mapping import add_affine, numbers

__all__ = ["IMPORTER"]

_TITLE = "keras_hub image converter"
_DEFAULTS: dict[str, Json] = {
    "crop_to_aspect_ratio": True,
    "pad_to_aspect_ratio": False,
    "interpolation": "bilinear",
    "antialias": False,
    "scale": None,
    "offset": None,
}
_KERNELS = ("bilinear", "nearest", "bicubic", "area")
_MOST_OBJECTS = 1_000


def matches(file: SourceFile) -> float:
    """By a class name that ends with ImageConverter."""
    return 0.97 if _converter(file.object) is not None else 0.0


def read(file: SourceFile, input_name: str) -> Draft:
    """The draft of the converter's result."""
    del input_name
    converter = _converter(file.object)
    assert converter is not None
    name, config = converter
    settings = ClassSettings(given_keys=config, defaults=_DEFAULTS, owner=name)
    builder = DraftBuilder(file)
    first = config.get("data_format") == "channels_first"
    builder.add(
        "layout", "NCHW" if first else "NHWC", "data_format", "stated" if config.get("data_format") else "default"
    )
    builder.assume("dtype", "float32", "not stated; float32 by convention of Keras")
    builder.assume("channel_order", "RGB", "not stated; RGB by convention of keras_hub")
    builder.assume("decode.exif", "ignore", "not stated; Keras and TensorFlow ignore the orientation")
    _add_geometry(builder, settings, first=first)
    scale, offset = settings.get("scale"), settings.get("offset")
    scales, offsets = numbers(1.0 if scale is None else scale), numbers(0.0 if offset is None else offset)
    if scales is None or offsets is None or (len(scales) > 1 and len(offsets) > 1 and len(scales) != len(offsets)):
        builder.unknown("value_range", "scale and offset: expected numbers, one or one per channel")
    else:
        add_affine(builder, scale=scales, offset=offsets, order="RGB", source="x * scale + offset")
    return builder.build(_TITLE, "pixels")


IMPORTER = Importer(
    rank=36,
    title=_TITLE,
    requires="image_converter.json or preprocessor.json with a class_name that ends with ImageConverter",
    marks=("keras_hub", "ImageConverter", "image_converter", "crop_to_aspect_ratio", "image_size"),
    matches=matches,
    read=read,
)


def _converter(document: Mapping[str, Json]) -> tuple[str, Mapping[str, Json]] | None:
    """The first converter in the document: its class and configuration."""
    pending: list[Json] = [dict(document)]
    for _ in range(_MOST_OBJECTS):
        if not pending:
            return None
        entry = pending.pop(0)
        if not isinstance(entry, Mapping):
            continue
        name, config = str(entry.get("class_name", "")), entry.get("config")
        if name.rpartition(">")[2].endswith("ImageConverter") and isinstance(config, Mapping):
            return name[:80], config
        pending += [value for value in entry.values() if isinstance(value, Mapping)]
    return None


def _add_geometry(builder: DraftBuilder, settings: ClassSettings, *, first: bool) -> None:
    value = settings.get("image_size")
    sides = [side(entry) for entry in value] if isinstance(value, list) else [side(value)] * 2
    kernel = str(settings.get("interpolation"))
    if len(sides) != 2 or sides[0] is None or sides[1] is None:
        builder.infer("shape", ["N", 3, "H", "W"] if first else ["N", "H", "W", 3], "image_size: not stated")
        builder.infer("resize.mode", "none", "image_size: not stated: no resize")
        return
    size: list[Json] = [sides[0], sides[1]]
    builder.state("shape", ["N", 3, *size] if first else ["N", *size, 3], "image_size")
    if kernel not in _KERNELS:
        builder.unknown("resize", f"interpolation: got {kernel[:40]}, expected {', '.join(_KERNELS)}")
        return
    resize: dict[str, Json] = {"size": size, "interpolation": kernel, "library": "tensorflow"}
    if settings.flag("antialias") and kernel in ("bilinear", "bicubic"):
        resize["antialias"] = True
    if settings.flag("pad_to_aspect_ratio"):
        pad: Json = {"aspect": size}
        builder.state("geometry[0]", {"pad": pad}, "image_size, pad_to_aspect_ratio")
        builder.state("geometry[1]", {"resize": resize}, "image_size, interpolation")
        return
    steps: list[Json] = [{"resize": resize}]
    source = settings.source("crop_to_aspect_ratio")
    if settings.flag("crop_to_aspect_ratio"):
        steps.insert(0, {"crop": {"aspect": size, "rounding": "floor"}})
    for index, step in enumerate(steps):
        builder.state(f"geometry[{index}]", step, f"image_size, interpolation; {source}")
    builder.note("uint8 images stay uint8: a resize rounds them, and the result is uint8 without scale; pass float32")
    builder.note("the backend of Keras resizes: TensorFlow is assumed; torch and JAX differ by less than a gray level")
