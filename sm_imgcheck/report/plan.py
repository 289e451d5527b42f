"""A plan to be read: what is there after each step, what the step costs, and why it is taken."""

from __future__ import annotations

from sm_imgcheck.core import phrases
from sm_imgcheck.core.escape import for_terminal
from sm_imgcheck.core.types import Facts, Plan, Result, Spec
from sm_imgcheck.core.value_mapping import span
from sm_imgcheck.report import _records

__all__ = ["as_json", "as_text"]


def as_json(result: Result, spec: Spec) -> str:
    """The plan as a JSON document, to be kept or compared."""
    record = {"version": _records.VERSION, "spec": _records.plain({"name": spec.name, "sha256": spec.sha256})}
    whole = _records.of_result(result)
    record |= {key: whole[key] for key in ("path", "kind", "skipped")}
    record |= whole["plan"] or {"steps": [], "before": whole["facts"], "after": []}
    return _records.encode(record, indent=1) + "\n"


def as_text(result: Result, spec: Spec, title: str) -> str:
    """The plan as lines under one another. ``title``: what the user calls the spec."""
    lines = [for_terminal(result.path), f"to {for_terminal(title)}: {phrases.contract(spec.contract)}", ""]
    if result.plan is None:
        return "\n".join([*lines[:2], f"no plan: {for_terminal(result.skipped)}", ""])
    if not result.plan.steps:
        return "\n".join([*lines, "  Nothing to do: it is what the model takes.", ""])
    return "\n".join([*lines, *_table(result.plan), ""])


def _table(plan: Plan) -> list[str]:
    """What is there after each step, and below it why the step is taken."""
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
