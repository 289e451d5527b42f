"""Tables and colors for terminals; the same report as ``text``."""

from __future__ import annotations

from typing import Generic

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
        return self.content.words(row)

    def close(self, report: Report) -> str:
        summary = self.content.summary(report)
        if isinstance(summary, str):
            return summary
        from sm_imgcheck.report._tables import draw  # rich takes long to import, and few verbs need it

        return draw(summary, self.terminal)
