"""How much a model's class scores look like those of a model that gets what it was trained on.

Without labels, per photograph:

information: mutual information of prediction and photograph, in nats: the cross-entropy of the prediction with the
mean prediction for the other photographs, minus that with the prediction for the mirrored photograph. A prediction that
is the same for all photographs has none; one that is confident and changes when the photograph is mirrored has less
than none. Its mean is the mutual information of photograph and class.
peak: largest class score, in standard deviations of all class scores of the photograph (logits; of probabilities their
logarithms). It does not change when all scores are multiplied or relative.
agreement: correlation of the class scores with those of the mirrored photograph.

With labels: the logarithm of the probability of the right class.
"""

from __future__ import annotations

from math import log

import numpy as np
import numpy.typing as npt

__all__ = [
    "FEW_CLASSES",
    "LEAST_INFORMATION",
    "MANY_CLASSES",
    "class_features",
    "combine",
    "cross_information",
    "information",
    "label_scores",
    "softmax",
    "weights_for",
]

Array = npt.NDArray[np.float64]
FEW_CLASSES = {"information": 1.0}
MANY_CLASSES = {"information": 0.5, "peak": 1.0, "agreement": 0.5}
"""Weights of the features for fewer than 64 classes, fitted on the first half of the models of
tests/fit/small_models.py; and for more, fitted on EfficientNet-Lite0."""
_MANY_FROM = 64
LEAST_INFORMATION = 0.2
"""Mutual information of photograph and prediction, as a share of the largest possible: models with random weights reach
0.03, trained ones 0.5 or more (tests/fit/small_models.py)."""
_TINY = 1e-9
_FLOOR = -70.0
"""Logarithm of a probability that is near the smallest of single precision."""


def class_features(scores: Array) -> dict[str, Array]:
    """Features of shape [N] from class scores (logits) of shape [N, 2, K]: photographs and mirrored photographs."""
    classes = scores.shape[-1]
    differences = scores - scores.mean(-1, keepdims=True)
    deviation = np.sqrt((differences**2).mean(-1)) + _TINY
    relative = scores - scores.max(-1, keepdims=True)
    is_saturated = (relative < _FLOOR).mean(-1) >= min(0.5, (classes - 1) / classes)
    peak = np.where(is_saturated, 1 / np.sqrt(classes - 1), differences.max(-1) / deviation).mean(-1)
    agreement = (differences[:, 0] * differences[:, 1]).mean(-1) / (deviation[:, 0] * deviation[:, 1])
    logs = relative - np.log(np.exp(relative).sum(-1, keepdims=True))
    probabilities = np.exp(logs)
    return {"peak": peak, "agreement": agreement, "information": _information(probabilities, logs)}


def _information(probabilities: Array, logs: Array) -> Array:
    """Information of each photograph, of shape [N]; the mean prediction is over the others and a uniform one."""
    number, _, classes = probabilities.shape
    per_photo = probabilities.mean(1)
    mean = (per_photo.sum(0) - per_photo + 1 / classes) / number
    cross = (probabilities[:, 0] * logs[:, 1] + probabilities[:, 1] * logs[:, 0]).sum(-1) / 2
    information: Array = cross - (per_photo * np.log(mean)).sum(-1)
    return information


def cross_information(scores: Array, mean: Array) -> Array:
    """Information of each image, of shape [N], against a mean prediction [K] of other images; scores: [N, 2, K]."""
    relative = scores - scores.max(-1, keepdims=True)
    logs = relative - np.log(np.exp(relative).sum(-1, keepdims=True))
    probabilities = np.exp(logs)
    cross = (probabilities[:, 0] * logs[:, 1] + probabilities[:, 1] * logs[:, 0]).sum(-1) / 2
    uniform = 1 / len(mean)
    result: Array = cross - (probabilities.mean(1) * np.log(0.98 * mean + 0.02 * uniform)).sum(-1)
    return result


def weights_for(classes: int) -> dict[str, float]:
    """Weights of the features for a number of classes."""
    return MANY_CLASSES if classes >= _MANY_FROM else FEW_CLASSES


def combine(features: dict[str, Array], weights: dict[str, float]) -> Array:
    """One score of shape [N, R] for features of shape [N, R] of photographs and recipes.

    Each feature is divided by the standard deviation of its paired differences between recipes.
    """
    total = np.zeros(1)
    for name, weight in weights.items():
        values = features[name]
        residual = values - values.mean(1, keepdims=True)
        residual = residual - residual.mean(0)
        deviation = float(np.sqrt(np.median(residual.var(0))))
        total = total + (weight * values / deviation if deviation > _TINY else np.zeros_like(values))
    return total


def label_scores(scores: Array, labels: npt.NDArray[np.int64]) -> Array:
    """Logarithm of the probability of the right class, averaged over the views, of shape [N]."""
    relative = scores - scores.max(-1, keepdims=True)
    logs = relative - np.log(np.exp(relative).sum(-1, keepdims=True))
    right: Array = np.take_along_axis(logs, labels[:, None, None], axis=-1)[..., 0].mean(-1)
    return right


def information(scores: Array) -> float:
    """Mutual information of photograph and class, as a share of the largest possible; scores: [N, 2, K]."""
    number, _, classes = scores.shape
    relative = scores - scores.max(-1, keepdims=True)
    logs = relative - np.log(np.exp(relative).sum(-1, keepdims=True))
    shares = np.exp(logs)
    mean = shares.mean((0, 1))
    entropy = -float((mean * np.log(mean + 1e-30)).sum())
    cross = -float(((shares[:, 0] * logs[:, 1] + shares[:, 1] * logs[:, 0]).sum(-1) / 2).mean())
    return (entropy - cross) / log(max(min(number, classes), 2))


def softmax(logits: Array) -> Array:
    """Softmax over the last axis."""
    powers = np.exp(logits - logits.max(axis=-1, keepdims=True))
    probabilities: Array = powers / powers.sum(axis=-1, keepdims=True)
    return probabilities
