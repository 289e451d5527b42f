"""An error as it was pasted, made plain: one line of text that remembers where each of its lines began."""

from __future__ import annotations

import re
from typing import NamedTuple

__all__ = ["LIMIT", "Plain", "plain"]

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
