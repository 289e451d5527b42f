"""Detectron2 YAML configurations: ``INPUT`` and ``MODEL.PIXEL_MEAN``. The model normalizes inside."""

from __future__ import annotations

import re
from collections.abc import Mapping

from sm_imgcheck.core.json_types import Json
from sm_imgcheck.spec.importers import Importer
from sm_imgcheck.spec.importers._base_files import chain_notes, read_chain
from sm_imgcheck.spec.importers._class_settings import ClassSettings
from sm_imgcheck.spec.importers._draft import Draft, DraftBuilder
from sm_imgcheck.spec.importers._source_file import SourceFile
from sm_imgcheck.spec.importers._torch_values import side

__all__ = ["IMPORTER"]

_TITLE = "Detectron2 configuration"
_MARK = re.compile(r"^(INPUT|MODEL|DATASETS|SOLVER|_BASE_):", re.MULTILINE)
_DEFAULTS: dict[str, Json] = {"FORMAT": "BGR", "MIN_SIZE_TEST": 800, "MAX_SIZE_TEST": 1333}
"""``detectron2/config/defaults.py``."""


def matches(file: SourceFile) -> float:
    """By the groups in capitals."""
    names = set(_MARK.findall(file.start)) if file.json is None else set()
    keys = any(word in file.start for word in ("MIN_SIZE_TEST", "PIXEL_MEAN", "META_ARCHITECTURE"))
    return 0.9 if len(names) >= 2 and keys else 0.6 if {"MODEL", "INPUT"} <= names else 0.0


def read(file: SourceFile, input_name: str) -> Draft:
    """The draft of one image, without a batch."""
    del input_name
    config = read_chain(file, _bases, lambda entry, _: _document(entry))
    inputs = config.values.get("INPUT")
    settings = ClassSettings(
        given_keys=inputs if isinstance(inputs, Mapping) else {}, defaults=_DEFAULTS, owner="Detectron2"
    )
    builder = DraftBuilder(file)
    for note in chain_notes(config, "_BASE_"):
        builder.note(note)
    order = str(settings.get("FORMAT")).upper()
    if order in ("BGR", "RGB"):
        builder.add("channel_order", order, f"INPUT.{settings.source('FORMAT')}", settings.certainty("FORMAT"))
    builder.default("value_range", [0, 255], "the model subtracts PIXEL_MEAN and divides by PIXEL_STD inside")
    builder.note("the model normalizes inside: send pixels 0..255")
    builder.infer("shape", [3, "H", "W"], "one image of any size")
    builder.default("layout", "CHW", "DefaultPredictor gives the model channels first, without a batch")
    builder.default("dtype", "float32", "DefaultPredictor makes float32")
    builder.default("decode.exif", "apply", "read_image of Detectron2 applies the orientation")
    short, longest = side(settings.get("MIN_SIZE_TEST")), side(settings.get("MAX_SIZE_TEST"))
    if short is None or longest is None:
        builder.unknown("resize", "INPUT.MIN_SIZE_TEST and MAX_SIZE_TEST: expected pixels")
        return builder.build(_TITLE, "pixels")
    builder.default("resize.mode", "shortest_edge", "ResizeShortestEdge of Detectron2")
    for key, name, value in (("size", "MIN_SIZE_TEST", short), ("max_size", "MAX_SIZE_TEST", longest)):
        builder.add(f"resize.{key}", value, f"INPUT.{settings.source(name)}", settings.certainty(name))
    builder.default("resize.rounding", "half_up", "ResizeShortestEdge of Detectron2")
    builder.default("resize.interpolation", "bilinear", "ResizeShortestEdge of Detectron2")
    builder.default("resize.library", "pillow", "ResizeTransform of Detectron2 on uint8 pixels")
    return builder.build(_TITLE, "pixels")


def _document(file: SourceFile) -> dict[str, Json]:
    document = file.yaml
    return dict(document) if isinstance(document, Mapping) else {}


def _bases(file: SourceFile) -> list[str]:
    base = _document(file).get("_BASE_")
    return [entry for entry in (base if isinstance(base, list) else [base]) if isinstance(entry, str)]


IMPORTER = Importer(
    rank=87,
    title=_TITLE,
    requires="a YAML file with MODEL and INPUT groups such as INPUT.MIN_SIZE_TEST",
    marks=("MIN_SIZE_TEST", "PIXEL_MEAN", "META_ARCHITECTURE", "DATASETS", "SOLVER"),
    matches=matches,
    read=read,
)
