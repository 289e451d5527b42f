"""OpenCV ``samples/dnn/models.yml``: arguments of ``blobFromImage`` for each model."""

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
from sm_imgcheck.spec.importers._value_mapping import add_scaled, numbers

__all__ = ["IMPORTER"]

_TITLE = "OpenCV models.yml"
_KEYS = re.compile(r"^[ \t]+(mean|scale|width|height|rgb|model|sample|load_info):", re.MULTILINE)


def matches(file: SourceFile) -> float:
    """By the arguments of blobFromImage and sample."""
    keys = set(_KEYS.findall(file.start)) if file.json is None else set()
    return 0.85 if {"mean", "scale", "width", "height", "rgb"} <= keys and {"sample", "model"} & keys else 0.0


def read(file: SourceFile, input_name: str) -> Draft:
    """The draft of one model. input_name: its name, where there are several."""
    name, model = _choice(file, input_name)
    builder = DraftBuilder(file)
    height, width = side(model.get("height")), side(model.get("width"))
    if height is None or width is None:
        builder.unknown("shape", f"{name}: expected width and height")
        builder.unknown("resize", f"{name}: expected width and height")
    else:
        builder.state("shape", ["N", 3, height, width], f"{name}: width, height")
        builder.default("resize.mode", "stretch", "blobFromImage without crop")
        builder.state("resize.size", [height, width], f"{name}: width, height")
        builder.default("resize.interpolation", "bilinear", "blobFromImage")
        builder.default("resize.library", "opencv", "blobFromImage")
    builder.default("layout", "NCHW", "blobFromImage makes channels first")
    builder.default("dtype", "float32", "blobFromImage makes float32")
    builder.default("decode.library", "opencv", "OpenCV reads the images")
    rgb = model.get("rgb")
    order = "RGB" if rgb is True else "BGR"
    if isinstance(rgb, bool):
        builder.state("channel_order", order, f"{name}: rgb")
    else:
        builder.default("channel_order", order, "rgb: default false, OpenCV reads BGR")
    mean, scale = numbers(model.get("mean", 0)), numbers(model.get("scale", 1))
    if mean is None or scale is None or len(scale) != 1 or not scale[0] > 0:
        builder.unknown("value_range", f"{name}: expected mean and scale as numbers")
    else:
        is_zero = not any(mean)
        add_scaled(
            builder,
            factor=scale[0] if is_zero else 1.0,
            mean=None if is_zero else mean,
            std=None if is_zero else [1 / scale[0]],
            order=order if len(mean) == 3 else "",
            source=f"{name}: (pixels - mean) * scale",
        )
    return builder.build(_TITLE, "pixels")


IMPORTER = Importer(
    rank=94,
    title=_TITLE,
    requires="models.yml of OpenCV with mean, scale, width, height and rgb",
    marks=("models.yml", "load_info", "rgb:", "sample:", "opencv"),
    matches=matches,
    read=read,
)


def _choice(file: SourceFile, name: str) -> tuple[str, Mapping[str, Json]]:
    """The name and the arguments of a model."""
    document = file.yaml
    entries = document.items() if isinstance(document, Mapping) else ()
    models = {key: value for key, value in entries if isinstance(value, Mapping) and "scale" in value}
    if name in models:
        return name, models[name]
    if len(models) == 1 and not name:
        return next(iter(models.items()))
    names = for_terminal(", ".join(models)[:300])
    got = for_terminal(name) if name else f"{len(models)} models"
    text = f"models: got {got}, expected one of {names}; choose with --input NAME"
    raise ImgcheckError(f"{for_terminal(file.name)}: {text}")
