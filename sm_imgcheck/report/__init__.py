"""Reports: what became of a run, as a stream of text. One module for each format; its name is the ``--format``.

A module offers ``reporter(run)``; what it returns is told each result as it comes and answers with the text to be
printed. Nothing here prints or reads, and memory stays bounded whatever the number of candidates.
"""

from __future__ import annotations

from typing import Protocol, cast

from sm_imgcheck.core import plugins
from sm_imgcheck.core.frozen import frozen
from sm_imgcheck.core.types import Contract, Report, Result
from sm_imgcheck.report import formats

__all__ = ["Reporter", "Run", "format_names", "reporter"]


@frozen
class Run:
    """What a reporter is told before the first result."""

    spec_name: str
    spec_sha256: str
    contract: Contract
    title: str = ""
    """What the user calls the spec: a preset's name or a path."""
    command: str = ""
    """The command that mends what is found, ready for a shell; empty where the run is that command."""
    output: str = ""
    """The option of ``command`` that names the output; assumptions go before it."""
    partial: bool = False
    """Not every check was asked for, so that nothing can be said of the whole contract."""
    width: int = 80
    """Of the terminal, in columns; only ``table`` breaks lines."""
    color: bool = False
    ascii_only: bool = False
    """The terminal cannot draw lines."""


class Reporter(Protocol):
    """One report in the making: ``open``, then ``row`` for each result, then ``close``; each returns text to print."""

    def open(self) -> str:
        """Begin."""
        ...

    def row(self, result: Result) -> str:
        """Take in one result, of which nothing is kept that grows with the run."""
        ...

    def close(self, report: Report) -> str:
        """End, with the counts of the whole run."""
        ...


class _Format(Protocol):
    def reporter(self, run: Run) -> Reporter: ...


def format_names() -> tuple[str, ...]:
    """The names of all formats."""
    return plugins.names(formats)


def reporter(name: str, run: Run) -> Reporter:
    """A reporter of the format ``name``."""
    return cast("_Format", plugins.load(formats, name)).reporter(run)
