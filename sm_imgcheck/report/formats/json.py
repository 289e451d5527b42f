"""One JSON document; each candidate is on a line of its own."""

from __future__ import annotations

from sm_imgcheck.core.types import Report, Result
from sm_imgcheck.report import Run, _records

__all__ = ["reporter"]


def reporter(run: Run) -> _Document:
    """Report one document, written as the results come."""
    return _Document(run)


class _Document:
    def __init__(self, run: Run) -> None:
        self.run = run
        self.separator = "\n"

    def open(self) -> str:
        return _records.encode(_records.of_spec(self.run))[:-1] + ', "results": ['

    def row(self, result: Result) -> str:
        before, self.separator = self.separator, ",\n"
        return before + _records.encode(_records.of_result(result))

    def close(self, report: Report) -> str:
        return '],\n"summary": ' + _records.encode(_records.of_report(report)) + "}\n"
