"""Workflow commands of GitHub Actions: annotations with file and code, and a job summary in Markdown.

GitHub shows 10 annotations of each level for a step: where there are more findings, each code gets one annotation.
https://docs.github.com/en/actions/reference/workflow-commands-for-github-actions
"""

from __future__ import annotations

from typing import Generic

from sm_imgcheck.core.escape import for_terminal
from sm_imgcheck.core.frozen import mutable
from sm_imgcheck.core.identity_cache import IdentityCache
from sm_imgcheck.core.types import Finding, Report, is_failing
from sm_imgcheck.report import ReportContent, Reporter, Row_contra, Terminal
from sm_imgcheck.report._entries import FileEntry, all_findings, shown_message
from sm_imgcheck.report._paths import relative_path

__all__ = ["ALSO_APPENDS", "reporter"]

ALSO_APPENDS = ("GITHUB_STEP_SUMMARY", "markdown")
_MOST = 10
"""Annotations of one level that GitHub shows for a step."""
_CACHE_SIZE = 1_000
_LEVELS = ("error", "warning")


def reporter(content: ReportContent[Row_contra], terminal: Terminal) -> Reporter[Row_contra]:
    """Report errors and warnings as annotations; a verb without files prints its words."""
    return _Annotations(content, terminal)


@mutable
class _Group:
    """Findings of one code and level."""

    line: str
    """The first as an annotation."""
    properties: str
    title: str
    message: str
    path: str
    files: int = 1


class _Annotations(Generic[Row_contra]):
    def __init__(self, content: ReportContent[Row_contra], terminal: Terminal) -> None:
        self.content, self.root = content, terminal.root
        self.lines: dict[str, list[str]] = {level: [] for level in _LEVELS}
        self.groups: dict[tuple[str, str], _Group] = {}
        self.files = 0
        self.shown: IdentityCache[list[tuple[str, Finding]]] = IdentityCache(_CACHE_SIZE)

    def open(self) -> str:
        return ""

    def row(self, row: Row_contra) -> str:
        entries = self.content.entries(row)
        if entries is None:
            return self.content.words(row)
        for entry in entries:
            self.files += 1
            for level, finding in self._first_findings(entry):
                self._add(level, entry, finding)
        return ""

    def _first_findings(self, entry: FileEntry) -> list[tuple[str, Finding]]:
        """The first finding of each level and code, with its level; many files share their findings."""
        key = (entry.findings, entry.problem)
        findings = self.shown.get(key)
        if findings is not None:
            return findings
        first: dict[tuple[str, str], Finding] = {}
        for finding in all_findings(entry):
            if level := self._level(finding, entry):
                first.setdefault((level, finding.code), finding)
        return self.shown.put(key, [(level, finding) for (level, _), finding in first.items()])

    def _level(self, finding: Finding, entry: FileEntry) -> str:
        """``error`` for what makes the exit code 1; empty for a notice, and for another finding that is fixable."""
        if finding is entry.problem or is_failing(finding, self.content.fail_on):
            return "error"
        return "warning" if finding.severity != "notice" and finding.fixed_by is None else ""

    def _add(self, level: str, entry: FileEntry, finding: Finding) -> None:
        group = self.groups.get((level, finding.code))
        if group is not None:
            group.files += 1
            if len(self.lines[level]) > _MOST:
                return
        path, member = relative_path(self.root, entry.path)
        title = finding.code if finding.name == finding.code else f"{finding.code} {finding.name}"
        message = shown_message(finding)
        properties = f"file={_property(path)},line={entry.line},title={_property(title)}"
        name = for_terminal(f"{path}::{member}" if member else path)
        line = f"::{level} {properties}::{_data(f'{name}: {message}')}\n"
        self.lines[level].append(line)
        if group is None:
            self.groups[level, finding.code] = _Group(
                line=line, properties=properties, title=title, message=message, path=name
            )

    def close(self, report: Report) -> str:
        del report
        return "".join(text for level in _LEVELS for text in self._annotations(level))

    def _annotations(self, level: str) -> list[str]:
        if len(self.lines[level]) <= _MOST:
            return self.lines[level]
        groups = sorted(
            (group for key, group in self.groups.items() if key[0] == level), key=lambda group: -group.files
        )
        first = groups[: _MOST - 1] if len(groups) > _MOST else groups
        lines = []
        for group in first:
            message = f"{group.files:,} files, such as {group.path}: {group.message}"
            lines.append(group.line if group.files == 1 else f"::{level} {group.properties}::{_data(message)}\n")
        if rest := groups[len(first) :]:
            codes = ", ".join(f"{group.title} ({group.files:,})" for group in rest)
            lines.append(f"::{level} title=sm-imgcheck::{_data(f'also: {codes}')}\n")
        return lines


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(for_terminal(text)).replace(":", "%3A").replace(",", "%2C")
