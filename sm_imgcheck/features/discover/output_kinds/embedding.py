"""Embeddings, [N, D]: vectors of features, whose direction is compared."""

from __future__ import annotations

from typing import Literal

import numpy as np
import numpy.typing as npt

from sm_imgcheck.core.frozen import frozen
from sm_imgcheck.features.discover.output_kinds import Outputs, OutputSample, Readings
from sm_imgcheck.features.discover.output_kinds._distributions import mutual_information
from sm_imgcheck.features.discover.output_kinds._names import EMBEDDING_WORDS, mentions
from sm_imgcheck.features.discover.scores import softmax

__all__ = ["KIND", "EmbeddingMeasure"]

_SHORTEST = 8
_NORM = 0.01
"""How far the lengths of normalized vectors may be from each other, as a share."""
_ZEROS = 0.1
"""Share of zeros from which a vector without negative numbers is one after a ReLU."""
_TINY = 1e-12
_SMALLEST = 1e-6
_FAR = 1e9
_NEAR = 0.25
"""Temperature with which random weights distinguish 2.6 groups at most, trained ones 3.6 or more."""
_FEWEST = 3
"""Photographs, one of which has two others."""


def unit_vectors(readings: Readings, center: Readings | None = None) -> Readings:
    """Vectors of length 1 after subtracting the mean of all photographs, or ``center``."""
    finite = np.nan_to_num(readings, nan=0, posinf=0, neginf=0)
    lengths = np.linalg.norm(finite, axis=-1, keepdims=True)
    units = finite / (lengths + _TINY)
    differences = units - (units.mean((0, 1)) if center is None else center)
    result: Readings = differences / (np.linalg.norm(differences, axis=-1, keepdims=True) + 1e-6)
    return result


def _neighbors(units: Readings, temperature: float) -> Readings:
    """Probabilities of the other photographs for each view, [N, 2, N]: the softmax of the cosines.

    temperature: in standard deviations of all cosines, which are smaller in more dimensions.
    """
    others = ~np.eye(len(units), dtype=bool)
    means = units.mean(1)
    deviation = float((means @ means.T)[others].std()) if len(units) > 1 else 1.0
    cosines = np.stack([view @ view.T for view in units.swapaxes(0, 1)], 1)
    return softmax(np.where(others[:, None], cosines / (temperature * deviation + _TINY), -_FAR))


@frozen
class EmbeddingMeasure:
    """Agreement of a photograph's embedding with the mirrored one's, against the spread over photographs.

    The cosine of both prefers recipes under which the model sees least: their embeddings change little.
    """

    score = "agreement of the embeddings of mirrored photographs, against their spread over photographs"
    change = "nearest photograph"
    accepts_labels = False
    least_information = 3.0
    rounds = ((1 << 30, 24), (10, 48), (8, 96), (6, 192))
    fewest_photos = 24
    constant_error = 0.25
    systematic_error = 0.1

    @property
    def weights(self) -> dict[str, float]:
        """Weights of the features."""
        return {"information": 1.0, "margin": 0.5}

    def features(self, readings: Readings) -> dict[str, Readings]:
        """Information, margin and agreement of the two views of each photograph.

        information: that a photograph's nearest photographs have about it, in nats: the mutual information, as for
        classes, of the softmax of the cosines with the other photographs, in standard deviations of all cosines.
        agreement: cosine of the embeddings of the photograph and of the mirrored one. margin: agreement minus the
        cosine with the nearest other photograph.
        """
        units = unit_vectors(readings)
        probabilities = _neighbors(units, 1.0)
        mean = probabilities.mean((0, 1)) + _SMALLEST
        agreement = (units[:, 0] * units[:, 1]).sum(-1)
        nearest = np.where(np.eye(len(units), dtype=bool), -1, units[:, 0] @ units.mean(1).T).max(1)
        return {
            "information": mutual_information(probabilities, np.log(probabilities + _SMALLEST), mean),
            "margin": agreement - nearest,
            "agreement": agreement,
        }

    def information(self, readings: Readings) -> float:
        """Number of groups of photographs that the embeddings distinguish: e to the power of the information."""
        units = unit_vectors(readings)
        if len(units) < _FEWEST:
            return 1.0
        probabilities = _neighbors(units, _NEAR)
        mean = probabilities.mean((0, 1)) + _SMALLEST
        return float(np.exp(mutual_information(probabilities, np.log(probabilities + _SMALLEST), mean).mean()))

    def shortage(self, information: float) -> str:
        """What is missing."""
        groups = f"{information:.1f} groups of photographs, expected {self.least_information:g} or more"
        return f"the embeddings distinguish {groups}"

    def difference(self, first: Readings, second: Readings) -> float:
        """Half of the mean distance of the directions."""
        a, b = (np.nan_to_num(each[:, 0]) for each in (first, second))
        a, b = (each / (np.linalg.norm(each, axis=-1, keepdims=True) + _TINY) for each in (a, b))
        deviation = np.sqrt(((a - a.mean(0)) ** 2).sum(-1).mean()) + _TINY
        return float(np.linalg.norm(a - b, axis=-1).mean() / deviation)

    def changes(self, right: Readings, wrong: Readings) -> npt.NDArray[np.bool_]:
        """Another photograph is nearer than the same one."""
        center = unit_vectors(right[:, :1] * 1.0, np.zeros(right.shape[-1])).mean((0, 1))
        a, b = (unit_vectors(each[:, :1], center)[:, 0] for each in (right, wrong))
        result: npt.NDArray[np.bool_] = (b @ a.T).argmax(1) != np.arange(len(a))
        return result

    def total_variation(self, before: Readings, after: Readings) -> None:
        """None."""

    def caption(self, readings: Readings) -> str:
        """Mean agreement with the mirrored photographs."""
        return f"agreement with mirrored photographs: {self.features(readings)['agreement'].mean():.2f}"

    def evidence(self, readings: Readings, reference: Readings) -> Readings:
        """Agreement, and the spread against the reference."""
        center = unit_vectors(reference, np.zeros(reference.shape[-1])).mean((0, 1))
        units, others = (unit_vectors(each, center) for each in (readings, reference))
        agreement = (units[:, 0] * units[:, 1]).sum(-1)
        nearest = np.sort(units[:, 0] @ others[:, 0].T, axis=1)[:, -3:].mean(1)
        return np.stack([agreement, nearest], 1)


@frozen
class EmbeddingReader:
    """One output of shape [N, D]."""

    output: str
    length: int
    normalized: bool
    certainty: Literal["certain", "assumed"]
    kind = "embedding"
    has_batch = True
    classes = class_count = 0
    measure = EmbeddingMeasure()

    @property
    def form(self) -> str:
        """``embedding of 512 numbers, normalized``."""
        return f"embedding of {self.length:,} numbers{', normalized' if self.normalized else ''}"

    def read(self, outputs: Outputs, number: int) -> Readings:
        """Vectors [number, D]; zeros where they are not finite."""
        values = np.asarray(outputs[self.output], np.float64).reshape(number, -1)
        return np.where(np.isfinite(values).all(1, keepdims=True), values, 0)

    def vectors(self, readings: Readings) -> Readings:
        """Unchanged."""
        return readings

    def top(self, outputs: Outputs, readings: Readings, image: int, most: int) -> tuple[()]:
        """Empty."""
        del outputs, readings, image, most
        return ()

    def mirror(self, readings: Readings) -> Readings:
        """Unchanged."""
        return readings


class _Embedding:
    words = "an embedding [N, D]"
    measure = EmbeddingMeasure()
    rank = 4

    def recognize(self, sample: OutputSample, *, output: str, explicit: bool) -> EmbeddingReader | None:
        """The first output with the name of an embedding, else the first vector."""
        readers = [
            reader
            for name in ([output] if output else sample.outputs[0])
            if (reader := _reader(sample, name, explicit))
        ]
        readers.sort(key=lambda reader: reader.certainty != "certain")
        return readers[0] if readers else None


def _reader(sample: OutputSample, name: str, explicit: bool) -> EmbeddingReader | None:
    arrays = [each[name] for each in sample.outputs]
    shape = arrays[0].shape
    long = [length for length in shape if length != 1]
    if arrays[0].dtype.kind != "f" or len(long) != 1 or long[0] < (2 if explicit else _SHORTEST):
        return None
    if any(each.shape != shape for each in arrays):
        return None
    vectors = np.stack([each.ravel() for each in arrays]).astype(np.float64)
    vectors = vectors[np.isfinite(vectors).all(1)]
    if not len(vectors):
        return None
    lengths = np.linalg.norm(vectors, axis=1)
    is_normalized = bool(np.abs(lengths - 1).max() < _NORM)
    is_rectified = vectors.min() >= 0 and (vectors == 0).mean() > _ZEROS
    certain = explicit or is_normalized or is_rectified or mentions(name, EMBEDDING_WORDS)
    return EmbeddingReader(
        output=name, length=long[0], normalized=is_normalized, certainty="certain" if certain else "assumed"
    )


KIND = _Embedding()
