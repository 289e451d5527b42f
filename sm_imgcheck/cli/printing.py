"""Printed reports: the format, the terminal, and the rows as they come."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from shutil import get_terminal_size
from typing import Generic, TextIO

from sm_imgcheck.core.types import Report
from sm_imgcheck.report import Content, Row_contra, Terminal, reporter

__all__ = ["FOR_PEOPLE", "ReportWriter", "default_format", "print_report", "terminal"]

FOR_PEOPLE = {"text", "table"}


def default_format(out: TextIO) -> str:
    """The format of a report where none is named."""
    return "table" if out.isatty() else "text"


def terminal(out: TextIO, *, color: bool = True) -> Terminal:
    """What is known of the terminal; color: unless the user wants none."""
    return Terminal(
        width=get_terminal_size().columns,
        color=color and out.isatty() and _has_colors(),
        ascii_only="\N{BOX DRAWINGS LIGHT HORIZONTAL}".encode(out.encoding or "ascii", "ignore") == b"",
    )


def _has_colors() -> bool:
    """Whether the terminal knows colours and its user wants them (no-color.org)."""
    if os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb":
        return False
    # The old Windows console shows escape sequences as they are; the ones that do not tell their name.
    return os.name != "nt" or any(name in os.environ for name in ("WT_SESSION", "ANSICON", "TERM_PROGRAM", "TERM"))


class ReportWriter(Generic[Row_contra]):
    """Prints a report as its rows come; it is opened by the first."""

    def __init__(self, content: Content[Row_contra], form: str | None, out: TextIO, *, quiet: bool = False) -> None:
        """form: None: the default. quiet: print nothing for people."""
        form = form or default_format(out)
        self.reporter, self.out = reporter(form, content, terminal(out)), out
        self.silent = quiet and form in FOR_PEOPLE
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


def print_report(content: Content[Row_contra], form: str | None, rows: Iterable[Row_contra]) -> None:
    """Print the report of a verb that counts no candidates."""
    writer = ReportWriter(content, form, sys.stdout)
    for row in rows:
        writer.row(row)
    writer.close(Report(spec_name="", spec_sha256=""))
