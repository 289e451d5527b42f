"""Plain text for people: no colours, no broken lines, the same in a pipe, a log and a terminal."""

from __future__ import annotations

from sm_imgcheck.core import phrases
from sm_imgcheck.core.types import Report, Result
from sm_imgcheck.report import Run
from sm_imgcheck.report._groups import Digest
from sm_imgcheck.report._layout import Story, tell
from sm_imgcheck.report._rows import Row, Section

__all__ = ["lines", "reporter"]


def reporter(run: Run) -> _Text:
    """Report at the end, when it is known what all have in common."""
    return _Text(run)


class _Text:
    def __init__(self, run: Run) -> None:
        self.run = run
        self.digest = Digest()

    def open(self) -> str:
        return ""

    def row(self, result: Result) -> str:
        self.digest.add(result)
        return ""

    def close(self, report: Report) -> str:
        return "\n".join(lines(tell(self.run, self.digest, report))) + "\n"


def lines(story: Story) -> list[str]:
    """The story line by line."""
    told = list(story.head)
    for section in story.sections:
        told += ["", section.title, *_rows(section), *_steps(section)]
    told += [*([""] if told and story.summary else []), *story.summary]
    return [*told, "", f"  {story.command}"] if story.command else told


def _rows(section: Section) -> list[str]:
    heads = iter(phrases.columns((row.severity, row.code, row.name) for row in section.rows if row.code))
    lines = []
    for row in section.rows:
        lines.append(f"{next(heads)}  {row.message}{_mender(row)}" if row.code else f"  {row.message}")
        lines += [f"      {detail}" for detail in row.details]
    return lines


def _mender(row: Row) -> str:
    return f" [{row.mender}]" if row.mender and row.code else ""


def _steps(section: Section) -> list[str]:
    told = [phrases.step(step) for step in section.steps]
    lines = phrases.columns(
        (str(number), op, f"{reason}{f' [{loss}]' if loss else ''}")
        for number, (op, reason, loss) in enumerate(told, 1)
    )
    return [line.rstrip() for line in lines]
