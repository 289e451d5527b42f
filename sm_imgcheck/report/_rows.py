"""What a report for people is laid out of: rows of findings, sections of rows."""

from __future__ import annotations

from dataclasses import replace

from sm_imgcheck.core import phrases
from sm_imgcheck.core.escape import for_terminal
from sm_imgcheck.core.frozen import frozen
from sm_imgcheck.core.types import Finding, Step
from sm_imgcheck.core.types.finding import SEVERITY_ORDER
from sm_imgcheck.report import Run

__all__ = [
    "FAILED",
    "NOT_MENDED",
    "Row",
    "Section",
    "against",
    "by_weight",
    "clipped",
    "plain",
    "reason",
    "row",
]

NOT_MENDED = "convert does not mend it"
FAILED = "Not checked, because of a bug in sm-imgcheck:"
_LONGEST = 300
"""Of a message, in characters."""


@frozen
class Row:
    """One finding, or one group of them."""

    severity: str
    code: str
    name: str
    mender: str
    """The step that mends it, or that none does; empty where there is nothing to mend."""
    message: str
    details: tuple[str, ...] = ()
    """Which files, with what is particular to each."""


@frozen
class Section:
    """Rows or steps under one heading."""

    title: str
    rows: tuple[Row, ...] = ()
    steps: tuple[Step, ...] = ()


def against(run: Run) -> str:
    """What the candidates are held against."""
    return f"against {for_terminal(run.title or run.spec_name)}: {phrases.contract(run.contract)}"


def plain(finding: Finding, message: str, details: tuple[str, ...] = ()) -> Row:
    """A row of a request or a probe, of which ``convert`` mends nothing."""
    return replace(row(finding, message, "", details), mender="")


def by_weight(findings: tuple[Finding, ...]) -> list[Finding]:
    """The findings, the worst first."""
    return sorted(findings, key=lambda finding: SEVERITY_ORDER[finding.severity])


def row(finding: Finding, message: str, mender: str, details: tuple[str, ...] = ()) -> Row:
    """One finding as a row; ``mender`` is the op that mends it."""
    sure = "" if finding.certainty == "certain" else f" (likely: {finding.probability:.0%})"
    return Row(
        severity=finding.severity,
        code=finding.code,
        name=finding.name,
        mender="" if finding.severity == "notice" else mender or NOT_MENDED,
        message=message + sure,
        details=details,
    )


def clipped(text: str) -> str:
    """What a file says may be long; the machine formats have all of it."""
    return for_terminal(text if len(text) <= _LONGEST else f"{text[:_LONGEST]} ...")


def reason(why: str, details: tuple[str, ...] = ()) -> Row:
    """Why something could not be done, as a row."""
    return Row(severity="error", code="", name="", mender="", message=clipped(why), details=details)
