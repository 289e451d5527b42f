"""Reports of a run, as a stream of text. One module for each command, one in ``formats`` for each ``--format``.

What a verb reports is a ``ReportContent``: its rows as JSON values, as words and as entries (a file with its findings).
A format module defines ``reporter(content, terminal)``, which returns a ``Reporter``: it renders the rows of every verb
as the text to print. No code here prints or reads files, and memory is bounded for any number of rows.

A format module may also define:

* ``HUMAN_READABLE = True``: ``--quiet`` prints the rows that failed instead, and an empty run prints an error only;
* ``SUMMARIZES = True``: it prints ``content.summary``;
* ``ALSO_APPENDS = (VARIABLE, FORMAT)``: a second report, appended to the file that an environment variable names.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from types import ModuleType
from typing import TYPE_CHECKING, Generic, Protocol, TypeVar, cast

from sm_imgcheck.core import plugins
from sm_imgcheck.core.types import FailOn, Report
from sm_imgcheck.report import formats
from sm_imgcheck.report.settings import Run, Terminal

if TYPE_CHECKING:
    from sm_imgcheck.features.pictures.thumbnails import Thumbnail
    from sm_imgcheck.report._entries import FileEntry
    from sm_imgcheck.report._groups import FindingGroup
    from sm_imgcheck.report._layout import ReportLayout
    from sm_imgcheck.report._statistics import FileStatistics

__all__ = ["ReportContent", "Reporter", "Run", "Terminal", "format_module", "reporter"]

Row_contra = TypeVar("Row_contra", contravariant=True)


class ReportContent(ABC, Generic[Row_contra]):
    """The content of a verb's report, in any format. A verb that makes one document has one row."""

    key: str | None = None
    """Name of the list of rows in a JSON document; empty: the document is that list; None: it is the one row."""
    document_title: str = "sm-imgcheck"
    """Name of the report in formats that have one, such as a test suite."""
    fail_on: FailOn = "error"
    """Which findings make the exit code 1."""
    summarized: bool = True
    """Whether any format prints the summary; without one, rows are not gathered for it."""
    rows_together: int = 1
    """Rows that the formats of files render together; 1 where a row may hold a whole request body."""
    folds: bool = False
    """Whether long lines of words are folded on a terminal: not where they are a document in YAML or JSON."""
    indent: int | None = None
    """Spaces by which JSON rows are indented; None: each row is on one line."""

    def head(self) -> dict[str, object]:
        """What a JSON document with a named list begins with."""
        return {}

    @abstractmethod
    def record(self, row: Row_contra) -> dict[str, object]:
        """One row as JSON values."""

    def tail(self, report: Report) -> dict[str, object]:
        """What a JSON document with a named list ends with."""
        del report
        return {}

    @abstractmethod
    def words(self, row: Row_contra) -> str:
        """One row as text; empty where it is part of the summary."""

    def gather(self, row: Row_contra) -> None:
        """Count one row for ``tail`` and ``summary``; called once for each row, before any format prints it."""
        del row

    def entries(self, row: Row_contra) -> Iterable[FileEntry] | None:
        """The files of a row with their findings, for CI services; None for verbs without files (``rules``)."""
        del row
        return None

    @property
    def statistics(self) -> FileStatistics | None:
        """Statistics of the files; None where they are not enabled."""
        return None

    def enable_statistics(self) -> None:
        """Collect statistics; called before the first row."""

    def groups(self) -> Iterable[FindingGroup]:
        """The findings that files share, with examples."""
        return ()

    def enable_thumbnails(self) -> None:
        """Keep thumbnails of representative files; called before the first row."""

    def thumbnails(self, path: str) -> Sequence[Thumbnail]:
        """Thumbnails of a file of the run; empty for most files."""
        del path
        return ()

    def failure(self, row: Row_contra) -> str:
        """One line about a row that failed, for ``-q``; empty where it did not."""
        del row
        return ""

    def summary(self, report: Report) -> ReportLayout | str:
        """The end of the report as text."""
        del report
        return ""


class Reporter(Protocol[Row_contra]):
    """Writes one report: ``open``, then ``row`` for each row, then ``close``; each returns text to print."""

    def open(self) -> str:
        """Begin."""
        ...

    def row(self, row: Row_contra) -> str:
        """Add one row; memory does not grow with the run."""
        ...

    def close(self, report: Report) -> str:
        """End, with the counts of the whole run; they are zero for a verb that checks no candidates."""
        ...


class _Format(Protocol):
    def reporter(self, content: ReportContent[Row_contra], terminal: Terminal, /) -> Reporter[Row_contra]: ...


def format_module(name: str) -> ModuleType:
    """The module of the format ``name``."""
    return plugins.load(formats, name)


def reporter(name: str, content: ReportContent[Row_contra], terminal: Terminal) -> Reporter[Row_contra]:
    """A reporter of the format ``name``."""
    return cast("_Format", format_module(name)).reporter(content, terminal)
