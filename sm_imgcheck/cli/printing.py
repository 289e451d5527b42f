"""Printed reports: the format, the terminal, and the rows as they come."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from shutil import get_terminal_size
from typing import Generic, TextIO

from sm_imgcheck.core.types import Report
from sm_imgcheck.report import Content, Row_contra, Terminal, reporter

__all__ = ["ReportWriter", "print_report"]

_FOR_PEOPLE = {"text", "table"}


def _terminal(out: TextIO, *, color: bool) -> Terminal:
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
    """Prints a report as its rows come."""

    def __init__(
        self, content: Content[Row_contra], form: str | None, out: TextIO, *, quiet: bool = False, color: bool = True
    ) -> None:
        """form: None: a table on a terminal, text elsewhere. quiet: print nothing for people."""
        self.form = form or ("table" if out.isatty() else "text")
        self.for_people = self.form in _FOR_PEOPLE
        self.reporter, self.out = reporter(self.form, content, _terminal(out, color=color)), out
        self.silent = quiet and self.for_people
        self.opened = False

    def open(self) -> None:
        """Print the beginning, once; the first row does so too."""
        if not self.opened:
            self.opened = True
            self.write(self.reporter.open())

    def row(self, row: Row_contra) -> None:
        """Print one row."""
        self.open()
        self.write(self.reporter.row(row))

    def close(self, report: Report) -> None:
        """Print the end."""
        self.open()
        self.write(self.reporter.close(report))

    def write(self, text: str) -> None:
        """Print a part of the report."""
        if text and not self.silent:
            self.out.write(text)
            self.out.flush()


def print_report(content: Content[Row_contra], form: str | None, rows: Iterable[Row_contra]) -> None:
    """Print the report of a verb that counts no candidates."""
    writer = ReportWriter(content, form, sys.stdout)
    for row in rows:
        writer.row(row)
    writer.close(Report(spec_name="", spec_sha256=""))
