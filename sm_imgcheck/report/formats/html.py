"""One self-contained page: counts, findings with images, distributions, and a table of failed files with a filter.

The page loads no other files, and is readable without JavaScript. It is bounded for any number of
files: groups of findings with examples, a few images, and the first failed files.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterator
from html import escape
from itertools import takewhile
from typing import TYPE_CHECKING, Generic

from sm_imgcheck.core import phrases
from sm_imgcheck.core.escape import for_terminal
from sm_imgcheck.core.types import Report
from sm_imgcheck.core.types.finding import SEVERITY_ORDER
from sm_imgcheck.report import ReportContent, Reporter, Row_contra, Terminal
from sm_imgcheck.report._entries import Assessment, FileEntry, Templates, all_findings, shown_message
from sm_imgcheck.report._html import SCRIPT, STYLE, bar_chart

if TYPE_CHECKING:
    from sm_imgcheck.report._groups import FindingGroup
    from sm_imgcheck.report._layout import ReportLayout

__all__ = ["SUMMARIZES", "reporter"]

SUMMARIZES = True
_FILES = 1_000
"""Files of the table."""
_GROUPS = 100
_WITH_IMAGES = 12
"""Files with images: the first of each group, once."""
_WORDS = 200_000
"""Characters of rows in words."""
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data:"


def reporter(content: ReportContent[Row_contra], _: Terminal) -> Reporter[Row_contra]:
    """Report a page, which is written when the run ends."""
    content.enable_statistics()
    content.enable_thumbnails()
    return _Page(content)


class _Page(Generic[Row_contra]):
    def __init__(self, content: ReportContent[Row_contra]) -> None:
        self.content = content
        self.files: list[str] = []
        self.templates: Templates[tuple[str, str]] = Templates(_cells)
        self.unlisted = self.length = 0
        self.words: list[str] = []

    def open(self) -> str:
        title = _text(self.content.document_title)
        return (
            f'<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n<title>{title}</title>\n'
            '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
            f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">\n<style>{STYLE}</style>\n'
            f"</head>\n<body>\n<header><h1>{title}</h1>\n"
        )

    def row(self, row: Row_contra) -> str:
        for entry in self.content.entries(row) or ():
            self._list(entry)
        words = self.content.words(row)
        if words and self.length < _WORDS:
            self.length += len(words)
            self.words.append(words)
        return ""

    def _list(self, entry: FileEntry) -> None:
        start, end = self.templates[entry.assessment]
        if not start:
            return
        if len(self.files) < _FILES:
            self.files.append(f"{start}{_text(entry.path)}{end}")
        else:
            self.unlisted += 1

    def close(self, report: Report) -> str:
        return "".join(self._parts(report))

    def _parts(self, report: Report) -> Iterator[str]:
        summary = self.content.summary(report)
        if not isinstance(summary, str):
            yield from (f"<p>{_text(line)}</p>\n" for line in summary.head)
            verdict = takewhile(bool, summary.summary)  # statistics follow an empty line, and are charts here
            lines = (line.removesuffix(":") for line in verdict)  # the command has a heading
            yield from (f'<p class="verdict">{_text(line)}</p>\n' for line in lines)
        yield "</header>\n<main>\n"
        if report.candidates:
            yield from _counts(report)
        if summary and not isinstance(summary, str) and summary.command:
            yield f"<h2>Fix</h2>\n<pre>{_text(summary.command)}</pre>\n"
        groups = sorted(self.content.groups(), key=lambda group: SEVERITY_ORDER[group.sample.severity])
        if groups or self.files:
            codes = sorted({group.sample.code for group in groups})
            yield _filter(codes)
        yield from self._groups(groups)
        yield from self._other_sections(summary, groups=bool(groups))
        yield from self._statistics()
        yield from self._table()
        yield f"</main>\n<script>{SCRIPT}</script>\n</body>\n</html>\n"

    def _groups(self, groups: list[FindingGroup]) -> Iterator[str]:
        if not groups:
            return
        yield '<section aria-labelledby="findings"><h2 id="findings">Findings</h2>\n'
        shown_paths: set[str] = set()
        for group in groups[:_GROUPS]:
            path = group.examples[0][0] if group.examples else ""
            figures = (
                self._figures(path) if path and path not in shown_paths and len(shown_paths) < _WITH_IMAGES else ()
            )
            shown_paths.add(path)
            yield _group(group, "".join(figures))
        if len(groups) > _GROUPS:
            yield f"<p>{len(groups) - _GROUPS:,} more groups; other formats have all findings.</p>\n"
        yield "</section>\n"

    def _figures(self, path: str) -> Iterator[str]:
        thumbnails = self.content.thumbnails(path)
        if thumbnails:
            yield '<div class="figures">'
        for thumbnail in thumbnails:
            data, caption = b64encode(thumbnail.jpeg).decode(), _text(thumbnail.caption)
            size = f'width="{thumbnail.width}" height="{thumbnail.height}"'
            yield (
                f'<figure><img src="data:image/jpeg;base64,{data}" {size} '
                f'alt="{caption}: {_text(path)}"><figcaption>{caption}</figcaption></figure>'
            )
        if thumbnails:
            yield f'<p class="path">{_text(path)}</p></div>\n'

    def _other_sections(self, summary: ReportLayout | str, *, groups: bool) -> Iterator[str]:
        """What a verb reports other than findings: the plan, or its text."""
        if self.words:
            more = "\n..." if self.length >= _WORDS else ""
            yield f"<section><h2>Report</h2>\n<pre>{_text(''.join(self.words), keep=True)}{more}</pre></section>\n"
        if isinstance(summary, str):
            yield f"<pre>{_text(summary, keep=True)}</pre>\n" if summary else ""
            return
        for section in summary.sections:
            rows = [row for row in section.rows if not (groups and row.code)]
            if rows or section.steps:
                yield f"<section><h2>{_text(section.title.removesuffix(':'))}</h2>\n"
                yield from (f"<p>{_text(f'{row.code} {row.message}'.strip())}</p>\n" for row in rows)
                yield f"<ol>{''.join(_step(*phrases.step(step)) for step in section.steps)}</ol></section>\n"

    def _statistics(self) -> Iterator[str]:
        statistics = self.content.statistics
        charts = [] if statistics is None else statistics.distributions()
        if statistics is None or not charts:
            return
        yield '<section aria-labelledby="files-h"><h2 id="files-h">Distributions</h2>\n<div class="charts">\n'
        for chart in charts:
            unit = f" ({chart.unit})" if chart.unit else ""
            yield bar_chart(f"{chart.name}{unit}", chart.labels, chart.counts)
        for name, counter in statistics.counts.items():
            if counter:
                first = counter.most_common(8)
                labels = tuple(for_terminal(label)[:24] for label, _ in first)
                yield bar_chart(name.capitalize(), labels, tuple(count for _, count in first))
        yield "</div>\n</section>\n"

    def _table(self) -> Iterator[str]:
        if not self.files:
            return
        yield '<section><h2 id="table-h">Files</h2>\n'
        yield '<div class="scroll" tabindex="0" role="region" aria-labelledby="table-h"><table>\n<thead><tr>'
        yield from (f'<th scope="col">{name}</th>' for name in ("File", "Status", "Findings"))
        yield "</tr></thead>\n<tbody>\n"
        yield from self.files
        yield "</tbody></table></div>\n"
        if self.unlisted:
            yield f"<p>{self.unlisted:,} more files with findings; other formats list all.</p>\n"
        yield "</section>\n"


def _cells(assessment: Assessment) -> tuple[str, str]:
    """The row of a file in the table, before and after its path; empty without warnings and errors."""
    status = assessment.status
    if status == "ok" and all(finding.severity == "notice" for finding in assessment.findings):
        return "", ""
    findings = (*all_findings(assessment), *(suppression.finding for suppression in assessment.suppressed))
    codes = _text(" ".join(dict.fromkeys(finding.code for finding in findings)))
    messages = (f"<b>{_text(finding.code)}</b> {_text(shown_message(finding))}" for finding in findings[:10])
    start = f'<tr data-codes="{codes}"><td>'
    return start, f'</td><td class="{status.replace(" ", "-")}">{status}</td><td>{"<br>".join(messages)}</td></tr>\n'


def _text(text: str, *, keep: bool = False) -> str:
    """Printable text without markup. keep: line breaks stay."""
    if not keep:
        return escape(for_terminal(text))
    return "\n".join(escape(for_terminal(line)) for line in text.split("\n"))


def _counts(report: Report) -> Iterator[str]:
    counts = {
        "candidates": report.candidates,
        "ok": report.ok,
        "failed": report.failed,
        "not checked": report.not_checked,
        "suppressed": report.suppressed,
    }
    yield '<dl class="counts">\n'
    for name, number in counts.items():
        yield f'<div class="{name.replace(" ", "-")}"><dt>{name}</dt><dd>{number:,}</dd></div>\n'
    for severity in SEVERITY_ORDER:
        yield f'<div class="{severity}"><dt>{severity}s</dt><dd>{report.severities.get(severity, 0):,}</dd></div>\n'
    yield "</dl>\n"


def _filter(codes: list[str]) -> str:
    options = "".join(f'<option value="{_text(code)}">{_text(code)}</option>' for code in codes)
    return (
        '<form id="filter" hidden role="search"><label>Rule <select id="code"><option value="">all</option>'
        f'{options}</select></label> <label>Text <input id="text" type="search" autocomplete="off"></label> '
        '<output id="shown"></output></form>\n'
    )


def _group(group: FindingGroup, figures: str) -> str:
    from sm_imgcheck.report._layout import group_message
    from sm_imgcheck.report._rows import shorten_message

    sample = group.sample
    message = group_message(group)
    files = phrases.count(group.files, "file" if group.kind == "unknown" else group.kind)
    fix_text = f"Fixed by: {group.fix}" if group.fix else "Not fixable by convert."
    fix = f"<p>{_text(fix_text)}</p>" if sample.severity != "notice" and (group.fix or group.unfixed) else ""
    has_details = len(group.messages) > 1
    lines = [f"{path}: {shorten_message(text)}" if has_details else path for path, text in group.examples]
    examples = "".join(f"<li>{_text(line)}</li>" for line in lines)
    more = f"<li>and {group.files - len(group.examples):,} more</li>" if group.files > len(group.examples) else ""
    return (
        f'<article class="{sample.severity}" data-codes="{_text(sample.code)}"><h3><span class="severity">'
        f"{sample.severity}</span> {_text(sample.code)} {_text(sample.name)} <small>{files}</small></h3>\n"
        f"<p>{_text(message)}</p>{fix}\n{figures}"
        f"<details{'' if message else ' open'}><summary>Files</summary><ul>{examples}{more}</ul></details></article>\n"
    )


def _step(op: str, reason: str, loss: str) -> str:
    return f"<li><code>{_text(op)}</code> {_text(reason)}{f' [{_text(loss)}]' if loss else ''}</li>"
