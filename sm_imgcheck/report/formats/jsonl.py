"""JSON Lines: one line for each candidate as it is done, then one with the summary."""

from __future__ import annotations

from sm_imgcheck.core.types import Report, Result
from sm_imgcheck.report import Run, _records

__all__ = ["reporter"]


def reporter(run: Run) -> _Lines:
    """Report a stream."""
    return _Lines(run)


class _Lines:
    def __init__(self, run: Run) -> None:
        self.run = run

    def open(self) -> str:
        return ""

    def row(self, result: Result) -> str:
        return _records.encode(_records.of_result(result)) + "\n"

    def close(self, report: Report) -> str:
        return _records.encode(_records.of_spec(self.run) | {"summary": _records.of_report(report)}) + "\n"
