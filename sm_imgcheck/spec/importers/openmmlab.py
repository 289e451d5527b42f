"""MMDetection, MMPretrain and MMSegmentation configurations: Python files, parsed and never executed."""

from __future__ import annotations

import re
from collections.abc import Mapping

from sm_imgcheck.core.json_types import Json
from sm_imgcheck.spec.importers import Importer
from sm_imgcheck.spec.importers._base_files import chain_notes
from sm_imgcheck.spec.importers._draft import Draft, DraftBuilder
from sm_imgcheck.spec.importers._openmmlab_pipeline import TestPipeline, read_pipeline
from sm_imgcheck.spec.importers._python_config import read_python_config
from sm_imgcheck.spec.importers._source_file import SourceFile
from sm_imgcheck.spec.importers._torch_values import side
from sm_imgcheck.spec.importers._value_mapping import add_scaled, numbers

__all__ = ["IMPORTER", "add_pipeline"]

_TITLE = "OpenMMLab configuration"
_MARK = re.compile(r"^(data_preprocessor|img_norm_cfg|test_pipeline|preprocess_cfg|_base_)\s*=", re.MULTILINE)
_NESTED = re.compile(r"\b(data_preprocessor|img_norm_cfg)\s*=\s*dict\(")
_MODERN = re.compile(r"^with read_base\(\):", re.MULTILINE)


def matches(file: SourceFile) -> float:
    """By assignments of data_preprocessor, img_norm_cfg, test_pipeline or _base_."""
    start = file.start
    if file.json is not None or not any(word in start for word in ("dict(", "{", "_base_")):
        return 0.0
    return 0.9 if _MARK.search(start) or _NESTED.search(start) or _MODERN.search(start) else 0.0


def read(file: SourceFile, input_name: str) -> Draft:
    """The draft of the model's input."""
    del input_name
    config = read_python_config(file)
    builder = DraftBuilder(file)
    for note in chain_notes(config, "_base_"):
        builder.note(note)
    processor = _processor(config.values)
    pipeline = read_pipeline(file.name, _test_pipeline(config.values))
    add_pipeline(builder, pipeline, processor, processor or _norm_cfg(config.values))
    missing = "base files are not read" if config.missing else "not stated in the configuration"
    return builder.build(_TITLE, "pixels", missing=missing)


IMPORTER = Importer(
    rank=86,
    title=_TITLE,
    requires="a Python configuration with data_preprocessor = dict(mean=..., std=...), or _base_ files that have it",
    marks=("data_preprocessor", "img_norm_cfg", "test_pipeline", "_base_", "bgr_to_rgb", "to_rgb"),
    matches=matches,
    read=read,
)


def add_pipeline(
    builder: DraftBuilder, pipeline: TestPipeline, processor: Mapping[str, Json], normalize: Mapping[str, Json]
) -> None:
    """Add what a pipeline and the data preprocessor do. normalize: mean and std where the pipeline has no Normalize."""
    if pipeline.normalize and processor:
        for key in ("value_range", "channel_order"):
            builder.unknown(key, "Normalize in test_pipeline and mean in data_preprocessor: got two normalizations")
    else:
        _add_values(builder, pipeline.normalize or normalize)
    _add_geometry(builder, pipeline, processor)
    builder.default("layout", "NCHW", "data_preprocessor makes channels first, in a batch")
    builder.default("dtype", "float32", "data_preprocessor makes float32")
    if pipeline.decoder == "pillow":
        builder.state("decode.library", "pillow", "LoadImageFromFile imdecode_backend")
    else:
        builder.default("decode.library", "opencv", "LoadImageFromFile reads with OpenCV (BGR)")


def _processor(values: Mapping[str, Json]) -> Mapping[str, Json]:
    """data_preprocessor at the top or inside model."""
    model = values.get("model")
    inner = model.get("data_preprocessor") if isinstance(model, Mapping) else None
    for value in (inner, values.get("data_preprocessor"), values.get("preprocess_cfg")):
        if isinstance(value, Mapping) and ("mean" in value or "std" in value):
            return value
    return {}


def _norm_cfg(values: Mapping[str, Json]) -> Mapping[str, Json]:
    """img_norm_cfg of older files."""
    value = values.get("img_norm_cfg")
    return value if isinstance(value, Mapping) else {}


def _test_pipeline(values: Mapping[str, Json]) -> Json:
    """The pipeline of the test data; that name may be inside a data loader only."""
    if values.get("test_pipeline") is not None:
        return values["test_pipeline"]
    for path in (("test_dataloader", "dataset", "pipeline"), ("data", "test", "pipeline")):
        value: Json = dict(values)
        for key in path:
            value = value.get(key) if isinstance(value, Mapping) else None
        if value is not None:
            return value
    return values.get("val_pipeline")


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


def _add_geometry(builder: DraftBuilder, pipeline: TestPipeline, processor: Mapping[str, Json]) -> None:
    if not pipeline.has_steps:
        builder.unknown("resize", "test_pipeline: not stated in this file")
        builder.unknown("shape", "test_pipeline: not stated in this file")
        return
    steps, size = list(pipeline.steps), pipeline.size
    divisor = side(processor.get("pad_size_divisor"))
    if divisor is not None and divisor > 1 and steps and not (size and size[0] % divisor == size[1] % divisor == 0):
        steps.append({"pad": {"multiple_of": divisor, "position": "top_left", "units": "final", "fill": 0}})
        size = None if size is None else (-(-size[0] // divisor) * divisor, -(-size[1] // divisor) * divisor)
    pairs = [(step, "test_pipeline") for step in steps]
    builder.geometry(pairs, problem=pipeline.problem, absent="test_pipeline: no Resize")
    if pipeline.problem and not size:
        builder.unknown("shape", pipeline.problem)
        return
    height, width = size or ("H", "W")
    builder.infer("shape", ["N", 3, height, width], "test_pipeline")
