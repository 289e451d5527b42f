"""JSON Lines: one line for each row, then one with the summary, if any."""

from __future__ import annotations

from typing import Generic

from sm_imgcheck.core.types import Report
from sm_imgcheck.report import ReportContent, Reporter, Row_contra, Terminal, _records

__all__ = ["reporter"]


def reporter(content: ReportContent[Row_contra], _: Terminal) -> Reporter[Row_contra]:
    """Report a stream."""
    return _Lines(content)


class _Lines(Generic[Row_contra]):
    def __init__(self, content: ReportContent[Row_contra]) -> None:
        self.content = content

    def open(self) -> str:
        return ""

    def row(self, row: Row_contra) -> str:
        return _records.encode(self.content.record(row)) + "\n"

    def close(self, report: Report) -> str:
        summary = self.content.head() | self.content.tail(report)
        return _records.encode(summary) + "\n" if summary else ""
