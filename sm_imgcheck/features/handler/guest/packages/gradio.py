"""Stub of ``gradio``: components of any kind, which note the functions that they would call.

Source: gradio-app/gradio, gradio/interface.py and gradio/events.py.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from . import PackageStub

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Self


__all__ = ["STUB", "Component", "event_functions"]

_NAMES = ("gradio", "gradio.components", "gradio.inputs", "gradio.outputs", "gradio.themes", "gradio.blocks")
event_functions: list[tuple[Callable[..., object], list[object]]] = []
"""Each function with its inputs, in the order of the file."""


class _ComponentType(type):
    """Every attribute is another component type, as in ``gradio.themes.Soft``."""

    def __getattr__(cls, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return _ComponentType(name, (Component,), {})


class Component(metaclass=_ComponentType):
    """A component, a layout, an application or an event."""

    def __init__(self, *arguments: object, **keywords: object) -> None:
        self.keywords = keywords
        _note_function(arguments, keywords)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def __call__(self, *arguments: object, **keywords: object) -> Component:
        _note_function(arguments, keywords)
        return self

    def __getattr__(self, name: str) -> Component:
        if name.startswith("__"):
            raise AttributeError(name)
        return Component()


def _note_function(arguments: tuple[object, ...], keywords: dict[str, object]) -> None:
    positions = [position for position, value in enumerate(arguments) if callable(value) and not _is_component(value)]
    function = keywords.get("fn", arguments[positions[0]] if positions else None)
    following = arguments[positions[0] + 1 :] if positions else arguments
    inputs = keywords.get("inputs", following[0] if following else None)
    if callable(function) and not _is_component(function) and inputs is not None:
        event_functions.append((function, list(inputs) if isinstance(inputs, (list, tuple, set)) else [inputs]))


def _is_component(value: object) -> bool:
    return isinstance(value, (Component, _ComponentType))


def _modules(_: object) -> dict[str, dict[str, Any]]:
    members = {
        "Error": type("Error", (Exception,), {}),
        "mount_gradio_app": lambda app, *_, **__: app,
        "__getattr__": lambda name: getattr(Component, name),
    }
    return dict.fromkeys(_NAMES, members)


STUB = PackageStub("gradio", _modules, "it would wait for users")
