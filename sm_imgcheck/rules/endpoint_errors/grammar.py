"""Find a cause by the kinds of thing and of failure that a sentence names, where no pattern, value or phrase does.

``grammar.json`` lists both as word stems, so that "upload missing", "no file was uploaded" and "image not provided" are
one rule. It is used only for a text without any other match.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from json import loads
from pkgutil import get_data
from typing import NotRequired, TypedDict

__all__ = ["Grammar", "GrammarRule", "find_by_grammar", "grammar"]

_DISTANCE = 60
"""Maximum distance in characters between the thing and its failure."""

_LONGEST = 4_000
"""Characters at the end of a text that are read: a log ends with the error."""

_CAMEL_CASE = re.compile(r"(?<=[a-z])(?=[A-Z][a-z])")
"""Between the words of an exception's name: Model_Load_Error."""

_NAME = re.compile(r"(?:[A-Z][a-z]+){2,}")
"""The name of an exception."""

_BUILT_IN = re.compile(
    r"\b(?:Value|Type|Key|Runtime|Attribute|Assertion|Index|OS|IO|Import|Name|Lookup|NotImplemented|Syntax)Error\b"
    r"|\b(?:IllegalArgument|IllegalState|Runtime)Exception\b|\bInvalidInput\w*"
)
"""Names of exceptions that any code raises: their words name neither a thing nor a failure."""

_SENTENCE = re.compile(r"[^.;!?]+(?:[.;!?](?! )[^.;!?]+)*")


class GrammarRule(TypedDict):
    """A cause with the stems of a thing and of its failure; ``{name}`` is replaced by the stems of that name."""

    cause: str
    thing: list[str]
    failure: NotRequired[list[str]]
    """None: the thing alone names the cause."""
    without: NotRequired[list[str]]
    """Stems in the sentence that exclude the cause."""


class Grammar(TypedDict):
    """The content of ``grammar.json``."""

    errors: list[str]
    """Stems of which a sentence of an error has one."""
    stems: dict[str, list[str]]
    rules: list[GrammarRule]
    """In the order of their precedence."""


@cache
def grammar() -> Grammar:
    """Return the content of ``grammar.json``."""
    content: Grammar = loads(get_data("sm_imgcheck.rules.endpoint_errors", "grammar.json") or b"{}")
    return content


def find_by_grammar(text: str) -> Iterator[tuple[str, int, int]]:
    """Yield the cause, start and end of the last sentence that fits a rule by its words, or its exceptions' names."""
    content, offset = grammar(), max(len(text) - _LONGEST, 0)
    for match in reversed([*_SENTENCE.finditer(text[offset:])]):
        names = " ".join(_CAMEL_CASE.sub("_", name) for name in _NAME.findall(_BUILT_IN.sub("", match[0])))
        if not _find(content["errors"], f"{match[0]} {names}"):
            continue
        rules = [rule for rule in content["rules"] if not _find(rule.get("without", []), match[0])]
        start = offset + match.start()
        for rule in rules:
            if span := _span(rule, match[0]):
                yield rule["cause"], start + span[0], start + span[1]
                return
        for rule in rules:
            if _span(rule, names):
                yield rule["cause"], start, offset + match.end()
                return


def _span(rule: GrammarRule, sentence: str) -> tuple[int, int] | None:
    """Return the span of a thing and its nearest failure."""
    things = _find(rule["thing"], sentence)
    if not things or "failure" not in rule:
        return things[0] if things else None
    pairs = [
        (max(failure[0] - thing[1], thing[0] - failure[1]), thing, failure)
        for thing in things
        for failure in _find(rule["failure"], sentence)
    ]
    distance, thing, failure = min(pairs, default=(_DISTANCE + 1, (0, 0), (0, 0)))
    return (min(thing[0], failure[0]), max(thing[1], failure[1])) if distance <= _DISTANCE else None


def _find(stems: list[str], sentence: str) -> list[tuple[int, int]]:
    return [match.span() for match in _compile(tuple(stems)).finditer(sentence)] if stems else []


@cache
def _compile(stems: tuple[str, ...]) -> re.Pattern[str]:
    alternatives = re.sub(r" (?![^\[\]]*\])", "[ _]", _join(stems))
    return re.compile(rf"(?<![a-z])(?:{alternatives})(?![a-z]|-[a-z])", re.IGNORECASE)


def _join(stems: tuple[str, ...]) -> str:
    """Return the alternatives of stems, with those of each name in braces."""
    names = grammar()["stems"]
    return re.sub(r"\{([a-z-]+)\}", lambda match: f"(?:{_join(tuple(names[match[1]]))})", "|".join(stems))
