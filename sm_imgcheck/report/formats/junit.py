"""JUnit XML, as Jenkins, GitLab and other CI services read it: one test case for each file.

A suite has up to 1,000 test cases, so that the counts that precede them are known in bounded memory. The document is
valid under the schema of the Jenkins plugin xUnit (junit-10.xsd).
"""

from __future__ import annotations

from collections import Counter
from html import escape
from typing import Generic

from sm_imgcheck.core import __version__
from sm_imgcheck.core.escape import for_terminal
from sm_imgcheck.core.types import Finding, Report, is_failing
from sm_imgcheck.report import ReportContent, Reporter, Row_contra, Terminal
from sm_imgcheck.report._entries import Assessment, FileEntry, Templates, shown_message
from sm_imgcheck.report._paths import relative_path

__all__ = ["reporter"]

_CASES = 1000
"""Test cases of a suite, about 1 MB."""


def reporter(content: ReportContent[Row_contra], terminal: Terminal) -> Reporter[Row_contra]:
    """Report findings that make the exit code 1 as failures, files that were not checked as errors."""
    return _Suites(content, terminal)


class _Suites(Generic[Row_contra]):
    def __init__(self, content: ReportContent[Row_contra], terminal: Terminal) -> None:
        self.content, self.root = content, terminal.root
        self.name = for_terminal(content.document_title)
        self.start = f"<testcase classname={_attribute(self.name)} name="
        self.number = 0
        self.templates: Templates[tuple[str, str]] = Templates(self._render)
        self._begin()

    def _begin(self) -> None:
        self.number += 1
        self.cases: list[str] = []
        self.counts: Counter[str] = Counter()

    def open(self) -> str:
        return '<?xml version="1.0" encoding="UTF-8"?>\n<testsuites name="sm-imgcheck">\n'

    def row(self, row: Row_contra) -> str:
        self.cases += map(self._case, self.content.entries(row) or ())
        return self._suite() if len(self.cases) >= _CASES else ""

    def close(self, report: Report) -> str:
        del report
        return f"{self._suite() if self.cases else ''}</testsuites>\n"

    def _suite(self) -> str:
        name = self.name if self.number == 1 else f"{self.name} ({self.number})"
        counts = {"tests": len(self.cases), "failures": self.counts["failure"], "errors": self.counts["error"]}
        counts["skipped"] = self.counts["skipped"]
        attributes = " ".join(f'{key}="{value}"' for key, value in counts.items())
        version = f'<property name="sm-imgcheck" value="{__version__}"/>'
        head = f"<testsuite name={_attribute(name)} {attributes}>\n<properties>{version}</properties>\n"
        text = f"{head}{''.join(self.cases)}</testsuite>\n"
        self._begin()
        return text

    def _case(self, entry: FileEntry) -> str:
        path, member = relative_path(self.root, entry.path)
        name = _attribute(for_terminal(f"{path}::{member}" if member else path))
        kind, outcome = self.templates[entry.assessment]
        self.counts[kind] += 1
        return f"{self.start}{name}>{outcome}</testcase>\n"

    def _render(self, assessment: Assessment) -> tuple[str, str]:
        """Kind (empty: passed) and XML of the outcome."""
        problem, findings, fail_on = assessment.problem, assessment.findings, self.content.fail_on
        failing = [finding for finding in findings if is_failing(finding, fail_on)]
        others = [finding for finding in findings if not is_failing(finding, fail_on)]
        output = f"<system-out>{_lines(others)}</system-out>" if others else ""
        if problem is not None:
            kind = "error" if problem.code == "not-checked" else "failure"
            return kind, _element(kind, [problem, *failing]) + output
        if failing:
            return "failure", _element("failure", failing) + output
        if assessment.status == "suppressed":
            reasons = dict.fromkeys(suppression.reason for suppression in assessment.suppressed)
            message = _attribute(for_terminal(f"known or ignored: {', '.join(reasons)}"))
            lines = _lines([suppression.finding for suppression in assessment.suppressed])
            return "skipped", f"<skipped message={message}>{lines}</skipped>{output}"
        return "", output


def _attribute(text: str) -> str:
    """Return a value of an attribute in quotes."""
    return f'"{escape(text)}"'


def _element(kind: str, findings: list[Finding]) -> str:
    more = f" (and {len(findings) - 1:,} more)" if len(findings) > 1 else ""
    message = _attribute(f"{shown_message(findings[0])}{more}")
    return f"<{kind} type={_attribute(findings[0].code)} message={message}>{_lines(findings)}</{kind}>"


def _lines(findings: list[Finding]) -> str:
    return escape("\n".join(map(_line, findings)))


def _line(finding: Finding) -> str:
    name = "" if finding.name == finding.code else f" {finding.name}"
    fix = f" [{finding.fixed_by}]" if finding.fixed_by else ""
    return f"{finding.severity} {finding.code}{name}: {shown_message(finding)}{fix}"
