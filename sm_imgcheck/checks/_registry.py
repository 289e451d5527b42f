"""What a check is, and the table that the decorator fills."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from textwrap import dedent
from typing import Literal

from sm_imgcheck.errors import Bug
from sm_imgcheck.model import Candidate, Certainty, Finding, Severity, Spec
from sm_imgcheck.value import Value

__all__ = ["CHECKS", "Check", "Mismatch", "check"]

Verdict = Literal["ok", "warning", "corrupt", "unsupported", "bomb"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class Mismatch(Value):
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


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class Check(Value):
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
