"""Stub of ``bentoml``. Source: bentoml/BentoML, src/_bentoml_sdk/decorators.py."""

from __future__ import annotations

import contextlib
import inspect
from typing import TYPE_CHECKING, Any

from ..decorators import identity, optional_arguments
from ..model_stub import ModelStub
from . import PackageStub

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..recorder import ModelRecorder

__all__ = ["STUB"]


class Service:
    """What ``bentoml.service`` returns for a class, and ``bentoml.Service`` of BentoML 1.0 to 1.1."""

    def __init__(self, inner: object = None, *_: object, **__: object) -> None:
        self.inner = inner if inspect.isclass(inner) else None
        self.apis: dict[str, Any] = {}
        for name, member in vars(self.inner).items() if self.inner else ():
            if getattr(member, "__bentoml_api__", False):
                self.apis[name] = member

    def api(self, *_: object, **__: object) -> Callable[[Any], Any]:
        def register(function: Any) -> Any:
            self.apis[function.__name__] = function
            return function

        return register

    def __getattr__(self, name: str) -> object:
        if name.startswith("__"):
            raise AttributeError(name)
        return lambda *_, **__: self


def _mark_api(function: Any) -> Any:
    function.__bentoml_api__ = True
    return function


_STORE = ("BentoModel", "HuggingFaceModel", "get", "list")
"""Functions and classes of the model store."""


def _modules(recorder: ModelRecorder) -> dict[str, dict[str, Any]]:
    types = ("Image", "JSON", "NumpyNdarray", "Text", "File", "Multipart", "PandasDataFrame")
    frameworks = ("onnx", "pytorch", "tensorflow", "keras", "sklearn", "xgboost", "mlflow", "picklable_model")
    return {
        "bentoml": {
            "service": optional_arguments(Service),
            "api": optional_arguments(_mark_api),
            "task": optional_arguments(_mark_api),
            "on_startup": identity,
            "importing": lambda: contextlib.suppress(ImportError),
            "Service": Service,
            "depends": lambda *_, **__: ModelStub(recorder, "bentoml.depends"),
            **{name: ModelStub(recorder, f"bentoml.{name}") for name in frameworks},
        },
        "bentoml.io": {name: lambda *_, **__: None for name in types},
        "bentoml.models": {name: ModelStub(recorder, f"bentoml.{name}") for name in _STORE},
        "bentoml.exceptions": {name: type(name, (Exception,), {}) for name in ("BentoMLException", "InvalidArgument")},
        "bentoml.validators": dict.fromkeys(("Shape", "DType", "ContentType"), identity),
    }


STUB = PackageStub("bentoml", _modules)
