"""Detectors: boxes with scores, read as the presence of each class and of an object in each cell of the image."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

import numpy as np
import numpy.typing as npt

from sm_imgcheck.core.frozen import frozen
from sm_imgcheck.features.discover.output_kinds import FEWEST_PHOTOS, ROUNDS, Outputs, OutputSample, Readings, TopEntry
from sm_imgcheck.features.discover.output_kinds._boxes import Boxes, BoxForm, find_form
from sm_imgcheck.features.discover.output_kinds._distributions import too_little_information

__all__ = ["KIND", "DetectorMeasure"]

_CELLS = 6
"""Rows and columns of cells."""
_SLOTS = 128
"""Classes, where the outputs do not contain their number."""
_LEAST = 1e-3
"""Smallest probability, which bounds the cost of a box that is not found again."""
_SHORT = 0.05
"""Length of presences below which they have no direction."""
_CONFIDENT = 0.5
_LEAST_SHOWN_SCORE = 0.1
"""Least score of a box that is listed."""
_MOST_BOXES = 200
_NEAR = 0.1


@frozen
class DetectorMeasure:
    """Confidence and information; readings are the presences [N, 2, P] and the class scores, 0..1."""

    score = "information of the confidence mass about the photograph, contrast with other photographs"
    change = "set of classes with a score of 0.5 or more"
    accepts_labels = False
    least_information = 0.2
    rounds = ROUNDS
    fewest_photos = FEWEST_PHOTOS
    constant_error = 0.08
    systematic_error = 0.1

    @property
    def weights(self) -> dict[str, float]:
        """Weights of the features."""
        return {"information": 1.0, "contrast": 1.0}

    def features(self, readings: Readings) -> dict[str, Readings]:
        """Information and contrast; and the confidence mass, which is the sum of the presences.

        information: in nats, against the other photographs; it rises with the confidence of boxes that are found again
        in the mirrored photograph, and falls with that of others. contrast: cosine of the presences with those of the
        mirrored photograph, minus that with their mean over other photographs; independent of the scale of scores.
        """
        readings, _ = _split(readings)
        number = len(readings)
        per_photo = readings.mean(1)
        others = (per_photo.sum(0) - per_photo) / max(number - 1, 1)
        mean = _bound((others * (number - 1) + _LEAST) / number)
        return {
            "information": _information(readings, mean).sum(-1),
            "contrast": _cosine(readings[:, 0], readings[:, 1]) - _cosine(per_photo, others),
            "mass": readings.sum(-1).mean(1),
        }

    def information(self, readings: Readings) -> float:
        """Mutual information as a share of the entropy of the mean presences."""
        readings, _ = _split(readings)
        mean = _bound(readings).mean((0, 1))
        least = np.full(1, _LEAST)
        entropy = (_cross(mean, mean) - _cross(least, least)).sum()
        return float(_information(readings, mean).sum(-1).mean() / max(entropy, 0.1))

    def shortage(self, information: float) -> str:
        """What is missing."""
        return too_little_information(information, self.least_information)

    def difference(self, first: Readings, second: Readings) -> float:
        """Sum of the differences as a share of the sum of both."""
        a, b = first[:, 0], second[:, 0]
        return float(np.abs(a - b).sum() / max(a.sum() + b.sum(), 0.1))

    def changes(self, right: Readings, wrong: Readings) -> npt.NDArray[np.bool_]:
        """Another set of classes has a confident box."""
        a, b = (_split(each[:, 0])[1] >= _CONFIDENT for each in (right, wrong))
        result: npt.NDArray[np.bool_] = (a != b).any(-1)
        return result

    def total_variation(self, before: Readings, after: Readings) -> None:
        """None: presences do not add up to 1."""

    def caption(self, readings: Readings) -> str:
        """The confidence mass of each photograph."""
        return f"confidence mass: {', '.join(f'{each:.1f}' for each in _split(readings)[0][:, 0].sum(-1))}"

    def evidence(self, readings: Readings, reference: Readings) -> Readings:
        """Information against the reference, contrast with it, and the confidence mass."""
        (readings, _), (others, _) = _split(readings), _split(reference)
        mean = others.mean((0, 1))
        return np.stack(
            [
                readings.sum(-1).mean(1),
                _cosine(readings[:, 0], readings[:, 1]) - _cosine(readings.mean(1), mean),
                _information(readings, _bound(mean)).sum(-1),
            ],
            1,
        )


def _cosine(first: Readings, second: Readings) -> Readings:
    """Cosines over the last axis; of presences near 0 they are near 0."""
    lengths = np.linalg.norm(first, axis=-1) * np.linalg.norm(second, axis=-1)
    result: Readings = (first * second).sum(-1) / (lengths + _SHORT)
    return result


def _split(readings: Readings) -> tuple[Readings, Readings]:
    """The presences in the cells, [..., P], and the largest score of each class, [..., C]."""
    classes = readings.shape[-1] // (_CELLS * _CELLS + 1)
    return readings[..., :-classes], readings[..., -classes:]


def _bound(presences: Readings) -> Readings:
    return presences.clip(_LEAST, 1 - _LEAST)


def _cross(probabilities: Readings, others: Readings) -> Readings:
    """Cross-entropy of presence and absence."""
    others = _bound(others)
    result: Readings = -(probabilities * np.log(others) + (1 - probabilities) * np.log(1 - others))
    return result


def _information(readings: Readings, mean: Readings) -> Readings:
    """Information of each presence, [N, P]."""
    presences = _bound(readings)
    reverse = (_cross(presences[:, 0], presences[:, 1]) + _cross(presences[:, 1], presences[:, 0])) / 2
    return _cross(presences.mean(1), mean) - reverse


@frozen
class DetectorReader:
    """The outputs of a detector."""

    boxes: BoxForm
    kind = "detector"
    classes = 0
    certainty: Literal["certain", "assumed"] = "certain"
    measure = DetectorMeasure()

    @property
    def has_batch(self) -> bool:
        """Outputs such as ``boxes`` [M, 4] have none."""
        return self.boxes.has_batch

    @property
    def output(self) -> str:
        """Names of the outputs with scores and boxes."""
        return self.boxes.output

    @property
    def class_count(self) -> int:
        """Without one for no object."""
        return self.boxes.classes

    @property
    def form(self) -> str:
        """``detector, YOLO, 8,400 boxes of 80 classes``."""
        return f"detector, {self.boxes.words}"

    def read(self, outputs: Outputs, number: int) -> Readings:
        """Largest score of each class in each cell, weighted by the distance to the box, and in the image."""
        return np.stack([self._presences(self.boxes.read(outputs, image)) for image in range(number)])

    def _presences(self, boxes: Boxes) -> Readings:
        classes = min(self.boxes.classes or _SLOTS, _SLOTS)
        cells, best = np.zeros((_CELLS * _CELLS, classes)), np.zeros(classes)
        if boxes.labels is not None:
            np.maximum.at(best, boxes.labels % classes, boxes.scores)
        elif len(boxes.scores):
            np.maximum.at(best, np.arange(boxes.scores.shape[1]) % classes, boxes.scores.max(0))
        for positions, weights in _nearest_cells(boxes.centers):
            if boxes.labels is not None:
                np.maximum.at(cells, (positions, boxes.labels % classes), boxes.scores * weights)
                continue
            for start in range(0, boxes.scores.shape[1], classes):
                scores = boxes.scores[:, start : start + classes]
                np.maximum.at(cells[:, : scores.shape[1]], positions, scores * weights[:, None])
        return np.concatenate([cells.ravel(), best])

    def vectors(self, readings: Readings) -> Readings:
        """The presences."""
        return readings

    def top(self, outputs: Outputs, readings: Readings, image: int, most: int) -> list[TopEntry]:
        """The boxes with the largest scores; near boxes of a class count once."""
        del readings
        boxes = self.boxes.read(outputs, image)
        labels = boxes.labels if boxes.labels is not None else boxes.scores.argmax(1)
        scores = boxes.scores if boxes.labels is not None else boxes.scores.max(1)
        entries: list[TopEntry] = []
        for number in np.argsort(-scores, kind="stable")[:_MOST_BOXES]:
            place = (float(boxes.centers[number, 0]), float(boxes.centers[number, 1]))
            entry = TopEntry(label=int(labels[number]), share=float(scores[number]), place=place)
            if entry.share < _LEAST_SHOWN_SCORE or len(entries) == most:
                break
            if not any(_is_near(entry, other) for other in entries):
                entries.append(entry)
        return entries

    def mirror(self, readings: Readings) -> Readings:
        """The columns of cells in reverse order."""
        cells, best = _split(readings)
        reverse = cells.reshape(*cells.shape[:-1], _CELLS, _CELLS, -1)[..., ::-1, :].reshape(cells.shape)
        return np.concatenate([reverse, best], -1)


def _nearest_cells(centers: Readings) -> Iterator[tuple[npt.NDArray[np.intp], Readings]]:
    """The four cells around each center, with bilinear weights: a box that moves a little changes them a little."""
    positions = (centers * _CELLS - 0.5).clip(0, _CELLS - 1.001)
    first = positions.astype(np.intp)
    shares: Readings = positions - first
    for row in (0, 1):
        for column in (0, 1):
            x, y = (shares[:, axis] if move else 1 - shares[:, axis] for axis, move in ((0, column), (1, row)))
            yield (first[:, 1] + row) * _CELLS + first[:, 0] + column, x * y


def _is_near(entry: TopEntry, other: TopEntry) -> bool:
    """Whether two boxes are one object: equal classes, and centers within 10 % of the image."""
    assert entry.place is not None
    assert other.place is not None
    distance = max(abs(a - b) for a, b in zip(entry.place, other.place, strict=True))
    return entry.label == other.label and distance < _NEAR


class _Detector:
    words = "boxes with scores"
    measure = DetectorMeasure()
    rank = 1

    def recognize(self, sample: OutputSample, *, output: str, explicit: bool) -> DetectorReader | None:
        """Boxes with scores in one of the usual forms."""
        form = find_form(sample, output, explicit=explicit)
        return None if form is None else DetectorReader(boxes=form)


KIND = _Detector()
