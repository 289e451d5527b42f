"""SARIF 2.1.0 for code scanning: results with rules, relative URIs and fingerprints that stay the same.

GitHub accepts at most 25,000 results. Frequent rules have 20,000 of them, the rest is for rules with few results, and a
notification states the number of omitted results.
https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html
https://docs.github.com/en/code-security/code-scanning/integrating-with-code-scanning/sarif-support-for-code-scanning
"""

from __future__ import annotations

from collections import Counter
from typing import Generic

from sm_imgcheck.core import __version__
from sm_imgcheck.core.escape import for_json
from sm_imgcheck.core.types import Finding, Report
from sm_imgcheck.io.stores import is_remote
from sm_imgcheck.report import ReportContent, Reporter, Row_contra, Terminal, _records
from sm_imgcheck.report._entries import Assessment, FileEntry, Templates, finding_digest, path_digest, shown_message
from sm_imgcheck.report._paths import relative_path, uri_of

__all__ = ["reporter"]

_SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_RESULTS = 25_000
_FOR_RARE_RULES = 5_000
"""Results for rules with few of them."""
_FEW = 200
"""Results of a rule that may be among the reserved ones."""
_NOTIFICATIONS = 1_000
_LEVELS = {"error": "error", "warning": "warning", "notice": "note"}


def reporter(content: ReportContent[Row_contra], terminal: Terminal) -> Reporter[Row_contra]:
    """Report findings as results; a file that was not checked is a notification."""
    return _Log(content, terminal)


class _Log(Generic[Row_contra]):
    def __init__(self, content: ReportContent[Row_contra], terminal: Terminal) -> None:
        self.content, self.root = content, terminal.root
        self.rules: dict[str, int] = {}
        """Index of each rule in the order of its first result."""
        self.samples: dict[str, Finding] = {}
        self.by_rule: Counter[str] = Counter()
        self.results = self.omitted = self.problems = 0
        self.notifications: list[dict[str, object]] = []
        self.templates: Templates[list[tuple[str, str, str]]] = Templates(self._render)

    def open(self) -> str:
        return f'{{"$schema": "{_SCHEMA}", "version": "2.1.0", "runs": [{{"columnKind": "utf16CodeUnits", "results": ['

    def row(self, row: Row_contra) -> str:
        return "".join(map(self._entry, self.content.entries(row) or ()))

    def close(self, report: Report) -> str:
        del report
        invocation = {
            "executionSuccessful": not self.problems,
            "toolExecutionNotifications": [*self.notifications, *self._omissions()],
        }
        run = {
            "tool": {"driver": self._driver()},
            "invocations": [invocation],
            "automationDetails": {"id": f"{for_json(self.content.document_title)}/"},
        }
        return f"\n], {_records.encode(run)[1:]}]}}\n"

    def _driver(self) -> dict[str, object]:
        return {
            "name": "sm-imgcheck",
            "semanticVersion": __version__,
            "rules": [_rule(code, self.samples[code]) for code in self.rules],
        }

    def _omissions(self) -> list[dict[str, object]]:
        texts = []
        if self.omitted:
            texts.append(f"{self.omitted:,} results were omitted: the report has at most {_RESULTS:,}")
        if self.problems > len(self.notifications):
            texts.append(f"{self.problems - len(self.notifications):,} more files were not checked")
        return [{"level": "warning", "message": {"text": text}} for text in texts]

    def _entry(self, entry: FileEntry) -> str:
        path, member = relative_path(self.root, entry.path)
        problem = entry.assessment.problem
        if problem is not None:
            self._notify(problem, _location(path, member, entry.line))
        location = self._encoded_location(path, member, entry.line)
        file = f"{location}], {_MARK}{path_digest(f'{path}::{member}' if member else path)}"
        lines = []
        for code, start, end in self.templates[entry.assessment]:
            if self._has_room(code):
                lines.append(f"{',' if self.results else ''}\n{start}{file}{end}")
                self.results += 1
        return "".join(lines)

    def _render(self, assessment: Assessment) -> list[tuple[str, str, str]]:
        """Code and JSON of each result, before and after the location and the digest of the path."""
        reasons = {id(suppression.finding): suppression.reason for suppression in assessment.suppressed}
        results: dict[tuple[str, str], tuple[str, str, str]] = {}
        for finding in (*assessment.findings, *(suppression.finding for suppression in assessment.suppressed)):
            end = f'{finding_digest(finding)}"}}'
            if reason := reasons.get(id(finding), ""):
                suppression = {"kind": "external", "justification": for_json(reason)}
                end += f', "suppressions": [{_records.encode(suppression)}]'
            part = finding.code, f'{self._result(finding)[:-1]}, "locations": [', f"{end}}}"
            results.setdefault((finding.code, finding.expected), part)
        return [*results.values()]

    def _encoded_location(self, path: str, member: str, line: int) -> str:
        """A location as JSON: of a file in line 1, as most are, the URI alone is encoded."""
        if member or line != 1 or is_remote(path):
            return _records.encode(_location(path, member, line))
        start, end = _ABSOLUTE_LOCATION if path.startswith("/") else _FILE_LOCATION
        return f"{start}{uri_of(path)}{end}"

    def _notify(self, problem: Finding, location: dict[str, object]) -> None:
        self.problems += 1
        if len(self.notifications) < _NOTIFICATIONS:
            self.notifications.append(
                {
                    "level": "error",
                    "descriptor": {"id": problem.code},
                    "message": {"text": shown_message(problem)},
                    "locations": [location],
                }
            )

    def _has_room(self, code: str) -> bool:
        few = self.by_rule[code] < _FEW
        if self.results < (_RESULTS if few else _RESULTS - _FOR_RARE_RULES):
            self.by_rule[code] += 1
            return True
        self.omitted += 1
        return False

    def _result(self, finding: Finding) -> str:
        """The result of a finding as JSON, without its file."""
        index = self.rules.setdefault(finding.code, len(self.rules))
        self.samples.setdefault(finding.code, finding)
        properties = {"certainty": finding.certainty, "probability": finding.probability, "fixedBy": finding.fixed_by}
        properties |= {"expected": for_json(finding.expected), "actual": for_json(finding.actual)}
        result = {
            "ruleId": finding.code,
            "ruleIndex": index,
            "level": _LEVELS[finding.severity],
            "message": {"text": shown_message(finding)},
            "properties": _records.plain(properties),
        }
        return _records.encode(result)


_LINE = '}, "region": {"startLine": 1}}}'
_FILE_LOCATION = '{"physicalLocation": {"artifactLocation": {"uri": "', f'", "uriBaseId": "%SRCROOT%"{_LINE}'
_ABSOLUTE_LOCATION = _FILE_LOCATION[0], f'"{_LINE}'
_MARK = '"partialFingerprints": {"smImgcheck/v1": "'


def _location(path: str, member: str, line: int) -> dict[str, object]:
    uri = uri_of(path)
    artifact = {"uri": uri} if "://" in uri else {"uri": uri, "uriBaseId": "%SRCROOT%"}
    location: dict[str, object] = {"physicalLocation": {"artifactLocation": artifact, "region": {"startLine": line}}}
    return location | ({"logicalLocations": [{"name": for_json(member), "kind": "member"}]} if member else {})


def _rule(code: str, sample: Finding) -> dict[str, object]:
    """Return a rule with its manual page; without a rule (a problem of a spec) the name of the finding."""
    from sm_imgcheck.rules import all_rules

    rule = all_rules().get(code)
    if rule is None:
        name = sample.name.replace("-", " ")
        return {"id": code, "name": sample.name, "shortDescription": {"text": name}, "help": {"text": name}}
    record: dict[str, object] = {
        "id": code,
        "name": rule.name,
        "shortDescription": {"text": rule.title},
        "fullDescription": {"text": rule.page.partition("\n\n")[0].replace("\n", " ") or rule.title},
        "help": {"text": rule.page or rule.title, "markdown": f"**{rule.title}**\n\n{rule.page}".strip()},
        "defaultConfiguration": {"level": _LEVELS[rule.severity]},
        "properties": {"tags": [rule.family]},
    }
    return record | ({"helpUri": rule.see} if rule.see.startswith("https://") else {})
