"""Errors of a run: of single candidates, of a run without candidates, and interruptions."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import typer

from sm_imgcheck.cli.signals import TerminationSignal
from sm_imgcheck.core import phrases
from sm_imgcheck.core.errors import ImgcheckError, OutputError
from sm_imgcheck.core.escape import for_terminal
from sm_imgcheck.core.types import Report
from sm_imgcheck.io.stores import OutputRefused
from sm_imgcheck.pipeline.read import WITH_TRACEBACK, clause
from sm_imgcheck.run.inputs.item import Item, Listing
from sm_imgcheck.run.inputs.listing import ELSEWHERE
from sm_imgcheck.run.work import Outcome

if TYPE_CHECKING:
    from sm_imgcheck.cli.invocation import Invocation

__all__ = ["REPORT_IT", "RunErrors", "explain_empty_run", "report_empty_run", "report_interruption"]

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


def report_empty_run(invocation: Invocation, listing: Listing) -> None:
    """Raise ImgcheckError where a run had no candidate, unless they are all in other shards."""
    if not listing.passed_over[ELSEWHERE]:
        raise ImgcheckError(explain_empty_run(invocation.paths, listing))
    if not invocation.report.quiet:
        others = f"{listing.passed_over[ELSEWHERE]:,} in other shards"
        typer.echo(f"no candidates in shard {invocation.run.shard} ({others})", err=True)


def explain_empty_run(paths: list[str], listing: Listing) -> str:
    """Why a run had no candidate: the likeliest cause, and what was passed over."""
    said = f"no candidates in {', '.join(map(for_terminal, paths))}"
    if listing.passed_over["output folder"]:
        return (
            f"{said}: {for_terminal(listing.excluded_folder)} is the output folder, which is not searched; pass another"
        )
    skipped_text = phrases.skipped(listing.passed_over, listing.suffixes)
    return f"{said}{f' (skipped: {skipped_text})' if skipped_text else ''}"


def report_interruption(
    cause: BaseException, report: Report, prepared_count: int, *, has_outputs: bool, resumable: bool
) -> None:
    """Print where a run was stopped, and how to continue. prepared_count: tensors that are not yet in a file."""
    signal_text = " by Ctrl-C" if isinstance(cause, KeyboardInterrupt) else ""
    signal_text = f" by {cause.name}" if isinstance(cause, TerminationSignal) else signal_text
    progress = f"{report.candidates:,} candidate{'s' * (report.candidates != 1)}"
    progress += f" ({prepared_count:,} prepared, not yet in an output file)" if prepared_count else ""
    remainder = _kept_by(cause, report, has_outputs=has_outputs, resumable=resumable)
    if report.candidates or signal_text:
        typer.echo(f"stopped{signal_text} after {progress}{remainder}", err=True)


def _kept_by(cause: BaseException, report: Report, *, has_outputs: bool, resumable: bool) -> str:
    """Return the state after an interruption, and how to resume; empty where only the error contains that."""
    if isinstance(cause, OutputError) and not cause.resumable:
        return ""
    if resumable:
        fixed = "" if not isinstance(cause, Exception) else "when the error below is fixed, "
        return f"; outputs written so far are kept: {fixed}run the same command with --resume to continue"
    if has_outputs and report.candidates:
        return "; outputs written so far are kept; run the same command again to continue"
    return ""
