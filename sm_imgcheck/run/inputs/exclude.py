"""Patterns of paths in the syntax of .gitignore, relative to the folder where they are written."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING

from sm_imgcheck.core.errors import ImgcheckError
from sm_imgcheck.core.escape import for_terminal
from sm_imgcheck.io.stores import is_remote

if TYPE_CHECKING:
    from pathspec import GitIgnoreSpec

__all__ = ["PathPatterns", "below"]


class PathPatterns:
    """Patterns, of which the last one that matches decides: ``!`` before a pattern includes a path again."""

    def __init__(self, folder: str, patterns: Sequence[str]) -> None:
        """folder: base of the patterns. Raises ImgcheckError for an invalid pattern."""
        from pathspec import GitIgnoreSpec  # 20 ms, which few runs need

        self.folder = os.path.abspath(folder)
        try:
            self._spec: GitIgnoreSpec = GitIgnoreSpec.from_lines(patterns)
        except ValueError as error:  # GitIgnorePatternError
            raise ImgcheckError(f"invalid pattern in {', '.join(map(for_terminal, patterns))}: {error}") from None

    def match(self, path: str, *, folder: bool = False) -> bool:
        """Whether a file, or a folder with all that is below it, matches."""
        return self._spec.match_file(f"{below(self.folder, path)}{'/' if folder else ''}")


def below(folder: str, path: str) -> str:
    """Return a path relative to ``folder``; outside of it, and in a store, without its root. ``/`` separates names."""
    if is_remote(path):
        return path.partition("://")[2].partition("/")[2]
    absolute = os.path.abspath(path)
    start = f"{folder.rstrip(os.sep)}{os.sep}"
    inner = absolute[len(start) :] if absolute.startswith(start) else absolute.lstrip(os.sep)
    return inner.replace(os.sep, "/")
