"""open_clip ``open_clip_config.json``: ``preprocess_cfg`` and ``model_cfg``."""

from __future__ import annotations

from collections.abc import Mapping

from sm_imgcheck.core.json_types import Json
from sm_imgcheck.spec.importers import Importer
from sm_imgcheck.spec.importers._class_settings import ClassSettings
from sm_imgcheck.spec.importers._draft import Draft, DraftBuilder
from sm_imgcheck.spec.importers._source_file import SourceFile
from sm_imgcheck.spec.importers._torch_values import INTERPOLATIONS, add_unit_normalize, side

__all__ = ["IMPORTER"]

_TITLE = "open_clip configuration"
_DEFAULTS: dict[str, Json] = {
    "mean": [0.48145466, 0.4578275, 0.40821073],
    "std": [0.26862954, 0.26130258, 0.27577711],
    "interpolation": "bicubic",
    "resize_mode": "shortest",
    "fill_color": 0,
}
"""``open_clip.transform.PreprocessCfg``."""


def matches(file: SourceFile) -> float:
    """By ``preprocess_cfg``, or ``model_cfg`` with ``vision_cfg``."""
    document = file.object
    model = document.get("model_cfg")
    vision = isinstance(model, Mapping) and "vision_cfg" in model
    if "preprocess_cfg" in document and (vision or isinstance(document["preprocess_cfg"], Mapping)):
        return 0.97
    return 0.8 if vision or ("vision_cfg" in document and "embed_dim" in document) else 0.0


def read(file: SourceFile, input_name: str) -> Draft:
    """The draft of the image input."""
    del input_name
    document = file.object
    nested = document.get("preprocess_cfg")
    settings = ClassSettings(
        given_keys=nested if isinstance(nested, Mapping) else {}, defaults=_DEFAULTS, owner="open_clip"
    )
    builder = DraftBuilder(file)
    size, source = _size(document, settings)
    add_unit_normalize(builder, settings, prefix="preprocess_cfg.")
    builder.assume("channel_order", "RGB", "not stated; RGB by convention of open_clip")
    builder.default("layout", "NCHW", "tensors of open_clip are channels first")
    builder.default("dtype", "float32", "ToTensor makes float32")
    builder.assume("decode.exif", "ignore", "not stated; images are opened with PIL.Image.open, which ignores it")
    if size is None:
        builder.unknown("shape", "preprocess_cfg.size and model_cfg.vision_cfg.image_size: not stated")
        builder.unknown("resize", "preprocess_cfg.size and model_cfg.vision_cfg.image_size: not stated")
        return builder.build(_TITLE, "pixels")
    height, width = size
    builder.state("shape", ["N", 3, height, width], source)
    _add_geometry(builder, settings, size, source)
    return builder.build(_TITLE, "pixels")


IMPORTER = Importer(
    rank=25,
    title=_TITLE,
    requires="open_clip_config.json with preprocess_cfg and model_cfg.vision_cfg",
    marks=("open_clip", "preprocess_cfg", "model_cfg", "vision_cfg", "embed_dim"),
    matches=matches,
    read=read,
)


def _size(document: Mapping[str, Json], settings: ClassSettings) -> tuple[tuple[int, int] | None, str]:
    model = document.get("model_cfg", document)
    vision = model.get("vision_cfg") if isinstance(model, Mapping) else None
    inner = vision.get("image_size") if isinstance(vision, Mapping) else None
    own_size = settings.get("size")
    value, source = (
        (own_size, "preprocess_cfg.size") if own_size is not None else (inner, "model_cfg.vision_cfg.image_size")
    )
    sides = [side(entry) for entry in value] if isinstance(value, list) else [side(value)] * 2
    if len(sides) != 2 or sides[0] is None or sides[1] is None:
        return None, source
    return (sides[0], sides[1]), source


def _add_geometry(builder: DraftBuilder, settings: ClassSettings, size: tuple[int, int], source: str) -> None:
    kernel = INTERPOLATIONS.get(str(settings.get("interpolation")).lower())
    mode, (height, width) = str(settings.get("resize_mode")), size
    where, certainty = f"preprocess_cfg.{settings.source('resize_mode')}", settings.certainty("resize_mode")
    if kernel is None or mode not in ("shortest", "longest", "squash"):
        builder.unknown("resize", "preprocess_cfg.interpolation and resize_mode: expected known words")
        return
    if mode == "longest":
        fill = settings.get("fill_color")
        resize: Json = {"mode": "longest_edge", "size": [height, width], "rounding": "round", "interpolation": kernel}
        builder.add("geometry[0]", {"resize": resize}, where, certainty)
        builder.add("geometry[1]", {"pad": {"size": [height, width], "fill": fill}}, where, certainty)
        return
    builder.add(
        "resize.mode",
        "stretch" if mode == "squash" else "shortest_edge" if height == width else "cover",
        where,
        certainty,
    )
    if mode == "shortest" and height != width:
        builder.default(
            "resize.interpolation", "bicubic", "ResizeKeepRatio of open_clip, which does not get the setting"
        )
        builder.default("resize.rounding", "round", "ResizeKeepRatio of open_clip")
    if mode == "squash" or height != width:
        builder.state("resize.size", [height, width], source)
    else:
        builder.state("resize.size", height, source)
        builder.add("resize.crop", "center", where, certainty)
    builder.add(
        "resize.interpolation",
        kernel,
        f"preprocess_cfg.{settings.source('interpolation')}",
        settings.certainty("interpolation"),
    )
    builder.assume("resize.library", "pillow", "not stated; open_clip resizes PIL images")
