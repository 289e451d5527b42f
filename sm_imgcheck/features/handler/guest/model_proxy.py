"""The user's own model, with the tensor that reaches it recorded."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from . import results
from .model_stub import is_helper, is_stub
from .recorder import holds_tensor

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from .recorder import ModelRecorder

__all__ = ["ModelProxy", "record_calls", "watch_torch_modules"]

_PLAIN = (type(None), bool, int, float, complex, str, bytes, bytearray, type, type(sys))
_PREPROCESSING = ("torchvision.transforms", "timm.data", "kornia", "transformers.image_processing", "albumentations")
"""Modules whose callables make the model's input."""


def record_calls(value: object, recorder: ModelRecorder, name: str = "", depth: int = 3) -> Any:
    """The same value, with calls of the models in it recorded. Settings, labels and preprocessing are unchanged."""
    preprocesses = type(value).__module__.startswith(_PREPROCESSING) or is_helper(type(value).__name__)
    if isinstance(value, _PLAIN) or is_stub(value) or results.is_tensor(value) or is_helper(name) or preprocesses:
        return value
    if _is_torch_module(value):
        watch_torch_modules(recorder)
        return value
    if isinstance(value, (dict, list, tuple, set, frozenset)):
        return _record_members(value, recorder, depth - 1) if depth else value
    return ModelProxy(value, recorder)


def _record_members(value: Any, recorder: ModelRecorder, depth: int) -> Any:
    """The same container with the calls of its members recorded; a container of another kind unchanged."""
    if type(value) is dict:
        return {key: record_calls(member, recorder, str(key), depth) for key, member in value.items()}
    if type(value) in (list, tuple):
        return type(value)(record_calls(member, recorder, "", depth) for member in value)
    if hasattr(value, "_fields"):
        return type(value)(*(record_calls(getattr(value, name), recorder, name, depth) for name in value._fields))
    return value


class ModelProxy:
    """A model of any library: its methods record the tensor with which they are called."""

    def __init__(self, real: object, recorder: ModelRecorder) -> None:
        object.__setattr__(self, "_proxy", (real, recorder))

    @property  # type: ignore[misc]
    def __class__(self) -> type:
        return type(_real(self))

    def __getattr__(self, name: str) -> object:
        real, recorder = object.__getattribute__(self, "_proxy")
        value = getattr(real, name)
        if value is real:
            return self
        if isinstance(value, _PLAIN) or results.is_tensor(value) or name.startswith("__") or is_helper(name):
            return value
        return _recording(value, real, self, recorder) if callable(value) else value

    def __setattr__(self, name: str, value: object) -> None:
        setattr(_real(self), name, value)

    def __call__(self, *arguments: object, **keywords: object) -> object:
        real, recorder = object.__getattribute__(self, "_proxy")
        return _recording(real, real, self, recorder)(*arguments, **keywords)

    def __getitem__(self, key: object) -> object:
        real, recorder = object.__getattribute__(self, "_proxy")
        return record_calls(real[key], recorder, str(key), 1)

    def __iter__(self) -> Iterator[object]:
        real, recorder = object.__getattribute__(self, "_proxy")
        return (record_calls(member, recorder, "", 1) for member in real)

    def __len__(self) -> int:
        return len(_real(self))

    def __contains__(self, value: object) -> bool:
        return value in _real(self)

    def __bool__(self) -> bool:
        return bool(_real(self))

    def __enter__(self) -> object:
        _real(self).__enter__()
        return self

    def __exit__(self, *error: object) -> object:
        return _real(self).__exit__(*error)


def _real(proxy: ModelProxy) -> Any:
    return object.__getattribute__(proxy, "_proxy")[0]


def _recording(function: Any, real: object, proxy: ModelProxy, recorder: ModelRecorder) -> Callable[..., object]:
    def call(*arguments: object, **keywords: object) -> object:
        for value in arguments:
            if holds_tensor(value):
                recorder.take(value)
        tensors = {key: value for key, value in keywords.items() if holds_tensor(value)}
        if tensors:
            recorder.take(tensors if len(tensors) > 1 else next(iter(tensors.values())))
        result = function(*arguments, **keywords)
        return proxy if result is real else result

    return call


def _is_torch_module(value: object) -> bool:
    torch: Any = sys.modules.get("torch")
    return torch is not None and isinstance(value, getattr(torch.nn, "Module", ())) and not _is_script(value)


def _is_script(value: object) -> bool:
    return "ScriptModule" in type(value).__name__


_hooks: list[object] = []


def watch_torch_modules(recorder: ModelRecorder) -> None:
    """Record the tensor with which any torch module except preprocessing is called."""
    torch: Any = sys.modules.get("torch")
    if torch is None or _hooks:
        return

    def record(module: object, arguments: tuple[object, ...]) -> None:
        if not _preprocesses(module):
            for value in arguments:
                if holds_tensor(value):
                    recorder.take(value)

    _hooks.append(torch.nn.modules.module.register_module_forward_pre_hook(record))


def _preprocesses(module: Any) -> bool:
    if type(module).__module__.startswith(_PREPROCESSING):
        return True
    inner = list(module.children())
    return type(module).__name__ in ("Sequential", "ModuleList") and bool(inner) and all(map(_preprocesses, inner))
