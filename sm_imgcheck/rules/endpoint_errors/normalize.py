"""Normalize error texts and logs: one line, without prefixes and escapes, with the messages that it consists of."""

from __future__ import annotations

import re
from bisect import bisect_right
from typing import NamedTuple

__all__ = ["LIMIT", "NormalizedText", "normalize_text"]

LIMIT = 4 << 20
"""Characters that are searched, from the end: logs end with the error."""

_LINES = 50_000

_CODE_LINES = 8
"""Lines of code before an error that may name the subject of its message: four frames of a traceback."""

# The expressions are compiled on first use: most errors need none of them.
_TERMINAL = r"\x1b(?:\[[0-?]{0,20}[ -/]{0,4}[@-~]|[@-_])"
_ESCAPES = r"(?<!\\)\\++(?:u([0-9a-fA-F]{4})|([\"'/])|[nrt])"
"""Escapes of quotes and line ends in JSON, in a Python repr, or in both, nested."""

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


_QUIET = r"""(?x)(?!.{0,200}(?:MODEL_LOG|-std(?:out|err)|\[sagemaker\ logs\]))
    (?:[WI]\d{4}\ |.{0,60}(?:\b(?:DEBUG|INFO|NOTICE|WARN(?:ING)?)\b|\[(?:debug|info|notice|warn|warning)\]
        |level=(?:debug|info|warn)))
    """
"""A log line of a level below error."""


class NormalizedText(NamedTuple):
    """A text on one line: no log prefixes, no escapes, single spaces."""

    text: str
    lower: str
    """``text`` in lower case, with equal offsets."""
    starts: tuple[int, ...]
    """Offset in ``text`` of each line of the original."""
    numbers: tuple[int, ...]
    """Line number in the original of each line, from 1."""
    messages: tuple[int, ...]
    """Offset in ``text`` of each line that is not indented: indented lines continue the message before them."""
    quiet: frozenset[int]
    """Offsets of messages of a level below error, other than those that relay the output of a model's code."""

    def line(self, offset: int) -> int:
        """Return the line number in the original at an offset in ``text``."""
        return self.numbers[max(bisect_right(self.starts, offset) - 1, 0)] if self.numbers else 1

    def message_span(self, start: int, end: int) -> tuple[int, int]:
        """Return the offsets in ``text`` of the message, or the messages, that contain a span."""
        first, following = bisect_right(self.messages, start) - 1, bisect_right(self.messages, max(end - 1, start))
        return (
            self.messages[first] if first >= 0 else 0,
            self.messages[following] if following < len(self.messages) else len(self.text),
        )

    def code_before(self, start: int) -> str:
        """Return the indented lines just before an offset: the code of a traceback, without the paths of its frames."""
        line = bisect_right(self.starts, start) - 1
        code = [
            self.text[self.starts[number] : self.starts[number + 1]]
            for number in range(max(line - _CODE_LINES, 0), max(line, 0))
            if not self._is_message(self.starts[number])
        ]
        return re.sub(r'File "[^"]{0,300}", line \d+, in', "", " ".join(code))

    def _is_message(self, offset: int) -> bool:
        """Return whether a line, by its offset, begins a message."""
        position = bisect_right(self.messages, offset) - 1
        return position >= 0 and self.messages[position] == offset


def normalize_text(text: str, first: int = 1) -> NormalizedText:
    """Normalize an error message or the end of a log; ``first`` is the number of its first line."""
    if len(text) > LIMIT:
        first += text.count("\n", 0, len(text) - LIMIT)
        text = text[-LIMIT:]
    lines = text.split("\n")
    first += max(len(lines) - _LINES, 0)
    starts, numbers, messages, quiet, parts, length = [], [], [], set(), [], 0
    for number, line in enumerate(lines[-_LINES:], first):
        if bare := _bare(line, has_prefix=len(lines) > 1):
            starts.append(length)
            numbers.append(number)
            if not line[0].isspace():
                messages.append(length)
                if re.match(_QUIET, line):
                    quiet.add(length)
            parts.append(bare)
            length += len(bare) + 1
    single_line = " ".join(parts)
    return NormalizedText(
        text=single_line,
        lower=_lower(single_line),
        starts=tuple(starts),
        numbers=tuple(numbers),
        messages=tuple(messages),
        quiet=frozenset(quiet),
    )


def _bare(line: str, *, has_prefix: bool) -> str:
    if "\\" in line:
        line = re.sub(_ESCAPES, _unescape, line)
    if "\x1b" in line:
        line = re.sub(_TERMINAL, "", line)
    if "&" in line:
        for entity, char in _ENTITIES:
            line = line.replace(entity, char)
    line = " ".join((line if line.isprintable() else _printable(line)).split())
    if has_prefix and (prefix := re.match(_PREFIX, line)):
        line = line[prefix.end() :]
    return line.rstrip("│┃ ")


def _unescape(match: re.Match[str]) -> str:
    code, char = match.groups()
    return chr(int(code, 16)) if code else char or " "


def _printable(line: str) -> str:
    """Return the line with each terminal control character replaced by a space."""
    strange = {ord(char): " " for char in set(line) if not char.isprintable()}
    return line.translate(strange)


def _lower(text: str) -> str:
    lower = text.lower()
    if len(lower) == len(text):
        return lower
    return "".join(char.lower() if len(char.lower()) == 1 else char for char in text)
