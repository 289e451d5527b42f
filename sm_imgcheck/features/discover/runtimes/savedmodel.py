"""TensorFlow SavedModels, run by TensorFlow on the CPU of the user's interpreter."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np

FORMAT, PACKAGE, EXTRA = "SavedModel", "tensorflow", ""
SUFFIXES, MARKER = (), "saved_model.pb"

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")


class SavedModelModel:
    """The default serving signature, or the only one."""

    def __init__(self, path: str, threads: int) -> None:
        import tensorflow as tf

        if threads:
            tf.config.threading.set_intra_op_parallelism_threads(threads)
        self._loaded = tf.saved_model.load(path)
        names = list(self._loaded.signatures)
        if "serving_default" not in names and len(names) != 1:
            raise ValueError(f"signatures: got {', '.join(names) or 'none'}, expected serving_default")
        self._call = self._loaded.signatures["serving_default" if "serving_default" in names else names[0]]
        self._constant = tf.constant
        _, keywords = self._call.structured_input_signature
        self.inputs = [
            {
                "name": name,
                "shape": [] if each.shape.rank is None else each.shape.as_list(),
                "dtype": each.dtype.name,
                "quantization": None,
            }
            for name, each in keywords.items()
        ]
        self.outputs = list(self._call.structured_outputs)

    def run(self, feeds: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
        """Outputs by name."""
        results = self._call(**{name: self._constant(array) for name, array in feeds.items()})
        return {name: tensor.numpy() for name, tensor in results.items()}


def load(path: str, threads: int) -> SavedModelModel:
    """Load a model."""
    return SavedModelModel(path, threads)
