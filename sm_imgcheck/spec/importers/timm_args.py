"""timm ``args.yaml``: the arguments of ``train.py``. A key that is null has the default of the model, not of timm."""

from __future__ import annotations

import re
from collections.abc import Mapping

from sm_imgcheck.core.json_types import Json
from sm_imgcheck.spec.importers import Importer
from sm_imgcheck.spec.importers._class_settings import ClassSettings
from sm_imgcheck.spec.importers._draft import Draft, DraftBuilder
from sm_imgcheck.spec.importers._source_file import SourceFile
from sm_imgcheck.spec.importers._torch_values import side
from sm_imgcheck.spec.importers.timm import add_timm

__all__ = ["IMPORTER"]

_TITLE = "timm training arguments"
_MARK = re.compile(r"^(train_interpolation|img_size|input_size|crop_pct|model|mean|std|aa|drop_path):", re.MULTILINE)


def matches(file: SourceFile) -> float:
    """By train_interpolation, which only timm has, and other arguments."""
    marks = set(_MARK.findall(file.start)) if file.json is None else set()
    return 0.9 if "train_interpolation" in marks and len(marks) >= 4 else 0.0


def read(file: SourceFile, input_name: str) -> Draft:
    """The draft of the model's input in validation."""
    del input_name
    document = file.yaml
    keys: dict[str, Json] = dict(document) if isinstance(document, Mapping) else {}
    builder = DraftBuilder(file)
    edge, channels = side(keys.get("img_size")), side(keys.get("in_chans") or 3)
    if keys.get("input_size") is None and edge is not None:
        keys["input_size"] = [channels, edge, edge]
    keys["interpolation"] = keys.get("interpolation") or None
    model = str(keys.get("model", ""))[:80]
    missing = f"null: the default of the model {model}; import its config.json"
    fields = {"mean": "value_range", "std": "value_range", "input_size": "shape", "crop_pct": "resize"}
    for key, field in fields.items():
        if keys.get(key) is None:
            builder.unknown(field, f"{key}: {missing}")
    if keys.get("interpolation") is None:
        builder.unknown("resize", f"interpolation: {missing}")
    add_timm(builder, ClassSettings(given_keys=keys, defaults={"crop_mode": "center"}, owner="timm"))
    return builder.build(_TITLE, "pixels")


IMPORTER = Importer(
    rank=21,
    title=_TITLE,
    requires="args.yaml of train.py with img_size, mean, std, interpolation, crop_pct and train_interpolation",
    marks=("train_interpolation", "crop_pct", "img_size", "args.yaml"),
    matches=matches,
    read=read,
)
