"""A model's outputs for one tensor, read by their kind, and the difference between two predictions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import field

import numpy as np
import numpy.typing as npt

from sm_imgcheck.core.frozen import frozen
from sm_imgcheck.features.discover.output_kinds import (
    OutputReader,
    OutputSample,
    Readings,
    TopEntry,
    UnknownOutput,
    find_reader,
)

__all__ = ["LargestDifference", "OutputSelection", "Prediction", "PredictionDistance", "distance"]

Array = npt.NDArray[np.float64]
_PROBES = 4
_DIFFERENCES = 3
"""Largest differences that are listed."""


@frozen
class Prediction:
    """Outputs of a model for a batch of images."""

    output: str
    """Names of the outputs that are compared."""
    reader: OutputReader | None = field(repr=False, compare=False)
    """How they are read; None: their kind is not known, and their numbers are compared."""
    readings: Readings = field(repr=False, compare=False)
    """Readings of shape [N, ...]; empty without a reader."""
    values: Mapping[str, Array] = field(repr=False, compare=False)
    """Numeric outputs by name: the output of a reader, or all."""
    top: tuple[tuple[TopEntry, ...], ...] = field(repr=False, compare=False)
    """What the outputs contain for each image, the best first; empty for vectors and unknown outputs."""
    outputs: Mapping[str, tuple[int, ...]]
    """Shapes of all outputs by name."""

    @property
    def kind(self) -> str:
        """Kind of the output, or ``values``."""
        return "values" if self.reader is None else self.reader.kind

    @property
    def form(self) -> str:
        """How the output is read, in words."""
        return "values" if self.reader is None else self.reader.form

    @property
    def finite(self) -> bool:
        """Whether all numbers are finite."""
        return all(bool(np.isfinite(values).all()) for values in self.values.values())


class OutputSelection:
    """Reads the outputs of one model; their kind is recognized once."""

    def __init__(self, output: str = "", kind: str = "", most: int = 5) -> None:
        """most: entries of ``Prediction.top`` for an image."""
        self.output, self.kind, self.most = output, kind, most
        self._reader: OutputReader | None = None
        self._recognized = False

    def read(self, outputs: Mapping[str, np.ndarray], array: np.ndarray) -> Prediction:
        """Read the outputs for an array. Raises ImgcheckError for an unknown name, or outputs of another kind."""
        number = len(array) if array.ndim == 4 else 1
        if not self._recognized:
            self._reader = self._recognize(outputs, array, number)
            self._recognized = True
        reader = self._reader
        shapes = {name: tuple(values.shape) for name, values in outputs.items()}
        names = (reader.output if reader is not None else self.output).split(", ")
        numbers = {
            name: values.astype(np.float64)
            for name, values in outputs.items()
            if values.dtype.kind in "fiub" and (name in names or names == [""])
        }
        readings: Readings = np.zeros(0)
        top: tuple[tuple[TopEntry, ...], ...] = ()
        if reader is not None:
            batch = _with_batch(outputs, number, array)
            try:
                readings = reader.read(batch, number)
                top = tuple(tuple(reader.top(batch, readings, image, self.most)) for image in range(number))
            except (ValueError, IndexError, KeyError):
                reader = None
        return Prediction(
            output=", ".join(numbers) or next(iter(outputs), ""),
            reader=reader,
            readings=readings,
            values=numbers,
            top=top,
            outputs=shapes,
        )

    def _recognize(self, outputs: Mapping[str, np.ndarray], array: np.ndarray, number: int) -> OutputReader | None:
        lengths = array.shape[-3:]
        height, width = (lengths[1:] if lengths[0] in (1, 3) else lengths[:2]) if len(lengths) == 3 else (1, 1)
        batch = _with_batch(outputs, number, array)
        images = [_image(batch, image, number) for image in range(min(number, _PROBES))]
        try:
            return find_reader(
                OutputSample(outputs=images, height=height, width=width), output=self.output, kind=self.kind
            )
        except UnknownOutput:
            if self.kind:
                raise
            return None


def _with_batch(outputs: Mapping[str, np.ndarray], number: int, array: np.ndarray) -> dict[str, np.ndarray]:
    """The outputs with a batch dimension, which those for one image without it do not have."""
    if array.ndim == 4 and number:
        return dict(outputs)
    return {name: values[None] for name, values in outputs.items()}


def _image(outputs: Mapping[str, np.ndarray], image: int, number: int) -> dict[str, np.ndarray]:
    return {
        name: values[image : image + 1] if values.ndim and len(values) == number else values
        for name, values in outputs.items()
    }


@frozen
class LargestDifference:
    """One number of an output that differs."""

    output: str
    index: tuple[int, ...]
    before: float
    after: float


@frozen
class PredictionDistance:
    """Difference between two predictions."""

    images: int
    changed: int | None
    """Images whose prediction changes as ``change`` describes; None: the kind of output has no such change."""
    change: str
    """What changes, in words: ``top class``."""
    total_variation: float | None
    """Half of the sum of absolute differences, averaged over the images and pixels, 0..1; None: no distributions."""
    cosine: float
    """Cosine similarity, averaged over the images."""
    largest: float
    """Largest absolute difference."""
    differences: tuple[LargestDifference, ...] = ()
    """The largest differences; of outputs of unknown kinds and of embeddings."""


def distance(before: Prediction, after: Prediction) -> PredictionDistance | None:
    """Compare two predictions; None where their shapes differ, or one of them is not finite."""
    shapes = [{name: values.shape for name, values in each.values.items()} for each in (before, after)]
    reader = after.reader if before.reader is not None else None
    if not (before.finite and after.finite) or not after.values:
        return None
    comparable = shapes[0] == shapes[1]
    if reader is None and not comparable:
        return None
    images = len(after.readings) if reader is not None else _images(after)
    # the number of a detector's boxes may differ: the readings do not
    a, b = (
        (_rows(each.values, images) if comparable else each.readings.reshape(images, -1)) for each in (before, after)
    )
    if not a.size:
        return None
    changes = None
    if reader is not None and reader.kind != "embedding":
        changes = int(reader.measure.changes(before.readings[:, None], after.readings[:, None]).sum())
    return PredictionDistance(
        images=images,
        changed=changes,
        change="" if reader is None else reader.measure.change,
        total_variation=None if reader is None else reader.measure.total_variation(before.readings, after.readings),
        cosine=_cosine(reader.vectors(before.readings), reader.vectors(after.readings)) if reader else _cosine(a, b),
        largest=float(np.abs(a - b).max()),
        differences=tuple(_differences(before, after)) if changes is None and comparable else (),
    )


def _images(prediction: Prediction) -> int:
    """Length of the first dimension that all outputs have; else 1."""
    lengths = {values.shape[0] if values.ndim else 1 for values in prediction.values.values()}
    return lengths.pop() if len(lengths) == 1 else 1


def _rows(values: Mapping[str, Array], images: int) -> Array:
    """All numbers of each image; of outputs without a batch dimension in the first row."""
    parts = [each.reshape(images, -1) if each.ndim and len(each) == images else None for each in values.values()]
    if all(part is not None for part in parts):
        return np.concatenate([part for part in parts if part is not None], axis=1)
    return np.concatenate([each.ravel() for each in values.values()])[None]


def _cosine(a: Array, b: Array) -> float:
    norms = np.linalg.norm(a, axis=1) * np.linalg.norm(b, axis=1)
    products = (a * b).sum(axis=1) / np.where(norms > 0, norms, 1)
    return float(np.where(norms > 0, products, (a == b).all(axis=1)).mean())


def _differences(before: Prediction, after: Prediction) -> Iterator[LargestDifference]:
    """The largest differences, of all outputs."""
    entries = []
    for name, values in after.values.items():
        differences = np.abs(values - before.values[name])
        for place in np.argsort(-differences, axis=None)[:_DIFFERENCES]:
            index = tuple(int(each) for each in np.unravel_index(int(place), values.shape))
            entries.append((float(differences[index]), name, index))
    entries.sort(key=lambda entry: -entry[0])
    for size, name, index in entries[:_DIFFERENCES]:
        if size > 0:
            yield LargestDifference(
                output=name,
                index=index,
                before=float(before.values[name][index]),
                after=float(after.values[name][index]),
            )
