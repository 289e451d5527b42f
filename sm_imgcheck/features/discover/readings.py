"""Readings of a model for pixels in each recipe."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import numpy as np

from sm_imgcheck.core.errors import ImgcheckError
from sm_imgcheck.features.discover.model import ModelError, ModelRunner
from sm_imgcheck.features.discover.output_kinds import (
    OutputReader,
    Outputs,
    OutputSample,
    Readings,
    UnknownOutput,
    find_reader,
)
from sm_imgcheck.features.discover.recipes import InputFormat, InputRecipe, encode_batch
from sm_imgcheck.features.discover.search import VIEWS

__all__ = ["PROBES", "ModelReadings", "find_output"]

_BATCH = 8
"""Images in one run of the model, which bounds its memory."""
PROBES = 4
"""Recipes with which the kind of the outputs is recognized: one image each."""


class ModelReadings:
    """Readings for encoded pixels, and the number of model runs."""

    def __init__(
        self, model: ModelRunner, format_: InputFormat, reader: OutputReader, progress: Callable[[int], None]
    ) -> None:
        self.model, self.format, self.reader, self.progress = model, format_, reader, progress
        self.runs = 0

    def __call__(self, recipe: InputRecipe, pixels: np.ndarray, views: int = VIEWS) -> Readings:
        """Readings of shape [N, views, ...]: for the pixels, and for the mirrored pixels, with mirrored places."""
        images = np.stack([pixels, pixels[:, :, ::-1]][:views], axis=1).reshape(-1, *pixels.shape[1:])
        readings = np.concatenate(list(self._readings(recipe, images)))
        readings = readings.reshape(len(pixels), views, *readings.shape[1:])
        if views > 1:
            readings[:, 1] = self.reader.mirror(readings[:, 1])
        return readings

    def _readings(self, recipe: InputRecipe, images: np.ndarray) -> Iterator[Readings]:
        size = _BATCH if self.reader.has_batch else 1
        for start in range(0, len(images), size):
            batch = encode_batch(images[start : start + size], recipe, self.format)
            for outputs, number in _run(self.model, batch, self.format):
                yield _read(self.model, self.reader, outputs, number)
                self.runs += number
                self.progress(self.runs)


def find_output(
    model: ModelRunner,
    format_: InputFormat,
    recipes: Sequence[InputRecipe],
    pixels: np.ndarray,
    *,
    output: str,
    kind: str,
) -> OutputReader:
    """Recognize the kind of the model's outputs. pixels: one photograph, [H, W, C]. Raises ImgcheckError."""
    outputs = []
    for recipe in recipes[:PROBES]:
        outputs += [each for each, _ in _run(model, encode_batch(pixels[None], recipe, format_), format_)]
    sample = OutputSample(outputs=outputs, height=format_.height, width=format_.width)
    try:
        return find_reader(sample, output=output, kind=kind)
    except UnknownOutput as error:
        raise UnknownOutput(f"model {model.name}: {error}") from None


def _run(model: ModelRunner, batch: np.ndarray, format_: InputFormat) -> Iterator[tuple[Outputs, int]]:
    """Outputs with a batch dimension, and the number of images. Raises ImgcheckError."""
    try:
        if format_.layout.startswith("N"):
            yield from model.run_parts(batch)
        else:
            for image in batch:
                yield {name: values[None] for name, values in model.run(image).items()}, 1
    except ModelError as error:
        raise ImgcheckError(f"model {model.name}: {error}") from None


def _read(model: ModelRunner, reader: OutputReader, outputs: Outputs, number: int) -> Readings:
    """Readings of the outputs. Raises ImgcheckError where they have another shape than before."""
    try:
        return reader.read(outputs, number)
    except (ValueError, IndexError, KeyError) as error:
        shapes = ", ".join(f"{name} {list(values.shape)}" for name, values in outputs.items())
        raise ImgcheckError(
            f"model {model.name}: outputs: got {shapes}, which is not a {reader.form} as for other images: {error}"
        ) from None
