"""Albumentations: the JSON or YAML of ``A.save``, and the printed ``Compose``, read as data."""

from __future__ import annotations

import re
from collections.abc import Mapping

from sm_imgcheck.core.json_types import Json
from sm_imgcheck.spec.importers import Importer
from sm_imgcheck.spec.importers._albumentations_state import albumentations_draft
from sm_imgcheck.spec.importers._compose_code import evaluation_transforms, is_compose_code
from sm_imgcheck.spec.importers._draft import Draft, DraftBuilder
from sm_imgcheck.spec.importers._python_calls import PythonCall
from sm_imgcheck.spec.importers._source_file import SourceFile

__all__ = ["IMPORTER"]

_TITLE = "Albumentations transforms"
_PRINT = re.compile(r"^[ \t]*Compose\(\[", re.MULTILINE)
_CLASS_KEY = re.compile(r"^[ \t]+__class_fullname__:", re.MULTILINE)
_MARKS = ("max_pixel_value", "ToTensorV2", "always_apply", "bbox_params", "p=1")


def matches(file: SourceFile) -> float:
    """By the classes of a saved file, or a printed Compose."""
    start = file.start
    if _transforms(file.object) or (file.json is None and _CLASS_KEY.search(start)):
        return 0.95
    if file.json is not None or is_compose_code(file, "albumentations"):
        return 0.0
    return 0.9 if _PRINT.search(start) and any(word in start for word in _MARKS) else 0.0


def read(file: SourceFile, input_name: str) -> Draft:
    """The draft of the array to which the transforms convert an image."""
    del input_name
    builder = DraftBuilder(file)
    return albumentations_draft(_calls(file, builder), builder, _TITLE)


IMPORTER = Importer(
    rank=32,
    title=_TITLE,
    requires="JSON or YAML of albumentations.save, or print(Compose)",
    marks=("albumentations", "__class_fullname__", "ToTensorV2", "max_pixel_value", "always_apply"),
    matches=matches,
    read=read,
)


def _transforms(document: object) -> list[Json]:
    """The transforms of a saved Compose."""
    compose = document.get("transform", document) if isinstance(document, Mapping) else None
    if not isinstance(compose, Mapping) or "__class_fullname__" not in compose:
        return []
    transforms = compose.get("transforms")
    return transforms if isinstance(transforms, list) else []


def _calls(file: SourceFile, builder: DraftBuilder) -> list[PythonCall]:
    entries = _transforms(file.object) or (_transforms(file.yaml) if _CLASS_KEY.search(file.start) else [])
    if not entries:
        return list(evaluation_transforms(file, builder))
    mappings = [entry for entry in entries if isinstance(entry, Mapping)]
    return [
        PythonCall(name=str(entry.get("__class_fullname__", "")).rpartition(".")[2], arguments=entry)
        for entry in mappings
    ]
