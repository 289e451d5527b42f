"""The Code Quality report of GitLab: a JSON array with an object for each finding.

https://docs.gitlab.com/ci/testing/code_quality/#code-quality-report-format
"""

from __future__ import annotations

from collections import Counter
from typing import Generic

from sm_imgcheck.core.types import Finding, Report, is_failing
from sm_imgcheck.report import ReportContent, Reporter, Row_contra, Terminal, _records
from sm_imgcheck.report._entries import (
    Assessment,
    FileEntry,
    Templates,
    all_findings,
    finding_digest,
    path_digest,
    shown_message,
)
from sm_imgcheck.report._paths import json_path, relative_path

__all__ = ["reporter"]


def reporter(content: ReportContent[Row_contra], terminal: Terminal) -> Reporter[Row_contra]:
    """Report every finding: ``major`` where it makes the exit code 1, ``minor``, or ``info`` for a notice."""
    return _Issues(content, terminal)


class _Issues(Generic[Row_contra]):
    def __init__(self, content: ReportContent[Row_contra], terminal: Terminal) -> None:
        self.content, self.root = content, terminal.root
        self.issues = 0
        self.templates: Templates[list[tuple[str, str]]] = Templates(self._render)

    def open(self) -> str:
        return "["

    def row(self, row: Row_contra) -> str:
        return "".join(map(self._entry, self.content.entries(row) or ()))

    def close(self, report: Report) -> str:
        del report
        return "\n]\n" if self.issues else "]\n"

    def _entry(self, entry: FileEntry) -> str:
        issues = self.templates[entry.assessment]
        if not issues:
            return ""
        path, member = relative_path(self.root, entry.path)
        digest = path_digest(f"{path}::{member}" if member else path)
        location = f'", "location": {{"path": {json_path(path)}, "lines": {{"begin": {entry.line}}}}}}}'
        separator = ",\n" if self.issues else "\n"
        self.issues += len(issues)
        return separator + ",\n".join([f"{start}{digest}{end}{location}" for start, end in issues])

    def _render(self, assessment: Assessment) -> list[tuple[str, str]]:
        """JSON of each issue, before and after the digest of the path."""
        repeats: Counter[tuple[str, str]] = Counter()
        issues = []
        for finding in all_findings(assessment):
            code = finding.code, finding.expected
            start = f'{self._issue(finding, is_problem=finding is assessment.problem)[:-1]}, "fingerprint": "'
            issues.append((start, finding_digest(finding, repeats[code])))
            repeats[code] += 1
        return issues

    def _issue(self, finding: Finding, *, is_problem: bool) -> str:
        """The issue of a finding as JSON, without its file."""
        failing = is_problem or is_failing(finding, self.content.fail_on)
        issue = {
            "description": f"{finding.name}: {shown_message(finding)}",
            "check_name": finding.code,
            "severity": "major" if failing else "info" if finding.severity == "notice" else "minor",
        }
        return _records.encode(issue)
