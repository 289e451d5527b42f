"""One JSON document; each candidate is on a line of its own."""

from __future__ import annotations

from sm_imgcheck.model import Report, Result
from sm_imgcheck.report import Run, _record

__all__ = ["reporter"]


def reporter(run: Run) -> _Document:
    """Report one document, written as the results come."""
    return _Document(run)


class _Document:
    def __init__(self, run: Run) -> None:
        self.run = run
        self.separator = "\n"

    def open(self) -> str:
        return _record.encode(_record.of_spec(self.run))[:-1] + ', "results": ['

    def row(self, result: Result) -> str:
        before, self.separator = self.separator, ",\n"
        return before + _record.encode(_record.of_result(result))

    def close(self, report: Report) -> str:
        return '],\n"summary": ' + _record.encode(_record.of_report(report)) + "}\n"
