"""Patterns of paths in the syntax of .gitignore, relative to the folder where they are written."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from typing import TYPE_CHECKING
from warnings import catch_warnings, simplefilter

from sm_imgcheck.core.errors import ImgcheckError
from sm_imgcheck.core.escape import for_terminal
from sm_imgcheck.io.stores import is_remote

if TYPE_CHECKING:
    from pathspec import GitIgnoreSpec

__all__ = ["IGNORE_FILE", "PathPatterns", "below"]

IGNORE_FILE = ".sm-imgcheckignore"
"""Name of a file with patterns, a line each."""

_CHARACTER_CLASS = re.compile(r"(?<!\\)\[[!^]?\]?[^\]]*\[:\w*:\]")
"""A class inside of a set: pathspec reads its letters as the characters of the set."""


class PathPatterns:
    """Patterns, of which the last one that matches decides: ``!`` before a pattern includes a path again."""

    def __init__(self, folder: str, patterns: Sequence[str], *, source: str = "") -> None:
        """folder: base of the patterns. source: where they are written. Raises ImgcheckError for an invalid pattern."""
        from pathspec import GitIgnoreSpec  # 20 ms, which few runs need

        self.folder = os.path.abspath(folder)
        with catch_warnings():
            simplefilter("ignore", FutureWarning)  # of re: [[], && and -- in a set may get another meaning one day
            for pattern in patterns:
                if reason := _problem(pattern):
                    place = f"{source}: " if source else ""
                    raise ImgcheckError(f"{place}invalid pattern {for_terminal(pattern)!r}: {reason}")
            self._spec: GitIgnoreSpec = GitIgnoreSpec.from_lines(patterns)

    def match(self, path: str, *, folder: bool = False) -> bool:
        """Whether a file, or a folder with all that is below it, matches."""
        return self._spec.match_file(f"{below(self.folder, path)}{'/' if folder else ''}")


def _problem(pattern: str) -> str:
    """Return why a pattern is invalid; empty if it is valid, or a comment."""
    from pathspec import GitIgnoreSpec

    is_text = bool(pattern.strip()) and not pattern.startswith("#")
    if is_text and _CHARACTER_CLASS.search(pattern):
        return "character classes such as [:alpha:] are not supported: use [a-zA-Z]"
    try:
        patterns = GitIgnoreSpec.from_lines([pattern]).patterns
    except re.error as error:
        return error.msg
    except ValueError:  # GitIgnorePatternError
        return "expected the syntax of .gitignore"
    if not is_text:
        return ""
    if _is_unclosed(pattern):  # versions of pathspec differ: a name, or no path
        return r"expected ] after [; a bracket in a name is written \["
    return "" if any(each.include is not None for each in patterns) else "matches no path"


def _is_unclosed(pattern: str) -> bool:
    """Return whether a set has no closing bracket; the first ] of a set, or after its negation, is part of it."""
    at = 0
    while at < len(pattern):
        if pattern[at] == "[":
            negation = pattern[at + 1 : at + 2] in ("!", "^")
            at = pattern.find("]", at + 2 + negation)
            if at < 0:
                return True
        at += 2 if pattern[at] == "\\" else 1
    return False


def below(folder: str, path: str) -> str:
    """Return a path relative to ``folder``; outside of it, and in a store, without its root. ``/`` separates names."""
    if is_remote(path):
        return path.partition("://")[2].partition("/")[2]
    absolute = os.path.abspath(path)
    start = f"{folder.rstrip(os.sep)}{os.sep}"
    inner = absolute[len(start) :] if absolute.startswith(start) else absolute.lstrip(os.sep)
    return inner.replace(os.sep, "/")
