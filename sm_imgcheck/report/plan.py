"""A plan as text: the tensor after each step, the reason for the step, and what it loses."""

from __future__ import annotations

from collections.abc import Iterable

from sm_imgcheck.core import phrases
from sm_imgcheck.core.escape import for_terminal
from sm_imgcheck.core.types import Facts, Plan, Result, Spec
from sm_imgcheck.core.value_mapping import span
from sm_imgcheck.report import ReportContent, _records
from sm_imgcheck.report._entries import Assessment, FileEntry, problem_finding

__all__ = ["PlanContent"]


class PlanContent(ReportContent[Result]):
    """The plan of one candidate. ``title``: what the user calls the spec."""

    indent = 1
    folds = True

    def __init__(self, spec: Spec, title: str) -> None:
        self.spec, self.title = spec, title

    def record(self, row: Result) -> dict[str, object]:
        """The plan, to be kept or compared."""
        spec = {"name": self.spec.name, "sha256": self.spec.sha256}
        record = {"version": _records.VERSION, "spec": _records.plain(spec)}
        whole = _records.of_result(row)
        record |= {key: whole[key] for key in ("path", "kind", "skipped")}
        plan = {"steps": [], "before": whole["facts"], "after": []} if row.plan is None else _records.plain(row.plan)
        return record | plan

    def entries(self, row: Result) -> Iterable[FileEntry]:
        """The candidate; a candidate without a plan has a problem."""
        problem = problem_finding("no-plan", row.skipped) if row.plan is None else None
        assessment = Assessment(kind=row.kind, status="failed" if problem else "ok", problem=problem)
        yield FileEntry(path=row.path, assessment=assessment, result=row)

    def words(self, row: Result) -> str:
        """The plan as lines under one another."""
        lines = [for_terminal(row.path), f"to {for_terminal(self.title)}: {phrases.contract(self.spec.contract)}"]
        if row.plan is None:
            lines += [f"no plan: {for_terminal(row.skipped)}"]
        elif not row.plan.steps:
            lines += ["", "  No steps: the tensor matches the spec."]
        else:
            lines += ["", *_table(row.plan)]
        return "\n".join([*lines, ""])


def _table(plan: Plan) -> list[str]:
    """The tensor after each step, and below it the reason for the step."""
    rows = [("", "", "shape", "layout", "dtype", "order", "values"), ("", "before", *_cells(plan.before))]
    reasons = [""] * len(rows)
    for number, (step, after) in enumerate(zip(plan.steps, plan.after, strict=True), 1):
        op, reason, loss = phrases.step(step)
        rows.append((str(number), op, *_cells(after)))
        reasons.append(f"{reason}{f' [{loss}]' if loss else ''}")
    lines = zip(phrases.columns(rows), reasons, strict=True)
    return [text for line, reason in lines for text in (line.rstrip(), *([f"       {reason}"] if reason else []))]


def _cells(facts: Facts) -> tuple[str, ...]:
    shape = "[" + ", ".join(map(str, facts.shape)) + "]"
    return shape, facts.layout, facts.dtype, facts.channel_order, span(facts.low, facts.high)
