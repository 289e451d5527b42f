"""A tensor compared with the preprocessing that a model expects: its values, and the channel order by the model.

The values of a tensor determine its value mapping, but not its channel order: the model is run on the tensor in both
orders. The photographs, whose order is known, show how its readings differ between the orders: the ratio of two
normal distributions gives the probability (linear discriminant analysis).
"""

from __future__ import annotations

from math import exp

import numpy as np
import numpy.typing as npt

from sm_imgcheck.core.errors import ImgcheckError
from sm_imgcheck.core.frozen import frozen
from sm_imgcheck.core.types import Finding, Options, Spec
from sm_imgcheck.features.discover.output_kinds import Measure, Readings
from sm_imgcheck.features.discover.readings import ModelReadings
from sm_imgcheck.features.discover.recipes import InputRecipe, decode_batch
from sm_imgcheck.features.discover.search import VIEWS
from sm_imgcheck.pipeline.process import process

__all__ = [
    "MOST_REFERENCE_PHOTOS",
    "OrderReference",
    "TensorCheck",
    "check_tensor",
    "count_tensor_runs",
    "differs",
]

MOST_REFERENCE_PHOTOS = 48
"""Photographs in both channel orders."""
_MOST_IMAGES = 16
"""Images of one tensor that the model is run on."""
_RIDGE = 0.05
"""Added to the variances, as a share of each: few photographs."""
_LARGEST = 30.0
_DIFFERENT = 0.05
"""Probability of the expected channel order below which a tensor differs."""
Array = npt.NDArray[np.float64]


@frozen
class TensorCheck:
    """One tensor."""

    path: str
    images: int
    """That the model was run on; 0: none."""
    order: str
    """The channel order with the larger probability; empty where it was not checked."""
    expected_order: str
    probability: float | None
    """That the channel order is the expected one; None: not checked."""
    findings: tuple[Finding, ...]
    """Findings of shape, dtype and values, as in ``validate``."""
    problem: str = ""
    """Reason why the model was not run."""


class OrderReference:
    """Differences of the readings between the right and the reversed channel order."""

    def __init__(self, right: Readings, reverse: Readings, measure: Measure) -> None:
        """Both of shape [N, 2, ...], for the same photographs."""
        self._reference, self._measure = right, measure
        differences = self._differences(right, reverse)
        self._center: Array = differences.mean(0)
        several = len(differences) > 1
        covariance = np.atleast_2d(np.cov(differences, rowvar=False)) if several else np.eye(differences.shape[1])
        ridge = np.diag(covariance.diagonal() * _RIDGE + 1e-12)
        # the reversed order has the negative mean and the same covariance
        self._weights: Array = 2 * np.linalg.solve(covariance + ridge, self._center)

    def probability(self, first: Readings, reverse: Readings) -> float:
        """Probability that images have the right order. first: in the order of the tensor; both [N, 2, ...]."""
        evidence = self._differences(first, reverse) @ self._weights
        number = len(evidence)
        size = 1 / (1 / number + self._measure.systematic_error**2)  # images share the error of the model
        return 1 / (1 + exp(-max(min(float(evidence.mean() * size), _LARGEST), -_LARGEST)))

    def _differences(self, first: Readings, second: Readings) -> Array:
        """Features of shape [N, F] of the first minus those of the second."""
        before, after = (self._measure.evidence(each, self._reference) for each in (first, second))
        return before - after


def count_tensor_runs(tensors: int, photos: int) -> int:
    """Most model runs for a number of tensors."""
    if not tensors:
        return 0
    return VIEWS * (min(photos, MOST_REFERENCE_PHOTOS) + 2 * _MOST_IMAGES * tensors)


def differs(check: TensorCheck) -> bool:
    """Whether a tensor has an error, could not be compared, or has probably the other channel order."""
    has_error = any(finding.severity == "error" for finding in check.findings)
    return has_error or bool(check.problem) or (check.probability is not None and check.probability < _DIFFERENT)


def check_tensor(
    path: str, spec: Spec, recipe: InputRecipe, run: ModelReadings, reference: OrderReference | None
) -> TensorCheck:
    """Compare a tensor file with the recipe. spec: of the model's input; reference: None for gray images.

    Values that need a conversion are converted first, as ``convert --allow-guess`` does; the channel order is left.
    """
    options = Options(want_array=True, assume={"channel_order": recipe.order}, allow_guess=True)
    result = process(path, spec, options)
    findings = tuple(finding for finding in result.findings if finding.severity != "notice")
    problem = result.skipped if result.array is None else ""
    if result.candidate.kind != "tensor":
        problem = "got an image, expected a tensor such as a .npy file"
    if problem or reference is None:
        order = "" if reference is not None else recipe.order
        return _without_runs(path, recipe, findings, problem, order=order)
    images = np.asarray(result.array)
    images = images if images.ndim == 4 else images[None]
    pixels = decode_batch(images[:_MOST_IMAGES], recipe, run.format)
    try:
        probability = reference.probability(run(recipe, pixels), run(recipe, pixels[..., ::-1]))
    except ImgcheckError as error:
        return _without_runs(path, recipe, findings, str(error))
    other = "BGR" if recipe.order == "RGB" else "RGB"
    order = recipe.order if probability >= 0.5 else other
    return TensorCheck(
        path=path,
        images=len(pixels),
        order=order,
        expected_order=recipe.order,
        probability=probability,
        findings=findings,
    )


def _without_runs(
    path: str, recipe: InputRecipe, findings: tuple[Finding, ...], problem: str, *, order: str = ""
) -> TensorCheck:
    """A tensor that the model was not run on."""
    return TensorCheck(
        path=path,
        images=0,
        order=order,
        expected_order=recipe.order,
        probability=None,
        findings=findings,
        problem=problem,
    )
