"""Rows of findings and sections of rows, from which text reports are laid out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from sm_imgcheck.core import phrases
from sm_imgcheck.core.escape import for_terminal
from sm_imgcheck.core.frozen import frozen
from sm_imgcheck.core.types import Finding, Step
from sm_imgcheck.core.types.finding import SEVERITY_ORDER
from sm_imgcheck.report.settings import Run

__all__ = [
    "FAILURE_TITLE",
    "NOT_FIXABLE",
    "Row",
    "Section",
    "against",
    "by_weight",
    "plain",
    "reason",
    "row",
    "shorten_message",
]

_SPECS = 3
"""Specs in a line."""
NOT_FIXABLE = "not fixable by convert"
FAILURE_TITLE = "Not checked, because of a bug in sm-imgcheck:"
_LONGEST = 300
"""Characters of a message."""


@frozen
class Row:
    """One finding, or one group of them."""

    severity: str
    code: str
    name: str
    fix: str
    """The step that fixes it, or that none does; empty for a notice."""
    message: str
    details: tuple[str, ...] = ()
    """Which files, with what is particular to each."""


@frozen
class Section:
    """Rows or steps under one heading."""

    title: str
    rows: tuple[Row, ...] = ()
    steps: tuple[Step, ...] = ()


def against(run: Run, names: Sequence[str] = ()) -> str:
    """The spec that the candidates are compared with; names: of several specs, those of the candidates."""
    contracts = {name: run.specs[name].contract for name in names[:_SPECS] if name in run.specs}
    contracts = contracts or {run.title or run.spec.name: run.contract}
    texts = [f"{for_terminal(name)}: {phrases.contract(contract)}" for name, contract in contracts.items()]
    more = len(names) - len(contracts)
    return f"against {'; '.join(texts)}{f'; and {more:,} more specs' if more > 0 else ''}"


def plain(finding: Finding, message: str, details: tuple[str, ...] = ()) -> Row:
    """A row of a request or a probe, which ``convert`` cannot fix."""
    return replace(row(finding, message, "", details), fix="")


def by_weight(findings: tuple[Finding, ...]) -> list[Finding]:
    """The findings, the most severe first."""
    return sorted(findings, key=lambda finding: SEVERITY_ORDER[finding.severity])


def row(finding: Finding, message: str, fix: str, details: tuple[str, ...] = ()) -> Row:
    """One finding as a row; ``fix`` is the op that fixes it."""
    return Row(
        severity=finding.severity,
        code=finding.code,
        name=finding.name,
        fix="" if finding.severity == "notice" else fix or NOT_FIXABLE,
        message=message,
        details=details,
    )


def shorten_message(text: str) -> str:
    """A message cut to a readable length; the machine formats contain all of it."""
    return for_terminal(text if len(text) <= _LONGEST else f"{text[:_LONGEST]} ...")


def reason(why: str, details: tuple[str, ...] = ()) -> Row:
    """Why something could not be done, as a row."""
    return Row(severity="error", code="", name="", fix="", message=shorten_message(why), details=details)
