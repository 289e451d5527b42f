"""What the text around a match reports: work that continues, or something else than a request.

``context.json`` contains the words. They apply to the matches of all layers alike.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING

from sm_imgcheck.rules.endpoint_errors.sentences import EXCEPTION, sentence_after, sentences_before
from sm_imgcheck.rules.endpoint_errors.subject import Subject, find_subject, is_about_image, is_of_values
from sm_imgcheck.rules.endpoint_errors.word_lists import ListName, expression

if TYPE_CHECKING:
    from sm_imgcheck.core.types import Certainty
    from sm_imgcheck.rules.endpoint_errors.normalize import NormalizedText

__all__ = ["certainty_in_context", "mentions_request", "names_other_argument"]

_AROUND = 200
"""Characters on each side of a match that are read, within its message."""

_INFRASTRUCTURE = frozenset(
    ("credentials", "disk", "gpu", "import", "memory", "network", "start-up", "storage", "throttling", "timeout")
)
"""Causes outside requests, which words of other tools and data do not exclude."""


_OF_BYTES = frozenset(("bytes-count", "bytes-ratio"))
"""Causes of compared sizes in bytes, which files and buffers have too."""


def mentions_request(text: str) -> bool:
    """Return whether a text names code or a server that handles a request."""
    return _names("request", text)


def names_other_argument(text: str) -> bool:
    """Return whether a text names an argument other than the image, such as the labels."""
    return _names("other_argument", text)


def certainty_in_context(
    cause: str, certainty: Certainty, values: Mapping[str, str], text: NormalizedText, span: tuple[int, int]
) -> Certainty | None:
    """Return the certainty of a cause in the text around its match; None: the text excludes it.

    A cause is likely where neither the message nor its code shows its subject: an image, or a request.
    """
    if _is_excluded(cause, certainty, text, span):
        return None
    subject = _subject(values, text, span) if is_of_values(cause) else Subject.IMAGE
    if subject is Subject.OTHER:
        return None
    lacks_image = subject is Subject.UNKNOWN and is_about_image(cause)
    lacks_request = cause in _OF_BYTES and not mentions_request(
        " ".join((_message(text, *span), *text.code_near(*span)))
    )
    return "likely" if lacks_image or lacks_request else certainty


def _subject(values: Mapping[str, str], text: NormalizedText, span: tuple[int, int]) -> Subject:
    """Return the subject of the values of a match."""
    before, rest, _ = _around(text, *span)
    start = sentences_before(before, clauses=False)
    if len(start.split()) < 2:  # "Embedding dimension mismatch. Expected 1536, got 768"
        start = sentences_before(before, 2, clauses=False)
    return find_subject(
        values, start + sentence_after(rest, clauses=False), _message(text, *span), text.code_near(*span)
    )


def _is_excluded(cause: str, certainty: Certainty, text: NormalizedText, span: tuple[int, int]) -> bool:
    """Return whether the text around a match excludes its cause; of a certain match in a request, its own sentence."""
    if certainty == "likely" and text.message_span(*span)[0] in text.quiet:
        return True
    is_request = cause not in _INFRASTRUCTURE
    before, rest, lines = _around(text, *span)
    clause = sentences_before(before) + sentence_after(rest)
    if _names("no_failure_in_clause", clause):
        return True
    if is_request and certainty == "certain":
        before, rest = sentences_before(before, clauses=False), sentence_after(rest, clauses=False)
        # without a subject it has that of a clause before: "mysql: out of range; expected 255, got 640"
        subject = clause if mentions_request(clause) else before + sentence_after(rest)
    else:
        subject = before + rest
    if _continues(f"{before}{rest} {lines}"):
        return True
    return is_request and any(
        _names(name, f"{subject} {lines}") for name in ("other_tool", "other_data", "text_or_sound")
    )


def _message(text: NormalizedText, start: int, end: int) -> str:
    """Return the message of a match."""
    first, last = text.message_span(start, end)
    first, last = max(first, start - 3 * _AROUND), min(last, end + 3 * _AROUND)
    return text.text[first:last]


def _continues(around: str) -> bool:
    """Return whether a text reports work that continues: "falling back to the CPU", unless that fails too."""
    return any(
        not _NEGATION.search(around[: match.start()]) and not _FAILS_TOO.search(sentence_after(around[match.end() :]))
        for match in expression("no_failure").finditer(around)
    )


_NEGATION = re.compile(r"(?i)\b(?:not|never|cannot|can't|without) $")
"""What precedes work that does not continue: "not continuing with image 7: file truncated"."""

_FAILS_TOO = re.compile(r"(?i)\b(?:also fail|failed|fails|is not possible|impossible|is disabled|refused|gave up)")
"""What follows work that continues in its sentence, and ends it."""


def _names(name: ListName, text: str) -> bool:
    return expression(name).search(text) is not None


_NAMES = re.compile(
    rf"""(?x)
    # a frame of a traceback with its code, a URL, a path, a file
    File\ "[^"]{{1,200}}",\ line\ \d+ (?:(?!File\ ").){{0,400}}?(?=File\ "|{EXCEPTION})
  | \w{{2,10}}://\S*\w
  | (?<![\w.@-])(?:[\w.~@-]{{0,60}}/){{1,20}}(?:[\w.~@-]{{0,60}}\w)?
  | (?<!\w)[\w-]{{1,60}}\.(?:bin|bmp|ckpt|engine|gif|h5|jpe?g|keras|mar|np[yz]|onnx|pb|plan|png|pth?|py|safetensors
    |tflite|tiff?|webp)\b
    # a key of JSON, an assignment, a call of a method
  | (["'])[^"':,]{{1,60}}\1\ ?:
  | (?<![\w.])[A-Za-z_][\w.]{{0,60}}\ ?=(?!=)(?:\ ?[\w.]{{1,60}}\([^()]{{0,80}}\))?
  | (?<![\w.])\w{{1,60}}(?:\.[a-z_]\w{{0,60}}){{1,4}}\([^()]{{0,80}}\)
    """
)
"""Code, files and keys: their words, such as ``labels = model(images)``, do not name the subject of a message."""

_SETTINGS_FILE = re.compile(
    r"""(?x)File\ "[^"]{1,200}",\ line\ \d+ (?:(?!File\ ").){0,200}?
    ["'](?:[^"'\ ]{0,200}/)?(?P<name>[\w.-]{1,60}\.(?:json|ya?ml|toml|ini|cfg|env))["'](?:(?!File\ ").)*\Z"""
)
"""The file of settings that the last frame of a traceback opens."""

_REFERENCE = re.compile(r"(?i)(?:\S+ ){0,4}ignore (?:the )?above")
"""A line about the line before."""


def _around(text: NormalizedText, start: int, end: int) -> tuple[str, str, str]:
    """Return the message near a match before and from its start on; a settings file and a line that refers to it."""
    first, last = text.message_span(start, end)
    file = _SETTINGS_FILE.search(text.text[max(first - 2 * _AROUND, 0) : start])
    reference = _REFERENCE.match(text.text[last : last + _AROUND])
    first, last = max(first, start - 3 * _AROUND), min(last, end + 3 * _AROUND)
    message = _NAMES.sub(lambda match: " " * len(match[0]), text.text[first:last])
    start, end = start - first, end - first
    lines = f"{file['name'] if file else ''} {reference[0] if reference else ''}"
    return message[max(start - _AROUND, 0) : start], message[start : end + _AROUND], lines
