"""Stub of Ray Serve. Source: ray-project/ray, python/ray/serve/api.py."""

from __future__ import annotations

import functools
import inspect
from typing import TYPE_CHECKING, Any

from ..decorators import identity, optional_arguments
from ..model_stub import ModelStub
from . import PackageStub

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from ..recorder import ModelRecorder

__all__ = ["STUB"]


class Deployment:
    """What ``ray.serve.deployment`` returns."""

    def __init__(self, func_or_class: object) -> None:
        self.func_or_class = func_or_class
        self.app: object = getattr(func_or_class, "__ray_app__", None)
        """The application of FastAPI that ``serve.ingress`` names."""

    def bind(self, *_: object, **__: object) -> Deployment:
        return self

    options = bind


def _ingress(app: object) -> Callable[[Any], Any]:
    """``ray.serve.ingress``: the methods of the class are routes of the application."""

    def note_app(target: Any) -> Any:
        target.__ray_app__ = app
        return target

    return note_app


def _batch(function: Any) -> Any:
    """``ray.serve.batch``: each argument becomes a list of one; of each list that returns or is yielded, the first."""

    def call(arguments: tuple[object, ...], keywords: dict[str, object]) -> Any:
        owners = 1 if next(iter(inspect.signature(function).parameters), "") == "self" else 0
        lists = [[argument] for argument in arguments[owners:]]
        return function(*arguments[:owners], *lists, **{name: [value] for name, value in keywords.items()})

    @functools.wraps(function)
    async def result(*arguments: object, **keywords: object) -> object:
        return (await call(arguments, keywords))[0]

    @functools.wraps(function)
    async def results(*arguments: object, **keywords: object) -> AsyncIterator[object]:
        async for values in call(arguments, keywords):
            yield values[0]

    if inspect.isasyncgenfunction(function):
        return results
    return result if inspect.iscoroutinefunction(function) else function


def _modules(recorder: ModelRecorder) -> dict[str, dict[str, Any]]:
    serve = {
        "deployment": optional_arguments(Deployment),
        "batch": optional_arguments(_batch),
        "ingress": _ingress,
        "run": lambda *_, **__: None,
        "multiplexed": optional_arguments(identity),
    }
    return {
        "ray.serve": serve,
        "ray.serve.handle": {"DeploymentHandle": ModelStub(recorder, "handle")},
    }


STUB = PackageStub("ray.serve", _modules, "it would pickle the deployments for a cluster")
