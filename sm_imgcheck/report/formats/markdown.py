"""Markdown for job summaries and comments: the text report in tables; bounded for any number of files."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Generic

from sm_imgcheck.core import phrases
from sm_imgcheck.core.types import Report
from sm_imgcheck.report import ReportContent, Reporter, Row_contra, Terminal

if TYPE_CHECKING:
    from sm_imgcheck.report._layout import ReportLayout
    from sm_imgcheck.report._rows import Row, Section

__all__ = ["SUMMARIZES", "reporter"]

SUMMARIZES = True
_MOST = 200_000
"""Characters of rows that are printed; GitHub takes 1 MiB for a step."""
_ICONS = {"error": "❌ error", "warning": "⚠️ warning", "notice": "ℹ️ notice"}  # noqa: RUF001
_SPECIAL = re.compile(r"([\\`*_{}\[\]<>()#+!|~&@])")


def reporter(content: ReportContent[Row_contra], _: Terminal) -> Reporter[Row_contra]:
    """Report rows in a code block, and the summary under headings."""
    return _Markdown(content)


class _Markdown(Generic[Row_contra]):
    def __init__(self, content: ReportContent[Row_contra]) -> None:
        self.content = content
        self.length = self.omitted = 0

    def open(self) -> str:
        return f"## {_text(self.content.document_title)}\n\n"

    def row(self, row: Row_contra) -> str:
        words = self.content.words(row)
        if not words:
            return ""
        if self.length + len(words) > _MOST:
            self.omitted += 1
            return ""
        start = "" if self.length else "````text\n"  # four: words may contain a fence of three
        self.length += len(words)
        return start + words.replace("````", "'''' ")

    def close(self, report: Report) -> str:
        end = f"and {self.omitted:,} more\n" if self.omitted else ""
        end += "````\n\n" if self.length else ""
        summary = self.content.summary(report)
        if isinstance(summary, str):
            return end + (f"````text\n{summary.strip(chr(10))}\n````\n" if summary else "")
        return end + "\n".join(_layout(summary)) + "\n"


def _layout(layout: ReportLayout) -> Iterator[str]:
    for line in layout.summary:
        yield f"**{_text(line)}**\n"
    for line in layout.head:
        yield f"{_text(line)}\n"
    if layout.command:
        yield f"```sh\n{layout.command}\n```\n"
    for section in layout.sections:
        yield f"### {_text(section.title.removesuffix(':'))}\n"
        yield from _section(section)
        yield ""


def _section(section: Section) -> Iterator[str]:
    if any(row.code for row in section.rows):
        yield "| Severity | Code | Finding | Fix |"
        yield "|---|---|---|---|"
        for row in section.rows:
            cells = _ICONS.get(row.severity, ""), f"`{row.code}` {_text(row.name)}", _message(row), _text(row.fix)
            yield f"| {' | '.join(cells)} |"
    else:
        for row in section.rows:
            yield f"* {_message(row)}"
    for number, step in enumerate(section.steps, 1):
        op, reason, loss = phrases.step(step)
        yield f"{number}. `{op}`: {_text(reason)}{f' [{_text(loss)}]' if loss else ''}"


def _message(row: Row) -> str:
    return "<br>".join(map(_text, (row.message, *row.details)))


def _text(text: str) -> str:
    """Return text in which every special character is a character reference: no markup, no mention of a user."""
    return _SPECIAL.sub(lambda match: f"&#{ord(match[1])};", " ".join(text.split()))
