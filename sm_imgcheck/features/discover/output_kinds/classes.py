"""Scores of classes, [N, K]: probabilities or logits."""

from __future__ import annotations

from typing import Literal

import numpy as np
import numpy.typing as npt

from sm_imgcheck.core.frozen import frozen
from sm_imgcheck.features.discover.output_kinds import FEWEST_PHOTOS, ROUNDS, Outputs, OutputSample, Readings, TopEntry
from sm_imgcheck.features.discover.output_kinds._distributions import too_little_information, total_variation
from sm_imgcheck.features.discover.output_kinds._names import EMBEDDING_WORDS, mentions
from sm_imgcheck.features.discover.scores import (
    LEAST_INFORMATION,
    class_features,
    cross_information,
    information,
    softmax,
    weights_for,
)

__all__ = ["KIND", "ClassMeasure", "class_scores"]

Form = Literal["probabilities", "logits"]
_SUM = 0.02
"""How far the sum of a distribution may be from 1: half precision and 8-bit quantization."""
_MOST_CLASSES = 200_000
_SMALLEST = 1e-38
"""Smallest probability: about that of single precision."""
_LENGTHS = 16
"""Lengths of embeddings are multiples of it, those of ImageNet's classes (1,000, 1,001, 21,841) are not."""
_WORDS = ("logit", "class", "score", "prob", "softmax", "predict", "label", "categor")


def class_scores(values: np.ndarray) -> tuple[Form, Readings, Readings] | None:
    """Probabilities and logits of shape [N, K] for [N, K] or [N, K, 1, 1]; None for any other shape."""
    lengths = [length for length in values.shape[1:] if length != 1]
    if values.ndim < 2 or len(lengths) > 1 or not values.size or values.shape[0] == 0 or values.dtype.kind not in "fiu":
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


@frozen
class ClassMeasure:
    """Information, peak and agreement; readings are logits [N, 2, K]."""

    classes: int

    @property
    def score(self) -> str:
        """What the features are."""
        if set(self.weights) == {"information"}:
            return "information of the predictions about the photograph"
        return "peak, information and agreement of the predictions"

    change = "top class"
    accepts_labels = True
    least_information = LEAST_INFORMATION
    rounds = ROUNDS
    fewest_photos = FEWEST_PHOTOS
    constant_error = 0.0
    systematic_error = 0.06

    @property
    def weights(self) -> dict[str, float]:
        """By the number of classes."""
        return weights_for(self.classes)

    def features(self, readings: Readings) -> dict[str, Readings]:
        """Peak, agreement and information."""
        return class_features(readings)

    def information(self, readings: Readings) -> float:
        """Mutual information of photograph and class."""
        return information(readings)

    def shortage(self, information: float) -> str:
        """What is missing."""
        return too_little_information(information, self.least_information)

    def difference(self, first: Readings, second: Readings) -> float:
        """Total variation."""
        return self.total_variation(first[:, 0], second[:, 0])

    def changes(self, right: Readings, wrong: Readings) -> npt.NDArray[np.bool_]:
        """The top class differs."""
        result: npt.NDArray[np.bool_] = right[:, 0].argmax(-1) != wrong[:, 0].argmax(-1)
        return result

    def total_variation(self, before: Readings, after: Readings) -> float:
        """Total variation of the probabilities."""
        return float(total_variation(softmax(before), softmax(after)).mean())

    def caption(self, readings: Readings) -> str:
        """The top class of each photograph."""
        return f"top classes: {', '.join(map(str, readings[:, 0].argmax(-1)))}"

    def evidence(self, readings: Readings, reference: Readings) -> Readings:
        """Peak, agreement, and information against the reference."""
        features = class_features(readings)
        mean = softmax(reference[:, 0]).mean(0)
        return np.stack([features["peak"], features["agreement"], cross_information(readings, mean)], 1)


@frozen
class ClassReader:
    """One output of shape [N, K]."""

    output: str
    values: Form
    classes: int
    single: bool
    """Whether the output is one number, the probability or logit of the second class."""
    certainty: Literal["certain", "assumed"]
    kind = "classes"
    has_batch = True

    @property
    def class_count(self) -> int:
        """As ``classes``."""
        return self.classes

    @property
    def form(self) -> str:
        """``logits of 1,000 classes``; ``probabilities of 2 classes, from one number``."""
        return f"{self.values} of {self.classes:,} classes{', from one number' if self.single else ''}"

    @property
    def measure(self) -> ClassMeasure:
        """The measure of this number of classes."""
        return ClassMeasure(classes=self.classes)

    def read(self, outputs: Outputs, number: int) -> Readings:
        """Logits [number, K]; equal ones where the outputs are not finite."""
        scores = class_scores(np.asarray(outputs[self.output]).reshape(number, -1)) if number else None
        return np.zeros((number, self.classes)) if scores is None else scores[2]

    def vectors(self, readings: Readings) -> Readings:
        """The probabilities."""
        return softmax(readings)

    def top(self, outputs: Outputs, readings: Readings, image: int, most: int) -> list[TopEntry]:
        """The classes with the largest probabilities."""
        del outputs
        shares = softmax(readings[image])
        best = np.argsort(-shares, kind="stable")[:most]
        return [TopEntry(label=int(number), share=float(shares[number])) for number in best]

    def mirror(self, readings: Readings) -> Readings:
        """Unchanged."""
        return readings


class _Classes:
    words = "scores of classes [N, K]"
    measure = ClassMeasure(classes=2)
    rank = 3

    def recognize(self, sample: OutputSample, *, output: str, explicit: bool) -> ClassReader | None:
        """The first distribution, else the first logits, of one image each."""
        readers = [
            reader
            for name in ([output] if output else sample.outputs[0])
            if (reader := _reader(sample, name, explicit))
        ]
        readers.sort(key=lambda reader: (reader.values != "probabilities", reader.certainty != "certain"))
        return readers[0] if readers else None


def _reader(sample: OutputSample, name: str, explicit: bool) -> ClassReader | None:
    arrays = [each[name].reshape(1, -1) if each[name].ndim == 1 else each[name] for each in sample.outputs]
    read = [class_scores(each) for each in arrays]
    finite = [each for each in read if each is not None]
    if not finite or any(len(each[1]) != 1 for each in finite):
        return None
    values: Form = "logits" if any(each[0] == "logits" for each in finite) else "probabilities"
    number, length = finite[0][1].shape[1], sample.outputs[0][name].size
    if length == 1 and values == "logits" and not explicit:
        return None  # a number: of a regression, or a logit
    is_odd = (length < _LENGTHS or length % _LENGTHS != 0) and not mentions(name, EMBEDDING_WORDS)
    certain = values == "probabilities" or is_odd or mentions(name, _WORDS)
    certainty: Literal["certain", "assumed"] = "certain" if certain or explicit else "assumed"
    return ClassReader(output=name, values=values, classes=number, single=length == 1, certainty=certainty)


KIND = _Classes()
