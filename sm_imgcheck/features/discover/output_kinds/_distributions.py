"""Arithmetic on distributions: readings are logits of shape [N, 2, P, K] for P pixels."""

from __future__ import annotations

import numpy as np

from sm_imgcheck.core.phrases import percentage
from sm_imgcheck.features.discover.output_kinds import Readings

__all__ = ["logarithms", "mutual_information", "others_mean", "too_little_information", "total_variation"]


def logarithms(logits: Readings) -> Readings:
    """Logarithms of the probabilities."""
    relative = logits - logits.max(-1, keepdims=True)
    result: Readings = relative - np.log(np.exp(relative).sum(-1, keepdims=True))
    return result


def others_mean(probabilities: Readings) -> Readings:
    """Mean of the other photographs and a uniform distribution, for each; [N, ..., K]."""
    number, classes = len(probabilities), probabilities.shape[-1]
    mean: Readings = (probabilities.sum(0) - probabilities + 1 / classes) / number
    return mean


def mutual_information(probabilities: Readings, logs: Readings, mean: Readings) -> Readings:
    """Information in nats of shape [N, ...]: cross-entropy with ``mean`` minus that with the mirrored prediction.

    probabilities, logs: [N, 2, ..., K]; mean: [N, ..., K] or [..., K].
    """
    cross = (probabilities[:, 0] * logs[:, 1] + probabilities[:, 1] * logs[:, 0]).sum(-1) / 2
    information: Readings = cross - (probabilities.mean(1) * np.log(mean)).sum(-1)
    return information


def total_variation(first: Readings, second: Readings) -> Readings:
    """Half of the sum of absolute differences over the last axis."""
    result: Readings = np.abs(first - second).sum(-1) / 2
    return result


def too_little_information(share: float, least: float) -> str:
    """Reason why the predictions are not enough."""
    return (
        f"the predictions depend too little on the photograph ({percentage(max(share, 0))} of the possible mutual "
        f"information, expected {percentage(least)} or more)"
    )
