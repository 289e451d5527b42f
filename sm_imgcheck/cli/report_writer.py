"""Where the text of a report goes."""

from __future__ import annotations

from typing import Generic, TextIO

from sm_imgcheck.core.types import Report
from sm_imgcheck.report import Reporter, Row_contra

__all__ = ["ReportWriter"]


class ReportWriter(Generic[Row_contra]):
    """Prints a report as its rows come; it is opened by the first."""

    def __init__(self, reporter: Reporter[Row_contra], out: TextIO, *, silent: bool) -> None:
        self.reporter, self.out, self.silent = reporter, out, silent
        self.opened = False

    def row(self, row: Row_contra) -> None:
        """Print one row."""
        self._print(self._opening() + self.reporter.row(row))

    def close(self, report: Report) -> None:
        """Print the end."""
        self._print(self._opening() + self.reporter.close(report))

    def _opening(self) -> str:
        opened, self.opened = self.opened, True
        return "" if opened else self.reporter.open()

    def _print(self, text: str) -> None:
        if text and not self.silent:
            self.out.write(text)
            self.out.flush()
