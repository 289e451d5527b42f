"""A model's outputs as class probabilities where they are a distribution, and the distance between two predictions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from typing import Literal

import numpy as np
import numpy.typing as npt

from sm_imgcheck.core.errors import ImgcheckError
from sm_imgcheck.core.escape import for_terminal
from sm_imgcheck.core.frozen import frozen

__all__ = ["Prediction", "PredictionDistance", "distance", "interpret", "softmax"]

Form = Literal["probabilities", "logits", "values"]
Array = npt.NDArray[np.float64]
_SUM = 0.02
"""How far the sum of a distribution may be from 1: half precision and 8-bit quantization."""
_MOST_CLASSES = 200_000
_SMALLEST = 1e-38
"""Smallest probability: about that of single precision."""


@frozen
class Prediction:
    """Outputs of a model for a batch of images."""

    output: str
    """Name of the output that is compared."""
    form: Form
    """values: the output is not a distribution over classes."""
    values: Array = field(repr=False, compare=False)
    """Probabilities of shape [N, K]; for ``values`` the output of any shape."""
    logits: Array = field(repr=False, compare=False)
    """Class scores of shape [N, K]: logits, or logarithms of probabilities; empty for ``values``."""
    outputs: Mapping[str, tuple[int, ...]]
    """Shapes of all outputs by name."""

    @property
    def finite(self) -> bool:
        """Whether all numbers are finite."""
        return bool(np.isfinite(self.values).all())


@frozen
class PredictionDistance:
    """Difference between two predictions."""

    images: int
    changed: int
    """Images whose top class differs."""
    total_variation: float | None
    """Half of the sum of absolute differences, averaged over the images, 0..1; None: no distributions."""
    cosine: float
    """Cosine similarity, averaged over the images."""
    largest: float
    """Largest absolute difference."""


def interpret(outputs: Mapping[str, np.ndarray], output: str = "") -> Prediction:
    """Find the distribution over classes among the outputs. Raises ImgcheckError for an unknown ``output``.

    Among several outputs the first that is a distribution counts, else the first of shape [N, K], else the first.
    Rows that do not add up to 1 are read as logits: a vector of features looks the same.
    """
    if output and output not in outputs:
        names = ", ".join(map(for_terminal, outputs))
        raise ImgcheckError(f"--output-name: got {for_terminal(output)}, expected one of {names}")
    shapes = {name: tuple(values.shape) for name, values in outputs.items()}
    candidates = {output: outputs[output]} if output else outputs
    read = {name: _scores(values) for name, values in candidates.items() if values.dtype.kind in "fiu"}
    for form in ("probabilities", "logits"):
        for name, scores in read.items():
            if scores is not None and scores[0] == form:
                return Prediction(output=name, form=scores[0], values=scores[1], logits=scores[2], outputs=shapes)
    name = output or next(iter(read or outputs), "")
    values = outputs[name].astype(np.float64) if name in read else np.zeros(0)
    return Prediction(output=name, form="values", values=values, logits=np.zeros(0), outputs=shapes)


def _scores(values: np.ndarray) -> tuple[Form, Array, Array] | None:
    """Probabilities and logits of shape [N, K] for [N, K] or [N, K, 1, 1]; None for any other shape."""
    lengths = [length for length in values.shape[1:] if length != 1]
    if values.ndim < 2 or len(lengths) > 1 or not values.size or values.shape[0] == 0:
        return None
    flat = values.reshape(len(values), -1).astype(np.float64)
    if flat.shape[1] > _MOST_CLASSES or not np.isfinite(flat).all():
        return None
    inside = flat.min() >= -_SUM and flat.max() <= 1 + _SUM
    if flat.shape[1] == 1:
        positive = flat.clip(0, 1) if inside else 1 / (1 + np.exp(-flat.clip(-500, 500)))
        both = np.concatenate([1 - positive, positive], axis=1)
        return ("probabilities" if inside else "logits"), both, np.log(both.clip(_SMALLEST))
    if inside and np.abs(flat.sum(axis=1) - 1).max() < _SUM:
        shares = flat.clip(0) / flat.clip(0).sum(axis=1, keepdims=True)
        return "probabilities", shares, np.log(shares.clip(_SMALLEST))
    return "logits", softmax(flat), flat


def softmax(logits: Array) -> Array:
    """Softmax over the last axis."""
    powers = np.exp(logits - logits.max(axis=-1, keepdims=True))
    probabilities: Array = powers / powers.sum(axis=-1, keepdims=True)
    return probabilities


def distance(before: Prediction, after: Prediction) -> PredictionDistance | None:
    """Compare two predictions; None where their shapes differ, or one of them is not finite."""
    if before.values.shape != after.values.shape or not (before.finite and after.finite) or not after.values.size:
        return None
    first, second = before.values, after.values
    rows = len(first) if first.ndim else 1
    a, b = first.reshape(rows, -1), second.reshape(rows, -1)
    is_distribution = "values" not in (before.form, after.form)
    norms = np.linalg.norm(a, axis=1) * np.linalg.norm(b, axis=1)
    cosines = np.where(norms > 0, (a * b).sum(axis=1) / np.where(norms > 0, norms, 1), (a == b).all(axis=1))
    return PredictionDistance(
        images=rows,
        changed=int((a.argmax(axis=1) != b.argmax(axis=1)).sum()) if is_distribution else 0,
        total_variation=float(np.abs(a - b).sum(axis=1).mean() / 2) if is_distribution else None,
        cosine=float(cosines.mean()),
        largest=float(np.abs(a - b).max()),
    )
