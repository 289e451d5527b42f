"""Tables and colours for people at a terminal, by rich; the same story as ``text``."""

from __future__ import annotations

from io import StringIO

from rich.box import SIMPLE_HEAD
from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from sm_imgcheck.model import Report, Result
from sm_imgcheck.report import Run, _words
from sm_imgcheck.report._digest import Digest
from sm_imgcheck.report._story import Row, Section, Story, tell

__all__ = ["reporter"]

_STYLES = {"error": "bold red", "warning": "bold yellow", "notice": "bold cyan"}


def reporter(run: Run) -> _Table:
    """Report at the end, when it is known what all have in common."""
    return _Table(run)


class _Table:
    def __init__(self, run: Run) -> None:
        self.run = run
        self.digest = Digest()

    def open(self) -> str:
        return ""

    def row(self, result: Result) -> str:
        self.digest.add(result)
        return ""

    def close(self, report: Report) -> str:
        return _render(_story(tell(self.run, self.digest, report)), self.run)


def _render(what: RenderableType, run: Run) -> str:
    """Lay out for the width of the terminal. Text goes in as Text: nothing in it is taken for markup."""
    file = StringIO()
    console = Console(
        file=file,
        width=run.width,
        force_terminal=run.color,
        color_system="standard" if run.color else None,
        highlight=False,
        markup=False,
        emoji=False,
        legacy_windows=False,
    )
    console.print(what, soft_wrap=False)
    return "".join(f"{line.rstrip()}\n" for line in file.getvalue().splitlines())


def _story(story: Story) -> Group:
    parts: list[RenderableType] = [Text(line, style="bold" if not number else "") for number, line in enumerate(story.head)]
    for section in story.sections:
        parts += [Text(f"\n{section.title}"), _rows(section) if section.rows else _steps(section)]
    parts += [Text("\n" + line) if not number else Text(line) for number, line in enumerate(story.summary)]
    if story.command:
        parts.append(Padding(Text(story.command, style="bold green", no_wrap=True, overflow="ignore"), (1, 0, 0, 2)))
    return Group(*parts)


def _rows(section: Section) -> Table:
    table = Table(box=SIMPLE_HEAD, show_edge=False, pad_edge=True, expand=False)
    coded = any(row.code for row in section.rows)
    if coded:
        table.add_column("check", no_wrap=True)
    table.add_column("what" if coded else "why")
    if coded:
        table.add_column("mended by", no_wrap=True)
    for row in section.rows:
        table.add_row(*([_check(row)] if coded else []), _what(row), *([_mender(row)] if coded else []))
    return table


def _check(row: Row) -> Text:
    return Text.assemble((f"{row.severity} {row.code}", _STYLES[row.severity]), "\n", (row.name, "dim"))


def _what(row: Row) -> Text:
    return Text.assemble(row.message, *((f"\n{detail}", "dim") for detail in row.details))


def _mender(row: Row) -> Text:
    if row.mender:
        return Text(row.mender)
    return Text("") if row.severity == "notice" else Text("not by convert", style="red" if row.severity == "error" else "")


def _steps(section: Section) -> Table:
    table = Table(box=None, show_header=False, pad_edge=True, padding=(0, 1))
    table.add_column(justify="right")
    table.add_column(no_wrap=True, style="bold")
    table.add_column()
    for number, step in enumerate(section.steps, 1):
        op, reason, loss = _words.step(step)
        table.add_row(str(number), op, Text.assemble(reason, (f" [{loss}]", "yellow") if loss else ""))
    return table
