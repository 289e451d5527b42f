"""MMDetection, MMPretrain and MMSegmentation configurations: Python files, parsed and never executed."""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping

from sm_imgcheck.core.errors import ImgcheckError
from sm_imgcheck.core.escape import for_terminal
from sm_imgcheck.core.json_types import Json
from sm_imgcheck.spec.importers import Importer
from sm_imgcheck.spec.importers._draft import Draft, DraftBuilder
from sm_imgcheck.spec.importers._python_calls import literal, parse_module
from sm_imgcheck.spec.importers._source_file import SourceFile
from sm_imgcheck.spec.importers._torch_values import INTERPOLATIONS, side
from sm_imgcheck.spec.importers._value_mapping import add_scaled, numbers

__all__ = ["IMPORTER"]

_TITLE = "OpenMMLab configuration"
_MARK = re.compile(r"^(data_preprocessor|img_norm_cfg|test_pipeline|preprocess_cfg)\s*=", re.MULTILINE)
_NESTED = re.compile(r"\b(data_preprocessor|img_norm_cfg)\s*=\s*dict\(")
_MOST_STATEMENTS = 5_000
_IGNORED_STEPS = {
    "LoadImageFromFile", "PackInputs", "PackDetInputs", "PackSegInputs", "LoadAnnotations", "Normalize",
    "DefaultFormatBundle", "ImageToTensor", "Collect",
}  # fmt: skip


def matches(file: SourceFile) -> float:
    """By assignments of data_preprocessor, img_norm_cfg or test_pipeline."""
    start = file.start
    if file.json is not None or ("dict(" not in start and "{" not in start):
        return 0.0
    return 0.9 if _MARK.search(start) or _NESTED.search(start) else 0.0


def read(file: SourceFile, input_name: str) -> Draft:
    """The draft of the model's input."""
    del input_name
    names = _assignments(file)
    builder = DraftBuilder(file)
    processor = _processor(names)
    if "_base_" in names:
        builder.note(
            f"_base_: {for_terminal(str(names['_base_'])[:120])} is not read: values of base files are not known here"
        )
    _add_values(builder, processor)
    _add_geometry(builder, names.get("test_pipeline"), processor)
    builder.default("layout", "NCHW", "data_preprocessor makes channels first, in a batch")
    builder.default("dtype", "float32", "data_preprocessor makes float32")
    builder.default("decode.library", "opencv", "LoadImageFromFile reads with OpenCV (BGR)")
    return builder.build(_TITLE, "pixels", missing="not stated in this file; base files are not read")


IMPORTER = Importer(
    rank=86,
    title=_TITLE,
    requires="a Python configuration with data_preprocessor = dict(mean=..., std=...)",
    marks=("data_preprocessor", "img_norm_cfg", "test_pipeline", "_base_", "bgr_to_rgb", "to_rgb"),
    matches=matches,
    read=read,
)


def _assignments(file: SourceFile) -> dict[str, Json]:
    """Literals that top-level names are given."""
    tree = parse_module(file.text)
    if tree is None:
        raise ImgcheckError(f"{for_terminal(file.name)}: Python: cannot be parsed, expected an OpenMMLab configuration")
    names: dict[str, Json] = {}
    for statement in tree.body[:_MOST_STATEMENTS]:
        if (
            isinstance(statement, ast.Assign)
            and len(statement.targets) == 1
            and isinstance(statement.targets[0], ast.Name)
        ):
            names[statement.targets[0].id] = literal(statement.value, names)
    return names


def _processor(names: Mapping[str, Json]) -> Mapping[str, Json]:
    """data_preprocessor at the top or inside model; img_norm_cfg of older files."""
    model = names.get("model")
    inner = model.get("data_preprocessor") if isinstance(model, Mapping) else None
    for value in (names.get("data_preprocessor"), inner, names.get("img_norm_cfg")):
        if isinstance(value, Mapping) and ("mean" in value or "std" in value):
            return value
    return {}


def _add_values(builder: DraftBuilder, processor: Mapping[str, Json]) -> None:
    mean, std = numbers(processor.get("mean")), numbers(processor.get("std"))
    rgb = processor.get("bgr_to_rgb", processor.get("to_rgb"))
    if mean is None or std is None:
        builder.unknown("value_range", "data_preprocessor: mean and std are not stated in this file")
        builder.unknown("channel_order", "data_preprocessor: bgr_to_rgb or to_rgb is not stated in this file")
        return
    order = "RGB" if rgb is True else "BGR"
    key = "bgr_to_rgb" if "bgr_to_rgb" in processor else "to_rgb"
    if isinstance(rgb, bool):
        builder.state("channel_order", order, f"data_preprocessor {key}")
    else:
        builder.default("channel_order", order, "bgr_to_rgb: default False, OpenCV reads BGR")
    add_scaled(
        builder,
        factor=1.0,
        mean=mean,
        std=std,
        order=order if len(mean) == 3 else "",
        source="data_preprocessor mean, std",
    )


def _add_geometry(builder: DraftBuilder, pipeline: Json, processor: Mapping[str, Json]) -> None:
    steps = _flatten(pipeline)
    if not steps:
        builder.unknown("resize", "test_pipeline: not stated in this file")
        builder.unknown("shape", "test_pipeline: not stated in this file")
        return
    entries: list[dict[str, Json]] = []
    size: tuple[int, int] | None = None
    for step in steps:
        kind = str(step.get("type", "")).rpartition(".")[2]
        entry, size = _step(kind, step, size)
        if entry is not None:
            entries.append(entry)
        elif kind not in _IGNORED_STEPS:
            builder.unknown("resize", f"test_pipeline: {for_terminal(kind[:40])} cannot be expressed")
            entries = []
            size = None
            break
    divisor = side(processor.get("pad_size_divisor"))
    if divisor is not None and divisor > 1 and entries:
        pad: Json = {"multiple_of": divisor, "position": "top_left", "units": "final", "fill": 0}
        entries.append({"pad": pad})
        size = None
    for index, entry in enumerate(entries):
        builder.state(f"geometry[{index}]", entry, "test_pipeline")
    height, width = size or ("H", "W")
    builder.infer("shape", ["N", 3, height, width], "test_pipeline")


def _flatten(pipeline: Json) -> list[Mapping[str, Json]]:
    """The steps, with those of MultiScaleFlipAug in their order."""
    result: list[Mapping[str, Json]] = []
    for step in pipeline[:100] if isinstance(pipeline, list) else []:
        if isinstance(step, Mapping):
            inner = step.get("transforms")
            if step.get("type") == "MultiScaleFlipAug" and isinstance(inner, list):
                scale = step.get("img_scale")
                result += [{"scale": scale, **entry} for entry in inner[:50] if isinstance(entry, Mapping)]
            else:
                result.append(step)
    return [step for step in result if step.get("type") not in ("RandomFlip", "Pad")]


def _step(
    kind: str, step: Mapping[str, Json], size: tuple[int, int] | None
) -> tuple[dict[str, Json] | None, tuple[int, int] | None]:
    """One step of ``geometry`` and the size after it; None for other steps."""
    library = "pillow" if step.get("backend") == "pillow" else "opencv"
    kernel = INTERPOLATIONS.get(str(step.get("interpolation", "bilinear")), "bilinear")
    common: dict[str, Json] = {"interpolation": kernel, "library": library}
    scale = step.get("scale", step.get("size"))
    pair = [side(entry) for entry in scale] if isinstance(scale, list) else [side(scale)] * 2
    if kind == "ResizeEdge" and side(scale) is not None:
        return {"resize": {"mode": "shortest_edge", "size": side(scale), "rounding": "floor", **common}}, None
    if kind == "Resize" and len(pair) == 2 and pair[0] and pair[1]:
        if step.get("keep_ratio") is True:
            edges: dict[str, Json] = {"size": min(pair[0], pair[1]), "max_size": max(pair[0], pair[1])}
            return {"resize": {"mode": "shortest_edge", **edges, "rounding": "half_up", **common}}, None
        # scale is (width, height)
        return {"resize": {"mode": "stretch", "size": [pair[1], pair[0]], **common}}, (pair[1], pair[0])
    if kind == "CenterCrop" and (crop := side(step.get("crop_size"))) is not None:
        return {"crop": {"size": [crop, crop], "rounding": "round"}}, (crop, crop)
    return None, size
