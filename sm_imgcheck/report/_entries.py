"""A file with its findings: the unit in which CI services, tables and pages report."""

from __future__ import annotations

from functools import lru_cache

from sm_imgcheck.core.digests import sha256_of
from sm_imgcheck.core.escape import for_terminal
from sm_imgcheck.core.frozen import frozen
from sm_imgcheck.core.types import Finding, Result, Severity, Status, Suppression

__all__ = [
    "FileEntry",
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


@frozen
class FileEntry:
    """One file of a report."""

    path: str
    kind: str
    status: Status
    findings: tuple[Finding, ...] = ()
    suppressed: tuple[Suppression, ...] = ()
    """Known and ignored findings."""
    problem: Finding | None = None
    """Why the file was not checked, or its output not written; its code is ``not-checked`` or ``not-written``."""
    line: int = 1
    """To which the findings refer; 1 for a file without lines."""
    result: Result | None = None


def problem_finding(name: str, message: str, severity: Severity = "error") -> Finding:
    """A finding without a rule; its name is its code too."""
    return Finding(code=name, name=name, severity=severity, message=message)


def entry_of(result: Result, *, writes: bool = False) -> FileEntry:
    """The entry of a candidate. writes: its tensor was to be written."""
    status, problem = result.status, None
    if writes and result.skipped and not result.bug and result.emitted is None:
        status, problem = "failed", problem_finding("not-written", result.skipped)
    elif status == "not checked":
        problem = not_checked_finding(result)
    return FileEntry(
        path=result.path,
        kind=result.kind,
        status=status,
        findings=result.findings,
        suppressed=result.suppressed,
        problem=problem,
        result=result,
    )


def not_checked_finding(result: Result) -> Finding:
    """Why a candidate was not checked, as a finding."""
    cause = result.bug or result.skipped or "no image or tensor could be examined"
    return problem_finding("not-checked", cause)


def all_findings(entry: FileEntry) -> tuple[Finding, ...]:
    """The findings of an entry, its problem first."""
    return entry.findings if entry.problem is None else (entry.problem, *entry.findings)


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
