"""Normalize error texts and logs: one line, without prefixes and escapes, with the messages that it consists of."""

from __future__ import annotations

import re
from bisect import bisect_right
from itertools import takewhile
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


_NO_OPERAND = r'^(?:File "[^"]{0,300}", line \d+, in |[A-Za-z_][\w.]{0,60}(?:, ?[A-Za-z_][\w.]{0,60}){0,8} = )'
"""What precedes the code of a line: the path of its frame, or the names that it assigns to."""

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

    def code_near(self, start: int, end: int) -> tuple[str, ...]:
        """Return the code of a traceback before a span, else after it: lines and names of functions, the nearest first.

        The names to which a line assigns its result are omitted: only its operands have failed.
        """
        first, last = bisect_right(self.starts, start) - 1, bisect_right(self.starts, max(end - 1, start))
        before, after = range(first - 1, max(first - _CODE_LINES, 0) - 1, -1), range(last, last + _CODE_LINES)
        code = [self._line(number) for number in before if not self._is_message(number)]
        if not code:
            code = [self._line(number) for number in takewhile(lambda line: not self._is_message(line), after)]
            code = code[1:] + code[:1]  # a frame precedes its line of code
        return tuple(re.sub(_NO_OPERAND, "", line) for line in code if re.search(r"\w", line))

    def without_code(self) -> NormalizedText:
        """Return the text with spaces for the frames of tracebacks: a message does not compare numbers of code."""
        if 'File "' not in self.text:
            return self
        lines, is_frame = [], False
        for number in range(len(self.starts)):
            line = self._line(number)
            is_frame = line.startswith('File "') or (is_frame and not self._is_message(number))
            lines.append(" " * len(line) if is_frame else line)
        text = "".join(lines)
        return self._replace(text=text, lower=_lower(text))

    def _line(self, number: int) -> str:
        end = self.starts[number + 1] if number + 1 < len(self.starts) else len(self.text)
        return self.text[self.starts[number] : end]

    def _is_message(self, number: int) -> bool:
        """Return whether a line begins a message, or is past the end."""
        if number >= len(self.starts):
            return True
        position = bisect_right(self.messages, self.starts[number]) - 1
        return position >= 0 and self.messages[position] == self.starts[number]


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
