"""What the findings of a run have in common, gathered as they come and in bounded memory.

Findings are grouped by their code and what was expected; what was found instead may differ from file to
file (every photograph has its own size). A group keeps a count, a few examples and the span of what was found.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field

from sm_imgcheck.core.types import Finding, Plan, Result, Step
from sm_imgcheck.report import _origins

__all__ = ["FindingGroup", "PlanGroup", "ResultSummary"]

EXAMPLES = 5
"""Files that are named for each group."""
_GROUPS = 300
"""Distinct groups; what comes after is counted in the summary only."""
_DISTINCT = 4
"""Different findings of one group that are told apart before they become a span."""
_SIZE = re.compile(r"(\d{1,9})x(\d{1,9})")


@dataclass(slots=True)
class FindingGroup:
    """Findings that say the same, or reasons why no tensor can be made."""

    sample: Finding
    kind: str
    made_for_good: bool = False
    """Of requests, probes and what a handler makes: there ``convert`` fixes nothing."""
    unread: bool = False
    """Of candidates that cannot be used: they are none of those that are counted by kind."""
    files: int = 0
    unfixed: int = 0
    """Files in which nothing fixes it."""
    fix: str = ""
    messages: set[str] = field(default_factory=set)
    head: str = ""
    tail: str = ""
    """Text before and after the actual value that all messages share; both empty if they differ in more."""
    actuals: list[str] = field(default_factory=list)
    smallest: tuple[int, int] = (0, 0)
    largest: tuple[int, int] = (0, 0)
    """Height and width, by area, where what was found are sizes."""
    examples: list[tuple[str, str]] = field(default_factory=list)
    """Path, and what was found there or else the message."""

    def add(self, path: str, finding: Finding) -> None:
        """Count one more file."""
        self.files += 1
        self.unfixed += finding.fixed_by is None
        self.fix = self.fix or finding.fixed_by or ""
        if len(self.examples) < EXAMPLES:
            self.examples.append((path, finding.actual or finding.message))
        head, tail = _around_actual(finding)
        self.tail = tail if self.files == 1 else _common(self.tail, tail) if head == self.head else ""
        self.head = head if self.tail else ""
        if len(self.messages) < _DISTINCT:
            self.messages.add(finding.message)
        if len(self.actuals) < _DISTINCT and finding.actual not in self.actuals:
            self.actuals.append(finding.actual)
        if found := _SIZE.fullmatch(finding.actual):
            self._measure(int(found[1]), int(found[2]))

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


@dataclass(slots=True)
class PlanGroup:
    """Plans that are the same sequence of ops; parameters and reasons are kept where all of them agree."""

    steps: tuple[Step, ...]
    files: int = 1

    def add(self, plan: Plan) -> None:
        """Take in one more plan of the same ops."""
        self.files += 1
        if plan.steps != self.steps:
            self.steps = tuple(_agreed(mine, other) for mine, other in zip(self.steps, plan.steps, strict=True))


def _agreed(one: Step, other: Step) -> Step:
    params = {key: value for key, value in one.params.items() if key in other.params and other.params[key] == value}
    return Step(op=one.op, params=params, why=one.why if one.why == other.why else "", loss=one.loss)


@dataclass(slots=True)
class ResultSummary:
    """All that a report for people needs of the results."""

    first: Result | None = None
    groups: dict[tuple[object, ...], FindingGroup] = field(default_factory=dict)
    stuck: dict[tuple[object, ...], FindingGroup] = field(default_factory=dict)
    """Why candidates that could be read have no plan or no tensor."""
    failed: dict[tuple[object, ...], FindingGroup] = field(default_factory=dict)
    """Bugs that kept candidates from being checked."""
    routes: dict[tuple[str, ...], PlanGroup] = field(default_factory=dict)
    """By kind of candidate and ops."""
    kinds: Counter[str] = field(default_factory=Counter)
    """Candidates that could be read, by kind."""
    planless: Counter[str] = field(default_factory=Counter)
    """Of these, the ones to which no plan leads."""
    made: Counter[str] = field(default_factory=Counter)
    """How tensors were made of their images, where these are at hand."""
    assumptions: Counter[tuple[str, ...]] = field(default_factory=Counter)
    """What would have to be assumed, by candidate that could be read; empty: nothing, or nothing helps."""
    unread: int = 0
    bugs: int = 0
    written: int = 0

    def add(self, result: Result) -> None:
        """Take in one result."""
        self.first = self.first or result
        self.written += result.emitted is not None
        if result.bug:
            self.bugs += 1
            _enter(self.failed, (result.bug,), result, _reason(result.bug))
        elif _unread(result):
            self.unread += 1
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
        known = result.facts is not None or not (result.findings or result.suppressed)  # else a finding has the cause
        if known and result.skipped and result.request is None and result.status != "suppressed":
            _enter(self.stuck, (result.kind, result.skipped), result, _reason(result.skipped))
        if result.origins is not None and ((way := _origins.way(result)) in self.made or len(self.made) < _GROUPS):
            self.made[way] += 1
        if result.plan is not None and result.golden is None:  # a probe's plan fixes nothing
            self._travel(result.kind, result.plan)

    def _travel(self, kind: str, plan: Plan) -> None:
        key = (kind, *(step.op for step in plan.steps))
        if route := self.routes.get(key):
            route.add(plan)
        elif len(self.routes) < _GROUPS:
            self.routes[key] = PlanGroup(plan.steps)

    def by_use(self, kind: str) -> list[PlanGroup]:
        """The plans with steps for a kind, the one that most candidates share first."""
        routes = [route for key, route in self.routes.items() if key[0] == kind and route.steps]
        return sorted(routes, key=lambda route: -route.files)

    @property
    def common_assumptions(self) -> tuple[str, ...]:
        """What has to be assumed of every candidate; empty where that differs, or where nothing has to be."""
        return next(iter(self.assumptions)) if len(self.assumptions) == 1 and not self.unread else ()

    def finished(self, kind: str) -> int:
        """Candidates of a kind to which nothing has to be done."""
        return self.routes[(kind,)].files if (kind,) in self.routes else 0


def _unread(result: Result) -> bool:
    """Whether it could not be used; what a bug kept from being checked counts as such."""
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
        made = result.kind in ("request", "probe") or result.handled is not None
        group = groups[key] = FindingGroup(finding, result.kind, made_for_good=made, unread=_unread(result))
    group.add(result.path, finding)
