"""A file with its findings: the unit in which CI services, tables and pages report."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import TypeVar

from sm_imgcheck.core.digests import sha256_of
from sm_imgcheck.core.escape import for_terminal
from sm_imgcheck.core.frozen import frozen, mutable
from sm_imgcheck.core.identity_cache import IdentityCache
from sm_imgcheck.core.types import Finding, Result, Severity, Status, Suppression

__all__ = [
    "Assessment",
    "FileEntry",
    "Templates",
    "all_findings",
    "entry_of",
    "finding_digest",
    "not_checked_finding",
    "path_digest",
    "problem_finding",
    "shown_message",
]

_LONGEST = 2000
"""Characters of a message in a machine format; JSON Lines contain all of it."""
_CACHE_SIZE = 1_000

T = TypeVar("T")


@mutable
class Assessment:
    """What a report states of a file: one object for all files with the same findings, compared by identity."""

    kind: str
    status: Status
    findings: tuple[Finding, ...] = ()
    suppressed: tuple[Suppression, ...] = ()
    """Known and ignored findings."""
    problem: Finding | None = None
    """Why the file was not checked, or its output not written; its code is ``not-checked`` or ``not-written``."""


@frozen
class FileEntry:
    """One file of a report."""

    path: str
    assessment: Assessment
    line: int = 1
    """To which the findings refer; 1 for a file without lines."""
    result: Result | None = None


def problem_finding(name: str, message: str, severity: Severity = "error") -> Finding:
    """A finding without a rule; its name is its code too."""
    return Finding(code=name, name=name, severity=severity, message=message)


class Templates(dict[Assessment, T]):
    """A part of a report for each assessment, rendered once; what is of the file is added to it.

    At most 1,000 parts; then all are dropped.
    """

    def __init__(self, render: Callable[[Assessment], T]) -> None:
        super().__init__()
        self._render = render

    def __missing__(self, assessment: Assessment) -> T:
        if len(self) >= _CACHE_SIZE:
            self.clear()
        self[assessment] = part = self._render(assessment)
        return part


def entry_of(result: Result, *, writes: bool = False) -> FileEntry:
    """The entry of a candidate. writes: its tensor was to be written."""
    status, problem = result.status, None
    if writes and result.skipped and not result.bug and result.emitted is None:
        status, problem = "failed", problem_finding("not-written", result.skipped)
    elif status == "not checked":
        problem = not_checked_finding(result)
    assessment = _shared_assessment(result, status) if problem is None else _assessment(result, status, problem)
    return FileEntry(path=result.path, assessment=assessment, result=result)


_assessments: IdentityCache[Assessment] = IdentityCache(_CACHE_SIZE)


def _shared_assessment(result: Result, status: Status) -> Assessment:
    objects, key = (result.findings, result.suppressed), (result.kind, status)
    return _assessments.get(objects, key) or _assessments.put(objects, _assessment(result, status), key)


def _assessment(result: Result, status: Status, problem: Finding | None = None) -> Assessment:
    return Assessment(
        kind=result.kind, status=status, findings=result.findings, suppressed=result.suppressed, problem=problem
    )


def not_checked_finding(result: Result) -> Finding:
    """Why a candidate was not checked, as a finding."""
    cause = result.bug or result.skipped or "no image or tensor could be examined"
    return problem_finding("not-checked", cause)


def all_findings(assessment: Assessment) -> tuple[Finding, ...]:
    """The findings of a file, its problem first."""
    problem, findings = assessment.problem, assessment.findings
    return findings if problem is None else (problem, *findings)


def shown_message(finding: Finding) -> str:
    """The message in one line of printable text, of at most 2,000 characters."""
    text = finding.message
    return for_terminal(text if len(text) <= _LONGEST else f"{text[:_LONGEST]} ...")


@lru_cache(16)  # each format uses the path of the same entry
def path_digest(path: str) -> str:
    """Return the first 16 digits of the fingerprints of a file's findings, the same in every run and every checkout.

    path: relative to the checkout.
    """
    return _digest(path)


def finding_digest(finding: Finding, number: int = 0) -> str:
    """Return the last 16 digits of the fingerprint of a finding, the same for all files.

    number: counts the findings of one code and one expected value in a file from 0.
    """
    return _digest(f"{finding.code}\0{finding.expected}\0{number}")


def _digest(text: str) -> str:
    return sha256_of(text.encode("utf-8", "surrogateescape"))[:16]
