"""Normalize error texts and logs, and search them for patterns."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cache
from typing import NamedTuple

from sm_imgcheck.rules.endpoint_errors.known_errors import ErrorPattern, patterns
from sm_imgcheck.rules.endpoint_errors.vocabulary import Vocabulary

__all__ = [
    "BY_WORDS",
    "LIMIT",
    "NormalizedText",
    "PatternMatch",
    "find_by_words",
    "find_general_matches",
    "find_matches",
    "normalize_text",
]

LIMIT = 4 << 20
"""Characters that are searched, from the end: logs end with the error."""

BY_WORDS = 5
"""Rank of a match by words alone."""

_LINES = 50_000

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


class NormalizedText(NamedTuple):
    """A text on one line: no log prefixes, no escapes, single spaces."""

    text: str
    lower: str
    """``text`` in lower case, with equal offsets."""
    starts: tuple[int, ...]
    """Offset in ``text`` of each line of the original."""
    numbers: tuple[int, ...]
    """Line number in the original of each line, from 1."""

    def line(self, offset: int) -> int:
        """Return the line number in the original at an offset in ``text``."""
        return self.numbers[max(sum(start <= offset for start in self.starts) - 1, 0)] if self.numbers else 1


def normalize_text(text: str, first: int = 1) -> NormalizedText:
    """Normalize an error message or the end of a log; ``first`` is the number of its first line."""
    if len(text) > LIMIT:
        first += text.count("\n", 0, len(text) - LIMIT)
        text = text[-LIMIT:]
    lines = text.split("\n")
    first += max(len(lines) - _LINES, 0)
    starts, numbers, parts, length = [], [], [], 0
    for number, line in enumerate(lines[-_LINES:], first):
        if bare := _bare(line, has_prefix=len(lines) > 1):
            starts.append(length)
            numbers.append(number)
            parts.append(bare)
            length += len(bare) + 1
    single_line = " ".join(parts)
    return NormalizedText(text=single_line, lower=_lower(single_line), starts=tuple(starts), numbers=tuple(numbers))


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


_BEFORE, _AFTER = 300, 700
"""Characters around a keyword in which the expression is searched: limits the time of any expression."""

_TRIES = 16
"""Maximum number of occurrences of a keyword that are tried."""

_MATCHES = 5
"""Maximum number of matches of a pattern: more of them rarely add a cause."""

_AROUND = 500
"""Characters on each side in which ``with``, ``log_with`` and ``without`` are searched."""

_EXCEPTION = r"(?:[\w.$]{1,120}[:(]? ?['\"]?)?(?:\W{0,3}|.{0,2}error\W{1,4})"
"""What may precede the message of an error on its line: the name of an exception."""


class PatternMatch(NamedTuple):
    """A match of a pattern."""

    cause: str
    rank: int
    """1: names the cause; 2: suggests it; 3 and 4: a general form, or a generic message around an error;
    ``BY_WORDS``."""
    start: int
    end: int
    values: Mapping[str, str]
    """The named groups."""
    source: str


def find_matches(text: NormalizedText) -> Iterator[PatternMatch]:
    """Yield all matches, in the order of the patterns."""
    vocabulary = Vocabulary(text.lower)
    for pattern in patterns():
        for match, start in _search(text, pattern, vocabulary):
            # Group names are unique in an expression: alternatives have numbers, got2 is got.
            groups = {name.rstrip("0123456789"): value for name, value in match.groupdict().items() if value}
            groups = {**pattern.get("fill", {}), **groups}
            ids, labels = _causes(pattern, groups)
            for cause in ids:
                yield PatternMatch(
                    cause=cause,
                    rank=pattern.get("rank", 1),
                    start=start + match.start(),
                    end=start + match.end(),
                    values={**groups, **labels},
                    source=pattern["source"],
                )


def find_general_matches(text: NormalizedText) -> Iterator[PatternMatch]:
    """Yield a match for each cause that compared values, or a thing and its state, name in any wording."""
    from sm_imgcheck.rules.endpoint_errors.mismatch import find_mismatches
    from sm_imgcheck.rules.endpoint_errors.object_types import find_object_types
    from sm_imgcheck.rules.endpoint_errors.phrases import find_phrases
    from sm_imgcheck.rules.endpoint_errors.quantities import find_byte_limits

    for start, end in find_byte_limits(text.text):
        yield PatternMatch(cause="too-large", rank=2, start=start, end=end, values={}, source="general form")
    for cause, start, end in find_object_types(text.text):
        yield PatternMatch(cause=cause, rank=3, start=start, end=end, values={}, source="general form")
    for mismatch in find_mismatches(text.text, text.lower):
        ids, labels = mismatch.verdict
        for cause in ids:
            yield PatternMatch(
                cause=cause,
                rank=mismatch.rank,
                start=mismatch.start,
                end=mismatch.end,
                values=labels,
                source="general form",
            )
    for cause, rank, start, end in find_phrases(text.lower, Vocabulary(text.lower)):
        yield PatternMatch(cause=cause, rank=rank, start=start, end=end, values={}, source="general form")


def find_by_words(text: NormalizedText) -> Iterator[PatternMatch]:
    """Yield the cause of the last sentence that fits a rule of the grammar."""
    from sm_imgcheck.rules.endpoint_errors.grammar import find_by_grammar

    for cause, start, end in find_by_grammar(text.text):
        yield PatternMatch(cause=cause, rank=BY_WORDS, start=start, end=end, values={}, source="general form")


def _causes(pattern: ErrorPattern, groups: Mapping[str, str]) -> tuple[tuple[str, ...], Mapping[str, str]]:
    if "cause" in pattern:
        return (pattern["cause"], *pattern.get("also", ())), {}
    from sm_imgcheck.rules.endpoint_errors.compare import COMPARISONS

    ids, labels = COMPARISONS[pattern["compare"]](groups)
    return ids or tuple(pattern.get("else", ())), labels


def _search(text: NormalizedText, pattern: ErrorPattern, vocabulary: Vocabulary) -> Iterator[tuple[re.Match[str], int]]:
    """Yield the matches of the expression, each with the start of its search window."""
    matches = 0
    for word in filter(vocabulary.may_contain, pattern["near"]):
        offset, tries = text.lower.find(word), 0
        while offset >= 0 and tries < _TRIES and matches < _MATCHES:
            start = max(offset - _BEFORE, 0)
            match = _compile(pattern["regex"]).search(text.text[start : offset + _AFTER])
            if match and _is_allowed(text, pattern, start + match.start(), start + match.end()):
                yield match, start
                matches += 1
                offset = max(offset, start + match.end() - 1)
            offset, tries = text.lower.find(word, offset + 1), tries + 1


def _is_allowed(text: NormalizedText, pattern: ErrorPattern, start: int, end: int) -> bool:
    if "whole" in pattern:
        return end - start == len(text.text)
    around = text.lower[max(start - _AROUND, 0) : end + _AROUND]
    if any(word in around for word in pattern.get("without", ())):
        return False
    if "with" in pattern and not any(word in around for word in pattern["with"]):
        return False
    # The message of a text of one line is the error to explain: no log surrounds it.
    is_message = len(text.starts) <= 1 and re.fullmatch(_EXCEPTION, text.text[:start])
    return bool(is_message) or any(word in around for word in pattern.get("log_with", [""]))


@cache
def _compile(regex: str) -> re.Pattern[str]:
    return re.compile(regex, re.IGNORECASE)
