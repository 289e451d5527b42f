"""An error as it was pasted, made plain: one line of text that remembers where each of its lines began."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cache
from json import loads
from pkgutil import get_data
from typing import Literal, NamedTuple, TypedDict

__all__ = ["LIMIT", "Hit", "Plain", "causes", "hits", "patterns", "plain"]

LIMIT = 4 << 20
"""Characters that are looked at: the last ones, where a log says why it ended."""

_LINES = 50_000

# The expressions are compiled where they are first needed: most errors need none of them.
_TERMINAL = r"\x1b(?:\[[0-?]{0,20}[ -/]{0,4}[@-~]|[@-_])"
_QUOTED = r"(?<!\\)\\++(?:u([0-9a-fA-F]{4})|([\"'/])|[nrt])"
"""What JSON, a Python repr, or one inside the other makes of a quote and of a line's end."""

_ENTITIES = (
    ("&quot;", '"'),
    ("&#34;", '"'),
    ("&#39;", "'"),
    ("&#x27;", "'"),
    ("&lt;", "<"),
    ("&gt;", ">"),
    ("&amp;", "&"),
)
_PREFIX = r"""(?ix)(?:(?:
    \[?\d{4}[-/]\d\d[-/]\d\d[T\ ]\d\d:\d\d:\d\d(?:[.,:]\d{1,9})?(?:Z|\ ?[+-]\d\d:?\d\d)?\]?:?  # a date and time
  | \[?\d\d/\d\d/\d{4}\ \d\d:\d\d:\d\d
  | \[\d\d:\d\d:\d\d\]
  | \[\ ?(?:info|error|warn|warning|debug|fatal|critical)\ ?\]
  | (?:info|error|warning|debug|critical):[\w.]{1,60}:                                          # Python's logging
  | W-\d{1,6}-\S{1,80} | (?:org|com)\.[\w.$]{1,100}\ - | MODEL_LOG\ -                           # TorchServe, MMS
  | \[\d{1,7}\] | \[sagemaker\ logs\]:
  | [\w.-]{1,60}\ \|                                                                            # docker compose
  | [IWEF]\d{4}\ \d\d:\d\d:\d\d\.\d{1,9}\ \d{1,8}\ [\w.]{1,60}:\d{1,6}\]                        # glog, Triton
  | [│┃|>]                                                                                      # rich, quoted mail
  )\ ?)+"""


class Plain(NamedTuple):
    """A text on one line: no log prefixes, no escapes, single spaces."""

    text: str
    lower: str
    """The same in lower case, character for character."""
    starts: tuple[int, ...]
    """Where each line of the original begins in ``text``."""
    numbers: tuple[int, ...]
    """Its number in the original, counted from 1."""

    def line(self, place: int) -> int:
        """Number of the original's line that stands at ``place``."""
        return self.numbers[max(sum(start <= place for start in self.starts) - 1, 0)] if self.numbers else 1


def plain(text: str, first: int = 1) -> Plain:
    """Make a pasted error or the end of a log plain; ``first`` is the number of its first line."""
    if len(text) > LIMIT:
        first += text.count("\n", 0, len(text) - LIMIT)
        text = text[-LIMIT:]
    lines = text.split("\n")
    first += max(len(lines) - _LINES, 0)
    starts, numbers, parts, length = [], [], [], 0
    for number, line in enumerate(lines[-_LINES:], first):
        if bare := _bare(line, prefixed=len(lines) > 1):
            starts.append(length)
            numbers.append(number)
            parts.append(bare)
            length += len(bare) + 1
    joined = " ".join(parts)
    return Plain(text=joined, lower=_lower(joined), starts=tuple(starts), numbers=tuple(numbers))


def _bare(line: str, *, prefixed: bool) -> str:
    if "\\" in line:
        line = re.sub(_QUOTED, _unquoted, line)
    if "\x1b" in line:
        line = re.sub(_TERMINAL, "", line)
    if "&" in line:
        for entity, char in _ENTITIES:
            line = line.replace(entity, char)
    line = " ".join((line if line.isprintable() else _printable(line)).split())
    if prefixed and (prefix := re.match(_PREFIX, line)):
        line = line[prefix.end() :]
    return line.rstrip("│┃ ")


def _unquoted(found: re.Match[str]) -> str:
    code, char = found.groups()
    return chr(int(code, 16)) if code else char or " "


def _printable(line: str) -> str:
    """Without what steers a terminal: each such character is one space."""
    strange = {ord(char): " " for char in set(line) if not char.isprintable()}
    return line.translate(strange)


def _lower(text: str) -> str:
    lower = text.lower()
    if len(lower) == len(text):
        return lower
    return "".join(char.lower() if len(char.lower()) == 1 else char for char in text)


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


class ErrorCause(TypedDict):
    """A cause in ``errors.json``; see ``Explanation``."""

    kind: Literal["request", "elsewhere", "wrapper"]
    title: list[str]
    why: list[str]
    code: list[str]
    tool: list[str]
    checks: list[str]


ErrorPattern = TypedDict(
    "ErrorPattern",
    {
        "near": list[str],
        "regex": str,
        "source": str,
        "cause": str,
        "also": list[str],
        "compare": str,
        "else": list[str],
        "fill": dict[str, str],
        "rank": int,
        "whole": bool,
        "with": list[str],
        "without": list[str],
    },
    total=False,
)
"""A pattern in ``errors.json``: plain words, the expression looked for near them, the causes that it leads to."""


class _KnownErrors(TypedDict):
    causes: dict[str, ErrorCause]
    patterns: list[ErrorPattern]


@cache
def _known() -> _KnownErrors:
    known: _KnownErrors = loads(get_data("sm_imgcheck.rules.endpoint_errors", "errors.json") or b"{}")
    return known


def causes() -> Mapping[str, ErrorCause]:
    """All causes by id, as ``errors.json`` has them."""
    return _known()["causes"]


def patterns() -> list[ErrorPattern]:
    """All patterns, as ``errors.json`` has them."""
    return _known()["patterns"]


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


def _causes(pattern: ErrorPattern, groups: Mapping[str, str]) -> tuple[tuple[str, ...], Mapping[str, str]]:
    if "cause" in pattern:
        return (pattern["cause"], *pattern.get("also", ())), {}
    from sm_imgcheck.rules.endpoint_errors.compare import COMPARISONS

    named, shown = COMPARISONS[pattern["compare"]](groups)
    return named or tuple(pattern.get("else", ())), shown


def _places(said: Plain, pattern: ErrorPattern) -> Iterator[tuple[re.Match[str], int]]:
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


def _allowed(said: Plain, pattern: ErrorPattern, start: int, end: int) -> bool:
    if "whole" in pattern:
        return end - start == len(said.text)
    around = said.lower[max(start - _AROUND, 0) : end + _AROUND]
    if any(word in around for word in pattern.get("without", ())):
        return False
    return "with" not in pattern or any(word in around for word in pattern["with"])


@cache
def _compiled(regex: str) -> re.Pattern[str]:
    return re.compile(regex, re.IGNORECASE)
