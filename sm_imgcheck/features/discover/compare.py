"""The effect of a mistake: the model's prediction for a candidate unchanged, and for its corrected tensor."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import field
from typing import TYPE_CHECKING

import numpy as np

from sm_imgcheck.core.errors import ImgcheckError
from sm_imgcheck.core.escape import for_terminal
from sm_imgcheck.core.frozen import frozen, replace_fields
from sm_imgcheck.core.types import Finding, Result
from sm_imgcheck.features.discover.labels import check_labels, class_name
from sm_imgcheck.features.discover.model import ModelError, ModelRunner
from sm_imgcheck.features.discover.predictions import OutputSelection, Prediction, PredictionDistance, distance
from sm_imgcheck.rules.model import MDL101, MDL102, MDL103, MDL104, MDL105, MDL106

if TYPE_CHECKING:
    from sm_imgcheck.rules import Rule

__all__ = ["ClassNames", "Comparison", "compare_predictions"]

_LEAST_SHIFT = 0.05
"""Total variation from which a prediction with the same first class is reported."""
_LEAST_COSINE = 0.99
"""Cosine of embeddings below which a prediction is reported."""


@frozen
class ClassNames:
    """The names of the model's classes."""

    names: Sequence[str] = ()
    path: str = ""
    """Path of their file."""

    def __call__(self, number: int) -> str:
        """Number and name of a class."""
        return class_name(self.names if number < len(self.names) else (), number)


@frozen
class Comparison:
    """One candidate with the model's predictions."""

    result: Result
    """Result of ``process``, with the findings of the comparison; without arrays."""
    before: Prediction | None = field(default=None, compare=False)
    """For the candidate unchanged; None: no prediction."""
    after: Prediction | None = field(default=None, compare=False)
    """For the corrected tensor; None: no prediction."""
    same: bool = False
    """The candidate equals its corrected tensor: one prediction for both."""
    distance: PredictionDistance | None = None


def compare_predictions(
    result: Result, model: ModelRunner, *, selection: OutputSelection, names: ClassNames
) -> Comparison:
    """Run the model on a candidate and on its corrected tensor.

    result: of ``process`` with ``want_array`` and ``keep_arrays``. Raises ImgcheckError where the model cannot be
    loaded, has no such output, or has another number of classes than there are names.
    """
    candidate = result.candidate
    original = candidate.data if candidate.kind == "tensor" else candidate.pixels
    same = _is_same(original, result.array)
    findings: list[Finding] = []
    before = after = None
    if isinstance(original, np.ndarray) and candidate.problem is None:
        before = _prediction(model, original, selection, findings, MDL101, is_image=candidate.kind == "image")
    if same:
        after = before
    elif result.array is not None:
        after = _prediction(model, result.array, selection, findings, MDL102)
    for prediction in (before, after):
        if prediction is not None and prediction.reader is not None and prediction.reader.class_count:
            check_labels(names.names, prediction.reader.class_count, names.path)
    between = distance(before, after) if before is not None and after is not None else None
    if before is not None and after is not None and between is not None and not same:
        findings += _cost(before, after, between, names)
    return Comparison(
        result=replace_fields(result.without_arrays(), findings=(*result.findings, *findings)),
        before=before,
        after=after,
        same=same,
        distance=between,
    )


def _is_same(original: object, tensor: np.ndarray | None) -> bool:
    if not isinstance(original, np.ndarray) or tensor is None:
        return False
    same_type = original.dtype == tensor.dtype and original.shape == tensor.shape
    return same_type and np.array_equal(original, tensor, equal_nan=original.dtype.kind == "f")


def _prediction(
    model: ModelRunner,
    array: np.ndarray,
    selection: OutputSelection,
    findings: list[Finding],
    rejection: Rule,
    *,
    is_image: bool = False,
) -> Prediction | None:
    """The model's prediction; None with a finding if the model has none."""
    try:
        outputs = model.run(array)
    except ModelError as error:
        findings.append(_failure(error, model, array, rejection, is_image=is_image))
        return None
    if not outputs:
        raise ImgcheckError(f"model {model.name}: it returned no tensor")
    prediction = selection.read(outputs, array)
    if not prediction.finite:
        findings.append(
            MDL106.finding(f"output {for_terminal(prediction.output)}: got NaN or infinity, expected numbers")
        )
    return prediction


def _failure(error: ModelError, model: ModelRunner, array: np.ndarray, rejection: Rule, *, is_image: bool) -> Finding:
    expected, actual = str(model.info.image), f"{array.dtype} {list(array.shape)}"
    if error.cause != "refused":
        return MDL105.finding(f"model run: {error}", actual=actual)
    subject = "image as decoded" if is_image else "corrected tensor" if rejection is MDL102 else "tensor"
    message = f"{subject}: got {actual}, expected {expected} (model file); {_with_cause(str(error))}"
    return rejection.finding(message, expected=expected, actual=actual, severity="notice" if is_image else None)


def _with_cause(text: str) -> str:
    """The runtime's message, with its known cause."""
    from sm_imgcheck.rules.endpoint_errors import explain_text

    causes = explain_text(text)
    title = f"{causes[0].heading.rstrip('.')}: " if causes else ""
    return f"{for_terminal(title)}{text}"


def _cost(before: Prediction, after: Prediction, between: PredictionDistance, names: ClassNames) -> Iterator[Finding]:
    """What the mistake costs, as findings."""
    variation = "" if between.total_variation is None else f", total variation {between.total_variation:.2f}"
    images = f" for {between.changed} of {between.images} images" if between.images > 1 else ""
    reader = after.reader
    if reader is None:
        return
    if between.changed:
        first = int(np.argmax(reader.measure.changes(before.readings[:, None], after.readings[:, None])))
        actual, expected = (_top_entry(prediction, first, names) for prediction in (before, after))
        yield MDL103.finding(
            f"{between.change}{images}: got {actual}, expected {expected} (after convert){variation}",
            expected=expected,
            actual=actual,
        )
    elif between.total_variation is not None and between.total_variation > _LEAST_SHIFT:
        actual, expected = (_top_entry(prediction, 0, names) for prediction in (before, after))
        yield MDL104.finding(
            f"prediction: got {actual}, expected {expected} (after convert){variation}",
            expected=expected,
            actual=actual,
        )
    elif between.changed is None and between.cosine < _LEAST_COSINE:
        yield MDL104.finding(
            f"{reader.kind}: got cosine {between.cosine:.3f} with that after convert, expected {_LEAST_COSINE} or more"
        )


def _top_entry(prediction: Prediction, image: int, names: ClassNames) -> str:
    """The first class of an image; of boxes and pixels the first three."""
    entries = prediction.top[image][: 1 if prediction.kind == "classes" else 3]
    return ", ".join(f"{names(entry.label)} ({entry.share * 100:.1f} %)" for entry in entries) or "none"
