"""Decorators of stubs."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["identity", "optional_arguments"]


def optional_arguments(change: Callable[[Any], Any]) -> Callable[..., Any]:
    """A decorator that is written with arguments or without."""

    def decorate(target: Any = None, *_: object, **__: object) -> Any:
        return change(target) if inspect.isroutine(target) or inspect.isclass(target) else change

    return decorate


def identity(target: Any) -> Any:
    """The function or class itself."""
    return target
