"""Checks: facts held against a contract. One file a family; adding one is adding a function or a file.

Checks look at facts, never at arrays: whatever needs pixels is measured once and written into the facts.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from functools import cache

from sm_imgcheck import folder
from sm_imgcheck.checks._registry import CHECKS, Check, Mismatch, check
from sm_imgcheck.model import Candidate, Finding, Spec

__all__ = ["Check", "Mismatch", "check", "every", "run", "unusable"]


_FAMILIES = ("SRC", "SHP", "DTY", "CHN", "VAL", "PIX", "PAY", "HND", "GLD")


@cache
def every() -> Mapping[str, Check]:
    """All checks by code: the families as one would look, from the file to the numbers, then by code."""
    package = sys.modules[__name__]
    for name in folder.names(package):
        folder.load(package, name)
    return dict(sorted(CHECKS.items(), key=lambda item: ((*_FAMILIES, item[0][:3]).index(item[0][:3]), item[0])))


@cache
def _asked(*, request: bool, golden: bool, handled: bool, origins: bool) -> tuple[Check, ...]:
    """The checks that may have something to say: of requests (PAY), handlers (HND), sources (PIX) where there is one.

    A golden tensor is what the spec is held against (GLD), not the other way round.
    """
    if golden:
        return tuple(one for one in every().values() if one.family == "GLD")
    silent = {"GLD", *(family for family, there in (("PAY", request), ("HND", handled), ("PIX", origins)) if not there)}
    return tuple(one for one in every().values() if one.family not in silent)


def run(candidate: Candidate, spec: Spec) -> tuple[Finding, ...]:
    """Every finding on one candidate, in the order of the codes.

    A candidate that cannot be used yields the one finding that says why, and of a request or a handler what is
    said of it as such.
    """
    there = {name: getattr(candidate, name) for name in ("request", "golden", "handled", "origins")}
    checks = _asked(**{kind: one is not None for kind, one in there.items()})
    if candidate.problem is not None:
        others = [one for one in checks if one.family in ("PAY", "HND") and one.code != candidate.problem[0]]
        return (unusable(candidate), *(finding for other in others for finding in other.findings(candidate, spec)))
    return tuple(finding for rule in checks for finding in rule.findings(candidate, spec))


def unusable(candidate: Candidate) -> Finding:
    """Why a candidate with a ``problem`` cannot be used."""
    assert candidate.problem is not None
    code, message = candidate.problem
    rule = every()[code]
    return Finding(code=code, name=rule.name, severity=rule.severity, message=message, actual=candidate.raised)
