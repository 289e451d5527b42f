"""Kinds of model outputs, one file each: what the search reads from the outputs, and how it scores that.

A module ``NAME`` defines ``KIND``, an ``OutputKind``. Its ``recognize`` gets the outputs for a few photographs and
returns a reader, or None; its certainty is ``certain`` where only this kind fits.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal, Protocol

import numpy as np
import numpy.typing as npt

from sm_imgcheck.core.errors import ImgcheckError
from sm_imgcheck.core.escape import for_terminal
from sm_imgcheck.core.frozen import frozen
from sm_imgcheck.core.phrases import listing
from sm_imgcheck.core.plugins import Registry

__all__ = [
    "FEWEST_PHOTOS",
    "KINDS",
    "ROUNDS",
    "Measure",
    "OutputKind",
    "OutputReader",
    "OutputSample",
    "Readings",
    "Rounds",
    "TopEntry",
    "UnknownOutput",
    "find_reader",
]

Readings = npt.NDArray[np.float64]
Outputs = Mapping[str, np.ndarray]
Rounds = tuple[tuple[int, int], ...]
ROUNDS: Rounds = ((1 << 30, 12), (8, 24), (4, 96), (3, 192))
"""Default rounds."""
FEWEST_PHOTOS = 8
"""Default."""


@frozen
class OutputSample:
    """Outputs of a model for one image each, from which their kind is recognized."""

    outputs: Sequence[Outputs]
    height: int
    width: int
    """Width of the model's input, in pixels."""

    def values(self, name: str) -> np.ndarray:
        """All values of an output, as one array."""
        return np.concatenate([each[name].ravel() for each in self.outputs])

    def shape(self, name: str) -> tuple[int, ...]:
        """Shape of an output for the first image."""
        return tuple(self.outputs[0][name].shape)


@frozen
class TopEntry:
    """One class, box or region in a prediction."""

    label: int
    """Class number."""
    share: float
    """Probability, score, or share of the pixels."""
    place: tuple[float, float] | None = None
    """Center of the box: x and y as shares of width and height."""


class Measure(Protocol):
    """How readings are scored and compared. Readings have shape [N, 2, ...]: photographs, and mirrored photographs."""

    @property
    def score(self) -> str:
        """The score in words."""
        ...

    @property
    def change(self) -> str:
        """What a mistake changes in a photograph's prediction, in words: ``top class``."""
        ...

    @property
    def weights(self) -> Mapping[str, float]:
        """Weights of the features for the score."""
        ...

    @property
    def accepts_labels(self) -> bool:
        """Whether class numbers of photographs can score the readings."""
        ...

    @property
    def least_information(self) -> float:
        """``information`` of a trained model is larger."""
        ...

    @property
    def rounds(self) -> Rounds:
        """Recipes that remain in each round, and photographs in total; all recipes are in the first."""
        ...

    @property
    def fewest_photos(self) -> int:
        """Photographs that a result needs at least."""
        ...

    @property
    def systematic_error(self) -> float:
        """Standard deviation of a model's systematic preference, in units of one photograph's paired difference."""
        ...

    @property
    def constant_error(self) -> float:
        """The same, in units of the median deviation of all recipes: near recipes have small paired differences."""
        ...

    def features(self, readings: Readings) -> dict[str, Readings]:
        """Features of each photograph, of shape [N]; larger is better."""
        ...

    def information(self, readings: Readings) -> float:
        """How much the readings depend on the photograph: a share of the largest possible, or a number of groups."""
        ...

    def shortage(self, information: float) -> str:
        """The reason why a value below ``least_information`` is not enough, in words."""
        ...

    def difference(self, first: Readings, second: Readings) -> float:
        """How far the readings of two recipes differ, 0..1."""
        ...

    def changes(self, right: Readings, wrong: Readings) -> npt.NDArray[np.bool_]:
        """Whether the prediction for each photograph changes; both of shape [N, views, ...]."""
        ...

    def total_variation(self, before: Readings, after: Readings) -> float | None:
        """Mean total variation of readings of shape [N, ...]; None: they are not distributions."""
        ...

    def caption(self, readings: Readings) -> str:
        """The readings in a few words."""
        ...

    def evidence(self, readings: Readings, reference: Readings) -> Readings:
        """Features of shape [N, F] of each photograph alone. reference: readings for other photographs."""
        ...


class OutputReader(Protocol):
    """Reads the readings from a model's outputs."""

    @property
    def kind(self) -> str:
        """Name of the kind."""
        ...

    @property
    def output(self) -> str:
        """Names of the outputs that it reads."""
        ...

    @property
    def form(self) -> str:
        """How the outputs are read, in words: ``logits of 1,000 classes``."""
        ...

    @property
    def measure(self) -> Measure:
        """How the readings are scored."""
        ...

    @property
    def certainty(self) -> Literal["certain", "assumed"]:
        """assumed: outputs of another kind can look the same."""
        ...

    @property
    def classes(self) -> int:
        """Number of classes that labels may have; 0: labels do not apply."""
        ...

    @property
    def class_count(self) -> int:
        """Number of classes in the outputs; 0: none, or not known."""
        ...

    @property
    def has_batch(self) -> bool:
        """Whether the outputs have a batch dimension; without one, the model is run on one image at a time."""
        ...

    def read(self, outputs: Outputs, number: int) -> Readings:
        """Readings of shape [number, ...]. Outputs that are not finite have the least information."""
        ...

    def vectors(self, readings: Readings) -> Readings:
        """Readings of shape [N, ...] as vectors [N, M], whose cosine is reported."""
        ...

    def top(self, outputs: Outputs, readings: Readings, image: int, most: int) -> Sequence[TopEntry]:
        """What the outputs contain for an image, the best first; empty for vectors."""
        ...

    def mirror(self, readings: Readings) -> Readings:
        """Readings for mirrored photographs, as those for the photographs: left and right are swapped."""
        ...


class OutputKind(Protocol):
    """A kind of outputs."""

    @property
    def rank(self) -> int:
        """Order of recognition."""
        ...

    @property
    def words(self) -> str:
        """What the outputs are, in words: ``scores of classes [N, K]``."""
        ...

    @property
    def measure(self) -> Measure:
        """How readings are scored, for any number of classes."""
        ...

    def recognize(self, sample: OutputSample, *, output: str, explicit: bool) -> OutputReader | None:
        """A reader for the outputs; None: they are of another kind.

        output: name of the output that the user selected, or empty. explicit: the user named the kind.
        """
        ...


KINDS: Registry[OutputKind] = Registry(__name__, "KIND")


class UnknownOutput(ImgcheckError):
    """Outputs that no kind describes."""


def find_reader(sample: OutputSample, *, output: str = "", kind: str = "") -> OutputReader:
    """The reader for a model's outputs. Raises ImgcheckError for an unknown name, UnknownOutput for an unknown kind.

    The first kind that only fits wins, else the only one that may fit.
    """
    names = list(sample.outputs[0])
    if output and output not in names:
        expected = ", ".join(map(for_terminal, names))
        raise ImgcheckError(f"--output-name: got {for_terminal(output)}, expected one of {expected}")
    readers = []
    for name in (kind,) if kind else KINDS.by_rank():
        reader = KINDS[name].recognize(sample, output=output, explicit=bool(kind))
        if reader is not None and (reader.certainty == "certain" or kind):
            return reader
        readers += [reader] if reader is not None else []
    if not readers:
        raise UnknownOutput(_unknown(sample, output, kind))
    if len(readers) > 1:
        choices = listing([f"{each.form} (--output-kind {each.kind})" for each in readers], "or")
        raise UnknownOutput(f"output {for_terminal(readers[0].output)}: {choices}: pass the kind")
    return readers[0]


def _unknown(sample: OutputSample, output: str, kind: str) -> str:
    names = [output] if output else list(sample.outputs[0])
    shapes = ", ".join(f"{for_terminal(name)} {list(sample.shape(name))}" for name in names)
    expected = listing([KINDS[name].words for name in ((kind,) if kind else KINDS.by_rank())], "or")
    option = "" if kind else "; --output-name selects one output, --output-kind names its kind"
    return f"outputs: got {shapes}, expected {expected}{option}"
