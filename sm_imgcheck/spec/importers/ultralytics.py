"""Ultralytics YAML: ``metadata.yaml`` of an exported model, and ``args.yaml`` of a training run."""

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
from sm_imgcheck.spec.importers._ultralytics import add_ultralytics

__all__ = ["IMPORTER"]

_TITLE = "Ultralytics configuration"
_MARK = re.compile(r"^(task|imgsz|stride|names|mode|mosaic|hsv_h|close_mosaic|copy_paste|retina_masks):", re.MULTILINE)
_RUN = {"mode", "mosaic", "hsv_h", "close_mosaic", "copy_paste", "retina_masks"}


def matches(file: SourceFile) -> float:
    """By imgsz, with stride and names of an export or with the arguments of a run."""
    marks = set(_MARK.findall(file.start)) if file.json is None else set()
    if "imgsz" not in marks:
        return 0.0
    return 0.9 if {"stride", "names"} <= marks or ("task" in marks and len(marks & _RUN) >= 2) else 0.0


def read(file: SourceFile, input_name: str) -> Draft:
    """The draft of the input of the exported model."""
    del input_name
    document = file.yaml
    keys: Mapping[str, Json] = document if isinstance(document, Mapping) else {}
    is_export = "stride" in keys
    sizes = keys.get("imgsz")
    sides = [side(entry) for entry in sizes] if isinstance(sizes, list) else [side(sizes)] * 2
    if len(sides) != 2 or None in sides:
        raise ImgcheckError(f"{for_terminal(file.name)}: imgsz: got {for_terminal(str(sizes)[:60])}, expected pixels")
    builder = DraftBuilder(file)
    source = "metadata of Ultralytics" if is_export else "arguments of Ultralytics"
    add_ultralytics(builder, {**keys, "imgsz": sizes}, (), source)
    batch = side(keys.get("batch")) if is_export and keys.get("dynamic") is not True else None
    channels = side(keys.get("channels")) or 3
    if is_export:
        builder.state("shape", [batch or "N", channels, *sides], "imgsz, batch")
    else:
        builder.infer("shape", ["N", channels, *sides], "imgsz, to which export defaults")
        builder.note("imgsz of training: an export with another imgsz has another size")
    builder.default("layout", "NCHW", "models of Ultralytics are channels first, except TFLite and SavedModel")
    arguments = keys.get("args")
    is_half = any(isinstance(group, Mapping) and group.get("half") is True for group in (keys, arguments))
    if not is_half:
        builder.default("dtype", "float32", "not half: float32")
    elif is_export:
        builder.infer("dtype", "float16", "half")
    else:
        builder.assume("dtype", "float16", "half of a run; an export has its own half")
    return builder.build(_TITLE, "pixels")


IMPORTER = Importer(
    rank=26,
    title=_TITLE,
    requires="metadata.yaml of an export, or args.yaml of a run, with imgsz and task",
    marks=("imgsz", "ultralytics", "task: detect", "stride", "mosaic", "yolo"),
    matches=matches,
    read=read,
)
