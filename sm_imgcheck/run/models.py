"""A model over many candidates, in one child process."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from sm_imgcheck.features.discover.compare import ClassNames, Comparison, compare_predictions
from sm_imgcheck.features.discover.model import ModelRunner
from sm_imgcheck.pipeline.process import process
from sm_imgcheck.run.inputs.item import Item
from sm_imgcheck.run.work import RunJob, resolve_input

__all__ = ["run_comparisons"]


def run_comparisons(
    items: Iterable[Item], job: RunJob, model: ModelRunner, *, output: str, names: ClassNames
) -> Iterator[Comparison]:
    """Yield the model's predictions to each candidate, unchanged and corrected.

    job: its options have ``want_array`` and ``keep_arrays``. Raises as ``compare_predictions``.
    """
    for item in items:
        result = process(resolve_input(item), job.spec, job.options).with_path(item.path)
        yield compare_predictions(result, model, output=output, names=names)
