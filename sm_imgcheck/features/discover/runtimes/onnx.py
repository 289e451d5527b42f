"""ONNX models, run by ONNX Runtime on the CPU."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np

FORMAT, PACKAGE, EXTRA = "ONNX", "onnxruntime", "onnx"
SUFFIXES, MARKER = (".onnx",), ""

_DTYPES = {"float": "float32", "double": "float64"}
_ERRORS_ONLY = 4  # onnxruntime's severity "fatal": its errors are raised too


class OnnxModel:
    """An inference session."""

    def __init__(self, path: str, threads: int) -> None:
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.log_severity_level = _ERRORS_ONLY
        options.intra_op_num_threads = threads
        # Else its threads wait in a loop between runs: a third of the processor time of a search with a small model.
        options.add_session_config_entry("session.force_spinning_stop", "1")
        self._session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
        self.inputs = [
            {
                "name": each.name,
                "shape": [length if isinstance(length, int) else None for length in each.shape],
                "dtype": _dtype(each.type),
                "quantization": None,
            }
            for each in self._session.get_inputs()
        ]
        self.outputs = [each.name for each in self._session.get_outputs()]

    def run(self, feeds: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
        """Outputs by name."""
        return dict(zip(self.outputs, self._session.run(None, feeds)))


def _dtype(kind: str) -> str:
    """``tensor(float)`` is float32."""
    name = kind.partition("(")[2].rstrip(")")
    return _DTYPES.get(name, name)


def load(path: str, threads: int) -> OnnxModel:
    """Load a model."""
    return OnnxModel(path, threads)
