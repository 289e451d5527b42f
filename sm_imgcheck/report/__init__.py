"""Reports: what became of a run, as a stream of text. One module for each format; its name is the ``--format``.

What a verb reports is a ``Content``: its rows as JSON values and as words. A format module offers
``reporter(content, terminal)``; what it returns takes each row and returns the text to print, so that a format serves
every verb. Nothing here prints or reads, and memory stays bounded whatever the number of rows.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Generic, Protocol, TypeVar, cast

from sm_imgcheck.core import plugins
from sm_imgcheck.core.frozen import frozen
from sm_imgcheck.core.types import Contract, Report
from sm_imgcheck.report import formats

if TYPE_CHECKING:
    from sm_imgcheck.report._layout import ReportLayout

__all__ = ["ReportContent", "Reporter", "Run", "Terminal", "reporter"]

Row_contra = TypeVar("Row_contra", contravariant=True)


@frozen
class Run:
    """What a reporter is told before the first result."""

    spec_name: str
    spec_sha256: str
    contract: Contract
    title: str = ""
    """What the user calls the spec: a preset's name or a path."""
    command: str = ""
    """The command that fixes what is found, ready for a shell; empty where the run is that command."""
    output: str = ""
    """The option of ``command`` that names the output; assumptions go before it."""
    partial: bool = False
    """Not every check was asked for, so that nothing can be said of the whole contract."""


@frozen
class Terminal:
    """Where a report is printed, for formats that draw."""

    width: int = 80
    """In columns."""
    color: bool = False
    ascii_only: bool = False
    """It cannot draw lines."""


class ReportContent(ABC, Generic[Row_contra]):
    """What a verb reports, apart from its format. A verb that makes one document has one row."""

    key: str | None = None
    """Name of the list of rows in a JSON document; empty: the document is that list; None: it is the one row."""
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
        """One row for people; empty where it is part of the summary."""

    def failure(self, row: Row_contra) -> str:
        """One line about a row that failed, for ``-q``; empty where it did not."""
        del row
        return ""

    def summary(self, report: Report) -> ReportLayout | str:
        """The end for people."""
        del report
        return ""


class Reporter(Protocol[Row_contra]):
    """One report in the making: ``open``, then ``row`` for each row, then ``close``; each returns text to print."""

    def open(self) -> str:
        """Begin."""
        ...

    def row(self, row: Row_contra) -> str:
        """Take in one row, of which nothing is kept that grows with the run."""
        ...

    def close(self, report: Report) -> str:
        """End, with the counts of the whole run; they are zero for a verb that checks no candidates."""
        ...


class _Format(Protocol):
    def reporter(self, content: ReportContent[Row_contra], terminal: Terminal, /) -> Reporter[Row_contra]: ...


def reporter(name: str, content: ReportContent[Row_contra], terminal: Terminal) -> Reporter[Row_contra]:
    """A reporter of the format ``name``."""
    return cast("_Format", plugins.load(formats, name)).reporter(content, terminal)
