"""CSV (RFC 4180): a line for each finding, and one for each file without any."""

from __future__ import annotations

import re
from collections.abc import Iterable
from csv import writer
from io import StringIO
from typing import Generic

from sm_imgcheck.core.escape import for_json
from sm_imgcheck.core.types import Finding, Report
from sm_imgcheck.report import ReportContent, Reporter, Row_contra, Terminal, _records
from sm_imgcheck.report._entries import Assessment, FileEntry, Templates, all_findings

__all__ = ["reporter"]

_COLUMNS = ("path", "kind", "status", "code", "name", "severity", "certainty", "probability", "fixed_by")
_TEXTS = ("expected", "actual", "message")
_END = "\r\n"
_NO_FINDING = "," * (len(_COLUMNS) - 4 + len(_TEXTS)) + _END
_PLAIN = re.compile(r"[A-Za-z0-9_./][A-Za-z0-9_./ -]*")
"""A cell that needs neither quotes nor an apostrophe."""
_FORMULA = re.compile(r"[=@\t\r]|[+-](?![\d.])")
"""Start of a formula in a spreadsheet; a file name can be one."""


def reporter(content: ReportContent[Row_contra], _: Terminal) -> Reporter[Row_contra]:
    """Report files and findings; a verb without files reports the values of each row."""
    return _Cells(content)


class _Cells(Generic[Row_contra]):
    def __init__(self, content: ReportContent[Row_contra]) -> None:
        self.content = content
        self.columns: tuple[str, ...] = ()
        self.templates: Templates[list[str]] = Templates(_ends)

    def open(self) -> str:
        return ""

    def row(self, row: Row_contra) -> str:
        entries = self.content.entries(row)
        if entries is not None:
            return self._header((*_COLUMNS, *_TEXTS)) + "".join(map(self._lines, entries))
        record = self.content.record(row)
        return self._header(tuple(record)) + _line([_value(record.get(column)) for column in self.columns])

    def close(self, report: Report) -> str:
        del report
        return self._header((*_COLUMNS, *_TEXTS))  # of an empty run

    def _lines(self, entry: FileEntry) -> str:
        path = entry.path if _PLAIN.fullmatch(entry.path) else _line([entry.path]).removesuffix(_END)
        return "".join([path + end for end in self.templates[entry.assessment]])

    def _header(self, columns: tuple[str, ...]) -> str:
        """The names of the columns, before the first line; empty later."""
        if self.columns:
            return ""
        self.columns = columns
        return _line(columns)


def _ends(assessment: Assessment) -> list[str]:
    """Each line without the path."""
    start = f",{assessment.kind},{assessment.status},"
    cells = map(_cells, all_findings(assessment))
    return [start + end for end in cells] or [start + _NO_FINDING]


def _cells(finding: Finding) -> str:
    return _line(getattr(finding, name) for name in (*_COLUMNS[3:], *_TEXTS))


def _value(value: object) -> object:
    return _records.encode(value) if isinstance(value, dict | list) else value


def _line(cells: Iterable[object]) -> str:
    text = StringIO()
    writer(text).writerow([_cell(cell) for cell in cells])
    return text.getvalue()


def _cell(value: object) -> object:
    """Return the cell as text in a spreadsheet: an apostrophe precedes what looks like a formula."""
    if not isinstance(value, str):
        return value
    text = for_json(value).replace("\0", "\\x00")
    return f"'{text}" if _FORMULA.match(text) else text
