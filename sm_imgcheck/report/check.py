"""The report of checked candidates: of ``validate`` and ``convert``."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from sm_imgcheck.core.escape import for_terminal
from sm_imgcheck.core.types import Report, Result
from sm_imgcheck.report import ReportContent, Run, _records
from sm_imgcheck.report._entries import FileEntry, entry_of

if TYPE_CHECKING:
    from sm_imgcheck.report._groups import ResultSummary
    from sm_imgcheck.report._layout import ReportLayout

__all__ = ["CheckContent"]


class CheckContent(ReportContent[Result]):
    """Each result as JSON values; for people, what all have in common, at the end."""

    key = "results"

    def __init__(self, run: Run, *, writes: bool = False) -> None:
        """writes: a result is there to be written, and fails where it is not."""
        self.run, self.writes = run, writes
        self.document_title, self.fail_on = f"sm-imgcheck {run.title or run.spec_name}", run.fail_on
        self._gathered: ResultSummary | None = None
        self._entry: FileEntry | None = None

    @property
    def digest(self) -> ResultSummary:
        """What was gathered so far; the formats for machines do without, and without its import."""
        if self._gathered is None:
            from sm_imgcheck.report._groups import ResultSummary

            self._gathered = ResultSummary()
        return self._gathered

    def head(self) -> dict[str, object]:
        """The spec."""
        return _records.of_spec(self.run)

    def record(self, row: Result) -> dict[str, object]:
        """One candidate."""
        return _records.of_result(row)

    def tail(self, report: Report) -> dict[str, object]:
        """The counts."""
        return {"summary": _records.of_report(report)}

    def words(self, row: Result) -> str:
        """Nothing: the summary has all of it."""
        del row
        return ""

    def gather(self, row: Result) -> None:
        """Count the result among those with the same findings."""
        if self.summarized:
            self.digest.add(row)

    def entries(self, row: Result) -> Iterable[FileEntry]:
        """The candidate with its findings; made once for all formats."""
        if self._entry is None or self._entry.result is not row:
            self._entry = entry_of(row, writes=self.writes)
        return (self._entry,)

    def failure(self, row: Result) -> str:
        """Why a result is not written, else the rules that it breaks."""
        path = for_terminal(row.path)
        if row.bug or (row.skipped and (self.writes or row.status == "not checked")):
            what = "not written" if self.writes else "not checked"
            return f"{path}: {what}: {for_terminal(row.bug or row.skipped)}\n"
        errors = [finding for finding in row.findings if finding.severity == "error"]
        if self.writes or not errors:
            return ""
        return f"{path}: {', '.join(dict.fromkeys(f'{finding.code} {finding.name}' for finding in errors))}\n"

    def summary(self, report: Report) -> ReportLayout:
        """The whole report."""
        from sm_imgcheck.report._layout import layout_report

        return layout_report(self.run, self.digest, report)
