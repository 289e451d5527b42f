"""The report of ``rules``."""

from __future__ import annotations

from collections.abc import Collection

from sm_imgcheck.report import ReportContent, _records
from sm_imgcheck.rules import Rule

__all__ = ["RulesContent", "of_rule"]

_KEYS = ("code", "name", "family", "severity", "fixed_by", "title", "page", "see")


def of_rule(rule: Rule) -> dict[str, object]:
    """A rule with its manual page as JSON values."""
    return {key: _records.plain(getattr(rule, key)) for key in _KEYS}


class RulesContent(ReportContent[Rule]):
    """Each of ``rules`` on a line."""

    key = ""
    indent = 1
    folds = True

    def __init__(self, rules: Collection[Rule]) -> None:
        self.width = max(len(rule.name) for rule in rules)

    def record(self, row: Rule) -> dict[str, object]:
        """One rule."""
        return of_rule(row)

    def words(self, row: Rule) -> str:
        """Code, severity, name and what it finds."""
        return f"{row.code}  {row.severity:7}  {row.name:{self.width}}  {row.title}\n"
