"""timm ``config.json``: ``pretrained_cfg``, the flat form of older files, and keys for testing."""

from __future__ import annotations

import math
from collections.abc import Mapping

from sm_imgcheck.core.escape import for_terminal
from sm_imgcheck.core.json_types import Json
from sm_imgcheck.spec.importers import Importer
from sm_imgcheck.spec.importers._class_settings import ClassSettings
from sm_imgcheck.spec.importers._draft import Draft, DraftBuilder
from sm_imgcheck.spec.importers._source_file import SourceFile
from sm_imgcheck.spec.importers._torch_values import INTERPOLATIONS, add_unit_normalize, side
from sm_imgcheck.spec.importers._value_mapping import numbers

__all__ = ["IMPORTER", "add_timm"]

_TITLE = "timm configuration"
_DEFAULTS: dict[str, Json] = {
    "input_size": [3, 224, 224],
    "interpolation": "bicubic",
    "mean": [0.485, 0.456, 0.406],
    "std": [0.229, 0.224, 0.225],
    "crop_pct": 0.875,
    "crop_mode": "center",
}
"""``timm.data.constants`` and ``resolve_data_config``."""
_FLAT_KEYS = {
    "input_size",
    "interpolation",
    "crop_pct",
    "mean",
    "std",
    "pool_size",
    "crop_mode",
    "test_input_size",
    "classifier",
}


def matches(file: SourceFile) -> float:
    """By ``pretrained_cfg``, or the flat keys of older files."""
    document = file.object
    if isinstance(document.get("pretrained_cfg"), Mapping):
        return 0.95
    flat = len(_FLAT_KEYS & document.keys())
    return 0.85 if flat >= 4 and "input_size" in document else 0.6 if "architecture" in document and flat >= 2 else 0.0


def read(file: SourceFile, input_name: str) -> Draft:
    """The draft of the model's input in evaluation."""
    del input_name
    document = file.object
    nested = document.get("pretrained_cfg")
    prefix = "pretrained_cfg." if isinstance(nested, Mapping) else ""
    keys: dict[str, Json] = dict(nested) if isinstance(nested, Mapping) else dict(document)
    builder = DraftBuilder(file)
    if keys.get("test_input_size") is not None:
        builder.note(
            f"test_input_size {keys['test_input_size']}: timm evaluates with it only where use_test_size is set; "
            "input_size is imported"
        )
    _add_contradiction(builder, document.get("model_args"), keys.get("input_size"))
    add_timm(builder, ClassSettings(given_keys=keys, defaults=_DEFAULTS, owner="timm"), prefix)
    return builder.build(_TITLE, "pixels")


def add_timm(builder: DraftBuilder, settings: ClassSettings, prefix: str = "") -> None:
    """Add what the keys of a ``pretrained_cfg`` state. prefix: of the keys, as the file has them."""
    is_contradicted = "shape" in builder.fields
    size = _size(builder, settings, prefix)
    add_unit_normalize(builder, settings, prefix=prefix)
    _add_geometry(builder, settings, None if is_contradicted else size, prefix)
    builder.default("layout", "NCHW", "tensors of timm are channels first")
    builder.default("dtype", "float32", "ToTensor of timm makes float32")
    builder.assume("decode.exif", "ignore", "not stated; timm opens images with PIL.Image.open, which ignores it")


IMPORTER = Importer(
    rank=20,
    title=_TITLE,
    requires="config.json with pretrained_cfg, or with input_size, mean, std, interpolation and crop_pct",
    marks=("timm", "pretrained_cfg", "architecture", "crop_pct", "input_size", "interpolation", "config.json"),
    matches=matches,
    read=read,
)


def _add_contradiction(builder: DraftBuilder, model_args: Json, input_size: Json) -> None:
    """Leave the size open where the model was built for another size than its data configuration states."""
    value = model_args.get("img_size") if isinstance(model_args, Mapping) else None
    sides = value if isinstance(value, list) else [value] * 2
    if value is not None and isinstance(input_size, list) and sides != input_size[1:]:
        reason = f"model_args.img_size: got {value}, pretrained_cfg.input_size states {input_size}"
        builder.unknown("shape", for_terminal(reason[:200]))
        builder.unknown("resize", for_terminal(reason[:200]))


def _size(builder: DraftBuilder, settings: ClassSettings, prefix: str) -> tuple[int, int] | None:
    value = settings.get("input_size")
    sides = [side(entry) for entry in value] if isinstance(value, list) and len(value) == 3 else []
    if len(sides) != 3 or sides[0] not in (1, 3, 4) or None in sides[1:]:
        builder.unknown("shape", f"{prefix}input_size: expected [channels, height, width]")
        builder.unknown("channel_order", f"{prefix}input_size: expected [channels, height, width]")
        return None
    channels, height, width = sides
    assert height is not None
    assert width is not None
    source, certainty = prefix + settings.source("input_size"), settings.certainty("input_size")
    builder.add("shape", ["N", channels, height, width], source, certainty)
    if channels == 3:
        builder.assume("channel_order", "RGB", "not stated; RGB by convention of timm")
    elif channels == 1:
        builder.infer("channel_order", "GRAY", f"{prefix}input_size: one channel")
    else:
        builder.unknown("channel_order", f"{prefix}input_size: 4 channels")
    return height, width


def _add_geometry(builder: DraftBuilder, settings: ClassSettings, size: tuple[int, int] | None, prefix: str) -> None:
    word = str(settings.get("interpolation")).lower()
    if word == "random":
        builder.unknown("resize", f"{prefix}interpolation: random is chosen again for each image, or refused by timm")
        return
    kernel = INTERPOLATIONS.get(word)
    share, mode = settings.number("crop_pct"), str(settings.get("crop_mode"))
    if size is None or kernel is None or share is None or not 0 < share <= 4:
        builder.unknown("resize", "input_size, interpolation and crop_pct: expected pixels, a word and a share")
        return
    height, width = size
    sizes = [math.floor(height / share), math.floor(width / share)]
    source, certainty = prefix + settings.source("crop_pct"), settings.certainty("crop_pct")
    if mode == "squash":
        squash: Json = {"mode": "stretch", "size": list(sizes), "interpolation": kernel}
        builder.add("geometry[0]", {"resize": squash}, source, certainty)
        builder.add("geometry[1]", {"crop": {"size": [height, width]}}, f"{prefix}input_size", "stated")
        return
    if mode == "border":
        _add_border(builder, settings, size, kernel, prefix)
        return
    if sizes[0] == sizes[1]:
        builder.add(
            "resize.mode", "shortest_edge", f"{prefix}{settings.source('crop_mode')}", settings.certainty("crop_mode")
        )
        builder.add("resize.size", sizes[0], f"{source}, input_size / crop_pct", certainty)
    else:
        builder.add("resize.mode", "cover", f"{prefix}{settings.source('crop_mode')}", settings.certainty("crop_mode"))
        builder.add("resize.size", list(sizes), f"{source}, input_size / crop_pct", certainty)
        builder.add("resize.rounding", "round", "ResizeKeepRatio of timm", "default")
    builder.add("resize.crop", "center", f"{prefix}{settings.source('crop_mode')}", settings.certainty("crop_mode"))
    builder.add(
        "resize.interpolation",
        kernel,
        f"{prefix}{settings.source('interpolation')}",
        settings.certainty("interpolation"),
    )
    builder.assume("resize.library", "pillow", "not stated; timm resizes PIL images")


def _add_border(
    builder: DraftBuilder, settings: ClassSettings, size: tuple[int, int], kernel: str, prefix: str
) -> None:
    """The whole image, with a border in the color of the mean."""
    mean = numbers(settings.get("mean"))
    if settings.number("crop_pct") != 1 or mean is None:
        builder.unknown("resize", f"{prefix}crop_mode border with crop_pct below 1: a border that is cropped again")
        return
    resize: Json = {"mode": "longest_edge", "size": list(size), "rounding": "round", "interpolation": kernel}
    fill: Json = [round(255 * entry) for entry in mean]
    builder.state("geometry[0]", {"resize": resize}, f"{prefix}input_size, crop_pct, interpolation")
    builder.state("geometry[1]", {"pad": {"size": list(size), "fill": fill}}, f"{prefix}crop_mode border, mean")
