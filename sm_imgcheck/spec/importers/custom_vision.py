"""Azure Custom Vision ``metadata_properties.json``: ``CustomVision.Preprocess.*``, all values are strings."""

from __future__ import annotations

from sm_imgcheck.core.json_types import Json
from sm_imgcheck.spec.importers import Importer
from sm_imgcheck.spec.importers._draft import Draft, DraftBuilder
from sm_imgcheck.spec.importers._source_file import SourceFile
from sm_imgcheck.spec.importers._value_mapping import add_scaled, numbers

__all__ = ["IMPORTER"]

_TITLE = "Custom Vision metadata"
_PREFIX = "CustomVision.Preprocess."
_ORDERS = {"Rgb8": "RGB", "Bgr8": "BGR", "Gray8": "GRAY"}
_RANGES = {"NominalRange_0_255": (1.0, 0.0), "Normalized_0_1": (1 / 255, 0.0), "Normalized_1_1": (1 / 127.5, -1.0)}
"""``Image.NominalPixelRange`` of Windows ML as factor and offset of a pixel of 0..255."""


def matches(file: SourceFile) -> float:
    """By the keys of preprocessing."""
    return 0.97 if sum(key.startswith(_PREFIX) for key in file.object) >= 2 else 0.0


def read(file: SourceFile, input_name: str) -> Draft:
    """The draft of the exported model's input."""
    del input_name
    keys = {key.removeprefix(_PREFIX): str(value) for key, value in file.object.items() if key.startswith(_PREFIX)}
    builder = DraftBuilder(file)
    order = _ORDERS.get(str(file.object.get("Image.BitmapPixelFormat", "")))
    if order:
        builder.state("channel_order", order, "Image.BitmapPixelFormat")
    _add_values(builder, keys, str(file.object.get("Image.NominalPixelRange", "")), order or "RGB")
    _add_geometry(builder, keys)
    builder.assume("dtype", "float32", "not stated; float32 by convention of the exports")
    return builder.build(_TITLE, "pixels", missing="not stated: the color order depends on the exported format")


IMPORTER = Importer(
    rank=92,
    title=_TITLE,
    requires="metadata_properties.json with CustomVision.Preprocess keys",
    marks=("CustomVision", "Preprocess", "NormalizeMean", "TargetHeight"),
    matches=matches,
    read=read,
)


def _add_values(builder: DraftBuilder, keys: dict[str, str], pixel_range: str, order: str) -> None:
    """Pixels in the nominal range, 0..255 in metadata before version 1.2, then mean and std."""
    mean, std = (_list(keys.get(key, "")) for key in ("NormalizeMean", "NormalizeStd"))
    factor, offset = _RANGES.get(pixel_range or "NominalRange_0_255", (0.0, 0.0))
    if not factor:
        builder.unknown("value_range", f"Image.NominalPixelRange: got {pixel_range[:40]}, expected a known range")
        return
    if not any(mean) and set(std) <= {1.0}:
        source = "Image.NominalPixelRange" if pixel_range else "NormalizeMean, NormalizeStd: no change"
        add_scaled(builder, factor=factor, mean=None, std=None, offset=offset, source=source)
    elif len(mean) == len(std) and len(mean) in (1, 3):
        add_scaled(
            builder,
            factor=factor,
            mean=mean,
            std=std,
            offset=offset,
            order=order if len(set(mean)) > 1 or len(set(std)) > 1 else "",
            source="NormalizeMean, NormalizeStd",
        )


def _list(text: str) -> list[float]:
    parts = text.strip("[]() ").replace(",", " ").split()
    return numbers(list(parts)) or [] if 1 <= len(parts) <= 4 else []


def _side(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and 0 < len(text) <= 5 else 0


def _add_geometry(builder: DraftBuilder, keys: dict[str, str]) -> None:
    height, width = _side(keys.get("TargetHeight", "")), _side(keys.get("TargetWidth", ""))
    method, crop = keys.get("ResizeMethod", ""), keys.get("CropMethod", "NoCrop")
    if not height or not width:
        builder.unknown("resize", f"ResizeMethod {method[:40]}: no fixed target size")
        return
    builder.note(f"input of {height}x{width} (HxW) pixels; the layout depends on the exported format")
    if method == "Stretch" and crop == "NoCrop":
        size: Json = [height, width]
        builder.state("resize.mode", "stretch", "ResizeMethod")
        builder.state("resize.size", size, "TargetHeight, TargetWidth")
        return
    builder.unknown("resize", f"ResizeMethod {method[:40]}, CropMethod {crop[:40]}")
