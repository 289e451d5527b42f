"""Stub of ``modal``: decorators that mark functions, and images, volumes and secrets that do nothing.

Source: modal-labs/modal-client, modal/app.py and modal/_partial_function.py.
"""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any

from . import PackageStub

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["STUB", "marks_of"]

_MARKS = {
    "enter": "enter",
    "method": "method",
    "function": "function",
    **dict.fromkeys(("web_endpoint", "fastapi_endpoint"), "endpoint"),
    "asgi_app": "asgi",
}
"""By decorator, also those of an application."""


def marks_of(function: object) -> set[str]:
    """What the decorators of a function mark it as."""
    marks: set[str] = getattr(function, "__modal_marks__", set())
    return marks


class Resource:
    """An application, an image, a volume: every method returns another, or marks a function."""

    def __enter__(self) -> Resource:  # noqa: PYI034 - Python has no Self before 3.11
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> bool:
        return kind is not None and issubclass(kind, ImportError)  # as image.imports() does

    def __call__(self, *_: object, **__: object) -> Resource:
        return self

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return _member(name)


def _member(name: str) -> Any:
    if name in _MARKS or name in ("cls", "exit", "build", "batched", "concurrent", "local_entrypoint", "parameter"):
        return _decorator(_MARKS.get(name, ""))
    return Resource()


def _decorator(mark: str) -> Callable[..., Any]:
    """A decorator that is written with arguments or without."""

    def decorate(function: Any) -> Any:
        if mark and inspect.isfunction(function):
            vars(function)["__modal_marks__"] = {*marks_of(function), mark}
        return function

    return lambda *arguments, **_: decorate(arguments[0]) if arguments and callable(arguments[0]) else decorate


def _modules(_: object) -> dict[str, dict[str, Any]]:
    return {"modal": {"__getattr__": _member, "is_local": lambda: False}}


STUB = PackageStub("modal", _modules, "it would run the file elsewhere")
