"""The words of ``context.json``: what the text around a match is about."""

from __future__ import annotations

import re
from functools import cache
from json import loads
from pkgutil import get_data
from typing import Literal, TypedDict

__all__ = ["ListName", "WordLists", "expression", "word_lists"]


class WordLists(TypedDict):
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
    other_topic: list[str]
    """Devices, layers and models of sound and text: excludes causes of values where no image is named or has a shape.

    A name in quotes, after "model" or after a key (two spaces: ``context.py`` removes keys) is that of an endpoint:
    an image model may be named ``albert``.
    """
    other_owner: list[str]
    """Data other than images, such as masks and embeddings: excludes causes of the values that belong to them."""


ListName = Literal[
    "request",
    "other_argument",
    "no_failure",
    "no_failure_in_clause",
    "other_tool",
    "other_data",
    "text_or_sound",
    "other_topic",
    "other_owner",
]


@cache
def word_lists() -> WordLists:
    """Return the content of ``context.json``."""
    content: WordLists = loads(get_data("sm_imgcheck.rules.endpoint_errors", "context.json") or b"{}")
    return content


@cache
def expression(name: ListName) -> re.Pattern[str]:
    """Return an expression for the words of a list."""
    return re.compile(rf"(?<![a-z])(?:{'|'.join(word_lists()[name])})(?![a-z])", re.IGNORECASE)
