"""Roboflow ``environment.json``: PREPROCESSING with a resize format."""

from __future__ import annotations

import json
from collections.abc import Mapping

from sm_imgcheck.core.json_types import Json
from sm_imgcheck.spec.importers import Importer
from sm_imgcheck.spec.importers._draft import Draft, DraftBuilder
from sm_imgcheck.spec.importers._source_file import SourceFile
from sm_imgcheck.spec.importers._torch_values import side

__all__ = ["IMPORTER"]

_TITLE = "Roboflow preprocessing"
_FILLS = {"black": 0, "white": 255, "grey": 114, "gray": 114, "reflect": -1}


def matches(file: SourceFile) -> float:
    """By PREPROCESSING with a resize."""
    return 0.95 if _resize(file.object) else 0.0


def read(file: SourceFile, input_name: str) -> Draft:
    """The draft of the resized image."""
    del input_name
    resize = _resize(file.object)
    builder = DraftBuilder(file)
    height, width = side(resize.get("height")), side(resize.get("width"))
    form = str(resize.get("format", "Stretch to"))
    if height is None or width is None:
        builder.unknown("resize", "PREPROCESSING.resize: expected width and height")
        return builder.build(_TITLE, "pixels")
    size: Json = [height, width]
    builder.note(f"resized to {height}x{width} (HxW); the layout depends on the exported model")
    fill = next((value for word, value in _FILLS.items() if word in form.lower()), None)
    if form.lower().startswith("stretch"):
        builder.state("resize.mode", "stretch", "PREPROCESSING.resize.format")
    elif fill is not None and fill >= 0:
        builder.state("resize.mode", "letterbox", "PREPROCESSING.resize.format")
        builder.state("resize.fill", fill, "PREPROCESSING.resize.format")
    elif form.lower().startswith("fill"):
        builder.state("resize.mode", "cover", "PREPROCESSING.resize.format")
    else:
        builder.unknown("resize", f"PREPROCESSING.resize.format: got {form[:40]}")
        return builder.build(_TITLE, "pixels")
    builder.state("resize.size", size, "PREPROCESSING.resize")
    builder.assume("resize.library", "opencv", "not stated; the inference server of Roboflow resizes with OpenCV")
    return builder.build(_TITLE, "pixels")


IMPORTER = Importer(
    rank=98,
    title=_TITLE,
    requires="environment.json with PREPROCESSING.resize",
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
