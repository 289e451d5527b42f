"""Collecting what is wrong with a spec: every problem at once, each with its place and its line."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from reprlib import Repr

from sm_imgcheck.core.errors import Problem

__all__ = ["Notes", "at", "choice_of", "shown"]

_SHORT = Repr()
_SHORT.maxstring = _SHORT.maxother = 60
_SHORT.maxlong = 40
_SHORT.maxlist = _SHORT.maxtuple = _SHORT.maxdict = 6
_PLAIN_KEY = re.compile(r"[\w-]{1,60}")


class Notes:
    """The problems found so far. ``lines`` maps dotted places to lines of the file, counted from 1."""

    def __init__(self, lines: Mapping[str, int] | None = None) -> None:
        self._lines = lines or {}
        self._found: list[Problem] = []

    def add(self, place: str, message: str) -> None:
        """Note a problem at a dotted place."""
        self._found.append(Problem(place=place, message=message, line=self._line(place)))

    def wrong(self, place: str, value: object, expected: str) -> None:
        """Note that ``value`` stands where ``expected`` should."""
        self.add(place, f"{shown(value)}, expected {expected}")

    def fine(self, *places: str) -> bool:
        """Whether nothing was noted at or under any of these places, nor of the spec as a whole."""
        return not any(
            not problem.place or _within(problem.place, place) for problem in self._found for place in places
        )

    def all(self) -> tuple[Problem, ...]:
        """Every problem in the order of the lines, those without one last."""
        return tuple(sorted(self._found, key=lambda found: (found.line is None, found.line or 0)))

    def _line(self, place: str) -> int | None:
        while place:
            if place in self._lines:
                return self._lines[place]
            place = place[: max(place.rfind("."), place.rfind("["), 0)]
        return None


def _within(inner: str, outer: str) -> bool:
    return inner == outer or (inner.startswith(outer) and inner[len(outer)] in ".[")


def at(place: str, key: str | int) -> str:
    """The dotted place of an entry: ``resize.size``, ``shape[1]``."""
    if isinstance(key, int):
        return f"{place}[{key}]"
    key = key if _PLAIN_KEY.fullmatch(key) else shown(key)
    return f"{place}.{key}" if place else key


def shown(value: object) -> str:
    """A value as a message shows it: one short printable line, said in the words of YAML."""
    if value is None:
        return "nothing (null)"
    if isinstance(value, bool):
        return f"{str(value).lower()} (a truth value)"
    if isinstance(value, Mapping):
        return "a mapping" if value else "an empty mapping"
    if isinstance(value, str):
        return ascii(value) if not value.isprintable() and len(value) < 60 else _SHORT.repr(value)
    if isinstance(value, Sequence) and not isinstance(value, bytes | bytearray):
        return "an empty list" if not value else _SHORT.repr(list(value))
    return _SHORT.repr(value)


def choice_of(words: Sequence[str]) -> str:
    """``a, b or c``."""
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} or {words[-1]}"
