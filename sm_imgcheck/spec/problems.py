"""The problems of a spec: all of them, each with its key and its position in the file."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from reprlib import Repr

from sm_imgcheck.core.errors import Position, Problem

__all__ = ["ProblemList", "at", "choice_of", "format_value", "position_of"]

_SHORT = Repr()
_SHORT.maxstring = _SHORT.maxother = 60
_SHORT.maxlong = 40
_SHORT.maxlist = _SHORT.maxtuple = _SHORT.maxdict = 6
_PLAIN_KEY = re.compile(r"[\w-]{1,60}")


class ProblemList:
    """The problems of one spec. ``positions`` maps dotted places to positions in the file; "" is its first key."""

    def __init__(self, positions: Mapping[str, Position] | None = None) -> None:
        self._positions = positions or {}
        self._problems: list[Problem] = []
        self._missing: set[str] = set()
        self._suspects: set[str] = set()

    def add(self, path: str, message: str) -> None:
        """Add a problem at a dotted place."""
        self._add(path, message, position_of(path, self._positions))

    def wrong(self, path: str, value: object, expected: str) -> None:
        """Add a problem: the value got and what is expected."""
        self.add(path, f"got {format_value(value)}, expected {expected}")

    def missing(self, path: str, message: str) -> None:
        """Add a problem about a key that is missing, at the position of the mapping that should contain it."""
        self._missing.add(path)
        if not self._is_suspect(path):
            mapping = path[: max(path.rfind("."), 0)]
            self._add(path, f"missing: {message}", position_of(mapping, self._positions) or self._positions.get(""))

    def suspect(self, path: str) -> None:
        """Mark a key that another problem is probably about: ``fine`` is False there, and it is never missing."""
        self._suspects.add(path)

    def fine(self, *paths: str) -> bool:
        """Return whether these keys, the keys under them and the complete document are free of problems."""
        problem_places = {problem.place for problem in self._problems} | self._missing | self._suspects
        return not any(not inner or _within(inner, path) for inner in problem_places for path in paths)

    def all(self, *, partial: bool = False) -> tuple[Problem, ...]:
        """Return every problem by position, those without a position last; ``partial``: except missing keys."""
        problems = [problem for problem in self._problems if not (partial and problem.place in self._missing)]
        return tuple(
            sorted(problems, key=lambda problem: (problem.line is None, problem.line or 0, problem.column or 0))
        )

    def _is_suspect(self, path: str) -> bool:
        return any(_within(path, suspect) for suspect in self._suspects)

    def _add(self, path: str, message: str, position: Position | None) -> None:
        line, column = position or (None, None)
        self._problems.append(Problem(place=path, message=message, line=line, column=column))


def position_of(path: str, positions: Mapping[str, Position]) -> Position | None:
    """Return the position of a dotted place, or of the innermost mapping or list around it that has one."""
    while path:
        if path in positions:
            return positions[path]
        path = path[: max(path.rfind("."), path.rfind("["), 0)]
    return None


def _within(inner: str, outer: str) -> bool:
    return inner == outer or (inner.startswith(outer) and inner[len(outer)] in ".[")


def at(path: str, key: str | int) -> str:
    """Return the dotted place of an entry: ``resize.size``, ``shape[1]``."""
    if isinstance(key, int):
        return f"{path}[{key}]"
    key = key if _PLAIN_KEY.fullmatch(key) else format_value(key)
    return f"{path}.{key}" if path else key


def format_value(value: object) -> str:
    """Return a value for a message: one short printable line, in YAML's terms."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return f"{str(value).lower()} (a boolean)"
    if isinstance(value, Mapping):
        return "a mapping" if value else "an empty mapping"
    if isinstance(value, str):
        return ascii(value) if not value.isprintable() and len(value) < 60 else _SHORT.repr(value)
    if isinstance(value, Sequence) and not isinstance(value, bytes | bytearray):
        return "an empty list" if not value else _SHORT.repr(list(value))
    return _SHORT.repr(value)


def choice_of(words: Sequence[str]) -> str:
    """Return ``a, b or c``."""
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} or {words[-1]}"
