"""A finding: what a rule reports of one candidate."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, get_args

from sm_imgcheck.core.frozen import frozen

__all__ = ["SEVERITY_ORDER", "Certainty", "FailOn", "Finding", "Severity", "Suppression", "is_failing"]

Severity = Literal["error", "warning", "notice"]
SEVERITY_ORDER: Mapping[str, int] = {severity: rank for rank, severity in enumerate(get_args(Severity))}
"""By severity, the worst first."""
Certainty = Literal["certain", "likely"]
FailOn = Literal["never", "unfixable", "error", "warning"]


@frozen
class Finding:
    """One reported mismatch, built by a rule (``rules.Rule.finding``) and reported unchanged."""

    code: str
    """Stable code of the rule, such as ``DTY101``."""
    name: str
    """Name of the rule, such as ``wrong-dtype``."""
    severity: Severity
    """error: a certain mismatch or an unusable file; warning: a hazard or a likely mismatch; notice: an assumption."""
    message: str
    """What is wrong, what was found and expected, and the fix, in one sentence."""
    expected: str = ""
    """The expected value; empty for a finding without one."""
    actual: str = ""
    """The actual value; empty for a finding without one."""
    certainty: Certainty = "certain"
    """certain: observed; likely: inferred, with ``probability``."""
    probability: float = 1.0
    """Probability that the finding is right, 0..1; 1 where it is certain."""
    fixed_by: str | None = None
    """The op of the plan that fixes it; None: ``convert`` does not."""


@frozen
class Suppression:
    """A finding of the baseline, or an ignored one: it is reported, and does not change the exit code."""

    finding: Finding
    """The finding as it would be reported."""
    reason: str
    """Why it is suppressed: ``baseline``, or the reason of the configuration."""


def is_failing(finding: Finding, fail_on: FailOn) -> bool:
    """Whether a finding alone makes the exit code 1 under ``--fail-on``."""
    if fail_on == "unfixable":
        return finding.severity == "error" and finding.fixed_by is None
    return fail_on != "never" and SEVERITY_ORDER[finding.severity] <= SEVERITY_ORDER[fail_on]
