"""Rules, and the checks that compare facts with a spec. One file per family.

A new file adds rules; ``shape.py`` has the codes SHP.

A rule creates findings. Every producer of findings imports its rules: the checks in this folder (they read facts, not
arrays), the file reader, the serving stacks, the handler's runner and the golden tensor comparison.

Every message has the form ``what: got X, expected Y``, then the fix after a semicolon. It starts with its subject and
contains no file name: reports print ``{name}: {message}``.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import KW_ONLY, dataclass
from functools import cache
from textwrap import dedent

from sm_imgcheck.core import plugins
from sm_imgcheck.core.errors import CandidateError, InternalError
from sm_imgcheck.core.frozen import replace_fields
from sm_imgcheck.core.types import Candidate, Certainty, DecodedRequest, Finding, RejectedRequest, Severity, Spec

__all__ = ["Rule", "all_rules", "make_finding", "run"]

Check = Callable[[Candidate, Spec], Iterator[Finding]]


@dataclass(frozen=True, slots=True, eq=False, repr=False, match_args=False)
class Rule:
    """A rule with a stable code. Creating it registers it."""

    code: str
    name: str
    _: KW_ONLY
    severity: Severity
    severity_in_folder: Severity | None = None
    """Severity for a file that a folder contains by its suffix (``Candidate.unsupported_suffix``); None: the same."""
    fixed_by: str | None = None
    """Op that fixes the reported mismatch."""
    see: str = ""
    """URL of the evidence."""
    doc: str
    """Title in the first line, then the manual page: meaning, symptom at an endpoint, fix."""

    def __post_init__(self) -> None:
        if self.code in _rules:
            raise InternalError(f"two rules have the code {self.code}: {_rules[self.code].name} and {self.name}")
        _rules[self.code] = self

    @property
    def title(self) -> str:
        """First line of the manual page."""
        return _to_markdown(self.doc.partition("\n")[0])

    @property
    def page(self) -> str:
        """Manual page without its title, in Markdown."""
        return _to_markdown(dedent(self.doc.partition("\n")[2]))

    @property
    def family(self) -> str:
        """Letters of the code: SRC, SHP, DTY, CHN, VAL ..."""
        return self.code[:3]

    def finding(
        self,
        message: str,
        *,
        expected: str = "",
        actual: str = "",
        severity: Severity | None = None,
        certainty: Certainty = "certain",
        probability: float = 1.0,
        fixable: bool = True,
    ) -> Finding:
        """Return a finding of this rule.

        message: one sentence, ``what: got X, expected Y``, then the fix. severity: None for the default of the rule.
        fixable: False where the policy of the spec, or the file itself, prevents the fix by ``fixed_by``.
        """
        return Finding(
            code=self.code,
            name=self.name,
            severity=severity or self.severity,
            message=message,
            expected=expected,
            actual=actual,
            certainty=certainty,
            probability=probability,
            fixed_by=self.fixed_by if fixable else None,
        )

    def check(self, function: Check) -> Check:
        """Register a function that yields findings of this rule, or of others of its family, from facts."""
        _checks.append((self.family, function))
        return function


def _to_markdown(text: str) -> str:
    return text.replace("``", "`").strip()


_rules: dict[str, Rule] = {}
_checks: list[tuple[str, Check]] = []
"""Family and function of each check, in the order of registration."""
_FAMILIES = ("SRC", "SHP", "DTY", "CHN", "VAL", "PIX", "PAY", "HND", "GLD", "MDL")


@cache
def all_rules() -> Mapping[str, Rule]:
    """Return all rules by code: families in the order of the pipeline, from the file to the values, then by code."""
    package = sys.modules[__name__]
    for name in plugins.names(package):
        plugins.load(package, name)
    return dict(sorted(_rules.items(), key=lambda item: ((*_FAMILIES, item[0][:3]).index(item[0][:3]), item[0])))


@cache
def _positions() -> Mapping[str, int]:
    """Return the position of each code in a list of findings."""
    return {code: position for position, code in enumerate(all_rules())}


@cache
def _select_checks(*, usable: bool, request: bool, golden: bool, origins: bool) -> tuple[Check, ...]:
    """Return the checks that apply: PAY needs a request, PIX needs a source image.

    A golden tensor is checked by GLD only: it is the reference for the spec.
    """
    families = {code[:3] for code in all_rules()} - {"GLD"}
    families -= {family for family, available in (("PAY", request), ("PIX", origins)) if not available}
    families &= families if usable else {"PAY"}
    return tuple(check for family, check in _checks if family in ({"GLD"} if golden else families))


def run(candidate: Candidate, spec: Spec) -> tuple[Finding, ...]:
    """Return all findings of one candidate, in the order of the codes.

    A candidate that cannot be used yields its problem, and the findings of its request or its handler.
    """
    problem = candidate.problem
    checks = _select_checks(
        usable=problem is None,
        request=candidate.request is not None,
        golden=candidate.golden is not None,
        origins=candidate.ideal is not None or candidate.origins is not None,
    )
    findings = [*_earlier_findings(candidate), *(finding for check in checks for finding in check(candidate, spec))]
    findings.sort(key=lambda finding: _positions()[finding.code])
    if problem is None:
        return tuple(findings)
    severity = all_rules()[problem.code].severity_in_folder
    if severity is not None and candidate.unsupported_suffix:
        problem = replace_fields(problem, severity=severity)
    return (problem, *(finding for finding in findings if finding.code != problem.code))


def _earlier_findings(candidate: Candidate) -> Iterator[Finding]:
    """Yield the findings from before the checks: of the body, of the stack, of the user's handler."""
    if candidate.request is not None:
        outcome = candidate.request.outcome
        yield from candidate.request.findings
        if isinstance(outcome, DecodedRequest):
            yield from outcome.findings
        elif isinstance(outcome, RejectedRequest):
            yield outcome.finding
    if candidate.handled is not None:
        yield from candidate.handled.findings


def make_finding(error: CandidateError) -> Finding:
    """Return the finding of a candidate that cannot be used. ``convert`` does not fix it."""
    return all_rules()[error.code].finding(error.problem, fixable=False)
