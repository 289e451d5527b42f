"""Python code of NVIDIA DALI pipelines: one function with ``@pipeline_def`` for evaluation. Code is never executed."""

from __future__ import annotations

import re

from sm_imgcheck.core.errors import ImgcheckError
from sm_imgcheck.core.escape import for_terminal
from sm_imgcheck.spec.importers import Importer
from sm_imgcheck.spec.importers._compose_code import code_texts
from sm_imgcheck.spec.importers._dali_flow import Pipeline, pipelines_of
from sm_imgcheck.spec.importers._dali_steps import DaliState
from sm_imgcheck.spec.importers._draft import Draft, DraftBuilder
from sm_imgcheck.spec.importers._python_calls import parse_module
from sm_imgcheck.spec.importers._source_file import SourceFile

__all__ = ["IMPORTER"]

_TITLE = "NVIDIA DALI pipeline"
_EVALUATION = re.compile(r"val|test|eval|infer|predict|serv", re.IGNORECASE)


def matches(file: SourceFile) -> float:
    """By an import of nvidia.dali and a pipeline."""
    is_dali = file.json is None and "nvidia.dali" in file.start
    return 0.85 if is_dali and "pipeline_def" in file.text and "import" in file.start else 0.0


def read(file: SourceFile, input_name: str) -> Draft:
    """The draft of the image that the pipeline returns."""
    del input_name
    trees = filter(None, map(parse_module, code_texts(file)))
    pipeline = _choose(file, [pipeline for tree in trees for pipeline in pipelines_of(tree)])
    builder = DraftBuilder(file)
    state = DaliState(builder)
    for operation in pipeline.operations or ():
        state.add(operation)
    state.finish(pipeline.problem)
    builder.note(f"pipeline {for_terminal(pipeline.name[:80])}")
    return builder.build(_TITLE, "pixels")


def _choose(file: SourceFile, pipelines: list[Pipeline]) -> Pipeline:
    """The only pipeline of images without random operations; of several, the pipeline with a name of evaluation."""
    of_images = [entry for entry in pipelines if entry.decodes]
    fixed = [entry for entry in of_images if not entry.is_random] or of_images
    evaluations = [entry for entry in fixed if _EVALUATION.search(entry.name)]
    candidates = fixed if len(fixed) == 1 else evaluations
    if len(candidates) != 1:
        names = for_terminal(", ".join(entry.name for entry in fixed)[:200]) or "none"
        raise ImgcheckError(
            f"{for_terminal(file.name)}: pipeline: got {names}, expected one function with @pipeline_def that decodes "
            "images, or one with val, test or infer in its name"
        )
    return candidates[0]


IMPORTER = Importer(
    rank=97,
    title=_TITLE,
    requires="Python code with a function of nvidia.dali and @pipeline_def",
    marks=("nvidia.dali", "pipeline_def", "crop_mirror_normalize", "fn.decoders.image", "fn.resize"),
    matches=matches,
    read=read,
    is_code=True,
)
