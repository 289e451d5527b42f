"""What all types of ``model`` share."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import fields
from functools import cache
from operator import attrgetter
from typing import Any, TypeVar

__all__ = ["Value", "changed"]

V = TypeVar("V", bound="Value")


class Value:
    """A frozen dataclass that is equal when its fields are, and shown by them.

    ``dataclass`` can write these methods for each type, at 0.3 ms a type and start: a third of a light command's time.
    """

    __slots__ = ()

    def __eq__(self, other: object) -> bool:
        if type(other) is not type(self):
            return NotImplemented
        kind: Any = type(self)
        read = _compared_of(kind)
        return self is other or read(self) == read(other)

    def __hash__(self) -> int:
        kind: Any = type(self)
        return hash(_hashable(_compared_of(kind)(self)))

    def __repr__(self) -> str:
        shown = ", ".join(f"{one.name}={getattr(self, one.name)!r}" for one in fields(self) if one.repr)  # type: ignore[arg-type]
        return f"{type(self).__name__}({shown})"

    def __reduce__(self) -> tuple[Any, ...]:
        # What dataclass writes for a frozen one with slots looks its fields up each time: three times as slow.
        kind: Any = type(self)
        return _made, (kind, *_all_of(kind)(self))


def changed(value: V, **fields: Any) -> V:
    """The same with other values in some fields: ``dataclasses.replace``, which takes twice as long."""
    kind: Any = type(value)
    made: V = _made(kind, *_all_of(kind)(value))
    for name, field in fields.items():
        object.__setattr__(made, name, field)
    return made


def _made(kind: Any, *values: Any) -> Any:
    made = object.__new__(kind)
    for put, value in zip(_puts_of(kind), values, strict=True):
        put(made, value)
    return made


@cache
def _puts_of(kind: Any) -> tuple[Callable[[Any, Any], None], ...]:
    """What fills the slots of such a value, frozen or not: 1.8 us a value, ``object.__setattr__`` takes 3.0."""
    return tuple(getattr(kind, name).__set__ for name in kind.__slots__)


@cache
def _all_of(kind: Any) -> Callable[[Any], tuple[Any, ...]]:
    """The function that reads all fields of such a value."""
    return _read(tuple(kind.__slots__))


@cache
def _compared_of(kind: Any) -> Callable[[Any], tuple[Any, ...]]:
    return _read(tuple(one.name for one in fields(kind) if one.compare))


def _read(names: tuple[str, ...]) -> Callable[[Any], tuple[Any, ...]]:
    if len(names) > 1:
        return attrgetter(*names)
    return lambda value: tuple(getattr(value, name) for name in names)


def _hashable(value: Any) -> Any:
    """Equal for equal values: of a mapping the keys are enough, and of a list its length."""
    if isinstance(value, tuple):
        return tuple(map(_hashable, value))
    if isinstance(value, Mapping):
        return frozenset(value)
    return len(value) if isinstance(value, list) else value
