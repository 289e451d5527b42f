"""Progress of a run and its end, on standard error."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from heapq import heappush, heappushpop
from threading import Thread
from time import monotonic

import typer

from sm_imgcheck.core.escape import for_terminal
from sm_imgcheck.core.types import Report
from sm_imgcheck.run.work import Outcome

__all__ = ["RunProgress"]

_QUIET = 1.0
"""Seconds before the first word on a terminal."""
_PAUSE = 0.2
"""Seconds between two looks of the bar."""
_MINUTE = 60.0
"""Seconds between two lines without a terminal, and before the first."""
_LONG = 5.0
"""Seconds after which a run is summed up."""
_LISTED_CANDIDATES = 3
"""Files that the sum names as the slowest, and as the largest."""


class RunProgress:
    """Progress of one run, in bounded memory."""

    def __init__(self, *, quiet: bool, expected: Iterable[object] | None = None) -> None:
        """``expected``: the candidates, to be counted in parallel with the work; None: unknown."""
        self.quiet = quiet
        self.start = monotonic()
        self.done = self.found = 0
        self.slowest: list[tuple[float, int, str]] = []
        self.largest: list[tuple[float, int, str]] = []
        self._expected = expected
        self._terminal = sys.stderr.isatty()
        self._due = self.start + (_QUIET if self._terminal else _MINUTE)
        self._bar: _Bar | None = None

    def note(self, record: Outcome) -> None:
        """Count one more candidate, and print how many there were so far where it is time."""
        self.done += 1
        self.found += bool(record.result.findings)
        # The earlier of two equals stays: the number of jobs does not matter.
        _keep(self.slowest, (record.seconds, -self.done, record.item.path))
        _keep(self.largest, (record.size, -self.done, record.item.path))
        if not self.quiet and (now := monotonic()) >= self._due:
            self._print_line(now)

    def close(self) -> None:
        """Clear the bar."""
        if self._bar is not None:
            self._bar.clear()

    def _print_line(self, now: float) -> None:
        self._due = now + (_PAUSE if self._terminal else _MINUTE)
        rate = self.done / (now - self.start)
        if not self._terminal:
            typer.echo(f"{self.done:,} done, {self.found:,} with findings, {rate:,.1f} a second", err=True)
            return
        self._bar = self._bar or _Bar(self._expected)
        self._bar.show(self.done, self.found, rate)

    def sum_up(self, report: Report) -> None:
        """Print a summary of a long run."""
        total_seconds = monotonic() - self.start
        if self.quiet or total_seconds < _LONG:
            return
        count_text = f"{self.done:,} candidate{'' if self.done == 1 else 's'}"
        lines = [f"{count_text} in {total_seconds:,.1f} s: {self.done / total_seconds:,.1f} a second"]
        if report.by_code:
            lines.append("  by code   " + ", ".join(f"{code} {count:,}" for code, count in report.by_code.items()))
        slowest = [f"{seconds:.2f} s {for_terminal(path)}" for seconds, _, path in sorted(self.slowest, reverse=True)]
        largest = [f"{size:,.0f} bytes {for_terminal(path)}" for size, _, path in sorted(self.largest, reverse=True)]
        lines += ["  slowest   " + ", ".join(slowest), "  largest   " + ", ".join(largest)]
        typer.echo("\n".join(lines), err=True)


def _keep(entries: list[tuple[float, int, str]], entry: tuple[float, int, str]) -> None:
    """Keep the largest few."""
    if len(entries) < _LISTED_CANDIDATES:
        heappush(entries, entry)
    elif entry > entries[0]:
        heappushpop(entries, entry)


class _Bar:
    """A bar on a terminal: finished and counted candidates, rate, remaining time."""

    def __init__(self, expected: Iterable[object] | None) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

        self.total = 0
        self.counted = False
        column_texts = (
            "{task.completed:,} done, {task.fields[found]:,} with findings, {task.fields[rate]:,.1f} a second"
        )
        columns = (BarColumn(bar_width=24), TextColumn(column_texts, markup=False), TimeRemainingColumn(compact=True))
        # It is drawn only on request: no separate thread, no output between the lines of a report.
        self.progress = Progress(*columns, console=Console(stderr=True), transient=True, auto_refresh=False)
        self.task = self.progress.add_task("", total=None, found=0, rate=0.0)
        self.progress.start()
        self._expected = expected

    def _count(self, expected: Iterable[object]) -> None:
        for _ in expected:
            self.total += 1
        self.counted = True

    def show(self, finished_count: int, findings_count: int, rate: float) -> None:
        """Draw it again. The first time, start to count: worker processes are forked before there is a thread."""
        if self._expected is not None:
            Thread(target=self._count, args=(self._expected,), daemon=True).start()
            self._expected = None
        total = max(self.total, finished_count) if self.counted else None
        self.progress.update(self.task, completed=finished_count, total=total, found=findings_count, rate=rate)
        self.progress.refresh()

    def clear(self) -> None:
        """Clear it."""
        self.progress.stop()
