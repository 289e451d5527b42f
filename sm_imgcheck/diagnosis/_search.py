"""Look for what is known in a text: plain words first, an expression where they stand."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cache
from json import loads
from pkgutil import get_data
from typing import Any, NamedTuple

from sm_imgcheck.diagnosis._lines import Plain

__all__ = ["Hit", "causes", "hits", "patterns"]

_BEFORE, _AFTER = 300, 700
"""Characters around the plain words in which the expression is looked for: bounds its time, whatever it is."""

_TRIES = 40
"""Places of one plain word that are looked at."""

_AROUND = 500
"""Characters on each side in which ``with`` and ``without`` are looked for."""


class Hit(NamedTuple):
    """A pattern that was found."""

    cause: str
    rank: int
    """1: names the cause; 2: allows it; 3: the words around an error."""
    start: int
    end: int
    values: Mapping[str, str]
    """The named groups."""
    source: str


@cache
def _known() -> Mapping[str, Any]:
    known: Mapping[str, Any] = loads(get_data("sm_imgcheck.diagnosis", "errors.json") or b"{}")
    return known


def causes() -> Mapping[str, Mapping[str, Any]]:
    """All causes by id, as ``errors.json`` has them."""
    found: Mapping[str, Mapping[str, Any]] = _known()["causes"]
    return found


def patterns() -> list[Mapping[str, Any]]:
    """All patterns, as ``errors.json`` has them."""
    found: list[Mapping[str, Any]] = _known()["patterns"]
    return found


def hits(said: Plain) -> Iterator[Hit]:
    """Everything that is recognised, in the order of the patterns."""
    for pattern in patterns():
        for found, start in _places(said, pattern):
            # A name is used once in an expression: alternatives number theirs, got2 is got.
            groups = {name.rstrip("23"): value for name, value in found.groupdict().items() if value}
            groups = {**pattern.get("fill", {}), **groups}
            named, shown = _causes(pattern, groups)
            for cause in named:
                yield Hit(
                    cause=cause,
                    rank=pattern.get("rank", 1),
                    start=start + found.start(),
                    end=start + found.end(),
                    values={**groups, **shown},
                    source=pattern["source"],
                )


def _causes(pattern: Mapping[str, Any], groups: Mapping[str, str]) -> tuple[tuple[str, ...], Mapping[str, str]]:
    if "cause" in pattern:
        return (pattern["cause"], *pattern.get("also", ())), {}
    from sm_imgcheck.diagnosis._compare import COMPARISONS

    named, shown = COMPARISONS[pattern["compare"]](groups)
    return named or tuple(pattern.get("else", ())), shown


def _places(said: Plain, pattern: Mapping[str, Any]) -> Iterator[tuple[re.Match[str], int]]:
    """Matches of the expression, each with the place that its window begins at."""
    for word in pattern["near"]:
        place, tries = said.lower.find(word), 0
        while place >= 0 and tries < _TRIES:
            start = max(place - _BEFORE, 0)
            found = _compiled(pattern["regex"]).search(said.text[start : place + _AFTER])
            if found and _allowed(said, pattern, start + found.start(), start + found.end()):
                yield found, start
                place = max(place, start + found.end() - 1)
            place, tries = said.lower.find(word, place + 1), tries + 1


def _allowed(said: Plain, pattern: Mapping[str, Any], start: int, end: int) -> bool:
    if "whole" in pattern:
        return end - start == len(said.text)
    around = said.lower[max(start - _AROUND, 0) : end + _AROUND]
    if any(word in around for word in pattern.get("without", ())):
        return False
    return "with" not in pattern or any(word in around for word in pattern["with"])


@cache
def _compiled(regex: str) -> re.Pattern[str]:
    return re.compile(regex, re.IGNORECASE)
