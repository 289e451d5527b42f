"""A report of one candidate: it is told plainly, with each finding in full."""

from __future__ import annotations

from sm_imgcheck.core import phrases
from sm_imgcheck.core.escape import for_terminal
from sm_imgcheck.core.phrases import count
from sm_imgcheck.core.types import Golden, Request, Result
from sm_imgcheck.report import Run, _origins
from sm_imgcheck.report._rows import FAILED, Section, against, by_weight, clipped, plain, reason, row

__all__ = ["one"]


def one(run: Run, result: Result) -> tuple[tuple[str, ...], list[Section]]:
    """What the report begins with, and its sections."""
    what = phrases.header(result.header) if result.header else phrases.facts(result.facts) if result.facts else ""
    if result.request is not None:
        return _request(run, result, result.request)
    if result.golden is not None:
        return _probe(run, result, result.golden)
    head = [f"{for_terminal(result.path)}{': ' if what else ''}{what}"]
    if result.header is not None and result.facts is not None:
        head.append(f"as a plain decode hands it over: {phrases.facts(result.facts)}")
    if result.handled is not None:
        head = [f"{for_terminal(result.path)}: {phrases.handled(result.handled, result.facts)}"]
    if result.origins is not None:
        head.append(_origins.line(result))
    rows = [row(finding, clipped(finding.message), finding.fixed_by or "") for finding in by_weight(result.findings)]
    if result.handled is not None:  # it is the code that is to be mended
        rows = [plain(finding, clipped(finding.message)) for finding in by_weight(result.findings)]
    sections = [Section(title=f"{count(len(rows), 'finding')}:", rows=tuple(rows))]
    if result.plan is not None and result.findings:
        sections.append(Section(title="The plan from this to the model's tensor:", steps=result.plan.steps))
    sections += _origins.mended(result) if result.findings else []
    if result.skipped and result.facts is not None:
        made = "can be made" if result.plan is None else "was made"
        sections.append(Section(title=f"No tensor {made} of it:", rows=(reason(result.skipped),)))
    if result.bug:
        sections.append(Section(title=FAILED, rows=(reason(result.bug),)))
    return (*head, against(run)), sections


def _request(run: Run, result: Result, request: Request) -> tuple[tuple[str, ...], list[Section]]:
    """A request body: what it is, what comes of it, and what is wrong with that."""
    head = [f"{for_terminal(result.path)}: {phrases.request(request)}"]
    head += [f"  which holds {phrases.header(result.header)}"] if result.header is not None else []
    came = phrases.outcome(request, result.facts)
    rows = [plain(finding, clipped(finding.message)) for finding in by_weight(result.findings)]
    return (*head, *([came] if came else []), against(run)), [
        Section(title=f"{count(len(rows), 'finding')}:", rows=tuple(rows))
    ]


def _probe(run: Run, result: Result, golden: Golden) -> tuple[tuple[str, ...], list[Section]]:
    """A golden tensor: how far the spec is from it, and the plan that was run."""
    seen = f": {phrases.facts(result.facts)}" if result.facts is not None else ""
    rows = [plain(finding, clipped(finding.message)) for finding in by_weight(result.findings)]
    sections = [Section(title=f"{count(len(rows), 'finding')}:", rows=tuple(rows))]
    if rows and result.plan is not None:
        sections.append(Section(title="The spec's own steps:", steps=result.plan.steps))
    return (f"{for_terminal(result.path)}{seen}", phrases.golden(golden), against(run)), sections
