"""One JSON document, written row by row."""

from __future__ import annotations

from typing import Generic

from sm_imgcheck.core.types import Report
from sm_imgcheck.report import ReportContent, Reporter, Row_contra, Terminal, _records

__all__ = ["reporter"]


def reporter(content: ReportContent[Row_contra], _: Terminal) -> Reporter[Row_contra]:
    """Report an object with a list of the rows, the list alone, or the one row: by the content's key."""
    return _Document(content) if content.key is None else _List(content)


class _Document(Generic[Row_contra]):
    def __init__(self, content: ReportContent[Row_contra]) -> None:
        self.content = content

    def open(self) -> str:
        return ""

    def row(self, row: Row_contra) -> str:
        return _records.encode(self.content.record(row), self.content.indent) + "\n"

    def close(self, report: Report) -> str:
        del report
        return ""


class _List(Generic[Row_contra]):
    def __init__(self, content: ReportContent[Row_contra]) -> None:
        self.content = content
        self.margin = " " * (content.indent or 0)
        self.rows = 0

    def open(self) -> str:
        key = self.content.key
        return f'{_records.encode(self.content.head())[:-1]}, "{key}": [' if key else "["

    def row(self, row: Row_contra) -> str:
        separator, self.rows = ",\n" if self.rows else "\n", self.rows + 1
        text = _records.encode(self.content.record(row), self.content.indent)
        return separator + self.margin + text.replace("\n", f"\n{self.margin}")  # strings hold no line breaks

    def close(self, report: Report) -> str:
        if self.content.key:
            return f"],\n{_records.encode(self.content.tail(report))[1:]}\n"
        return "\n]\n" if self.rows else "]\n"
