"""Frozen types: dataclasses whose values do not change, with short creation times; and mutable ones of the same cost.

``dataclass`` compiles five functions for each type, which costs a short command a third of its time; ``frozen`` gives
all types the same functions and compiles an ``__init__`` for a type with many values. 60 types of 8 fields take 2 ms
instead of 80, the first value of a type 10 us instead of 300 with a compiled ``__init__``, and a later value 2.2 us
instead of 3.2, as ``__init__`` fills the slots by the setters of the type (``tests/bench/frozen_types.py``).
msgspec.Struct has no field that is excluded from comparison, and emitted code would depend on it.

Mappings in a field (``Step.params``, ``Spec.resolved``, ``Options.assume``, counts of ``Report``) are the dicts that
the caller passed: never change them, write ``changed(step, params={**step.params, ...})``. Read-only copies cost too
much: ``MappingProxyType`` is neither pickled nor written as JSON, both of which happen to every plan, and ``**params``
of one takes 3.7 us instead of 0.9; with its lists as tuples, the creation of a resize step takes 10 us instead of 4
(CPython 3.11, two busy cores).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import MISSING, Field, FrozenInstanceError, field, fields, make_dataclass
from functools import cache
from operator import attrgetter
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple, TypeVar, cast, dataclass_transform

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

__all__ = ["FrozenField", "field_names", "fields_of", "frozen", "mutable", "replace_fields"]

T = TypeVar("T")


@dataclass_transform(frozen_default=True, kw_only_default=True, field_specifiers=(field,))
def frozen(kind: type[T]) -> type[T]:
    """Make a class a dataclass with slots and keyword arguments that is equal, hashed and shown by its fields.

    Raises TypeError for a class with ``__post_init__``, which is not called.
    """
    return _make_dataclass(kind, _METHODS)


@dataclass_transform(eq_default=False, kw_only_default=True, field_specifiers=(field,))
def mutable(kind: type[T]) -> type[T]:
    """Make a class a dataclass with slots and keyword arguments whose values may change; each equals only itself.

    Raises TypeError as ``frozen`` does.
    """
    return _make_dataclass(kind, _METHODS_OF_MUTABLE)


def _make_dataclass(kind: type[T], methods: Mapping[str, object]) -> type[T]:
    if hasattr(kind, "__post_init__"):
        raise TypeError(f"{kind.__qualname__}: __post_init__ would not be called; use a function that creates values")
    members = {**methods, **{name: value for name, value in kind.__dict__.items() if name not in _OF_CLASS}}
    hints = {name: hint for name, hint in kind.__annotations__.items() if not _is_class_variable(hint)}
    defaults = {name: members.pop(name) for name in hints if name in members}
    members["__slots__"] = tuple(hints)
    members["__dataclass_fields__"] = fields_ = _Fields(hints, defaults)
    members["__own_fields__"] = {name: defaults.get(name, MISSING) for name in hints}
    metaclass: Any = type(kind)
    result: type[T] = metaclass(kind.__name__, kind.__bases__, members)
    result.__qualname__ = kind.__qualname__
    fields_.kind = result
    return result


def _is_class_variable(hint: object) -> bool:
    return hint.startswith("ClassVar") if isinstance(hint, str) else getattr(hint, "__origin__", None) is ClassVar


_OF_CLASS = frozenset({"__dict__", "__weakref__"})


class _Fields:
    """The fields of a type, made when they are needed; most types of a short command have no value."""

    kind: type

    def __init__(self, hints: Mapping[str, object], defaults: Mapping[str, object]) -> None:
        self._hints = hints
        self._defaults = defaults

    def __get__(self, _: object, __: object = None) -> dict[str, Any]:
        result: dict[str, Any] = {}
        for base in reversed(self.kind.__mro__[1:]):
            result |= getattr(base, "__dataclass_fields__", {})
        parts = [(name, hint, self._defaults.get(name, field())) for name, hint in self._hints.items()]
        kind: Any = make_dataclass(
            "Fields",
            parts,
            init=False,
            repr=False,
            eq=False,
            match_args=False,
            kw_only=True,
            namespace={"__doc__": "fields"},  # else the signature is computed
        )
        result |= kind.__dataclass_fields__
        self.kind.__dataclass_fields__ = result  # type: ignore[attr-defined]
        return result


class FrozenField(NamedTuple):
    """A field of a type made by ``frozen`` or ``mutable``."""

    name: str
    put: Callable[[object, object], None]
    """Fills the slot: 1.8 us a value, ``object.__setattr__`` takes 3.0."""
    default: Any
    """MISSING: none."""
    factory: Any
    """Makes the default; MISSING: ``default`` is it."""
    compare: bool


@cache
def fields_of(kind: type) -> tuple[FrozenField, ...]:
    """The fields of a type made by ``frozen`` or ``mutable``, those of its bases first."""
    defaults: dict[str, Any] = {}
    for base in reversed(kind.__mro__):
        defaults |= base.__dict__.get("__own_fields__", {})
    result = []
    for name, value in defaults.items():
        is_field = isinstance(value, Field)
        result.append(
            FrozenField(
                name=name,
                put=getattr(kind, name).__set__,
                default=value.default if is_field else value,
                factory=value.default_factory if is_field else MISSING,
                compare=value.compare is not False if is_field else True,
            )
        )
    return tuple(result)


_VALUES_BEFORE = 16
"""Values of a type that are created without a compiled ``__init__``: to compile one costs as much as 50 values."""
_values: Counter[type] = Counter()


def _first_init(self: DataclassInstance, **values: object) -> None:
    """Create one of the first values of a type; after them, compile the ``__init__`` of the type."""
    kind: Any = type(self)
    _values[kind] += 1
    if _values[kind] > _VALUES_BEFORE:
        kind.__init__ = _compile_init(kind)
        kind.__init__(self, **values)
        return
    for field_ in fields_of(kind):
        value = values.pop(field_.name, MISSING)
        if value is MISSING:
            value = field_.default if field_.factory is MISSING else field_.factory()
            if value is MISSING:
                raise TypeError(f"{kind.__name__}() missing a required keyword argument: {field_.name!r}")
        field_.put(self, value)
    if values:
        raise TypeError(f"{kind.__name__}() got an unexpected keyword argument {next(iter(values))!r}")


def _compile_init(kind: type[DataclassInstance]) -> Callable[..., None]:
    names: dict[str, object] = {"MISSING": MISSING}
    parameters, lines = [], []
    for field_ in fields_of(kind):
        name, value = field_.name, field_.name
        names[f"put_{name}"] = field_.put
        if field_.factory is not MISSING:
            names[f"make_{name}"] = field_.factory
            parameters.append(f"{name}=MISSING")
            value = f"make_{name}() if {name} is MISSING else {name}"
        elif field_.default is not MISSING:
            names[f"default_{name}"] = field_.default
            parameters.append(f"{name}=default_{name}")
        else:
            parameters.append(name)
        lines.append(f"    put_{name}(self, {value})\n")
    head = f"def __init__(self, *, {', '.join(parameters)}):\n" if parameters else "def __init__(self):\n    pass\n"
    exec(head + "".join(lines), names)  # noqa: S102 - names of fields, as dataclasses does
    return cast("Callable[..., None]", names["__init__"])


class _Signature:
    """The signature of a type for ``help`` and ``inspect``, where its ``__init__`` is not compiled yet."""

    def __get__(self, _: object, kind: type[DataclassInstance]) -> object:
        from inspect import Parameter, Signature

        def parameter(field_: Any) -> Parameter:
            is_required = field_.default is MISSING and field_.default_factory is MISSING
            default = field_.default if field_.default is not MISSING else ...
            return Parameter(
                field_.name,
                Parameter.KEYWORD_ONLY,
                default=Parameter.empty if is_required else default,
                annotation=field_.type,
            )

        return Signature([parameter(field_) for field_ in fields(kind)])


def _no_change(self: DataclassInstance, name: str, _: object = None) -> None:
    raise FrozenInstanceError(f"cannot change field {name!r} of {type(self).__name__}: use replace_fields")


def _eq(self: DataclassInstance, other: object) -> object:
    if other.__class__ is not self.__class__:
        return NotImplemented
    read = _compared_of(self.__class__)
    return self is other or read(self) == read(other)


def _hash(self: DataclassInstance) -> int:
    return hash(_hashable(_compared_of(type(self))(self)))


def _repr(self: DataclassInstance) -> str:
    fields_text = ", ".join(f"{field_.name}={getattr(self, field_.name)!r}" for field_ in fields(self) if field_.repr)
    return f"{type(self).__name__}({fields_text})"


def _reduce(self: DataclassInstance) -> tuple[object, ...]:
    # What dataclass writes for a frozen one with slots looks its fields up each time: three times as slow.
    kind = type(self)
    return _create, (kind, *_all_of(kind)(self))


_METHODS_OF_MUTABLE: dict[str, object] = {"__init__": _first_init, "__signature__": _Signature(), "__repr__": _repr}
_METHODS = {
    **_METHODS_OF_MUTABLE,
    "__setattr__": _no_change,
    "__delattr__": _no_change,
    "__eq__": _eq,
    "__hash__": _hash,
    "__reduce__": _reduce,
}


def replace_fields(value: T, **fields: object) -> T:
    """The same with other values in some fields: ``dataclasses.replace``, which takes twice as long."""
    kind: Any = type(value)
    result: T = _create(kind, *_all_of(kind)(value))
    for name, new in fields.items():
        object.__setattr__(result, name, new)
    return result


def _create(kind: type[DataclassInstance], *values: object) -> Any:
    result = object.__new__(kind)
    for put, value in zip(_puts_of(kind), values, strict=True):
        put(result, value)
    return result


@cache
def _puts_of(kind: type[DataclassInstance]) -> tuple[Callable[[object, object], None], ...]:
    """What fills the slots of such a value, frozen or not."""
    return tuple(getattr(kind, name).__set__ for name in field_names(kind))


@cache
def _all_of(kind: type[DataclassInstance]) -> Callable[[object], tuple[object, ...]]:
    """The function that reads all fields of such a value."""
    return _read(field_names(kind))


@cache
def _compared_of(kind: type[DataclassInstance]) -> Callable[[object], tuple[object, ...]]:
    return _read(tuple(field_.name for field_ in fields_of(kind) if field_.compare))


@cache
def field_names(kind: type[DataclassInstance]) -> tuple[str, ...]:
    """The names of the fields of a dataclass; of a type made by ``frozen`` without the fields of ``dataclasses``."""
    is_frozen = hasattr(kind, "__own_fields__")
    return tuple(field_.name for field_ in (fields_of(kind) if is_frozen else fields(kind)))


def _read(names: tuple[str, ...]) -> Callable[[object], tuple[object, ...]]:
    if len(names) > 1:
        return attrgetter(*names)
    return lambda value: tuple(getattr(value, name) for name in names)


_SCALARS = frozenset({bool, float, int, str, type(None)})


def _hashable(value: object) -> object:
    """A value that can be hashed, equal for equal values and different for different ones."""
    if type(value) in _SCALARS:  # most values; a comparison with Mapping is three times as slow
        return value
    if isinstance(value, tuple | list):
        return tuple(map(_hashable, value))
    if isinstance(value, Mapping):
        return frozenset((key, _hashable(inner)) for key, inner in value.items())
    return value
