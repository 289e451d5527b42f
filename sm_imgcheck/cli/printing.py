"""Reports on standard output and in files, written row by row."""

from __future__ import annotations

import os
import sys
from collections import deque
from collections.abc import Iterable, Sequence
from shutil import get_terminal_size
from typing import TYPE_CHECKING, Generic, TextIO

from sm_imgcheck.cli.options import ReportOptions
from sm_imgcheck.cli.signals import DelayedSignals
from sm_imgcheck.core.types import Report
from sm_imgcheck.report import ReportContent, Reporter, Row_contra, Terminal, format_module, reporter

if TYPE_CHECKING:
    from sm_imgcheck.cli.report_files import ReportFile

__all__ = ["ReportWriter", "print_report"]

_CHECKOUTS = ("GITHUB_WORKSPACE", "CI_PROJECT_DIR", "CODEBUILD_SRC_DIR", "WORKSPACE")
"""Environment variables with the folder of the checkout: GitHub, GitLab, CodeBuild, Jenkins."""


_WIDEST = 1000
"""Columns of a terminal that tables use, however large COLUMNS is."""


def _terminal(out: TextIO, *, color: bool) -> Terminal:
    """Properties of the terminal. color: False for --no-color."""
    return Terminal(
        width=min(get_terminal_size().columns, _WIDEST),
        color=color and _has_colors(out),
        ascii_only="\N{BOX DRAWINGS LIGHT HORIZONTAL}".encode(out.encoding or "ascii", "ignore") == b"",
        root=_checkout(),
    )


def _checkout() -> str:
    """The folder to which paths are relative: that of the CI job where it is above the current one, else the latter."""
    here = os.getcwd()  # noqa: PTH109
    folders = (os.environ.get(name, "") for name in _CHECKOUTS)
    return next((root for root in folders if root and f"{here}/".startswith(f"{root.rstrip('/')}/")), here)


def _has_colors(out: TextIO) -> bool:
    """Whether to print colors: on a terminal with colors, unless NO_COLOR or FORCE_COLOR (no-color.org) is set."""
    if os.environ.get("NO_COLOR"):
        return False
    if os.environ.get("FORCE_COLOR", "0") != "0":
        return True
    if not out.isatty() or os.environ.get("TERM") == "dumb":
        return False
    # The old Windows console prints escape sequences as text; the consoles that interpret them set a variable.
    return os.name != "nt" or any(name in os.environ for name in ("WT_SESSION", "ANSICON", "TERM_PROGRAM", "TERM"))


class _Failures(Generic[Row_contra]):
    """What ``-q`` prints: a line for each row that failed."""

    def __init__(self, content: ReportContent[Row_contra]) -> None:
        self.row = content.failure

    def open(self) -> str:
        return ""

    def close(self, _: Report) -> str:
        return ""


class ReportWriter(Generic[Row_contra]):
    """Prints a report row by row, and writes it to the files of ``--output-file``."""

    def __init__(
        self,
        content: ReportContent[Row_contra],
        options: ReportOptions,
        out: TextIO,
        *,
        inputs: Sequence[str] = (),
        outputs: Sequence[str] = (),
    ) -> None:
        """inputs: files that no report replaces. outputs: other files that the run writes.

        Raises ImgcheckError for a file that cannot be written.
        """
        self.form = options.report_format or ("table" if out.isatty() else "text")
        self.human_readable = _is(self.form, "HUMAN_READABLE")
        failures_only = options.quiet and self.human_readable
        terminal = _terminal(out, color=not options.no_color)
        self.content, self.out, self.opened = content, out, False
        self.reporter: Reporter[Row_contra] = (
            _Failures(content) if failures_only else reporter(self.form, content, terminal)
        )
        self.files: list[ReportFile] = []
        if options.output_files or hasattr(format_module(self.form), "ALSO_APPENDS"):
            from sm_imgcheck.cli.report_files import open_report_files

            self.files = open_report_files(options.output_files or [], self.form, inputs, outputs)
        root_only = Terminal(root=terminal.root)
        self._file_reporters = [(file, reporter(file.form, content, root_only)) for file in self.files]
        self._waiting: deque[Row_contra] = deque()
        """Rows that are printed, and not yet written to the files."""
        forms = [*([] if failures_only else [self.form]), *(file.form for file in self.files)]
        content.summarized = any(_is(form, "SUMMARIZES") for form in forms)

    def open(self) -> None:
        """Print the beginning, once; the first row does so too."""
        if not self.opened:
            self.opened = True
            self._print(self.reporter.open())
            for file, file_reporter in self._file_reporters:
                file.add(file_reporter.open())

    def add(self, row: Row_contra) -> None:
        """Count one row, print it and write it to the files; inside of DelayedSignals, with ``flush`` after that."""
        self.content.gather(row)
        self.out.write(self.reporter.row(row))
        if self.files:
            self._waiting.append(row)
        if len(self._waiting) >= self.content.rows_together:
            self._write_files()

    def flush(self) -> None:
        """Pass on what is printed, which may wait for the program that reads it."""
        self.out.flush()

    def row(self, row: Row_contra) -> None:
        """Print one row, and write it to the files."""
        self.open()
        with DelayedSignals():
            self.add(row)
        self.flush()

    def close(self, report: Report, *, only_machines: bool = False) -> None:
        """Print the end, and finish the files. only_machines: print it in machine formats only."""
        self.open()
        self._write_files()
        text = self.reporter.close(report)
        self._print("" if only_machines and self.human_readable else text)
        for file, file_reporter in self._file_reporters:
            file.add(file_reporter.close(report))
        for file in self.files:
            file.finish()

    def _write_files(self) -> None:
        while self._waiting:
            row = self._waiting.popleft()  # first: no row is written twice
            for file, file_reporter in self._file_reporters:
                if text := file_reporter.row(row):
                    file.add(text)

    def _print(self, text: str) -> None:
        if text:
            self.out.write(text)
            self.out.flush()


def _is(form: str, constant: str) -> bool:
    """Whether the module of a format declares a property."""
    return bool(getattr(format_module(form), constant, False))


def print_report(content: ReportContent[Row_contra], options: ReportOptions, rows: Iterable[Row_contra]) -> None:
    """Print the report of a verb that counts no candidates."""
    writer = ReportWriter(content, options, sys.stdout)
    for row in rows:
        writer.row(row)
    writer.close(Report())
