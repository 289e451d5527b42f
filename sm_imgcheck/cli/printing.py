"""Printed reports: the format, the terminal, and the rows as they come."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from shutil import get_terminal_size
from typing import Generic, TextIO

from sm_imgcheck.cli.options import ReportOptions
from sm_imgcheck.core.types import Report
from sm_imgcheck.report import Content, Reporter, Row_contra, Terminal, reporter

__all__ = ["ReportWriter", "print_report"]

_FOR_PEOPLE = {"text", "table"}


def _terminal(out: TextIO, *, color: bool) -> Terminal:
    """What is known of the terminal; color: unless the user wants none."""
    return Terminal(
        width=get_terminal_size().columns,
        color=color and _has_colors(out),
        ascii_only="\N{BOX DRAWINGS LIGHT HORIZONTAL}".encode(out.encoding or "ascii", "ignore") == b"",
    )


def _has_colors(out: TextIO) -> bool:
    """Whether to print colors: on a terminal that has them, and as NO_COLOR (no-color.org) and FORCE_COLOR say."""
    if os.environ.get("NO_COLOR"):
        return False
    if os.environ.get("FORCE_COLOR", "0") != "0":
        return True
    if not out.isatty() or os.environ.get("TERM") == "dumb":
        return False
    # The old Windows console shows escape sequences as they are; the ones that do not tell their name.
    return os.name != "nt" or any(name in os.environ for name in ("WT_SESSION", "ANSICON", "TERM_PROGRAM", "TERM"))


class _Failures(Generic[Row_contra]):
    """What ``-q`` prints: a line for each row that failed."""

    def __init__(self, content: Content[Row_contra]) -> None:
        self.row = content.failure

    def open(self) -> str:
        return ""

    def close(self, _: Report) -> str:
        return ""


class ReportWriter(Generic[Row_contra]):
    """Prints a report as its rows come."""

    def __init__(self, content: Content[Row_contra], options: ReportOptions, out: TextIO) -> None:
        self.form = options.report_format or ("table" if out.isatty() else "text")
        self.for_people = self.form in _FOR_PEOPLE
        self.reporter: Reporter[Row_contra] = (
            _Failures(content)
            if options.quiet and self.for_people
            else reporter(self.form, content, _terminal(out, color=not options.no_color))
        )
        self.out, self.opened = out, False

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
        if text:
            self.out.write(text)
            self.out.flush()


def print_report(content: Content[Row_contra], options: ReportOptions, rows: Iterable[Row_contra]) -> None:
    """Print the report of a verb that counts no candidates."""
    writer = ReportWriter(content, options, sys.stdout)
    for row in rows:
        writer.row(row)
    writer.close(Report(spec_name="", spec_sha256=""))
