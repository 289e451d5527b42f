"""Roboflow ``environment.json`` and ``README.roboflow.txt``: the resize of a data set and of its models."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping

from sm_imgcheck.core.escape import for_terminal
from sm_imgcheck.core.json_types import Json
from sm_imgcheck.spec.importers import Importer
from sm_imgcheck.spec.importers._draft import Draft, DraftBuilder
from sm_imgcheck.spec.importers._source_file import SourceFile
from sm_imgcheck.spec.importers._torch_values import side

__all__ = ["IMPORTER"]

_TITLE = "Roboflow preprocessing"
_LIST = "The following pre-processing was applied to each image:"
_EMPTY_LINE = re.compile(r"\r?\n\r?\n")
_STEP = re.compile(r"^\* (.+?)\s*$", re.MULTILINE)
_README_SIZE = re.compile(r"Resize to (\d{1,5})x(\d{1,5}) \((.*)\)$")
_FILLS = {"black": 0, "white": 255, "grey": 114, "gray": 114, "reflect": -1}


def matches(file: SourceFile) -> float:
    """By PREPROCESSING with a resize, or by the list of steps of a data set."""
    if file.json is None:
        return 0.95 if _LIST in file.start and "roboflow" in file.start else 0.0
    return 0.95 if _resize(file.object) else 0.0


def read(file: SourceFile, input_name: str) -> Draft:
    """The draft of the resized image."""
    del input_name
    builder = DraftBuilder(file)
    if file.json is not None:
        return _add_resize(builder, _resize(file.object), "PREPROCESSING.resize")
    steps = _STEP.findall(_EMPTY_LINE.split(file.start.partition(_LIST)[2])[0])
    builder.note("steps of the data set: a training library may resize and scale again")
    if any(step.startswith("Auto-orientation") for step in steps):
        builder.state("decode.exif", "apply", "Auto-orientation")
    if any(step.startswith("Grayscale") for step in steps):
        builder.note("Grayscale: the gray image is repeated in all three channels")
    others = [step for step in steps if not step.startswith(("Auto-orientation", "Resize", "Grayscale"))]
    if others:
        builder.unknown("resize", f"{for_terminal(others[0][:60])}: a step that the spec language cannot express")
        return builder.build(_TITLE, "pixels")
    size_match = next((match for step in steps if (match := _README_SIZE.match(step))), None)
    if size_match is None:
        builder.unknown("resize", "the data set is not resized")
        return builder.build(_TITLE, "pixels")
    return _add_resize(
        builder, {"width": int(size_match[1]), "height": int(size_match[2]), "format": size_match[3]}, "Resize"
    )


def _add_resize(builder: DraftBuilder, resize: Mapping[str, Json], key: str) -> Draft:
    """The draft of a resize with width, height and format."""
    height, width = side(resize.get("height")), side(resize.get("width"))
    form = str(resize.get("format", "Stretch to"))
    if height is None or width is None:
        builder.unknown("resize", f"{key}: expected width and height")
        return builder.build(_TITLE, "pixels")
    size: Json = [height, width]
    builder.note(f"resized to {height}x{width} (HxW); the layout depends on the exported model")
    fill = next((value for word, value in _FILLS.items() if word in form.lower()), None)
    if form.lower().startswith("stretch"):
        builder.state("resize.mode", "stretch", f"{key} format")
    elif fill is not None and fill >= 0:
        builder.state("resize.mode", "letterbox", f"{key} format")
        builder.state("resize.fill", fill, f"{key} format")
    elif form.lower().startswith("fill"):
        builder.state("resize.mode", "cover", f"{key} format")
    else:
        builder.unknown("resize", f"{key} format: got {for_terminal(form[:40])}")
        return builder.build(_TITLE, "pixels")
    builder.state("resize.size", size, key)
    builder.assume("resize.library", "opencv", "not stated; the inference server of Roboflow resizes with OpenCV")
    return builder.build(_TITLE, "pixels")


IMPORTER = Importer(
    rank=98,
    title=_TITLE,
    requires="environment.json with PREPROCESSING.resize, or README.roboflow.txt",
    marks=("PREPROCESSING", "auto-orient", "CLASS_MAP", "roboflow"),
    matches=matches,
    read=read,
)


def _resize(document: Mapping[str, Json]) -> Mapping[str, Json]:
    value = document.get("PREPROCESSING", document.get("preprocessing"))
    if isinstance(value, str) and len(value) < 1 << 16:
        try:
            value = json.loads(value)
        except (ValueError, RecursionError):
            return {}
    resize = value.get("resize") if isinstance(value, Mapping) else None
    return resize if isinstance(resize, Mapping) else {}
