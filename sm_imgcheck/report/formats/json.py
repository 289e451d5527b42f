"""One JSON document; each row is on a line of its own."""

from __future__ import annotations

from typing import Generic

from sm_imgcheck.core.types import Report
from sm_imgcheck.report import Content, Reporter, Row_contra, _records

__all__ = ["reporter"]

EVERY_VERB = True
"""Commands that print one document offer it too."""


def reporter(content: Content[Row_contra]) -> Reporter[Row_contra]:
    """Report one document, written as the rows come."""
    return _Document(content)


class _Document(Generic[Row_contra]):
    def __init__(self, content: Content[Row_contra]) -> None:
        self.content = content
        self.separator = "\n"

    def open(self) -> str:
        return _records.encode(self.content.head())[:-1] + f', "{self.content.key}": ['

    def row(self, row: Row_contra) -> str:
        before, self.separator = self.separator, ",\n"
        return before + _records.encode(self.content.record(row))

    def close(self, report: Report) -> str:
        return "],\n" + _records.encode(self.content.tail(report))[1:] + "\n"
