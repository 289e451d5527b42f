"""Stubs of frameworks that serve a Python class: LitServe, BentoML, Ray Serve, Cog.

Sources: Lightning-AI/LitServe, src/litserve/api.py; bentoml/BentoML, src/_bentoml_sdk/decorators.py; ray-project/ray,
python/ray/serve/api.py; replicate/cog, python/cog/base_predictor.py.
"""

from __future__ import annotations

import inspect
import os
from typing import TYPE_CHECKING, Any

from .model_stub import ModelStub

if TYPE_CHECKING:
    from collections.abc import Callable

    from .recorder import ModelRecorder

__all__ = ["service_modules"]


class LitAPI:
    """``litserve.LitAPI``."""

    def __init__(self, *_: object, **keywords: object) -> None:
        self.max_batch_size = keywords.get("max_batch_size", 1)
        self.device = "cpu"

    def setup(self, device: str) -> None:
        self.device = device

    def decode_request(self, request: object, **_: object) -> object:
        return request

    def encode_response(self, output: object, **_: object) -> object:
        return output


class Server:
    """A server that does not listen here: ``litserve.LitServer``."""

    def __init__(self, *_: object, **__: object) -> None:
        pass

    def run(self, *_: object, **__: object) -> None:
        pass


class Deployment:
    """What ``ray.serve.deployment`` returns."""

    def __init__(self, func_or_class: object) -> None:
        self.func_or_class = func_or_class
        self.app: object = getattr(func_or_class, "__ray_app__", None)
        """The application of FastAPI that ``serve.ingress`` names."""

    def bind(self, *_: object, **__: object) -> Deployment:
        return self

    options = bind


class BasePredictor:
    """``cog.BasePredictor``."""

    def setup(self, *_: object) -> None:
        pass


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


def _decorator(change: Callable[[Any], Any]) -> Callable[..., Any]:
    """A decorator that is written with arguments or without."""

    def decorate(target: Any = None, *_: object, **__: object) -> Any:
        return change(target) if inspect.isroutine(target) or inspect.isclass(target) else change

    return decorate


def _mark_api(function: Any) -> Any:
    function.__bentoml_api__ = True
    return function


def _ingress(app: object) -> Callable[[Any], Any]:
    """``ray.serve.ingress``: the methods of the class are routes of the application."""

    def note_app(target: Any) -> Any:
        target.__ray_app__ = app
        return target

    return note_app


def _same(target: Any) -> Any:
    return target


def service_modules(recorder: ModelRecorder) -> dict[str, dict[str, dict[str, Any]]]:
    """By package: its modules, and their members."""

    def stub(name: str) -> ModelStub:
        return ModelStub(recorder, name)

    serve = {
        "deployment": _decorator(Deployment),
        "batch": _decorator(_same),
        "ingress": _ingress,
        "run": lambda *_, **__: None,
        "multiplexed": _decorator(_same),
    }
    types = ("Image", "JSON", "NumpyNdarray", "Text", "File", "Multipart", "PandasDataFrame")
    frameworks = ("onnx", "pytorch", "tensorflow", "keras", "sklearn", "xgboost", "mlflow", "picklable_model", "models")
    bento: dict[str, Any] = {
        "service": _decorator(Service),
        "api": _decorator(_mark_api),
        "task": _decorator(_mark_api),
        "on_startup": _same,
        "Service": Service,
        "depends": lambda *_, **__: stub("bentoml.depends"),
        **{name: stub(f"bentoml.{name}") for name in frameworks},
    }
    cog = {"BasePredictor": BasePredictor, "Input": lambda *_, **keywords: keywords.get("default"), "Path": os.PathLike}
    return {
        "litserve": {"litserve": {"LitAPI": LitAPI, "LitServer": Server}},
        "bentoml": {
            "bentoml": bento,
            "bentoml.io": {name: lambda *_, **__: None for name in types},
            "bentoml.models": {"BentoModel": lambda *_, **__: stub("bentoml.BentoModel")},
            "bentoml.exceptions": {
                name: type(name, (Exception,), {}) for name in ("BentoMLException", "InvalidArgument")
            },
            "bentoml.validators": dict.fromkeys(("Shape", "DType", "ContentType"), _same),
        },
        "ray": {
            "ray": {"init": lambda *_, **__: None},
            "ray.serve": serve,
            "ray.serve.handle": {"DeploymentHandle": stub("handle")},
        },
        "cog": {"cog": {**cog, "BaseModel": object, "File": object, "ConcatenateIterator": list}},
    }
