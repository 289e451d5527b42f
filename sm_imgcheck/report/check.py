"""The report of checked candidates: of ``validate`` and ``convert``."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from sm_imgcheck.core.escape import for_terminal
from sm_imgcheck.core.types import Report, Result
from sm_imgcheck.report import ReportContent, Run, _records
from sm_imgcheck.report._entries import FileEntry, entry_of

if TYPE_CHECKING:
    from sm_imgcheck.features.pictures.representatives import Representatives
    from sm_imgcheck.features.pictures.thumbnails import Thumbnail
    from sm_imgcheck.report._groups import FindingGroup, ResultSummary
    from sm_imgcheck.report._layout import ReportLayout
    from sm_imgcheck.report._statistics import FileStatistics

__all__ = ["CheckContent"]


class CheckContent(ReportContent[Result]):
    """Each result as JSON values; the findings that results share as text, at the end."""

    key = "results"
    rows_together = 64  # seven formats take 44 us a row right after the decoding of an image, 15 us after other rows

    def __init__(self, run: Run, *, writes: bool = False) -> None:
        """writes: each result is written, and fails where it is not."""
        self._representatives: Representatives | None = None
        self._thumbnails: dict[str, Sequence[Thumbnail]] = {}
        self._statistics: FileStatistics | None = None
        self.run, self.writes = run, writes
        self.document_title, self.fail_on = f"sm-imgcheck {run.title or run.spec.name}", run.fail_on
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
        summary = _records.of_report(report)
        if self._statistics is not None and self.run.statistics:
            summary["statistics"] = self._statistics.record()
        return {"summary": summary}

    def words(self, row: Result) -> str:
        """Empty: results are part of the summary."""
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

    @property
    def statistics(self) -> FileStatistics | None:
        """Statistics of the candidates."""
        return self._statistics

    def enable_statistics(self) -> None:
        """Collect statistics from now on."""
        from sm_imgcheck.report._statistics import FileStatistics

        self._statistics = self._statistics or FileStatistics()

    @property
    def is_illustrated(self) -> bool:
        """Whether a format shows thumbnails."""
        return self._representatives is not None

    def enable_thumbnails(self) -> None:
        """Keep the thumbnails of representatives from now on."""
        from sm_imgcheck.features.pictures.representatives import Representatives

        self._representatives = self._representatives or Representatives()

    def measure(
        self,
        row: Result,
        *,
        size: int,
        seconds: float,
        levels: bytes = b"",
        thumbnails: Sequence[Thumbnail] = (),
    ) -> None:
        """Add a candidate to the statistics, and keep its thumbnails where it is a representative.

        size: bytes of its file; seconds: time of its check; levels: a sample of its gray levels.
        """
        if self._statistics is not None:
            self._statistics.add(row, size, seconds, levels)
        if self._representatives is not None and self._representatives.add(row) and thumbnails:
            self._thumbnails[row.path] = thumbnails

    def groups(self) -> Iterable[FindingGroup]:
        """The findings of the run by code and expected value."""
        return self.digest.groups.values()

    def thumbnails(self, path: str) -> Sequence[Thumbnail]:
        """The source, what the model sees, and what it should see."""
        return self._thumbnails.get(path, ())

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

        layout = layout_report(self.run, self.digest, report)
        if self._statistics is None or not self.run.statistics:
            return layout
        from dataclasses import replace

        lines = ("", "Statistics:", *(f"  {line}" for line in self._statistics.lines()))
        return replace(layout, summary=(*layout.summary, *lines))
