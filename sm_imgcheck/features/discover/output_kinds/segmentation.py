"""Segmentation, [N, C, H, W] or [N, H, W, C]: a distribution over classes for each pixel."""

from __future__ import annotations

from typing import Literal

import numpy as np
import numpy.typing as npt

from sm_imgcheck.core.frozen import frozen
from sm_imgcheck.features.discover.output_kinds import FEWEST_PHOTOS, ROUNDS, Outputs, OutputSample, Readings, TopEntry
from sm_imgcheck.features.discover.output_kinds._distributions import (
    logarithms,
    mutual_information,
    others_mean,
    too_little_information,
    total_variation,
)
from sm_imgcheck.features.discover.output_kinds._names import mentions

__all__ = ["KIND", "SegmentationMeasure"]

_GRID = 16
"""Most pixels along an axis that are read."""
_MOST_NUMBERS = 8192
"""Numbers of one photograph's readings."""
_MOST_CLASSES = 512
_LABELS = (32, 64, 256)
"""Numbers of classes that are assumed for a map of class numbers."""
_MOST_LABEL = _LABELS[-1] - 1
Layout = Literal["NCHW", "NHWC", "labels"]
Values = Literal["probabilities", "logits", "labels"]
_SUM = 0.02
_SMALLEST = 1e-12
_LABEL_LOGIT = 8.0
"""Logit of the class of a pixel that has a class number only."""
_WORDS = ("seg", "mask", "semantic", "pixel")
_OTHER = ("depth", "disparity", "heatmap", "flow", "keypoint", "feature")
_LEAST_CHANGE = 0.05
"""Share of the pixels whose class changes, from which a photograph counts."""


@frozen
class SegmentationMeasure:
    """Information per pixel; readings are logits [N, 2, P, K]."""

    score = "information of the predicted pixels about the photograph"
    change = "class of more than 5 % of the pixels"
    accepts_labels = False
    least_information = 0.2
    rounds = ROUNDS
    fewest_photos = FEWEST_PHOTOS
    constant_error = 0.05
    systematic_error = 0.06

    @property
    def weights(self) -> dict[str, float]:
        """Weights of the features."""
        return {"information": 1.0}

    def features(self, readings: Readings) -> dict[str, Readings]:
        """information: in nats, mean over the pixels; certainty: negative entropy; agreement: of mirrored pixels."""
        logs = logarithms(readings)
        probabilities = np.exp(logs)
        mean = others_mean(probabilities.mean(1))
        certainty = (probabilities * logs).sum(-1).mean((1, 2))
        agreement = 1 - total_variation(probabilities[:, 0], probabilities[:, 1]).mean(1)
        information = mutual_information(probabilities, logs, mean).mean(1)
        flat = others_mean(probabilities.mean((1, 2)))
        overall = mutual_information(probabilities, logs, flat[:, None]).mean(1)
        return {"information": information, "certainty": certainty, "agreement": agreement, "overall": overall}

    def information(self, readings: Readings) -> float:
        """Mutual information as a share of the entropy of the mean."""
        logs = logarithms(readings)
        probabilities = np.exp(logs)
        mean = probabilities.mean((0, 1))
        entropy = -(mean * np.log(mean + _SMALLEST)).sum(-1).mean()
        cross = -((probabilities[:, 0] * logs[:, 1] + probabilities[:, 1] * logs[:, 0]).sum(-1) / 2).mean()
        return float((entropy - cross) / max(entropy, 0.1))

    def shortage(self, information: float) -> str:
        """What is missing."""
        return too_little_information(information, self.least_information)

    def difference(self, first: Readings, second: Readings) -> float:
        """Total variation."""
        a, b = (np.exp(logarithms(each[:, 0])) for each in (first, second))
        return float(total_variation(a, b).mean())

    def changes(self, right: Readings, wrong: Readings) -> npt.NDArray[np.bool_]:
        """The class of more than 5 % of the pixels differs."""
        differs = right[:, 0].argmax(-1) != wrong[:, 0].argmax(-1)
        result: npt.NDArray[np.bool_] = differs.mean(-1) > _LEAST_CHANGE
        return result

    def total_variation(self, before: Readings, after: Readings) -> float:
        """Total variation of the pixels."""
        return float(total_variation(np.exp(logarithms(before)), np.exp(logarithms(after))).mean())

    def caption(self, readings: Readings) -> str:
        """The most frequent class of each photograph."""
        largest = [int(np.bincount(each.argmax(-1)).argmax()) for each in readings[:, 0]]
        return f"most frequent classes: {', '.join(map(str, largest))}"

    def evidence(self, readings: Readings, reference: Readings) -> Readings:
        """Certainty, agreement, and information against the reference."""
        features = self.features(readings)
        logs = logarithms(readings)
        classes = readings.shape[-1]
        mean = 0.98 * np.exp(logarithms(reference[:, 0])).mean(0) + 0.02 / classes
        information = mutual_information(np.exp(logs), logs, mean).mean(1)
        return np.stack([features["certainty"], features["agreement"], information], 1)


@frozen
class SegmentationReader:
    """One output with a class distribution for each pixel."""

    output: str
    layout: Layout
    values: Values
    pixel_classes: int
    height: int
    width: int
    """Width of the output."""
    certainty: Literal["certain", "assumed"] = "certain"
    kind = "segmentation"
    has_batch = True
    classes = 0
    measure = SegmentationMeasure()

    @property
    def class_count(self) -> int:
        """0 for a map of class numbers."""
        return 0 if self.values == "labels" else self.pixel_classes

    @property
    def form(self) -> str:
        """``segmentation, logits of 21 classes for 520x520 pixels``."""
        values = "class numbers" if self.values == "labels" else f"{self.values} of {self.pixel_classes} classes"
        return f"segmentation, {values} for {self.height}x{self.width} pixels (HxW)"

    @property
    def grid(self) -> int:
        """Rows and columns that are read at most; even, so that mirrored ones are the same."""
        side = int((_MOST_NUMBERS / self.pixel_classes) ** 0.5)
        return max(2, min(_GRID, side // 2 * 2))

    def read(self, outputs: Outputs, number: int) -> Readings:
        """Logits [number, P, K] of a grid of pixels; equal ones where the outputs are not finite."""
        values = np.asarray(outputs[self.output])
        if self.values == "labels":
            numbers = values.reshape(number, self.height, self.width)
            rows, columns = self._positions(numbers.shape[1]), self._positions(numbers.shape[2])
            labels = numbers[:, rows][:, :, columns].astype(np.int64).clip(0, self.pixel_classes - 1)
            one_hot: Readings = np.eye(self.pixel_classes)[labels] * _LABEL_LOGIT
            return one_hot.reshape(number, -1, self.pixel_classes)
        if self.layout == "NCHW":
            values = np.moveaxis(values.reshape(number, -1, *values.shape[-2:]), 1, -1)
        values = values.reshape(number, *values.shape[-3:])
        rows, columns = self._positions(values.shape[1]), self._positions(values.shape[2])
        values = values[:, rows][:, :, columns].astype(np.float64)
        values = values.reshape(number, -1, values.shape[-1])
        values = np.where(np.isfinite(values).all((1, 2), keepdims=True), values, 0)
        if values.shape[-1] == 1:
            values = values.clip(0, 1) if self.values == "probabilities" else 1 / (1 + np.exp(-values.clip(-30, 30)))
            values = np.concatenate([1 - values, values], -1)
            logits: Readings = np.log(values.clip(_SMALLEST))
            return logits
        return np.log(values.clip(_SMALLEST)) if self.values == "probabilities" else values

    def _positions(self, length: int) -> npt.NDArray[np.int64]:
        """Rows or columns that are symmetrical to the middle."""
        count = min(self.grid, length)
        half = ((np.arange(count) + 0.5) * length / count).astype(np.int64)
        positions = np.minimum(half, length - 1)
        positions[count - count // 2 :] = length - 1 - positions[: count // 2][::-1]
        return positions

    def vectors(self, readings: Readings) -> Readings:
        """The probabilities of all pixels."""
        return np.exp(logarithms(readings)).reshape(len(readings), -1)

    def top(self, outputs: Outputs, readings: Readings, image: int, most: int) -> list[TopEntry]:
        """The most frequent classes."""
        del outputs
        shares = np.bincount(readings[image].argmax(-1), minlength=self.pixel_classes) / readings.shape[1]
        best = np.argsort(-shares, kind="stable")[:most]
        return [TopEntry(label=int(number), share=float(shares[number])) for number in best if shares[number]]

    def mirror(self, readings: Readings) -> Readings:
        """The columns in reverse order."""
        columns = min(self.grid, self.width)
        shape = readings.shape
        result: Readings = readings.reshape(*shape[:-2], -1, columns, shape[-1])[..., ::-1, :].reshape(shape)
        return result


class _Segmentation:
    words = "a segmentation [N, C, H, W]"
    measure = SegmentationMeasure()
    rank = 2

    def recognize(self, sample: OutputSample, *, output: str, explicit: bool) -> SegmentationReader | None:
        """The output with the name of a segmentation, else the first map."""
        readers = [
            reader
            for name in ([output] if output else sample.outputs[0])
            if (reader := _reader(sample, name, explicit))
        ]
        readers.sort(key=lambda reader: (not mentions(reader.output, _WORDS), -reader.height))
        return readers[0] if readers else None


def _reader(sample: OutputSample, name: str, explicit: bool) -> SegmentationReader | None:
    arrays = [each[name] for each in sample.outputs]
    shape = arrays[0].shape[1:] if arrays[0].shape[:1] == (1,) else arrays[0].shape
    shape = (1, *shape) if len(shape) == 2 else shape
    layout = _layout(shape, sample) if len(shape) == 3 else None
    if layout is None or mentions(name, _OTHER) or any(each.shape != arrays[0].shape for each in arrays):
        return None
    channels, height, width = shape if layout == "NCHW" else (shape[2], *shape[:2])
    if min(height, width) < 2 or channels > _MOST_CLASSES:
        return None
    large = height * 4 >= sample.height and width * 4 >= sample.width
    values = np.concatenate([each.ravel() for each in arrays])
    if arrays[0].dtype.kind in "iub":
        if channels != 1 or not large or values.min() < 0 or values.max() > _MOST_LABEL:
            return None
        return _reader_of(
            name, "labels", "labels", next(each for each in _LABELS if each > values.max()), height, width
        )
    inside, is_sum = _distribution(values, [each.reshape(shape) for each in arrays], 0 if layout == "NCHW" else 2)
    has_name = explicit or is_sum or mentions(name, _WORDS)
    if arrays[0].dtype.kind != "f" or not (has_name or (large and channels not in (1, 3))):
        return None
    form: Values = "probabilities" if is_sum or (channels == 1 and inside) else "logits"
    return _reader_of(name, layout, form, max(channels, 2), height, width)


def _reader_of(  # noqa: PLR0917 - in the order of the fields
    name: str, layout: Layout, values: Values, classes: int, height: int, width: int
) -> SegmentationReader:
    return SegmentationReader(
        output=name, layout=layout, values=values, pixel_classes=classes, height=height, width=width
    )


def _distribution(values: np.ndarray, maps: list[np.ndarray], axis: int) -> tuple[bool, bool]:
    """Whether all numbers are in 0..1, and whether those of each pixel add up to 1."""
    finite = values[np.isfinite(values)]
    inside = bool(finite.size and finite.min() >= -_SUM and finite.max() <= 1 + _SUM)
    sums = [each.astype(np.float64).sum(axis) for each in maps]
    return inside, inside and maps[0].shape[axis] > 1 and all(np.abs(each - 1).max() < _SUM for each in sums)


def _layout(shape: tuple[int, ...], sample: OutputSample) -> Layout | None:
    """By which lengths have the proportions of the input; the first, if both."""
    ratio = sample.height / sample.width
    fits = {
        "NCHW": abs(shape[1] / max(shape[2], 1) / ratio - 1) < 0.1,
        "NHWC": abs(shape[0] / max(shape[1], 1) / ratio - 1) < 0.1,
    }
    if fits["NCHW"] and (not fits["NHWC"] or shape[0] <= shape[2]):
        return "NCHW"
    return "NHWC" if fits["NHWC"] else None


KIND = _Segmentation()
