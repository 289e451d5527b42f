"""Metadata that Ultralytics writes into exported models: ``imgsz``, ``stride``, ``names``, ``task``."""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping, Sequence

from sm_imgcheck.core.json_types import Json
from sm_imgcheck.spec.importers._draft import DraftBuilder
from sm_imgcheck.spec.importers._torch_values import side

__all__ = ["add_ultralytics", "is_ultralytics"]

_FILL = [114, 114, 114]
"""``ultralytics.data.augment.LetterBox``."""

_DESCRIPTION = re.compile(r"Ultralytics (.{1,200}?) model\b", re.IGNORECASE)
"""The name of the model; the data set, whose path follows it, may contain the name of any model."""


def is_ultralytics(metadata: Mapping[str, object]) -> bool:
    """Whether the metadata are those of an Ultralytics export."""
    return "stride" in metadata and "names" in metadata  # YOLOv5 has only these


def add_ultralytics(
    builder: DraftBuilder,
    metadata: Mapping[str, object],
    dims: Sequence[int | None],
    source: str = "metadata of Ultralytics",
) -> None:
    """Add what the metadata imply: RGB, pixels / 255, a letterbox on gray; for classification a center crop.

    dims: of the model's input, where they are known. source: what contains the keys.
    """
    size = _size(metadata.get("imgsz"), dims)
    task = str(metadata.get("task", "detect"))
    builder.infer("channel_order", "RGB", f"{source}: RGB")
    builder.infer("value_range", [0, 1], f"{source}: pixels / 255")
    builder.default("decode.library", "opencv", "Ultralytics reads images with OpenCV")
    if size is None:
        builder.unknown("resize", f"{source}: imgsz: not stated")
        return
    height, width = size
    if reason := _stretches(metadata, task, size):
        builder.infer("resize.mode", "stretch", f"{source}: {reason}")
        builder.infer("resize.size", [height, width], f"{source}: imgsz")
        builder.default("resize.interpolation", "bilinear", "pre_transform of Ultralytics")
        builder.default("resize.library", "pillow" if task == "classify" else "opencv", "pre_transform of Ultralytics")
        return
    if task == "classify":
        builder.infer("resize.mode", "shortest_edge", f"{source}: task classify")
        builder.infer("resize.size", min(height, width), f"{source}: imgsz")
        builder.default("resize.interpolation", "bilinear", "classify_transforms of Ultralytics")
        builder.default("resize.library", "pillow", "classify_transforms of Ultralytics")
        builder.infer("resize.crop", "center", f"{source}: task classify")
        return
    builder.infer("resize.mode", "letterbox", f"{source}: task {task[:20]}")
    builder.infer("resize.size", [height, width], f"{source}: imgsz")
    builder.default("resize.fill", list(_FILL), "LetterBox of Ultralytics")
    builder.default("resize.interpolation", "bilinear", "LetterBox of Ultralytics")
    builder.default("resize.library", "opencv", "LetterBox of Ultralytics")
    if str(metadata.get("dynamic", "")).lower() == "true" or any(entry is None for entry in dims[-2:]):
        stride = metadata.get("stride")
        builder.note(
            f"dynamic size: Ultralytics may letterbox to the next multiple of stride {stride} instead of imgsz"
        )


def _stretches(metadata: Mapping[str, object], task: str, size: tuple[int, int]) -> str:
    """Why images are stretched: RT-DETR, depth, and classification to a rectangle. Empty: they are not."""
    description = _DESCRIPTION.match(str(metadata.get("description", "")))
    names = {
        "head": str(metadata.get("head", "")),
        "model": re.split(r"[/\\]", str(metadata.get("model", "")))[-1],
        "description": description[1] if description else "",
    }
    if key := next((key for key, name in names.items() if "rtdetr" in name.lower()), ""):
        return f"{key}: RT-DETR"
    is_stretched = task == "depth" or (task == "classify" and size[0] != size[1])
    return f"task {task}{'' if task == 'depth' else ', to a rectangle'}" if is_stretched else ""


def _size(value: object, dims: Sequence[int | None]) -> tuple[int, int] | None:
    value_list: Json = None
    if isinstance(value, str) and len(value) < 100:
        try:
            value_list = ast.literal_eval(value)
        except (ValueError, SyntaxError, RecursionError, MemoryError):
            value_list = None
    elif isinstance(value, list | int):
        value_list = value
    sides = [side(entry) for entry in value_list] if isinstance(value_list, list | tuple) else [side(value_list)] * 2
    if len(sides) == 1:
        sides *= 2
    if len(sides) == 2 and sides[0] and sides[1]:
        return sides[0], sides[1]
    if len(dims) == 4 and dims[2] and dims[3]:
        return dims[2], dims[3]
    return None
