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
        _add_resize(builder, name, model, [height, width])
    builder.default("layout", "NCHW", "blobFromImage makes channels first")
    builder.default("dtype", "float32", "blobFromImage makes float32")
    builder.default("decode.library", "opencv", "OpenCV reads the images")
    rgb = model.get("rgb")
    order = "RGB" if rgb is True else "BGR"
    if isinstance(rgb, bool):
        builder.state("channel_order", order, f"{name}: rgb")
    else:
        builder.default("channel_order", order, "rgb: default false, OpenCV reads BGR")
    _add_mapping(builder, name, model, order)
    return builder.build(_TITLE, "pixels")


IMPORTER = Importer(
    rank=94,
    title=_TITLE,
    requires="models.yml of OpenCV with mean, scale, width, height and rgb",
    marks=("models.yml", "load_info", "rgb:", "sample:", "opencv"),
    matches=matches,
    read=read,
)


def _add_resize(builder: DraftBuilder, name: str, model: Mapping[str, Json], size: list[Json]) -> None:
    """Add the resize of blobFromImage, where it is the only one."""
    others = [key for key in ("crop", "initial_width", "initial_height") if model.get(key)]
    if others:
        builder.unknown("resize", f"{name}: {', '.join(others)}: resized and cropped in several steps")
        return
    builder.default("resize.mode", "stretch", "blobFromImage without crop")
    builder.state("resize.size", size, f"{name}: width, height")
    builder.default("resize.interpolation", "bilinear", "blobFromImage")
    builder.default("resize.library", "opencv", "blobFromImage")


def _add_mapping(builder: DraftBuilder, name: str, model: Mapping[str, Json], order: str) -> None:
    """Add (pixels - mean) * scale / std; the samples do not divide by a std of zeros."""
    mean, scale, std = (numbers(model.get(key, default)) for key, default in (("mean", 0), ("scale", 1), ("std", 1)))
    if mean is None or std is None or scale is None or len(scale) != 1 or not scale[0] > 0:
        builder.unknown("value_range", f"{name}: expected mean, scale and std as numbers")
        return
    divisors = std if any(std) else [1.0]
    is_range = not any(mean) and set(divisors) == {1.0}
    formula = "(pixels - mean) * scale" + (" / std" if "std" in model else "")
    add_scaled(
        builder,
        factor=scale[0] if is_range else 1.0,
        mean=None if is_range else mean,
        std=None if is_range else [entry / scale[0] for entry in divisors],
        order=order if len(mean) == 3 or len(divisors) == 3 else "",
        source=f"{name}: {formula}",
    )
    if any(mean) and max(mean) <= 1 and scale[0] < 0.1:
        note = f"{name}: mean: at most 1, which OpenCV subtracts from pixels of 0 to 255, before scale"
        builder.note(f"{for_terminal(note)}; a model trained with (pixels * scale - mean) / std expects other values")


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
