"""The report of ``explain``; text on lines of 80 columns."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from sm_imgcheck.core.escape import for_terminal
from sm_imgcheck.core.frozen import frozen
from sm_imgcheck.core.types import Report
from sm_imgcheck.report import ReportContent, _records
from sm_imgcheck.report.rules import of_rule
from sm_imgcheck.rules import Rule

if TYPE_CHECKING:
    from sm_imgcheck.rules.endpoint_errors import Explanation

__all__ = ["ExplainContent", "ManualPage", "page", "rule_page"]

_KEYS = ("cause", "kind", "certainty", "title", "reason", "code", "tool", "checks", "line", "evidence", "source")
_UNKNOWN = """\
Not recognized: the text contains no known error of an image, a tensor or a
request body. The request may still have an error:
  sm-imgcheck validate photo.jpg -s SPEC
  sm-imgcheck explain - < container.log
The log of the endpoint (CloudWatch) often has more detail than its response.
"""

_WIDE = 80
_ITEM = re.compile(r"\s*(?:[*+-]|\d+[.)]) ")
_LITERAL = re.compile(r"[#!<>]|    |([-*_=])\1{2,}\s*$")
"""Starts of heading, image, HTML, quote and code lines, and a whole rule."""
_CELL_END = re.compile(r"(?<!\\)\|")
_TOPIC_LINK = re.compile(r"\[([^\]]+)\]\(([\w-]+)\.md\)")
_FILE_LINK = re.compile(r"\[([^\]]+)\]\(\.\./[^)]*\)")
"""Links to another page, and to a file of the repository."""
_MAX_EVIDENCE = 150
"""Characters of the evidence that are printed."""


@frozen
class ManualPage:
    """A page of the manual, in Markdown."""

    topic: str
    page: str


class ExplainContent(ReportContent["Rule | Explanation | ManualPage"]):
    """The manual page of a rule, the causes of an error, or a page of the manual."""

    key = ""
    indent = 1

    def __init__(self) -> None:
        self.pages = 0

    def record(self, row: Rule | Explanation | ManualPage) -> dict[str, object]:
        """One rule, cause or page."""
        if isinstance(row, ManualPage):
            return {"topic": row.topic, "page": row.page}
        return of_rule(row) if isinstance(row, Rule) else {key: _records.plain(getattr(row, key)) for key in _KEYS}

    def words(self, row: Rule | Explanation | ManualPage) -> str:
        """One page, with an empty line between two."""
        separator, self.pages = "\n" if self.pages else "", self.pages + 1
        if isinstance(row, ManualPage):
            return f"{separator}{_wrap_page(_without_links(row.page))}\n"
        return f"{separator}{_wrap_page(rule_page(row)) if isinstance(row, Rule) else page(row)}\n"

    def summary(self, report: Report) -> str:
        """The advice for a text that is not recognized."""
        del report
        return "" if self.pages else _UNKNOWN


def rule_page(rule: Rule) -> str:
    """The manual page of a rule, in Markdown."""
    facts = [f"Severity: {rule.severity}."]
    facts += ["Fixable by convert." if rule.fixed_by else "Not fixable by convert."]
    parts = [f"{rule.code} {rule.name}: {rule.title}", rule.page, " ".join(facts)]
    parts += [f"Evidence: {rule.see}"] if rule.see else []
    return "\n\n".join(part for part in parts if part)


def _without_links(text: str) -> str:
    """A page in which each link to another page is the command that prints it."""
    return _FILE_LINK.sub(r"\1", _TOPIC_LINK.sub(r"\1 (explain \2)", text))


def _wrap_page(text: str) -> str:
    """Markdown with paragraphs, list items and table rows on lines of 80 columns; all else is kept."""
    lines: list[str] = []
    paragraph: list[str] = []
    is_code = False
    for line in [*text.split("\n"), ""]:
        is_fence = line.lstrip().startswith("```")
        is_kept = is_code or is_fence or not line.strip() or _LITERAL.match(line) is not None
        is_row = line.startswith("|") and not is_kept
        if paragraph and (is_kept or is_row or _ITEM.match(line) is not None):
            lines.append(_wrap_paragraph(paragraph))
            paragraph = []
        if is_kept:
            lines.append(line)
        elif is_row:
            lines += _wrap_row(line)
        else:
            paragraph.append(line)
        is_code ^= is_fence
    return "\n".join(lines[:-1])


def _wrap_row(line: str) -> Iterator[str]:
    """A row of a table, with its cells on one line where they fit; the line below the heading has none."""
    first, *others = (cell.replace("\\|", "|").strip() for cell in _CELL_END.split(line.strip("|")))
    if line.strip("|-: "):
        yield _block(f"{first}: " if first else "", " | ".join(others))


def _wrap_paragraph(paragraph: list[str]) -> str:
    item = _ITEM.match(paragraph[0])
    mark = item[0] if item else paragraph[0][: len(paragraph[0]) - len(paragraph[0].lstrip())]
    first = " ".join(paragraph)[len(mark) :]
    return mark + _block("", first, indent=" " * len(mark))[len(mark) :]


def page(cause: Explanation) -> str:
    """What it is, why, what to do in the code and with this tool, and which check finds it beforehand."""
    parts = [_block("", cause.heading), _evidence(cause)]
    parts += [_block("Why: ", cause.reason), _block("In the code: ", cause.code)]
    if cause.tool:
        parts.append("With this tool:\n" + "\n".join(_tool(line) for line in cause.tool))
    if cause.checks:
        parts.append(_block("Found before sending by: ", ", ".join(cause.checks)))
    return "\n".join(parts)


def _evidence(cause: Explanation) -> str:
    said = for_terminal(cause.evidence)
    if len(said) > _MAX_EVIDENCE:
        said = f"{said[: _MAX_EVIDENCE - 50]} ... {said[-45:]}"
    return _block("", f"line {cause.line}: {said}", indent="    ")


def _tool(line: str) -> str:
    """A command stays on its line, to be pasted; a sentence is wrapped."""
    return f"  {line}" if line.startswith("sm-imgcheck ") else _block("", line, indent="  ")


def _block(label: str, text: str, indent: str = "") -> str:
    """Words on lines of at most 80 columns: like ``textwrap``, whose import needs a millisecond."""
    later = indent or ("  " if label else "")
    lines = [indent]
    for word in (label + for_terminal(text)).split():
        has_words = lines[-1] != (later if lines[1:] else indent)
        if has_words and len(lines[-1]) + len(word) >= _WIDE:
            lines.append(later + word)
        else:
            lines[-1] += f" {word}" if has_words else word
    return "\n".join(lines)
