"""The groups of findings of a run, collected in bounded memory.

Findings are grouped by their code and what was expected; the actual value may differ from file to
file (photographs differ in size). A group has a count, a few examples and the range of actual values.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import field

from sm_imgcheck.core.frozen import mutable
from sm_imgcheck.core.types import Finding, Plan, Result, Step
from sm_imgcheck.report import _origins

__all__ = ["FindingGroup", "PlanGroup", "ResultSummary"]

EXAMPLES = 5
"""Named files of each group."""
_GROUPS = 300
"""Distinct groups; what comes after is counted in the summary only."""
_DISTINCT = 4
"""Different findings of one group that are listed; more are reported as a range."""
_PROBABILITY = re.compile(r" \(\d+(\.\d+)? %\)")
"""Differs from file to file where the reason is the same."""
_SIZE = re.compile(r"(\d{1,9})x(\d{1,9})")


@mutable
class FindingGroup:
    """Equal findings of several files, or equal reasons for a missing tensor."""

    sample: Finding
    kind: str
    is_unusable: bool = False
    """Findings of unusable candidates, which are not counted by kind."""
    files: int = 0
    unfixed: int = 0
    """Files for which ``convert`` does not fix it, with any assumption."""
    fix: str = ""
    """The step that fixes it, in some file."""
    messages: set[str] = field(default_factory=set)
    head: str = ""
    tail: str = ""
    """Text before and after the actual value that all messages share; both empty if they differ in more."""
    actuals: list[str] = field(default_factory=list)
    smallest: tuple[int, int] = (0, 0)
    largest: tuple[int, int] = (0, 0)
    """Height and width, by area, where actual values are sizes."""
    examples: list[tuple[str, str]] = field(default_factory=list)
    """Path, and the actual value or else the message."""

    def add(self, result: Result, finding: Finding) -> None:
        """Count one more file."""
        self.files += 1
        if names_fix(result):
            self.unfixed += finding.fixed_by is None
            self.fix = self.fix or finding.fixed_by or ""
        if len(self.examples) < EXAMPLES:
            self.examples.append((result.path, finding.actual or finding.message))
        head, tail = _around_actual(finding)
        self.tail = tail if self.files == 1 else _common(self.tail, tail) if head == self.head else ""
        self.head = head if self.tail else ""
        if len(self.messages) < _DISTINCT:
            self.messages.add(finding.message)
        if len(self.actuals) < _DISTINCT and finding.actual not in self.actuals:
            self.actuals.append(finding.actual)
        if match := _SIZE.fullmatch(finding.actual):
            self._measure(int(match[1]), int(match[2]))

    def _measure(self, height: int, width: int) -> None:
        area = height * width
        if not any(self.smallest) or area < self.smallest[0] * self.smallest[1]:
            self.smallest = height, width
        if area > self.largest[0] * self.largest[1]:
            self.largest = height, width


def _around_actual(finding: Finding) -> tuple[str, str]:
    """Return a message's text before and after its actual value: ``size: got `` and ``, expected 224x224``."""
    head, _, tail = finding.message.partition(f"got {finding.actual}")
    return (f"{head}got ", tail.removeprefix(" (HxW)")) if finding.actual and tail else ("", "")


def _common(tail: str, other: str) -> str:
    """Return the text that two tails share: all, all except shapes and values in brackets, or none."""
    if tail == other:
        return tail
    bare, other_bare = (re.sub(r" (\([^)]*\)|\[[^]]*\])", "", text) for text in (tail, other))
    return bare if bare == other_bare else ""


@mutable
class PlanGroup:
    """Plans that are the same sequence of ops; parameters and reasons are kept where all of them agree."""

    steps: tuple[Step, ...]
    files: int = 1

    def add(self, plan: Plan) -> None:
        """Add another plan of the same ops."""
        self.files += 1
        if plan.steps != self.steps:
            self.steps = tuple(_common_step(step, other) for step, other in zip(self.steps, plan.steps, strict=True))


def _common_step(step: Step, other: Step) -> Step:
    params = {key: value for key, value in step.params.items() if key in other.params and other.params[key] == value}
    return Step(op=step.op, params=params, why=step.why if step.why == other.why else "", loss=step.loss)


@mutable
class ResultSummary:
    """The summary of the results of a run."""

    first: Result | None = None
    groups: dict[tuple[object, ...], FindingGroup] = field(default_factory=dict)
    stuck: dict[tuple[object, ...], FindingGroup] = field(default_factory=dict)
    """Reasons for usable candidates without a plan or a tensor."""
    failed: dict[tuple[object, ...], FindingGroup] = field(default_factory=dict)
    """Bugs because of which candidates were not checked."""
    routes: dict[tuple[str, ...], PlanGroup] = field(default_factory=dict)
    """By kind of candidate and ops."""
    kinds: Counter[str] = field(default_factory=Counter)
    """Usable candidates, by kind."""
    planless: Counter[str] = field(default_factory=Counter)
    """Usable candidates without a plan."""
    pipelines: Counter[str] = field(default_factory=Counter)
    """Pipelines from images to tensors, where the images are known."""
    assumptions: Counter[tuple[str, ...]] = field(default_factory=Counter)
    """Assumptions with which a plan exists, of usable candidates; empty without such assumptions."""
    specs: Counter[str] = field(default_factory=Counter)
    """Candidates by name of their spec, in a run with several."""
    unusable: int = 0
    bugs: int = 0
    written: int = 0

    def add(self, result: Result) -> None:
        """Add one result."""
        self.first = self.first or result
        self.written += result.emitted is not None
        if result.spec:
            self.specs[result.spec] += 1
        if result.bug:
            self.bugs += 1
            _enter(self.failed, (result.bug,), result, _reason(result.bug))
        elif _unusable(result):
            self.unusable += 1
        else:
            self.kinds[result.kind] += 1
            if result.assumptions in self.assumptions or len(self.assumptions) < _DISTINCT:
                self.assumptions[result.assumptions] += 1
            self.planless[result.kind] += result.plan is None and result.request is None
        firsts: dict[str, Finding] = {}
        for finding in result.findings:
            firsts.setdefault(finding.code, finding)
        for finding in firsts.values():
            _enter(self.groups, result.group_of(finding), result, finding)
        has_own_reason = result.facts is not None or not (
            result.findings or result.suppressed
        )  # else a finding has the reason
        if has_own_reason and result.skipped and result.request is None and result.status != "suppressed":
            reason = _PROBABILITY.sub("", result.skipped)
            _enter(self.stuck, (result.kind, reason), result, _reason(reason))
        if result.origins is not None and (
            (text := _origins.pipeline_text(result)) in self.pipelines or len(self.pipelines) < _GROUPS
        ):
            self.pipelines[text] += 1
        if result.plan is not None and result.golden is None:  # the plan of a probe is not a fix
            self._add_plan(result.kind, result.plan)

    def _add_plan(self, kind: str, plan: Plan) -> None:
        key = (kind, *(step.op for step in plan.steps))
        if route := self.routes.get(key):
            route.add(plan)
        elif len(self.routes) < _GROUPS:
            self.routes[key] = PlanGroup(steps=plan.steps)

    def by_use(self, kind: str) -> list[PlanGroup]:
        """The plans with steps for a kind, the most frequent first."""
        routes = [route for key, route in self.routes.items() if key[0] == kind and route.steps]
        return sorted(routes, key=lambda route: -route.files)

    @property
    def common_assumptions(self) -> tuple[str, ...]:
        """Assumptions that all candidates require; empty where they differ."""
        return next(iter(self.assumptions)) if len(self.assumptions) == 1 and not self.unusable else ()

    def without_steps(self, kind: str) -> int:
        """Candidates of a kind whose plan has no steps."""
        return self.routes[(kind,)].files if (kind,) in self.routes else 0


def names_fix(result: Result) -> bool:
    """Whether the findings of a candidate state if ``convert`` fixes them.

    Requests, probes and handlers are not fixed by it, and the last line states an option that it requires.
    """
    return result.kind not in ("request", "probe") and result.handled is None and not result.assumptions


def _unusable(result: Result) -> bool:
    """Whether a candidate is unusable, or was not checked because of a bug."""
    return result.facts is None and result.request is None


def _reason(message: str) -> Finding:
    return Finding(code="", name="", severity="error", message=message)


def _enter(
    groups: dict[tuple[object, ...], FindingGroup], key: tuple[object, ...], result: Result, finding: Finding
) -> None:
    group = groups.get(key)
    if group is None:
        if len(groups) >= _GROUPS:
            return
        group = groups[key] = FindingGroup(sample=finding, kind=result.kind, is_unusable=_unusable(result))
    group.add(result, finding)
