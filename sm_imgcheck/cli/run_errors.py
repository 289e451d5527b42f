"""Errors of single candidates in a run: printed immediately, and counted at the end."""

from __future__ import annotations

import os

import typer

from sm_imgcheck.core.errors import ImgcheckError
from sm_imgcheck.core.escape import for_terminal
from sm_imgcheck.pipeline.read import WITH_TRACEBACK, clause
from sm_imgcheck.run.inputs.item import Item
from sm_imgcheck.run.outputs.tensors import OutputRefused
from sm_imgcheck.run.work import Outcome

__all__ = ["REPORT_IT", "RunErrors"]

REPORT_IT = f"Please report it with the command and, if possible, the file. {WITH_TRACEBACK}=1 prints the traceback."
_PRINTED_BUGS = 10
"""Number of bugs that are printed one by one."""


class RunErrors:
    """The errors of one run, in bounded memory."""

    def __init__(self) -> None:
        self.bugs = 0
        self.refused = 0
        self.first = ""

    def report(self, item: Item, error: Exception) -> str:
        """Add an error and return the clause for the candidate's result."""
        if isinstance(error, OutputRefused):
            self.refused += 1
            self.first = self.first or str(error)
            return str(error)
        if os.environ.get(WITH_TRACEBACK):
            raise error
        self._bug(item, said := clause(error))
        return said

    def note(self, outcome: Outcome) -> None:
        """Add an error that is in a record of the run."""
        if outcome.refused:
            self.refused += 1
            self.first = self.first or outcome.result.skipped
        if outcome.result.bug:
            self._bug(outcome.item, outcome.result.bug)

    def _bug(self, item: Item, said: str) -> None:
        self.bugs += 1
        if self.bugs <= _PRINTED_BUGS:
            typer.echo(f"error: {for_terminal(item.path)}: a bug in sm-imgcheck, not in the file: {said}", err=True)

    def sum_up(self) -> None:
        """Raise ImgcheckError where there were any: the job is not done."""
        lines = []
        if self.refused:
            more = f"; and {self.refused - 1:,} more like it" if self.refused > 1 else ""
            lines.append(f"{self.refused:,} not written: {self.first}{more}")
        if self.bugs:
            lines.append(f"{self.bugs:,} not checked, because of a bug in sm-imgcheck. {REPORT_IT}")
        if lines:
            raise ImgcheckError("\n".join(lines))
