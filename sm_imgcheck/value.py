"""What all types of ``model`` share."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import Any

__all__ = ["Value"]


class Value:
    """A frozen dataclass that is equal when its fields are, and shown by them.

    ``dataclass`` can write these methods for each type, at 0.3 ms a type and start: a third of a light command's time.
    """

    __slots__ = ()

    def __eq__(self, other: object) -> bool:
        return _compared(self) == _compared(other) if type(other) is type(self) else NotImplemented

    def __hash__(self) -> int:
        return hash(_hashable(_compared(self)))

    def __repr__(self) -> str:
        shown = ", ".join(f"{one.name}={getattr(self, one.name)!r}" for one in fields(self) if one.repr)  # type: ignore[arg-type]
        return f"{type(self).__name__}({shown})"


def _hashable(value: Any) -> Any:
    """Equal for equal values: of a mapping the keys are enough, and of a list its length."""
    if isinstance(value, tuple):
        return tuple(map(_hashable, value))
    if isinstance(value, Mapping):
        return frozenset(value)
    return len(value) if isinstance(value, list) else value


def _compared(value: Any) -> tuple[Any, ...]:
    return tuple(getattr(value, one.name) for one in fields(value) if one.compare)
