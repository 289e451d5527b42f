"""What the text around a match reports: work that continues, or something else than a request.

``context.json`` contains the words. They apply to the matches of all layers alike.
"""

from __future__ import annotations

import re
from functools import cache
from json import loads
from pkgutil import get_data
from typing import TYPE_CHECKING, Literal, TypedDict

if TYPE_CHECKING:
    from sm_imgcheck.core.types import Certainty
    from sm_imgcheck.rules.endpoint_errors.normalize import NormalizedText

__all__ = ["Context", "context", "is_excluded", "mentions_request"]

_AROUND = 200
"""Characters on each side of a match that are read, within its message."""

_INFRASTRUCTURE = frozenset(
    ("credentials", "disk", "gpu", "import", "memory", "network", "start-up", "storage", "throttling", "timeout")
)
"""Causes outside requests, which words of ``no_request`` do not exclude."""


class Context(TypedDict):
    """The content of ``context.json``: expressions for whole words."""

    request: list[str]
    """Code or a server that handles an image or a request."""
    no_failure: list[str]
    """Work that continues: excludes all causes."""
    no_request: list[str]
    """Databases, container images, tests, settings, training, text, sound: excludes causes in a request."""


@cache
def context() -> Context:
    """Return the content of ``context.json``."""
    content: Context = loads(get_data("sm_imgcheck.rules.endpoint_errors", "context.json") or b"{}")
    return content


def mentions_request(text: str) -> bool:
    """Return whether a text names code or a server that handles a request."""
    return _expression("request").search(text) is not None


def is_excluded(cause: str, certainty: Certainty, text: NormalizedText, span: tuple[int, int]) -> bool:
    """Return whether the text around a match excludes its cause."""
    if certainty == "likely" and text.message_span(*span)[0] in text.quiet:
        return True
    around = _around(text, *span)
    if _expression("no_failure").search(around):
        return True
    return cause not in _INFRASTRUCTURE and _expression("no_request").search(around) is not None


@cache
def _expression(name: Literal["request", "no_failure", "no_request"]) -> re.Pattern[str]:
    words = context()[name]
    return re.compile(rf"(?<![a-z])(?:{'|'.join(words)})(?![a-z])", re.IGNORECASE)


_CODE = re.compile(r'File "[^"]{1,200}", line \d+(?:, in \S+)? (?P<code>(?:(?!File ").)*)\Z')
"""The last frame of a traceback with its line of code."""
_REFERENCE = re.compile(r"(?i)(?:\S+ ){0,4}ignore (?:the )?above")
"""A line about the line before."""


def _around(text: NormalizedText, start: int, end: int) -> str:
    """Return the message of a match near it, with the code that raised it and a following line that refers to it."""
    first, last = text.message_span(start, end)
    code = _CODE.search(text.text[max(first - 2 * _AROUND, 0) : start])
    reference = _REFERENCE.match(text.text[last : last + _AROUND])
    message = text.text[max(first, start - _AROUND) : min(last, end + _AROUND)]
    return " ".join((code["code"] if code else "", message, reference[0] if reference else ""))
