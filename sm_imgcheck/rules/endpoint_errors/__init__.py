"""Explain endpoint errors: find the causes of an error message of a server, a library or AWS.

``errors.json`` contains causes with their advice, and patterns that identify them. A text is first searched for the
keywords of a pattern, so that few expressions are ever compiled.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Literal

from sm_imgcheck.core.escape import argument
from sm_imgcheck.core.frozen import frozen
from sm_imgcheck.core.types import Certainty
from sm_imgcheck.rules.endpoint_errors.context import certainty_in_context
from sm_imgcheck.rules.endpoint_errors.known_errors import ErrorCause, causes
from sm_imgcheck.rules.endpoint_errors.normalize import LIMIT, NormalizedText, normalize_text
from sm_imgcheck.rules.endpoint_errors.search import (
    PatternMatch,
    find_by_words,
    find_general_matches,
    find_matches,
)

__all__ = ["LIMIT", "Explanation", "explain_text"]

_MOST = 8
"""Maximum number of causes for one text."""

_NEAR = 200
"""Maximum distance in characters between two matches of the same message."""


@frozen
class Explanation:
    """One cause that was found in a text."""

    cause: str
    """Its id, such as ``no-batch``."""
    kind: Literal["request", "elsewhere", "wrapper"]
    """request: the image, the tensor or the body; elsewhere: credentials, network, service; wrapper: a generic message
    around an error that is not in the text."""
    certainty: Certainty
    """certain: a known message, or compared values; likely: words alone, or a message that any program may have."""
    title: str
    reason: str
    code: str
    """Fix in the model's code or the client's."""
    tool: tuple[str, ...]
    """Fix with this tool: command lines (they begin with ``sm-imgcheck``) and sentences."""
    checks: tuple[str, ...]
    """Codes of the rules that find it before the request is sent."""
    line: int
    """Line number in the text, from 1."""
    evidence: str
    """The matched text, printable, on one line."""
    source: str
    """URL of a report of such an error."""

    @property
    def heading(self) -> str:
        """The title with its certainty."""
        return self.title if self.certainty == "certain" else f"Probably: {self.title}"


def explain_text(text: str, first: int = 1) -> tuple[Explanation, ...]:
    """Return the causes of an error message or a log, the most specific first, each once.

    Empty: no known cause. ``first`` is the number of the text's first line. Never raises; only the last 4 MiB of a long
    text are read.
    """
    message = normalize_text(text, first)
    best: dict[str, PatternMatch] = {}
    entries = causes()
    matches = _filter(message, [*find_matches(message), *find_general_matches(message)])
    if all(entries[match.cause]["kind"] == "wrapper" for match in matches):
        words = _filter(message, find_by_words(message))
        matches = words if not matches or any(entries[match.cause]["kind"] != "wrapper" for match in words) else matches
    for match in sorted(matches, key=lambda match: (match.rank, match.start)):
        if match.cause not in best and not any(_hides(previous, match) for previous in best.values()):
            best[match.cause] = match
    specific = [match for match in best.values() if entries[match.cause]["kind"] != "wrapper"]
    return tuple(_explain(match, entries[match.cause], message) for match in (specific or [*best.values()])[:_MOST])


def _filter(message: NormalizedText, matches: Iterable[PatternMatch]) -> list[PatternMatch]:
    """Return the matches that the text around them does not exclude, likely where it does not show their subject."""
    results = []
    for match in matches:
        span = match.start, match.end
        certainty = certainty_in_context(match.cause, match.certainty, match.values, message, span)
        if certainty is not None:
            results.append(match._replace(certainty=certainty))
    return results


def _hides(match: PatternMatch, other: PatternMatch) -> bool:
    """Return whether ``match`` is more specific than ``other``, and probably about the same error."""
    return match.rank < other.rank and match.start - _NEAR < other.end and other.start < match.end + _NEAR


def _explain(match: PatternMatch, cause: ErrorCause, text: NormalizedText) -> Explanation:
    return Explanation(
        cause=match.cause,
        kind=cause["kind"],
        certainty=match.certainty,
        title=next(_format_sentences([*cause["title"]], match.values)),
        reason=" ".join(_format_sentences(cause["reason"], match.values)),
        code=" ".join(_format_sentences(cause["code"], match.values)),
        tool=tuple(_format_sentences(cause["tool"], match.values)),
        checks=tuple(cause["checks"]),
        line=text.line(match.start),
        evidence=text.text[match.start : match.end],
        source=match.source,
    )


def _format_sentences(sentences: list[str], values: Mapping[str, str]) -> Iterator[str]:
    """Yield the sentences with values for their ``{names}``; a sentence without a value for a name is skipped."""
    for sentence in sentences:
        mapping = _ShellQuotedValues(values) if sentence.startswith("sm-imgcheck ") else values
        try:
            yield sentence.format_map(mapping) if "{" in sentence else sentence
        except KeyError:
            continue


class _ShellQuotedValues(dict[str, str]):
    """Values for a command line, quoted for the shell: text of an error message cannot run other commands."""

    def __getitem__(self, name: str) -> str:
        return argument(super().__getitem__(name))
