"""Tables and colors for terminals; the same report as ``text``."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import accumulate, takewhile
from typing import Generic

from sm_imgcheck.core.escape import columns
from sm_imgcheck.core.types import Report
from sm_imgcheck.report import ReportContent, Reporter, Row_contra, Terminal
from sm_imgcheck.report.formats import text

__all__ = ["HUMAN_READABLE", "SUMMARIZES", "reporter"]

HUMAN_READABLE = SUMMARIZES = True

_NARROWEST = 60
"""Columns of a terminal: names of rules and steps need up to 40, and sentences need some."""


def reporter(content: ReportContent[Row_contra], terminal: Terminal) -> Reporter[Row_contra]:
    """Report as ``text`` does, with the summary in tables; on a narrow terminal as text."""
    return _Table(content, terminal) if terminal.width >= _NARROWEST else text.reporter(content, terminal)


class _Table(Generic[Row_contra]):
    def __init__(self, content: ReportContent[Row_contra], terminal: Terminal) -> None:
        self.content, self.terminal = content, terminal

    def open(self) -> str:
        return ""

    def row(self, row: Row_contra) -> str:
        return self._fold(self.content.words(row))

    def close(self, report: Report) -> str:
        summary = self.content.summary(report)
        if isinstance(summary, str):
            return self._fold(summary)
        from sm_imgcheck.report._tables import draw  # rich takes long to import, and few verbs need it

        return draw(summary, self.terminal)

    def _fold(self, text: str) -> str:
        return "\n".join(_fold(text, self.terminal.width)) if self.content.folds else text


_LAST_COLUMN = re.compile(r".*  (?=\S)")


def _fold(text: str, width: int) -> Iterator[str]:
    """Yield lines of at most ``width`` columns, broken at spaces.

    Code is not folded, so that it can be pasted: indented paragraphs after a line that ends with a colon.
    """
    last, begins, is_code = "", True, False
    for line in text.split("\n"):
        if line and begins:
            is_code = line.startswith("  ") and (is_code or last.endswith(":"))
        begins, last = not line, line or last
        yield from [line] if is_code or columns(line) <= width else _fold_line(line, width)


def _fold_line(line: str, width: int) -> Iterator[str]:
    """Yield the parts of a line: below its last column, or indented by two more where that is too narrow."""
    column = _LAST_COLUMN.match(line)
    indent = len(line) - len(line.lstrip(" "))
    start = column.end() if column else indent
    margin = columns(line[:start])
    longest = max(map(columns, line[start:].split()), default=0)
    if margin == indent or margin + max(longest, width // 3) > width:
        margin = indent + 2
    begin = max(indent, 1)
    while columns(line) > width:
        fits = _fitting(line, width)
        end = line.rfind(" ", begin, fits + 1)
        end = end if end >= 0 else line.find(" ", fits)
        if end < 0 or not line[end:].strip():
            break
        yield line[:end].rstrip(" ")
        line, begin = " " * margin + line[end:].lstrip(" "), margin + 1
    yield line


def _fitting(line: str, width: int) -> int:
    """Return how many characters of a line fill at most ``width`` columns."""
    if line.isascii():
        return min(len(line), width)
    ends = accumulate(map(columns, line))
    return sum(1 for _ in takewhile(lambda end: end <= width, ends))
