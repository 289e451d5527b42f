"""Code for a GPU on a machine without one: its tensors stay on the CPU."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .recorder import ModelRecorder

__all__ = ["use_cpu"]


def use_cpu(torch: Any, recorder: ModelRecorder) -> None:
    """Replace the devices ``cuda`` and ``cuda:N`` in calls of PyTorch by ``cpu``, without a GPU."""
    try:
        mode: Any = None if torch.cuda.is_available() else torch.overrides.TorchFunctionMode
    except AttributeError:  # before PyTorch 1.13
        mode = None
    if mode is None:
        return
    to_gpu = (torch.Tensor.cuda, torch.Tensor.pin_memory)

    def on_cpu(value: Any) -> Any:
        name = value if isinstance(value, str) else str(value) if isinstance(value, torch.device) else ""
        if name.partition(":")[0] != "cuda":
            return value
        recorder.note("no GPU is available: tensors for cuda stayed on the CPU")
        return "cpu"

    class CpuMode(mode):  # type: ignore[misc]
        def __torch_function__(
            self, function: Any, _: object, arguments: tuple[Any, ...] = (), keywords: dict[str, Any] | None = None
        ) -> Any:
            if function in to_gpu:
                recorder.note("no GPU is available: tensors for cuda stayed on the CPU")
                return arguments[0]
            if getattr(function, "__name__", "") == "__get__":
                return function(*arguments, **(keywords or {}))
            keywords = {key: on_cpu(value) for key, value in (keywords or {}).items()}
            return function(*map(on_cpu, arguments), **keywords)

    CpuMode().__enter__()
