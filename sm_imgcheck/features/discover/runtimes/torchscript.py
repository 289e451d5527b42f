"""TorchScript models, run by PyTorch on the CPU of the user's interpreter."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np

FORMAT, PACKAGE, EXTRA = "TorchScript", "torch", ""
SUFFIXES, MARKER = (".pt", ".pth", ".ts", ".torchscript"), ""


class TorchScriptModel:
    """A script module in evaluation mode. The file contains no shapes: ``inputs`` has names alone."""

    def __init__(self, path: str, threads: int) -> None:
        import torch

        self._torch = torch
        if threads:
            torch.set_num_threads(threads)
        self._module = torch.jit.load(path, map_location="cpu").eval()
        arguments = list(self._module.forward.schema.arguments)[1:]
        tensors = [each for each in arguments if not each.has_default_value()]
        self.inputs = [{"name": each.name, "shape": [], "dtype": "", "quantization": None} for each in tensors]
        self.outputs: list[str] = []

    def run(self, feeds: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
        """Outputs by name, of a tuple by number."""
        tensors = [self._torch.from_numpy(feeds[str(each["name"])]) for each in self.inputs]
        with self._torch.no_grad():
            return _arrays(self._module(*tensors))


def _arrays(result: Any) -> dict[str, np.ndarray]:
    if isinstance(result, dict):
        return {str(name): value.numpy() for name, value in result.items() if hasattr(value, "numpy")}
    values = result if isinstance(result, (list, tuple)) else [result]
    return {f"output {number}": value.numpy() for number, value in enumerate(values) if hasattr(value, "numpy")}


def load(path: str, threads: int) -> TorchScriptModel:
    """Load a model."""
    return TorchScriptModel(path, threads)
