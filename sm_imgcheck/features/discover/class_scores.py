"""Class scores of a model for pixels in each recipe."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from sm_imgcheck.core.errors import ImgcheckError
from sm_imgcheck.features.discover.model import ModelError, ModelRunner
from sm_imgcheck.features.discover.predictions import Prediction, interpret
from sm_imgcheck.features.discover.recipes import InputFormat, InputRecipe, encode_batch
from sm_imgcheck.features.discover.search import VIEWS

__all__ = ["ModelScores", "Scores"]

_BATCH = 8
"""Images in one run of the model, which bounds its memory."""
Scores = npt.NDArray[np.float64]


class ModelScores:
    """Class scores of encoded pixels, and the number of model runs."""

    def __init__(self, model: ModelRunner, format_: InputFormat, output: str, progress: Callable[[int], None]) -> None:
        self.model, self.format, self.output, self.progress = model, format_, output, progress
        self.runs = self.classes = 0
        self.form = ""

    def __call__(self, recipe: InputRecipe, pixels: np.ndarray, views: int = VIEWS) -> Scores:
        """Scores of shape [N, views, K]: of the pixels, and mirrored. Scores that are not finite count as equal."""
        images = np.stack([pixels, pixels[:, :, ::-1]][:views], axis=1).reshape(-1, *pixels.shape[1:])
        parts = [self._run(recipe, images[start : start + _BATCH]) for start in range(0, len(images), _BATCH)]
        return np.concatenate(parts).reshape(len(pixels), views, -1)

    def _run(self, recipe: InputRecipe, images: np.ndarray) -> Scores:
        batch = encode_batch(images, recipe, self.format)
        try:
            if self.format.layout.startswith("N"):
                outputs = self.model.run_images(batch)
            else:
                several = [self.model.run(each) for each in batch]
                outputs = {name: np.stack([each[name].ravel() for each in several]) for name in several[0]}
        except ModelError as error:
            raise ImgcheckError(f"model {self.model.name}: {error}") from None
        self.runs += len(images)
        self.progress(self.runs)
        prediction = interpret(outputs, self.output)
        if prediction.form == "values" and not (self.form and not prediction.finite):
            raise ImgcheckError(f"model {self.model.name}: {_no_distribution(prediction)}")
        if prediction.form == "values":
            return np.zeros((len(images), self.classes))
        self.output, self.form, self.classes = prediction.output, prediction.form, prediction.logits.shape[1]
        return prediction.logits


def _no_distribution(prediction: Prediction) -> str:
    shapes = ", ".join(f"{name} {list(shape)}" for name, shape in prediction.outputs.items())
    return f"outputs: got {shapes}, expected a distribution over classes, [N, K]; --output-name selects one"
