"""TensorFlow Lite models, run by LiteRT on the CPU."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np

FORMAT, PACKAGE, EXTRA = "TensorFlow Lite", "ai-edge-litert", "tflite"
SUFFIXES, MARKER = (".tflite",), ""


class TfLiteModel:
    """An interpreter; its inputs are resized where the model lets a length vary."""

    def __init__(self, path: str, threads: int) -> None:
        from ai_edge_litert.interpreter import Interpreter

        self._interpreter = Interpreter(path, num_threads=threads or None)
        self._interpreter.allocate_tensors()
        self._inputs = self._interpreter.get_input_details()
        self._outputs = self._interpreter.get_output_details()
        self.inputs = [
            {
                "name": each["name"],
                "shape": [None if length < 0 else int(length) for length in _signature(each)],
                "dtype": each["dtype"].__name__,
                "quantization": _quantization(each),
            }
            for each in self._inputs
        ]
        self.outputs = [each["name"] for each in self._outputs]

    def run(self, feeds: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
        """Outputs by name; quantized outputs are dequantized."""
        for each in self._inputs:
            array = feeds[each["name"]]
            if list(array.shape) != list(each["shape"]) and -1 in _signature(each):
                self._interpreter.resize_tensor_input(each["index"], array.shape, strict=True)
                self._interpreter.allocate_tensors()
                each["shape"] = array.shape
            self._interpreter.set_tensor(each["index"], array)
        self._interpreter.invoke()
        return {each["name"]: _dequantize(self._interpreter.get_tensor(each["index"]), each) for each in self._outputs}


def _signature(details: dict[str, Any]) -> list[int]:
    """The shape with -1 for a length that varies; models of old converters have none."""
    signature = details.get("shape_signature")
    return list(details["shape"] if signature is None or not len(signature) else signature)


def _quantization(details: dict[str, Any]) -> list[float] | None:
    scale, zero_point = details["quantization"]
    return [float(scale), int(zero_point)] if scale else None


def _dequantize(array: np.ndarray, details: dict[str, Any]) -> np.ndarray:
    pair = _quantization(details)
    if pair is None or array.dtype.kind == "f":
        return array
    return (array.astype("float32") - pair[1]) * pair[0]


def load(path: str, threads: int) -> TfLiteModel:
    """Load a model."""
    return TfLiteModel(path, threads)
