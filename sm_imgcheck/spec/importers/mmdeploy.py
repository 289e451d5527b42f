"""MMDeploy ``pipeline.json``: the transforms that the SDK runs before the model."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from sm_imgcheck.core.json_types import Json
from sm_imgcheck.spec.importers import Importer
from sm_imgcheck.spec.importers._draft import Draft, DraftBuilder
from sm_imgcheck.spec.importers._openmmlab_pipeline import read_pipeline
from sm_imgcheck.spec.importers._source_file import SourceFile
from sm_imgcheck.spec.importers.openmmlab import add_pipeline

__all__ = ["IMPORTER"]

_TITLE = "MMDeploy pipeline"


def matches(file: SourceFile) -> float:
    """By a task with transforms."""
    return 0.95 if next(_transforms(file.object), None) is not None else 0.0


def read(file: SourceFile, input_name: str) -> Draft:
    """The draft of the model's input."""
    del input_name
    builder = DraftBuilder(file)
    transforms = next(_transforms(file.object))
    if any(_has_open_order(step) for step in transforms):
        reason = "Resize: size has two different sides, whose order depends on the version of MMDeploy"
        builder.unknown("resize", reason)
        builder.unknown("shape", reason)
        transforms = [step for step in transforms if not _has_open_order(step)]
    add_pipeline(builder, read_pipeline(file.name, [dict(step) for step in transforms]), {}, {})
    return builder.build(_TITLE, "pixels")


IMPORTER = Importer(
    rank=85,
    title=_TITLE,
    requires="pipeline.json with pipeline.tasks and transforms",
    marks=("pipeline", "tasks", "transforms", "prep_output", "LoadImageFromFile", "mmdeploy"),
    matches=matches,
    read=read,
)


def _transforms(document: Mapping[str, Json]) -> Iterator[list[Mapping[str, Json]]]:
    """The lists of transforms of the tasks."""
    pipeline = document.get("pipeline")
    tasks = pipeline.get("tasks") if isinstance(pipeline, Mapping) else None
    for task in tasks[:50] if isinstance(tasks, list) else []:
        steps = task.get("transforms") if isinstance(task, Mapping) else None
        if isinstance(steps, list) and steps:
            yield [step for step in steps if isinstance(step, Mapping)]


def _has_open_order(step: Mapping[str, Json]) -> bool:
    size = step.get("size")
    is_pair = isinstance(size, list) and len(size) == 2 and size[0] != size[1] and -1 not in size
    return step.get("type") == "Resize" and is_pair and step.get("keep_ratio") is not True
