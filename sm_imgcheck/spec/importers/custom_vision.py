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


def matches(file: SourceFile) -> float:
    """By the keys of preprocessing."""
    return 0.97 if sum(key.startswith(_PREFIX) for key in file.object) >= 2 else 0.0


def read(file: SourceFile, input_name: str) -> Draft:
    """The draft of the exported model's input."""
    del input_name
    keys = {key.removeprefix(_PREFIX): str(value) for key, value in file.object.items() if key.startswith(_PREFIX)}
    builder = DraftBuilder(file)
    mean, std = (_list(keys.get(key, "")) for key in ("NormalizeMean", "NormalizeStd"))
    if mean and std:
        equal = len(set(mean)) == len(set(std)) == 1
        if equal or len(mean) == 3:
            add_scaled(
                builder,
                factor=1.0,
                mean=mean,
                std=std,
                order="" if equal else "RGB",
                source="NormalizeMean, NormalizeStd",
            )
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
