"""What goes wrong with one candidate while the run goes on: told as it comes, and summed up at the end."""

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
_NAMED = 10
"""Bugs that are told one by one."""


class RunErrors:
    """The troubles of one run, in bounded memory."""

    def __init__(self) -> None:
        self.bugs = 0
        self.refused = 0
        self.first = ""

    def tell(self, item: Item, error: Exception) -> str:
        """Take in one and answer with the clause for the candidate's result."""
        if isinstance(error, OutputRefused):
            self.refused += 1
            self.first = self.first or str(error)
            return str(error)
        if os.environ.get(WITH_TRACEBACK):
            raise error
        self._bug(item, said := clause(error))
        return said

    def note(self, done: Outcome) -> None:
        """Take in what is one of a run's records."""
        if done.refused:
            self.refused += 1
            self.first = self.first or done.result.skipped
        if done.result.bug:
            self._bug(done.item, done.result.bug)

    def _bug(self, item: Item, said: str) -> None:
        self.bugs += 1
        if self.bugs <= _NAMED:
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
