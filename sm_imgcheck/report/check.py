"""The report of checked candidates: of ``validate`` and ``convert``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sm_imgcheck.core.escape import for_terminal
from sm_imgcheck.core.types import Report, Result
from sm_imgcheck.report import Content, Run, _records

if TYPE_CHECKING:
    from sm_imgcheck.report._groups import Digest
    from sm_imgcheck.report._layout import Story

__all__ = ["CheckContent"]


class CheckContent(Content[Result]):
    """Each result as JSON values; for people, what all have in common, at the end."""

    key = "results"

    def __init__(self, run: Run, *, writes: bool = False) -> None:
        """writes: a result is there to be written, and fails where it is not."""
        self.run, self.writes = run, writes
        self._gathered: Digest | None = None

    @property
    def digest(self) -> Digest:
        """What was gathered so far; the formats for machines do without, and without its import."""
        if self._gathered is None:
            from sm_imgcheck.report._groups import Digest

            self._gathered = Digest()
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
        """Nothing yet: the result is gathered."""
        self.digest.add(row)
        return ""

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

    def summary(self, report: Report) -> Story:
        """The whole report."""
        from sm_imgcheck.report._layout import tell

        return tell(self.run, self.digest, report)
