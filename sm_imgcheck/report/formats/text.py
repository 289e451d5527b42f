"""Plain text: no colors, no broken lines, the same in a pipe, a log and a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING, Generic

from sm_imgcheck.core import phrases
from sm_imgcheck.core.types import Report
from sm_imgcheck.report import ReportContent, Reporter, Row_contra, Terminal

if TYPE_CHECKING:
    from sm_imgcheck.report._layout import ReportLayout
    from sm_imgcheck.report._rows import Row, Section

__all__ = ["HUMAN_READABLE", "SUMMARIZES", "lines", "reporter"]

HUMAN_READABLE = SUMMARIZES = True


def reporter(content: ReportContent[Row_contra], _: Terminal) -> Reporter[Row_contra]:
    """Report as text: row by row, or at the end, with the findings that rows share."""
    return _Text(content)


class _Text(Generic[Row_contra]):
    def __init__(self, content: ReportContent[Row_contra]) -> None:
        self.content = content

    def open(self) -> str:
        return ""

    def row(self, row: Row_contra) -> str:
        return self.content.words(row)

    def close(self, report: Report) -> str:
        summary = self.content.summary(report)
        return summary if isinstance(summary, str) else "\n".join(lines(summary)) + "\n"


def lines(layout: ReportLayout) -> list[str]:
    """The lines of a report."""
    texts = list(layout.head)
    for section in layout.sections:
        texts += ["", section.title, *_rows(section), *_steps(section)]
    texts += [*([""] if texts and layout.summary else []), *layout.summary]
    return [*texts, "", f"  {layout.command}"] if layout.command else texts


def _rows(section: Section) -> list[str]:
    heads = iter(phrases.columns((row.severity, row.code, row.name) for row in section.rows if row.code))
    lines = []
    for row in section.rows:
        lines.append(f"{next(heads)}  {row.message}{_fix_text(row)}" if row.code else f"  {row.message}")
        lines += [f"      {detail}" for detail in row.details]
    return lines


def _fix_text(row: Row) -> str:
    return f" [{row.fix}]" if row.fix and row.code else ""


def _steps(section: Section) -> list[str]:
    phrases_of_steps = [phrases.step(step) for step in section.steps]
    lines = phrases.columns(
        (str(number), op, f"{reason}{f' [{loss}]' if loss else ''}")
        for number, (op, reason, loss) in enumerate(phrases_of_steps, 1)
    )
    return [line.rstrip() for line in lines]
