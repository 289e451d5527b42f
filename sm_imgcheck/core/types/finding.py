"""A finding: what a rule reports of one candidate."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, get_args

from sm_imgcheck.core.frozen import frozen

__all__ = ["SEVERITY_ORDER", "Certainty", "Finding", "Severity"]

Severity = Literal["error", "warning", "notice"]
SEVERITY_ORDER: Mapping[str, int] = {severity: rank for rank, severity in enumerate(get_args(Severity))}
"""By severity, the worst first."""
Certainty = Literal["certain", "likely"]


@frozen
class Finding:
    """One reported mismatch, built by a rule (``rules.Rule.finding``) and reported unchanged."""

    code: str
    name: str
    severity: Severity
    message: str
    expected: str = ""
    actual: str = ""
    certainty: Certainty = "certain"
    probability: float = 1.0
    fixed_by: str | None = None
    """The op of the plan that fixes it; None: ``convert`` does not."""
