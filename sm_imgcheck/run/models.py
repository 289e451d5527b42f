"""A model over many candidates, in one child process."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

from sm_imgcheck.core.errors import ImgcheckError
from sm_imgcheck.core.escape import for_terminal
from sm_imgcheck.features.discover.compare import ClassNames, Comparison, compare_predictions
from sm_imgcheck.features.discover.model import ModelRunner
from sm_imgcheck.features.discover.predictions import OutputSelection
from sm_imgcheck.pipeline.process import process
from sm_imgcheck.run.inputs.item import Item, Listing
from sm_imgcheck.run.inputs.listing import list_candidates
from sm_imgcheck.run.work import RunJob, resolve_input

__all__ = ["list_photos", "run_comparisons"]


def run_comparisons(
    items: Iterable[Item], job: RunJob, model: ModelRunner, *, selection: OutputSelection, names: ClassNames
) -> Iterator[Comparison]:
    """Yield the model's predictions to each candidate, unchanged and corrected.

    job: its options have ``want_array`` and ``keep_arrays``. Raises as ``compare_predictions``.
    """
    for item in items:
        result = process(resolve_input(item), job.spec, job.options).with_path(item.path)
        yield compare_predictions(result, model, selection=selection, names=names)


def list_photos(paths: Iterable[str]) -> list[Item]:
    """The photographs that the paths list, tensors excluded. Raises ImgcheckError where the list is empty."""
    items = [item for item in list_candidates(paths, Listing(passed_over=Counter())) if not item.stdin]
    photos = [item for item in items if not item.path.endswith((".npy", ".npz", ".json")) and "::" not in item.path]
    if not photos:
        raise ImgcheckError(f"no photographs in {', '.join(map(for_terminal, paths))}")
    return photos
