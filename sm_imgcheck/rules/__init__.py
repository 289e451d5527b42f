"""Checks: facts held against a contract. One file a family; adding one is adding a function or a file.

Checks look at facts, never at arrays: whatever needs pixels is measured once and written into the facts.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from textwrap import dedent
from typing import Literal

from sm_imgcheck.core import plugins
from sm_imgcheck.core.errors import Bug
from sm_imgcheck.core.frozen import frozen
from sm_imgcheck.core.types import Candidate, Certainty, Finding, Refused, Request, Severity, Spec

__all__ = ["CHECKS", "Check", "Mismatch", "check", "every", "run", "told", "unusable"]

Verdict = Literal["ok", "warning", "corrupt", "unsupported", "bomb"]


@frozen
class Mismatch:
    """What a check yields; the registry stamps it with code, name and defaults."""

    message: str
    """Where, what is, what should be, what to do: one sentence, no code in it."""
    expected: str = ""
    actual: str = ""
    severity: Severity | None = None
    """None: the check's own."""
    certainty: Certainty = "certain"
    probability: float = 1.0
    mendable: bool = True
    """False: the policy of the spec, or the file itself, keeps ``fixed_by`` from mending this one."""


Look = Callable[[Candidate, Spec], Iterator[Mismatch]]


@frozen
class Check:
    """A rule with a stable code."""

    code: str
    name: str
    """The function's name with hyphens: ``wrong-dtype``."""
    severity: Severity
    verdict: Verdict | None
    """SRC only: what the finding says of the file itself, whatever a spec makes of it."""
    fixed_by: str | None
    """The op that mends what it reports."""
    see: str
    """Address of the evidence."""
    look: Look

    @property
    def title(self) -> str:
        """First line of the docstring."""
        return (self.look.__doc__ or "").partition("\n")[0].strip()

    @property
    def page(self) -> str:
        """The rest of the docstring: what it means, how it looks at an endpoint, how to mend it."""
        return dedent((self.look.__doc__ or "").partition("\n")[2]).strip()

    @property
    def family(self) -> str:
        """The letters of the code: SRC, SHP, DTY, CHN, VAL ..."""
        return self.code[:3]

    def findings(self, candidate: Candidate, spec: Spec) -> Iterator[Finding]:
        """Run the check and stamp what it yields."""
        for found in self.look(candidate, spec):
            yield Finding(
                code=self.code,
                name=self.name,
                severity=found.severity or self.severity,
                message=found.message,
                expected=found.expected,
                actual=found.actual,
                certainty=found.certainty,
                probability=found.probability,
                fixed_by=self.fixed_by if found.mendable else None,
            )


CHECKS: dict[str, Check] = {}


def check(
    code: str,
    *,
    severity: Severity,
    fixed_by: str | None = None,
    verdict: Verdict | None = None,
    see: str = "",
) -> Callable[[Look], Look]:
    """Register a function as the check ``code``. Its name and docstring are the check's name and manual page."""

    def register(look: Look) -> Look:
        if code in CHECKS:
            raise Bug(f"two checks have the code {code}: {CHECKS[code].look} and {look}")
        CHECKS[code] = Check(
            code=code,
            name=look.__name__.replace("_", "-"),
            severity=severity,
            verdict=verdict,
            fixed_by=fixed_by,
            see=see,
            look=look,
        )
        return look

    return register


_FAMILIES = ("SRC", "SHP", "DTY", "CHN", "VAL", "PIX", "PAY", "HND", "GLD")


@cache
def every() -> Mapping[str, Check]:
    """All checks by code: the families as one would look, from the file to the numbers, then by code."""
    package = sys.modules[__name__]
    for name in plugins.names(package):
        plugins.load(package, name)
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


_LONGEST = 80
"""Of a server's answer inside a message, in characters."""


def told(candidate: Candidate, spec: Spec, code: str, *, payload_helps: bool = True) -> Iterator[Mismatch]:
    """Whatever was found out under this code: in the bytes, by the stack in silence, or by its refusal."""
    request = candidate.request
    if request is None:
        return
    outcome = request.outcome
    offer = _offer(request, spec) if payload_helps else ""
    for flaw in (*request.flaws, *(() if outcome is None or isinstance(outcome, Refused) else outcome.flaws)):
        if flaw[0] == code:
            yield Mismatch(message=flaw[1] + offer, expected=flaw[2], actual=flaw[3])
    if isinstance(outcome, Refused) and outcome.cause == code:
        message = f"{outcome.why}{offer}; {_answer(request, outcome)}"
        yield Mismatch(message=message, expected=outcome.expected, actual=outcome.actual)


def _answer(request: Request, outcome: Refused) -> str:
    """What comes back, in the server's words."""
    text = outcome.text.split("\n", 1)[0]
    text = text if len(text) <= _LONGEST else f"{text[:_LONGEST]} ..."
    return f"{request.stack or 'the server'} answers {outcome.status}{f' {text}' if text else ''}"


def _offer(request: Request, spec: Spec) -> str:
    """What ``payload`` would write instead."""
    if not request.envelope:
        return ""
    return f"; sm-imgcheck payload writes {spec.payload.get('envelope') or request.envelope}"
