"""Workflow commands of GitHub Actions: annotations with file and code, and a job summary in Markdown.

GitHub shows 10 annotations of each level for a step: where there are more findings, each code gets one annotation.
https://docs.github.com/en/actions/reference/workflow-commands-for-github-actions
"""

from __future__ import annotations

from typing import Generic

from sm_imgcheck.core.escape import for_terminal
from sm_imgcheck.core.frozen import mutable
from sm_imgcheck.core.types import Finding, Report, is_failing
from sm_imgcheck.report import ReportContent, Reporter, Row_contra, Terminal
from sm_imgcheck.report._entries import Assessment, FileEntry, Templates, all_findings, shown_message
from sm_imgcheck.report._paths import relative_path

__all__ = ["ALSO_APPENDS", "reporter"]

ALSO_APPENDS = ("GITHUB_STEP_SUMMARY", "markdown")
_MOST = 10
"""Annotations of one level that GitHub shows for a step."""
_LEVELS = ("error", "warning")


def reporter(content: ReportContent[Row_contra], terminal: Terminal) -> Reporter[Row_contra]:
    """Report errors and warnings as annotations; a verb without files prints its words."""
    return _Annotations(content, terminal)


@mutable
class _Group:
    """Findings of one code and level."""

    level: str
    title: str
    message: str
    """The message of the first finding."""
    line: str = ""
    """The first as an annotation."""
    properties: str = ""
    path: str = ""
    files: int = 0


class _Annotations(Generic[Row_contra]):
    def __init__(self, content: ReportContent[Row_contra], terminal: Terminal) -> None:
        self.content, self.root = content, terminal.root
        self.lines: dict[str, list[str]] = {level: [] for level in _LEVELS}
        self.groups: dict[tuple[str, str], _Group] = {}
        self.templates: Templates[list[tuple[_Group, Finding]]] = Templates(self._render)

    def open(self) -> str:
        return ""

    def row(self, row: Row_contra) -> str:
        entries = self.content.entries(row)
        if entries is None:
            return self.content.words(row)
        for entry in entries:
            for group, finding in self.templates[entry.assessment]:
                group.files += 1
                if group.files == 1 or len(self.lines[group.level]) <= _MOST:
                    self._annotate(entry, group, finding)
        return ""

    def _render(self, assessment: Assessment) -> list[tuple[_Group, Finding]]:
        """The first finding of each level and code, with its group."""
        first: dict[tuple[str, str], Finding] = {}
        for finding in all_findings(assessment):
            if level := self._level(finding, is_problem=finding is assessment.problem):
                first.setdefault((level, finding.code), finding)
        for (level, code), finding in first.items():
            if (level, code) not in self.groups:
                title = code if finding.name == code else f"{code} {finding.name}"
                self.groups[level, code] = _Group(level=level, title=title, message=shown_message(finding))
        return [(self.groups[key], finding) for key, finding in first.items()]

    def _level(self, finding: Finding, *, is_problem: bool) -> str:
        """``error`` for what makes the exit code 1; empty for a notice, and for another finding that is fixable."""
        if is_problem or is_failing(finding, self.content.fail_on):
            return "error"
        return "warning" if finding.severity != "notice" and finding.fixed_by is None else ""

    def _annotate(self, entry: FileEntry, group: _Group, finding: Finding) -> None:
        path, member = relative_path(self.root, entry.path)
        properties = f"file={_property(path)},line={entry.line},title={_property(group.title)}"
        name = for_terminal(f"{path}::{member}" if member else path)
        line = f"::{group.level} {properties}::{_data(f'{name}: {shown_message(finding)}')}\n"
        self.lines[group.level].append(line)
        if group.files == 1:
            group.line, group.properties, group.path = line, properties, name

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
