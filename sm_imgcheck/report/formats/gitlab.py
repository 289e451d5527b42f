"""The Code Quality report of GitLab: a JSON array with an object for each finding.

https://docs.gitlab.com/ci/testing/code_quality/#code-quality-report-format
"""

from __future__ import annotations

from collections import Counter
from typing import Generic

from sm_imgcheck.core.escape import for_json
from sm_imgcheck.core.identity_cache import IdentityCache
from sm_imgcheck.core.types import Finding, Report, is_failing
from sm_imgcheck.report import ReportContent, Reporter, Row_contra, Terminal, _records
from sm_imgcheck.report._entries import FileEntry, all_findings, fingerprint, shown_message
from sm_imgcheck.report._paths import relative_path

__all__ = ["reporter"]

_CACHE_SIZE = 1_000


def reporter(content: ReportContent[Row_contra], terminal: Terminal) -> Reporter[Row_contra]:
    """Report every finding: ``major`` where it makes the exit code 1, ``minor``, or ``info`` for a notice."""
    return _Issues(content, terminal)


class _Issues(Generic[Row_contra]):
    def __init__(self, content: ReportContent[Row_contra], terminal: Terminal) -> None:
        self.content, self.root = content, terminal.root
        self.issues = 0
        self.encoded: IdentityCache[str] = IdentityCache(_CACHE_SIZE)

    def open(self) -> str:
        return "["

    def row(self, row: Row_contra) -> str:
        return "".join(self._issues(entry) for entry in self.content.entries(row) or ())

    def close(self, report: Report) -> str:
        del report
        return "\n]\n" if self.issues else "]\n"

    def _issues(self, entry: FileEntry) -> str:
        path, member = relative_path(self.root, entry.path)
        name = f"{path}::{member}" if member else path
        location = f'{{"path": {_records.encode(for_json(path))}, "lines": {{"begin": {entry.line}}}}}'
        repeats: Counter[tuple[str, str]] = Counter()
        lines = []
        for finding in all_findings(entry):
            key = finding.code, finding.expected
            mark = fingerprint(name, finding, repeats[key])
            issue = f'{self._issue(finding, entry)[:-1]}, "fingerprint": "{mark}", "location": {location}}}'
            lines.append(f"{',' if self.issues else ''}\n{issue}")
            repeats[key] += 1
            self.issues += 1
        return "".join(lines)

    def _issue(self, finding: Finding, entry: FileEntry) -> str:
        """The issue of a finding as JSON, without its file; many files share a finding."""
        text = self.encoded.get((finding,))
        if text is not None:
            return text
        failing = finding is entry.problem or is_failing(finding, self.content.fail_on)
        issue = {
            "description": f"{finding.name}: {shown_message(finding)}",
            "check_name": finding.code,
            "severity": "major" if failing else "info" if finding.severity == "notice" else "minor",
        }
        return self.encoded.put((finding,), _records.encode(issue))
