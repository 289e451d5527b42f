"""Find causes by a thing and its state in one sentence, in any wording: "model ... not found", "image ... truncated".

``phrases.json`` names the things and the states of each cause. Patterns and compared values are more specific and
precede these matches.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from json import loads
from pkgutil import get_data
from typing import NotRequired, TypedDict

from sm_imgcheck.rules.endpoint_errors.sentences import sentence_after, sentences_before
from sm_imgcheck.rules.endpoint_errors.vocabulary import Vocabulary

__all__ = ["Phrase", "find_phrases", "phrases"]

_BEFORE, _AFTER = 90, 60
"""Maximum distance in characters of a thing before and after its state."""

_AROUND = 160
"""Characters on each side of a state in which ``without`` is searched."""

_TRIES = 4
"""Maximum number of occurrences of a state that are tried."""


class Phrase(TypedDict):
    """A cause in ``phrases.json`` with its things and states, in lower case."""

    cause: str
    subject: list[str]
    """Things; empty: the state alone names the cause."""
    state: list[str]
    rank: NotRequired[int]
    """4 for a cause that others near it explain better; else 3."""
    without: NotRequired[list[str]]
    """Words near the state that exclude the cause."""


@cache
def phrases() -> list[Phrase]:
    """Return the entries of ``phrases.json``."""
    content: list[Phrase] = loads(get_data("sm_imgcheck.rules.endpoint_errors", "phrases.json") or b"[]")
    return content


def find_phrases(lower: str, vocabulary: Vocabulary) -> Iterator[tuple[Phrase, tuple[int, int]]]:
    """Yield each phrase of a text in lower case with its vocabulary, and its start and end."""
    for phrase in phrases():
        for state in filter(vocabulary.may_contain, phrase["state"]):
            if span := _find(phrase, state, lower):
                yield phrase, span


def _find(phrase: Phrase, state: str, lower: str) -> tuple[int, int] | None:
    offset = lower.find(state)
    for _ in range(_TRIES):
        if offset < 0:
            return None
        end = offset + len(state)
        around = lower[max(offset - _AROUND, 0) : end + _AROUND]
        is_word = not (lower[offset - 1 : offset].isalnum() and state[0].isalnum()) and not (
            state[-1].isalpha() and re.match(r"(?!s(?![a-z]))[a-z]", lower[end : end + 2])
        )
        if is_word and not any(word in around for word in phrase.get("without", ())):
            if not phrase["subject"]:
                return offset, end
            if span := _subject_span(phrase, lower, offset, end):
                return span
        offset = lower.find(state, offset + 1)
    return None


def _subject_span(phrase: Phrase, lower: str, start: int, end: int) -> tuple[int, int] | None:
    """Return the span of the state with a thing in its sentence; a thing may be part of the state."""
    before = sentences_before(lower[max(start - _BEFORE, 0) : start], strings=False)
    window_start = start - len(before)
    after = sentence_after(lower[end : end + _AFTER], strings=False)
    window = lower[window_start : end + len(after)]
    matches = [*_subject_words(tuple(phrase["subject"])).finditer(window)]
    if not matches:
        return None
    first = min(matches, key=lambda match: abs(match.start() + window_start - start))
    return min(start, window_start + first.start()), max(end, window_start + first.end())


@cache
def _subject_words(subject: tuple[str, ...]) -> re.Pattern[str]:
    words = "|".join(sorted(map(re.escape, subject), key=len, reverse=True))
    return re.compile(rf"(?:(?<![a-z0-9])|(?=\.))(?:{words})(?![a-z0-9]|::|{_PROPERTY})")


_PROPERTY = r"_(?:sizes?|shapes?|names?|ids?)\b"
"""The rest of a name of something else than the thing: image_size."""
