"""What the text around a match reports: work that continues, or something else than a request.

``context.json`` contains the words. They apply to the matches of all layers alike.
"""

from __future__ import annotations

import re
from functools import cache
from json import loads
from pkgutil import get_data
from typing import TYPE_CHECKING, Literal, TypedDict

from sm_imgcheck.rules.endpoint_errors.sentences import EXCEPTION, sentence_after, sentences_before
from sm_imgcheck.rules.endpoint_errors.subject import is_about_image, is_of_values, names_image, shows_image

if TYPE_CHECKING:
    from sm_imgcheck.core.types import Certainty
    from sm_imgcheck.rules.endpoint_errors.normalize import NormalizedText

__all__ = ["Context", "context", "is_excluded", "lacks_subject", "mentions_request", "names_other_argument"]

_AROUND = 200
"""Characters on each side of a match that are read, within its message."""

_INFRASTRUCTURE = frozenset(
    ("credentials", "disk", "gpu", "import", "memory", "network", "start-up", "storage", "throttling", "timeout")
)
"""Causes outside requests, which words of other tools and data do not exclude."""


_OF_BYTES = frozenset(("bytes-count", "bytes-ratio"))
"""Causes of compared sizes in bytes, which files and buffers have too."""


class Context(TypedDict):
    """The content of ``context.json``: expressions for whole words."""

    request: list[str]
    """Code or a server that handles an image or a request."""
    other_argument: list[str]
    """Arguments of functions other than the image."""
    no_failure: list[str]
    """Work that continues: excludes all causes."""
    no_failure_in_clause: list[str]
    """The same, of a match in the same clause: a report of no error may follow an error."""
    other_tool: list[str]
    """Databases, container images, build tools, tests, settings: excludes causes in a request."""
    other_data: list[str]
    """Labels, training, checkpoints, persons: excludes causes in a request."""
    text_or_sound: list[str]
    """Inputs of models of text and of sound: excludes causes in a request."""
    other_values: list[str]
    """Data other than images whose shapes are compared, such as features and masks: excludes causes of values."""


@cache
def context() -> Context:
    """Return the content of ``context.json``."""
    content: Context = loads(get_data("sm_imgcheck.rules.endpoint_errors", "context.json") or b"{}")
    return content


def mentions_request(text: str) -> bool:
    """Return whether a text names code or a server that handles a request."""
    return _names("request", text)


def names_other_argument(text: str) -> bool:
    """Return whether a text names an argument other than the image, such as the labels."""
    return _names("other_argument", text)


def lacks_subject(cause: str, text: NormalizedText, span: tuple[int, int]) -> bool:
    """Return whether neither the message nor its code shows the subject of a cause: an image, or a request."""
    message = _message(text, *span)
    if cause in _OF_BYTES:
        return not mentions_request(message)
    return is_about_image(cause) and not shows_image(message)


def is_excluded(cause: str, certainty: Certainty, text: NormalizedText, span: tuple[int, int]) -> bool:
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
    if not is_request:
        return False
    is_other = any(_names(name, f"{subject} {lines}") for name in ("other_tool", "other_data", "text_or_sound"))
    return is_other or (is_of_values(cause) and _compares_other_values(subject, text, span))


def _compares_other_values(subject: str, text: NormalizedText, span: tuple[int, int]) -> bool:
    """Return whether compared values are those of data other than an image.

    A message that shows no image has the subject of the code that raised it: "attn_weights + causal_mask".
    """
    if names_image(subject):
        return False
    code = "" if shows_image(_message(text, *span)) else text.code_before(span[0])
    return _names("other_values", f"{subject} {code}") or _names("text_or_sound", code)


def _message(text: NormalizedText, start: int, end: int) -> str:
    """Return the message of a match with the code before it."""
    first, last = text.message_span(start, end)
    first, last = max(first, start - 3 * _AROUND), min(last, end + 3 * _AROUND)
    return f"{text.code_before(start)} {text.text[first:last]}"


def _continues(around: str) -> bool:
    """Return whether a text reports work that continues: "falling back to the CPU", unless that fails too."""
    matches = _expression("no_failure").finditer(around)
    return any(not _FAILS_TOO.search(sentence_after(around[match.end() :])) for match in matches)


_FAILS_TOO = re.compile(r"(?i)\b(?:also fail|failed|fails|is not possible|impossible|is disabled|refused|gave up)")
"""What follows work that continues in its sentence, and ends it."""


_List = Literal[
    "request",
    "other_argument",
    "no_failure",
    "no_failure_in_clause",
    "other_tool",
    "other_data",
    "text_or_sound",
    "other_values",
]


def _names(name: _List, text: str) -> bool:
    return _expression(name).search(text) is not None


@cache
def _expression(name: _List) -> re.Pattern[str]:
    words = context()[name]
    return re.compile(rf"(?<![a-z])(?:{'|'.join(words)})(?![a-z])", re.IGNORECASE)


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
