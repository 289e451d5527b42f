"""OpenVINO IR models, run by OpenVINO on the CPU."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np

FORMAT, PACKAGE, EXTRA = "OpenVINO IR", "openvino", "openvino"
SUFFIXES, MARKER = (".xml",), ""


class OpenVinoModel:
    """A compiled model."""

    def __init__(self, path: str, threads: int) -> None:
        import openvino

        core = openvino.Core()
        settings = {"INFERENCE_NUM_THREADS": threads} if threads else {}
        self._model = core.compile_model(core.read_model(path), "CPU", settings)
        self.inputs = [
            {
                "name": port.get_any_name(),
                "shape": [each.get_length() if each.is_static else None for each in port.get_partial_shape()],
                "dtype": port.get_element_type().to_dtype().name,
                "quantization": None,
            }
            for port in self._model.inputs
        ]
        self.outputs = [
            port.get_any_name() if port.names else f"output {number}" for number, port in enumerate(self._model.outputs)
        ]

    def run(self, feeds: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
        """Outputs by name. Raises TypeError for another dtype, which OpenVINO would cast."""
        for each in self.inputs:
            array = feeds[str(each["name"])]
            if array.dtype.name != each["dtype"]:
                raise TypeError("input {}: got {}, expected {}".format(each["name"], array.dtype.name, each["dtype"]))
        results = self._model(feeds)
        return {name: results[number] for number, name in enumerate(self.outputs)}


def load(path: str, threads: int) -> OpenVinoModel:
    """Load a model."""
    return OpenVinoModel(path, threads)
