"""A report in tables and colors for a terminal, by rich."""

from __future__ import annotations

from collections.abc import Iterator
from io import StringIO

from rich.box import SIMPLE_HEAD
from rich.console import Console, ConsoleOptions, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from sm_imgcheck.core import phrases
from sm_imgcheck.core.frozen import mutable
from sm_imgcheck.report._layout import ReportLayout
from sm_imgcheck.report._rows import NOT_FIXABLE, Row, Section
from sm_imgcheck.report.settings import Terminal

__all__ = ["draw"]

_STYLES = {"error": "bold red", "warning": "bold yellow", "notice": "bold cyan"}


def draw(layout: ReportLayout, terminal: Terminal) -> str:
    """Format for the width of the terminal. Text objects are used, so that no text is interpreted as markup."""
    file = StringIO()
    console = Console(
        file=file,
        width=terminal.width,
        force_terminal=terminal.color,
        color_system="standard" if terminal.color else None,
        highlight=False,
        markup=False,
        emoji=False,
        legacy_windows=False,
    )
    for part in _parts(layout):
        console.print(part)
    if layout.command:  # soft_wrap: neither cropped nor broken, however wide the terminal is, so that it can be pasted
        console.print(Text.assemble("\n  ", (layout.command, "bold green")), soft_wrap=True)
    output = file.getvalue()
    output = output.replace("\N{BOX DRAWINGS LIGHT HORIZONTAL}", "-") if terminal.ascii_only else output
    return "".join(f"{line.rstrip()}\n" for line in output.splitlines())


def _parts(layout: ReportLayout) -> Iterator[RenderableType]:
    for number, line in enumerate(layout.head):
        yield _Hanging(text=Text(line, style="" if number else "bold"), rest=2)
    for section in layout.sections:
        yield Text(f"\n{section.title}")
        yield from _section(section)
    if layout.summary and (layout.head or layout.sections):
        yield Text("")
    for line in layout.summary:
        yield _Hanging(text=Text(line), rest=2)


@mutable
class _Hanging:
    """A paragraph whose lines after the first are indented further, so that a wrapped name is recognized as one."""

    text: Text
    first: int = 0
    rest: int = 0

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> Iterator[RenderableType]:
        width = options.max_width - self.rest
        for number, line in enumerate(self.text.wrap(console, width, overflow="fold")):
            yield Padding(line, (0, 0, 0, self.rest if number else self.first))


def _section(section: Section) -> list[RenderableType]:
    """A table, unless the rows name files: names are long, and have the whole line."""
    if section.steps:
        return [_steps(section)]
    if any(row.details or not row.code for row in section.rows):
        return [part for row in section.rows for part in _with_files(row)]
    return [_findings(section)]


def _findings(section: Section) -> Table:
    table = Table(box=SIMPLE_HEAD, show_edge=False)
    table.add_column("check", no_wrap=True)
    table.add_column("what", overflow="fold")
    has_fixes = any(row.fix for row in section.rows)
    if has_fixes:
        table.add_column("fixed by")
    for row in section.rows:
        check = Text.assemble((f"{row.severity} {row.code}", _STYLES[row.severity]), "\n", (row.name, "dim"))
        fix = [Text(row.fix if row.fix != NOT_FIXABLE else "nothing")] if has_fixes else []
        table.add_row(check, Text(row.message), *fix)
    return table


def _with_files(row: Row) -> list[RenderableType]:
    check = f"{row.severity} {row.code} {row.name}  " if row.code else ""
    fix = f" [{row.fix}]" if row.fix and row.code else ""
    head = Text.assemble((check, _STYLES[row.severity]), row.message, (fix, "dim"))
    return [
        _Hanging(text=head, first=1, rest=3),
        *(_Hanging(text=Text(detail, style="dim"), first=5, rest=7) for detail in row.details),
    ]


def _steps(section: Section) -> Table:
    table = Table(box=None, show_header=False, padding=(0, 1))
    table.add_column(justify="right")
    table.add_column(no_wrap=True, style="bold")
    table.add_column(overflow="fold")
    for number, step in enumerate(section.steps, 1):
        op, reason, loss = phrases.step(step)
        table.add_row(str(number), op, Text.assemble(reason, (f" [{loss}]", "yellow") if loss else ""))
    return table
