"""The Code Quality report of GitLab: a JSON array with an object for each finding.

https://docs.gitlab.com/ci/testing/code_quality/#code-quality-report-format
"""

from __future__ import annotations

from collections import Counter
from typing import Generic

from sm_imgcheck.core.identity_cache import IdentityCache
from sm_imgcheck.core.types import Finding, Report, is_failing
from sm_imgcheck.report import ReportContent, Reporter, Row_contra, Terminal, _records
from sm_imgcheck.report._entries import FileEntry, all_findings, finding_digest, path_digest, shown_message
from sm_imgcheck.report._paths import json_path, relative_path

__all__ = ["reporter"]

_CACHE_SIZE = 1_000


def reporter(content: ReportContent[Row_contra], terminal: Terminal) -> Reporter[Row_contra]:
    """Report every finding: ``major`` where it makes the exit code 1, ``minor``, or ``info`` for a notice."""
    return _Issues(content, terminal)


class _Issues(Generic[Row_contra]):
    def __init__(self, content: ReportContent[Row_contra], terminal: Terminal) -> None:
        self.content, self.root = content, terminal.root
        self.issues = 0
        self.parts: IdentityCache[list[tuple[str, str]]] = IdentityCache(_CACHE_SIZE)

    def open(self) -> str:
        return "["

    def row(self, row: Row_contra) -> str:
        return "".join(self._issues(entry) for entry in self.content.entries(row) or ())

    def close(self, report: Report) -> str:
        del report
        return "\n]\n" if self.issues else "]\n"

    def _issues(self, entry: FileEntry) -> str:
        path, member = relative_path(self.root, entry.path)
        digest = path_digest(f"{path}::{member}" if member else path)
        location = f'", "location": {{"path": {json_path(path)}, "lines": {{"begin": {entry.line}}}}}}}'
        lines = [f"{start}{digest}{end}{location}" for start, end in self._parts(entry)]
        if not lines:
            return ""
        comma = "," if self.issues else ""
        self.issues += len(lines)
        return f"{comma}\n" + ",\n".join(lines)

    def _parts(self, entry: FileEntry) -> list[tuple[str, str]]:
        """JSON of each issue, before and after what is of the file; many files share their findings."""
        key = (entry.findings, entry.problem)
        parts = self.parts.get(key)
        if parts is not None:
            return parts
        repeats: Counter[tuple[str, str]] = Counter()
        parts = []
        for finding in all_findings(entry):
            code = finding.code, finding.expected
            parts.append(
                (f'{self._issue(finding, entry)[:-1]}, "fingerprint": "', finding_digest(finding, repeats[code]))
            )
            repeats[code] += 1
        return self.parts.put(key, parts)

    def _issue(self, finding: Finding, entry: FileEntry) -> str:
        """The issue of a finding as JSON, without its file."""
        failing = finding is entry.problem or is_failing(finding, self.content.fail_on)
        issue = {
            "description": f"{finding.name}: {shown_message(finding)}",
            "check_name": finding.code,
            "severity": "major" if failing else "info" if finding.severity == "notice" else "minor",
        }
        return _records.encode(issue)
