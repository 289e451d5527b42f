"""Search error texts and logs for patterns, compared values and words."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cache
from typing import NamedTuple

from sm_imgcheck.core.types import Certainty
from sm_imgcheck.rules.endpoint_errors.context import mentions_request
from sm_imgcheck.rules.endpoint_errors.known_errors import ErrorPattern, patterns
from sm_imgcheck.rules.endpoint_errors.normalize import NormalizedText
from sm_imgcheck.rules.endpoint_errors.vocabulary import Vocabulary

__all__ = [
    "PatternMatch",
    "find_by_words",
    "find_general_matches",
    "find_matches",
]

_BEFORE, _AFTER = 300, 700
"""Characters around a keyword in which the expression is searched: limits the time of any expression."""

_TRIES = 16
"""Maximum number of occurrences of a keyword that are tried."""

_MATCHES = 5
"""Maximum number of matches of a pattern: more of them rarely add a cause."""

_AROUND = 500
"""Characters on each side in which ``with``, ``without`` and words of a request are searched."""

_EXCEPTION = r"(?:[\w.$]{1,120}[:(]? ?['\"]?)?(?:\W{0,3}|.{0,2}error\W{1,4})"
"""What may precede the message of an error on its line: the name of an exception."""


class PatternMatch(NamedTuple):
    """A match of a pattern."""

    cause: str
    rank: int
    """1: names the cause; 2: suggests it; 3 and 4: a general form, or a generic message around an error; 5: words."""
    certainty: Certainty
    """certain: a known message, or compared values; likely: the words of a thing and its failure, or a message that any
    program may have."""
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
                is_likely = "request" in pattern or cause in pattern.get("also", ())
                yield PatternMatch(
                    cause=cause,
                    rank=pattern.get("rank", 1),
                    certainty="likely" if is_likely else "certain",
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

    text = text.without_code()
    for span in find_byte_limits(text.text):
        yield _general("too-large", 2, "certain", span)
    for cause, start, end in find_object_types(text.text):
        yield _general(cause, 3, "certain", (start, end))
    for mismatch in find_mismatches(text.text, text.lower):
        ids, labels = mismatch.verdict
        for cause in ids:
            certainty: Certainty = "certain" if mismatch.rank == 2 else "likely"
            yield _general(cause, mismatch.rank, certainty, (mismatch.start, mismatch.end), labels)
    for phrase, span in find_phrases(text.lower, Vocabulary(text.lower)):
        yield _general(phrase["cause"], phrase.get("rank", 3), "likely" if phrase["subject"] else "certain", span)


def find_by_words(text: NormalizedText) -> Iterator[PatternMatch]:
    """Yield the cause of the last sentence that fits a rule of the grammar."""
    from sm_imgcheck.rules.endpoint_errors.grammar import find_by_grammar

    for cause, start, end in find_by_grammar(text.without_code().text):
        yield _general(cause, 5, "likely", (start, end))


def _general(
    cause: str, rank: int, certainty: Certainty, span: tuple[int, int], values: Mapping[str, str] | None = None
) -> PatternMatch:
    """Return a match of a general form."""
    start, end = span
    return PatternMatch(
        cause=cause,
        rank=rank,
        certainty=certainty,
        start=start,
        end=end,
        values=values or {},
        source="general form",
    )


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
    if "request" not in pattern:
        return True
    # The message of a text of one line is the error to explain: no log surrounds it.
    is_message = len(text.starts) <= 1 and re.fullmatch(_EXCEPTION, text.text[:start])
    return bool(pattern["request"] == "log" and is_message) or mentions_request(around)


@cache
def _compile(regex: str) -> re.Pattern[str]:
    return re.compile(regex, re.IGNORECASE)
