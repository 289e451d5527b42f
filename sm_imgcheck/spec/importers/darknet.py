"""Darknet ``.cfg``: the group ``[net]`` with the size of the network. Images are RGB, 0..1, channels first."""

from __future__ import annotations

import re

from sm_imgcheck.spec.importers import Importer
from sm_imgcheck.spec.importers._draft import Draft, DraftBuilder
from sm_imgcheck.spec.importers._source_file import SourceFile
from sm_imgcheck.spec.importers._torch_values import side

__all__ = ["IMPORTER"]

_TITLE = "Darknet configuration"
_GROUP = re.compile(r"^[ \t]*\[(\w+)\]", re.MULTILINE)
_KEY = re.compile(r"^[ \t]*(width|height|channels)[ \t]*=[ \t]*(\d{1,6})[ \t]*$", re.MULTILINE)
_LAYERS = {"convolutional", "yolo", "region", "maxpool", "connected", "shortcut", "route"}


def matches(file: SourceFile) -> float:
    """By [net] or [network], and a group of a layer."""
    groups = _GROUP.findall(file.start)
    return 0.95 if groups[:1] in (["net"], ["network"]) and _LAYERS & set(groups) else 0.0


def read(file: SourceFile, input_name: str) -> Draft:
    """The draft of the network's input."""
    del input_name
    groups = list(_GROUP.finditer(file.start))
    end = groups[1].start() if len(groups) > 1 else len(file.start)
    keys = {key: int(value) for key, value in _KEY.findall(file.start[groups[0].end() : end].replace("\r", ""))}
    channels, height, width = (side(keys.get(key)) for key in ("channels", "height", "width"))
    builder = DraftBuilder(file)
    if height is None or width is None:
        builder.unknown("shape", "[net]: expected width and height")
    else:
        builder.state("shape", ["N", channels or 3, height, width], "[net] channels, height, width")
    builder.default("layout", "NCHW", "images of Darknet are channels first")
    builder.default("dtype", "float32", "images of Darknet are float32")
    if channels == 1:
        builder.infer("channel_order", "GRAY", "[net] channels: one channel")
    else:
        builder.default("channel_order", "RGB", "load_image of Darknet makes RGB")
    builder.default("value_range", [0, 1], "load_image of Darknet divides by 255")
    reason = "depends on the program: the original Darknet letterboxes on gray, that of AlexeyAB stretches"
    builder.unknown("resize", reason)
    return builder.build(_TITLE, "model")


IMPORTER = Importer(
    rank=88,
    title=_TITLE,
    requires="a .cfg file with [net], width, height and layers such as [convolutional]",
    marks=("[net]", "[convolutional]", "[yolo]", "subdivisions", "darknet"),
    matches=matches,
    read=read,
)
