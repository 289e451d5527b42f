"""Keras models, run by Keras on the CPU of the user's interpreter."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np

FORMAT, PACKAGE, EXTRA = "Keras", "keras", ""
SUFFIXES, MARKER = (".keras", ".h5", ".hdf5"), ""

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")


class KerasModel:
    """A model in inference mode; code that the file contains is not run (Keras' safe mode)."""

    def __init__(self, path: str, threads: int) -> None:  # noqa: ARG002 - the backend decides
        import keras
        import numpy as np

        self._convert = keras.ops.convert_to_numpy
        self._model = keras.models.load_model(path, compile=False)
        self.inputs = [
            {
                "name": each.name,
                "shape": list(each.shape),
                "dtype": np.dtype(each.dtype).name,
                "quantization": None,
            }
            for each in self._model.inputs
        ]
        self.outputs = [each.name for each in self._model.outputs]

    def run(self, feeds: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
        """Outputs by name."""
        arrays = [feeds[str(each["name"])] for each in self.inputs]
        results = self._model(arrays if len(arrays) > 1 else arrays[0], training=False)
        several = results if isinstance(results, (list, tuple)) else [results]
        return {name: self._convert(each) for name, each in zip(self.outputs, several)}


def load(path: str, threads: int) -> KerasModel:
    """Load a model."""
    return KerasModel(path, threads)
