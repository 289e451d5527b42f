"""The causes and patterns of ``errors.json``."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from json import loads
from pkgutil import get_data
from typing import Literal, TypedDict

__all__ = ["ErrorCause", "ErrorPattern", "causes", "patterns"]


class ErrorCause(TypedDict):
    """A cause in ``errors.json``; see ``Explanation``."""

    kind: Literal["request", "elsewhere", "wrapper"]
    title: list[str]
    reason: list[str]
    code: list[str]
    tool: list[str]
    checks: list[str]


ErrorPattern = TypedDict(
    "ErrorPattern",
    {
        "near": list[str],
        "regex": str,
        "source": str,
        "cause": str,
        "also": list[str],
        "compare": str,
        "else": list[str],
        "fill": dict[str, str],
        "rank": int,
        "whole": bool,
        "with": list[str],
        "request": Literal["log", "always"],
        "without": list[str],
    },
    total=False,
)
"""A pattern in ``errors.json``: keywords, the expression searched near them, and the causes that it identifies.

``with``, ``without``: words of which one, or none, is near the match. ``request``: a message that any program may have,
so that its cause is likely, and only where words of a request are near; ``log``: a message alone needs none.
"""


class _KnownErrors(TypedDict):
    causes: dict[str, ErrorCause]
    patterns: list[ErrorPattern]


@cache
def _load_errors() -> _KnownErrors:
    content: _KnownErrors = loads(get_data("sm_imgcheck.rules.endpoint_errors", "errors.json") or b"{}")
    return content


def causes() -> Mapping[str, ErrorCause]:
    """Return all causes of ``errors.json`` by id."""
    return _load_errors()["causes"]


def patterns() -> list[ErrorPattern]:
    """Return all patterns of ``errors.json``."""
    return _load_errors()["patterns"]
