"""Reading a plain mapping by the table: the kind of each value, and nothing about how values hang together.

A value that is wrong is noted and read as None, as is one that is absent: ``notes.fine(place)`` tells them apart.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from numbers import Integral, Real
from typing import TypeVar

from sm_imgcheck.core.channels import COUNTS
from sm_imgcheck.core.suggestions import nearest
from sm_imgcheck.spec import dtypes
from sm_imgcheck.spec.keys import Key
from sm_imgcheck.spec.language import TOP
from sm_imgcheck.spec.language_image import STEP_KEYS
from sm_imgcheck.spec.problems import ProblemList, at, choice_of, shown
from sm_imgcheck.spec.yaml import flow

__all__ = ["mapping", "normalize_number"]

T = TypeVar("T")
_MOST_ENTRIES = 1000
_LONGEST_TEXT = 4000


def mapping(value: object, keys: tuple[Key, ...], place: str, notes: ProblemList) -> dict[str, object]:
    """The known keys of a mapping, read; everything else is noted. A null counts as not given."""
    if not isinstance(value, Mapping):
        notes.wrong(place, value, f"a mapping with the keys {_names(keys)}")
        return {}
    known = {key.name: key for key in keys}
    for name in value:
        if name not in known:
            notes.add(at(place, str(name)), _unknown(name, keys))
    missing = [key for key in keys if key.required and value.get(key.name) is None]
    for key in missing:
        notes.add(at(place, key.name), f"missing: {key.doc}; write {key.name}: {flow(key.example)}")
    given = {name: value[name] for name in known if value.get(name) is not None}
    read = {
        name: _READERS[known[name].kind](entry, known[name], at(place, name), notes) for name, entry in given.items()
    }
    return {name: entry for name, entry in read.items() if entry is not None}


def _names(keys: tuple[Key, ...]) -> str:
    return ", ".join(key.name for key in keys)


def _unknown(name: object, keys: tuple[Key, ...]) -> str:
    if not isinstance(name, str):
        return f"a key must be text, not {shown(name)}"
    close = nearest(name, [key.name for key in keys])
    also = next((key.name for key in keys if name.casefold() in key.also), "")
    inside = next((key.name for key in TOP if name in {inner.name for inner in key.keys}), "")
    if also and not close.endswith(f" {also}?"):
        close = f"; did you mean {also}?"
    elif inside and keys is TOP:
        close = f"; it belongs under {inside}"
    return f"unknown key{close or f', expected one of {_names(keys)}'}"


def _number(value: object, key: Key, place: str, notes: ProblemList) -> float | int | None:
    """A finite number in the bounds of ``key``."""
    plain = _plain(value)
    if plain is None:
        notes.wrong(place, value, f"a number{_bounds(key)}")
        return None
    if not math.isfinite(plain) or not _in_bounds(plain, key):
        notes.wrong(place, value, f"a finite number{_bounds(key)}")
        return None
    return normalize_number(plain)


def normalize_number(value: float) -> float | int:
    """Whole numbers as int, so that 0 and 0.0 are printed and hashed alike; others, and huge ones, as float."""
    return int(value) if value == int(value) and abs(value) < 2**53 else float(value)


def _plain(value: object) -> float | int | None:
    """A Python number, whatever number class it comes in; None for a bool and for what is no number."""
    if isinstance(value, bool) or not isinstance(value, Real):
        return None
    if isinstance(value, Integral):
        return int(value) if abs(int(value)) < 2**63 else math.inf
    try:
        return float(value)
    except OverflowError:
        return math.inf


def _in_bounds(value: float, key: Key) -> bool:
    return (
        (key.low is None or value >= key.low)
        and (key.high is None or value <= key.high)
        and (key.above is None or value > key.above)
    )


def _bounds(key: Key) -> str:
    low = "" if key.low is None else f" from {key.low:g}"
    low = low if key.above is None else f" above {key.above:g}"
    return low if key.high is None else f"{low} to {int(key.high) if key.high == int(key.high) else key.high}"


def _whole(value: object, key: Key, place: str, notes: ProblemList) -> int | None:
    plain = _plain(value)
    if plain is None or not math.isfinite(plain) or plain != int(plain) or not _in_bounds(plain, key):
        notes.wrong(place, value, f"a whole number{_bounds(key)}")
        return None
    if isinstance(plain, float):
        notes.wrong(place, value, f"a whole number without a decimal point: {int(plain)}")
        return None
    return plain


def _flag(value: object, _key: Key, place: str, notes: ProblemList) -> bool | None:
    if isinstance(value, bool):
        return value
    notes.wrong(place, value, "true or false")
    return None


def _text(value: object, key: Key, place: str, notes: ProblemList) -> str | None:
    if not isinstance(value, str):
        notes.wrong(place, value, f"text, such as {flow(key.example)}")
        return None
    body = value.replace("\n", "") if key.name == "description" else value
    if len(value) > _LONGEST_TEXT or not (body.isprintable() or key.name == "description") or _surrogate(value):
        notes.wrong(place, value, f"printable text of at most {_LONGEST_TEXT} characters")
        return None
    return value


def _surrogate(text: str) -> bool:
    return any("\ud800" <= char <= "\udfff" for char in text)


def _choice(value: object, key: Key, place: str, notes: ProblemList) -> str | None:
    by_fold = {choice.casefold(): choice for choice in key.choices}
    if isinstance(value, str) and value.casefold() in by_fold:
        return by_fold[value.casefold()]
    hint = nearest(value, key.choices) if isinstance(value, str) else ""
    notes.wrong(place, value, f"{choice_of(key.choices)}{hint}")
    return None


def _dtype(value: object, key: Key, place: str, notes: ProblemList) -> str | None:
    name = dtypes.canonical(value) if isinstance(value, str) else None
    if name is None:
        vague = isinstance(value, str) and value.lower() in {"float", "int", "np.float", "np.int"}
        hint = " (its size depends on the framework: say the bits)" if vague else ""
        hint = hint or (nearest(value, key.choices) if isinstance(value, str) else "")
        notes.wrong(place, value, f"an element type: {choice_of(key.choices)}, or a framework's name for one{hint}")
    return name


def _listed(value: object, place: str, notes: ProblemList, expected: str) -> list[object] | None:
    if isinstance(value, Sequence) and not isinstance(value, str | bytes) and 0 < len(value) <= _MOST_ENTRIES:
        return list(value)
    notes.wrong(place, value, expected)
    return None


def _each(
    entries: list[object] | None,
    key: Key,
    place: str,
    notes: ProblemList,
    reader: Callable[[object, Key, str, ProblemList], T | None],
) -> list[T] | None:
    if entries is None:
        return None
    read = [reader(entry, key, at(place, index), notes) for index, entry in enumerate(entries)]
    fine = [entry for entry in read if entry is not None]
    return fine if len(fine) == len(read) else None


def _numbers(value: object, key: Key, place: str, notes: ProblemList) -> float | list[float] | None:
    """One number for all channels stays a number."""
    if not isinstance(value, str) and isinstance(value, Real):
        return _number(value, key, place, notes)
    entries = _listed(
        value, place, notes, f"a number{_bounds(key)}, or a list with one per channel: {flow(key.example)}"
    )
    if entries is not None and len(entries) not in COUNTS:
        notes.wrong(place, value, f"one number per channel: {flow(key.example)}")
        return None
    return _each(entries, key, place, notes, _number)


def _pair(value: object, key: Key, place: str, notes: ProblemList) -> list[float] | None:
    entries = _listed(value, place, notes, f"[low, high], such as {flow(key.example)}")
    if entries is not None and len(entries) != 2:
        notes.wrong(place, value, f"two numbers, [low, high], such as {flow(key.example)}")
        return None
    pair = _each(entries, key, place, notes, _number)
    if pair is not None and pair[0] >= pair[1]:
        notes.wrong(place, value, "the lower number first and a higher one after it")
        return None
    return pair


def _size(value: object, key: Key, place: str, notes: ProblemList) -> int | list[int] | None:
    if isinstance(value, Real) and not isinstance(value, bool):
        return _whole(value, key, place, notes)
    entries = _listed(value, place, notes, "one edge in pixels, or [height, width]")
    if entries is not None and len(entries) != 2:
        notes.wrong(place, value, "one edge in pixels, or [height, width]")
        return None
    return _each(entries, key, place, notes, _whole)


def _wholes(value: object, key: Key, place: str, notes: ProblemList) -> list[int] | None:
    assert isinstance(key.example, list)
    length = len(key.example)
    entries = _listed(value, place, notes, f"a list of {length} whole numbers, such as {flow(key.example)}")
    if entries is not None and len(entries) != length:
        notes.wrong(place, value, f"{length} whole numbers, such as {flow(key.example)}")
        return None
    return _each(entries, key, place, notes, _whole)


def _axes(value: object, key: Key, place: str, notes: ProblemList) -> list[object] | None:
    """Only that it is a list: ``axes`` reads what stands in it."""
    return _listed(value, place, notes, f"a list with one entry per axis, such as {flow(key.example)}")


def _nested(value: object, key: Key, place: str, notes: ProblemList) -> dict[str, object]:
    if isinstance(value, str):
        value = key.words.get(value.casefold(), value)
    return mapping(value, key.keys, place, notes)


def _steps(value: object, _key: Key, place: str, notes: ProblemList) -> list[dict[str, object]] | None:
    if isinstance(value, Sequence) and not isinstance(value, str | bytes) and not value:
        return []
    expected = f"a list of steps, each one of {choice_of(list(STEP_KEYS))}"
    entries = _listed(value, place, notes, expected)
    steps = [_step(entry, at(place, index), notes) for index, entry in enumerate(entries or [])]
    return None if entries is None or None in steps else [step for step in steps if step is not None]


def _step(value: object, place: str, notes: ProblemList) -> dict[str, object] | None:
    if not isinstance(value, Mapping) or len(value) != 1:
        notes.wrong(place, value, f"a mapping with one key: {choice_of(list(STEP_KEYS))}")
        return None
    ((name, params),) = value.items()
    if name not in STEP_KEYS:
        hint = nearest(name, STEP_KEYS) if isinstance(name, str) else ""
        notes.add(at(place, str(name)), f"unknown step, expected {choice_of(list(STEP_KEYS))}{hint}")
        return None
    return {name: mapping({} if params is None else params, STEP_KEYS[name], at(place, name), notes)}


def _entries(value: object, key: Key, place: str, notes: ProblemList) -> list[dict[str, object]] | None:
    if isinstance(value, Sequence) and not isinstance(value, str | bytes) and not value:
        return []
    entries = _listed(value, place, notes, f"a list of mappings with the keys {_names(key.keys)}")
    return None if entries is None else [mapping(one, key.keys, at(place, i), notes) for i, one in enumerate(entries)]


_READERS: dict[str, Callable[[object, Key, str, ProblemList], object]] = {
    "axes": _axes,
    "choice": _choice,
    "dtype": _dtype,
    "entries": _entries,
    "flag": _flag,
    "mapping": _nested,
    "number": _number,
    "numbers": _numbers,
    "pair": _pair,
    "size": _size,
    "steps": _steps,
    "text": _text,
    "whole": _whole,
    "wholes": _wholes,
}
