"""Read a plain mapping by the table of the language: the kind of each value. Rules between keys are elsewhere.

An invalid value is reported and read as None, and so is a missing value: ``notes.fine(place)`` distinguishes them.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from numbers import Integral, Real
from typing import TypeVar

from sm_imgcheck.core.channels import COUNTS
from sm_imgcheck.core.suggestions import nearest, nearest_word
from sm_imgcheck.spec import dtypes
from sm_imgcheck.spec.keys import Key
from sm_imgcheck.spec.language import TOP
from sm_imgcheck.spec.language_image import STEP_KEYS
from sm_imgcheck.spec.problems import ProblemList, at, choice_of, format_value
from sm_imgcheck.spec.yaml import flow

__all__ = ["mapping", "normalize_number", "plain_number"]

T = TypeVar("T")
_MOST_ENTRIES = 1000
_LONGEST_TEXT = 4000


def mapping(value: object, keys: tuple[Key, ...], path: str, notes: ProblemList) -> dict[str, object]:
    """Return the valid values of the known keys of a mapping; report all others. A null is a key that is not given."""
    if not isinstance(value, Mapping):
        notes.wrong(path, value, f"a mapping with the keys {_names(keys)}")
        return {}
    by_name = {key.name: key for key in keys}
    for name in value:
        if name not in by_name:
            _report_unknown(name, keys, path, notes)
    for key in keys:
        if key.required and value.get(key.name) is None:
            notes.missing(at(path, key.name), f"{key.doc}; write {key.name}: {flow(key.example)}")
    values = {name: value[name] for name in by_name if value.get(name) is not None}
    read = {
        name: _READERS[by_name[name].kind](entry, by_name[name], at(path, name), notes)
        for name, entry in values.items()
    }
    return {name: entry for name, entry in read.items() if entry is not None}


def _names(keys: tuple[Key, ...]) -> str:
    return ", ".join(key.name for key in keys)


def _report_unknown(name: object, keys: tuple[Key, ...], path: str, notes: ProblemList) -> None:
    """Report an unknown key, and mark the key that it probably should be, which is not reported as missing."""
    if not isinstance(name, str):
        notes.add(at(path, str(name)), f"key: got {format_value(name)}, expected text")
        return
    suggestion = next((key.name for key in keys if name.casefold() in key.also), "")
    suggestion = suggestion or nearest_word(name, [key.name for key in keys])
    outer = next((key.name for key in TOP if name in {inner.name for inner in key.keys}), "") if keys is TOP else ""
    hint = f", expected one of {_names(keys)}"
    if suggestion:
        hint = f"; did you mean {suggestion}?"
    elif outer:
        hint = f"; it belongs under {outer}"
    notes.add(at(path, name), f"unknown key{hint}")
    if suggestion or outer:
        notes.suspect(at(path, suggestion or outer))


def _number(value: object, key: Key, path: str, notes: ProblemList) -> float | int | None:
    """Return a finite number within the bounds of ``key``."""
    plain = plain_number(value)
    if plain is None:
        notes.wrong(path, value, f"a number{_bounds(key)}")
        return None
    if not math.isfinite(plain) or not _in_bounds(plain, key):
        notes.wrong(path, value, f"a finite number{_bounds(key)}")
        return None
    return normalize_number(plain)


def normalize_number(value: float) -> float | int:
    """Return integers below 2**53 as int, so that 0 and 0.0 are printed and hashed equally; others as float."""
    return int(value) if value == int(value) and abs(value) < 2**53 else float(value)


def plain_number(value: object) -> float | int | None:
    """Return a number of any class as a Python number, infinite from 2**63; None for a bool and for anything else."""
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


def _integer(value: object, key: Key, path: str, notes: ProblemList) -> int | None:
    plain = plain_number(value)
    if plain is None or not math.isfinite(plain) or plain != int(plain) or not _in_bounds(plain, key):
        notes.wrong(path, value, f"an integer{_bounds(key)}")
        return None
    return int(plain)


def _flag(value: object, _key: Key, path: str, notes: ProblemList) -> bool | None:
    if isinstance(value, bool):
        return value
    notes.wrong(path, value, "true or false")
    return None


def _text(value: object, key: Key, path: str, notes: ProblemList) -> str | None:
    if not isinstance(value, str):
        notes.wrong(path, value, f"text, such as {flow(key.example)}")
        return None
    body = value.replace("\n", "") if key.name == "description" else value
    if len(value) > _LONGEST_TEXT or not (body.isprintable() or key.name == "description") or _surrogate(value):
        notes.wrong(path, value, f"printable text of at most {_LONGEST_TEXT} characters")
        return None
    return value


def _surrogate(text: str) -> bool:
    return any("\ud800" <= char <= "\udfff" for char in text)


def _choice(value: object, key: Key, path: str, notes: ProblemList) -> str | None:
    by_fold = {choice.casefold(): choice for choice in key.choices}
    if isinstance(value, str) and value.casefold() in by_fold:
        return by_fold[value.casefold()]
    hint = nearest(value, key.choices) if isinstance(value, str) else ""
    notes.wrong(path, value, f"{choice_of(key.choices)}{hint}")
    return None


def _dtype(value: object, key: Key, path: str, notes: ProblemList) -> str | None:
    name = dtypes.canonical(value) if isinstance(value, str) else None
    if name is None:
        vague = isinstance(value, str) and value.lower() in {"float", "int", "np.float", "np.int"}
        hint = "; its size depends on the framework, so add the bits" if vague else ""
        hint = hint or (nearest(value, key.choices) if isinstance(value, str) else "")
        notes.wrong(path, value, f"a dtype: {choice_of(key.choices)}, or its name in a framework{hint}")
    return name


def _list_entries(value: object, path: str, notes: ProblemList, expected: str) -> list[object] | None:
    if isinstance(value, Sequence) and not isinstance(value, str | bytes) and 0 < len(value) <= _MOST_ENTRIES:
        return list(value)
    notes.wrong(path, value, expected)
    return None


def _each(
    entries: list[object] | None,
    key: Key,
    path: str,
    notes: ProblemList,
    reader: Callable[[object, Key, str, ProblemList], T | None],
) -> list[T] | None:
    if entries is None:
        return None
    read = [reader(entry, key, at(path, index), notes) for index, entry in enumerate(entries)]
    fine = [entry for entry in read if entry is not None]
    return fine if len(fine) == len(read) else None


def _numbers(value: object, key: Key, path: str, notes: ProblemList) -> float | list[float] | None:
    """Return a number for all channels, or a list with one per channel."""
    if not isinstance(value, str) and isinstance(value, Real):
        return _number(value, key, path, notes)
    entries = _list_entries(
        value, path, notes, f"a number{_bounds(key)}, or a list with one per channel: {flow(key.example)}"
    )
    if entries is not None and len(entries) not in COUNTS:
        notes.wrong(path, value, f"one number per channel: {flow(key.example)}")
        return None
    return _each(entries, key, path, notes, _number)


def _pair(value: object, key: Key, path: str, notes: ProblemList) -> list[float] | None:
    entries = _list_entries(value, path, notes, f"[low, high], such as {flow(key.example)}")
    if entries is not None and len(entries) != 2:
        notes.wrong(path, value, f"two numbers, [low, high], such as {flow(key.example)}")
        return None
    pair = _each(entries, key, path, notes, _number)
    if pair is not None and pair[0] >= pair[1]:
        notes.wrong(path, value, "[low, high] with low < high")
        return None
    return pair


def _size(value: object, key: Key, path: str, notes: ProblemList) -> int | list[int] | None:
    if isinstance(value, Real) and not isinstance(value, bool):
        return _integer(value, key, path, notes)
    entries = _list_entries(value, path, notes, "one edge in pixels, or [height, width]")
    if entries is not None and len(entries) != 2:
        notes.wrong(path, value, "one edge in pixels, or [height, width]")
        return None
    return _each(entries, key, path, notes, _integer)


def _integers(value: object, key: Key, path: str, notes: ProblemList) -> list[int] | None:
    assert isinstance(key.example, list)
    length = len(key.example)
    entries = _list_entries(value, path, notes, f"a list of {length} integers, such as {flow(key.example)}")
    if entries is not None and len(entries) != length:
        notes.wrong(path, value, f"{length} integers, such as {flow(key.example)}")
        return None
    return _each(entries, key, path, notes, _integer)


def _axes(value: object, key: Key, path: str, notes: ProblemList) -> list[object] | None:
    """Return a list; ``shape`` reads its entries."""
    return _list_entries(value, path, notes, f"a list with one entry per axis, such as {flow(key.example)}")


def _nested(value: object, key: Key, path: str, notes: ProblemList) -> dict[str, object]:
    if isinstance(value, str):
        value = key.words.get(value.casefold(), value)
    return mapping(value, key.keys, path, notes)


def _steps(value: object, _key: Key, path: str, notes: ProblemList) -> list[dict[str, object]] | None:
    if isinstance(value, Sequence) and not isinstance(value, str | bytes) and not value:
        return []
    expected = f"a list of steps, each {choice_of(list(STEP_KEYS))}"
    entries = _list_entries(value, path, notes, expected)
    steps = [_step(entry, at(path, index), notes) for index, entry in enumerate(entries or [])]
    return None if entries is None or None in steps else [step for step in steps if step is not None]


def _step(value: object, path: str, notes: ProblemList) -> dict[str, object] | None:
    if not isinstance(value, Mapping) or len(value) != 1:
        notes.wrong(path, value, f"a mapping with one key: {choice_of(list(STEP_KEYS))}")
        return None
    ((name, params),) = value.items()
    if name not in STEP_KEYS:
        hint = nearest(name, STEP_KEYS) if isinstance(name, str) else ""
        notes.add(at(path, str(name)), f"unknown step, expected {choice_of(list(STEP_KEYS))}{hint}")
        return None
    return {name: mapping({} if params is None else params, STEP_KEYS[name], at(path, name), notes)}


def _entries(value: object, key: Key, path: str, notes: ProblemList) -> list[dict[str, object]] | None:
    if isinstance(value, Sequence) and not isinstance(value, str | bytes) and not value:
        return []
    entries = _list_entries(value, path, notes, f"a list of mappings with the keys {_names(key.keys)}")
    return (
        None if entries is None else [mapping(entry, key.keys, at(path, i), notes) for i, entry in enumerate(entries)]
    )


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
    "whole": _integer,
    "wholes": _integers,
}
