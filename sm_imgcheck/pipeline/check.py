"""The findings of a candidate and the plan that fixes them: rules alone, no arrays and no files."""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from operator import attrgetter

from sm_imgcheck import rules
from sm_imgcheck.core.errors import PlanError
from sm_imgcheck.core.frozen import field_names, frozen, replace_fields
from sm_imgcheck.core.identity_cache import IdentityCache
from sm_imgcheck.core.types import Candidate, Finding, Header, Options, Plan, Spec
from sm_imgcheck.ops.records import record
from sm_imgcheck.pipeline.decoded import decoded_facts
from sm_imgcheck.pipeline.plan import make_plan
from sm_imgcheck.rules.source_image import SRC140

__all__ = ["PlanResult", "make_plan_result", "plan_and_check", "select"]

_FIXING_STAGES = {
    "cast": ("cast", "pixels", "color", "quantize"),
    "values": ("values", "pixels", "quantize"),
    "color": ("color", "decode"),
    "reorder": ("reorder", "decode"),
}
"""Stages whose step fixes what a check leaves to the first of them, in this order; every other stage fixes its own."""


@frozen
class PlanResult:
    """The plan for one candidate under one spec, or the reason for a missing plan."""

    plan: Plan | None
    skipped: str = ""
    """Reason for a missing plan; empty with a plan."""
    assumptions: tuple[str, ...] = ()
    """``KEY=VALUE`` of ``--assume`` under which there probably is one."""


_OF_FILES = ("SRC", "PAY", "HND")
"""Families of rules about a file or a request, not about the decoded array."""
_CACHE_SIZE = 512
"""Cached checks, about 10 kB each: the images of a folder have few different headers."""
_checks: IdentityCache[tuple[PlanResult, tuple[Finding, ...]]] = IdentityCache(_CACHE_SIZE)
_header_fields = attrgetter(*field_names(Header))


def plan_and_check(candidate: Candidate, spec: Spec, options: Options) -> tuple[PlanResult, tuple[Finding, ...]]:
    """Return the plan of a measured candidate, and its findings, each with the op of the plan that fixes it.

    Images with equal headers share one check: planning and checking needs as much time as decoding a JPEG of 300x300.
    """
    key = _check_key(candidate)
    check = None if key is None else _checks.get((spec, options), key)
    if check is not None:
        return check
    if key is not None:  # neither name nor bytes: cached checks cannot depend on them
        candidate = replace_fields(candidate, path=f"x{_suffix(candidate.path)}", data=b"", pixels=None)
    proposal = make_plan_result(candidate, spec, options)
    findings = _with_refusal(rules.run(candidate, spec), candidate, proposal, spec, options)
    check = proposal, tuple(select(findings, proposal.plan, options))
    if key is not None:
        _checks.put((spec, options), check, key)
    return check


def _check_key(candidate: Candidate) -> Hashable | None:
    """Return the values that determine the check of an image, except spec and options; None if pixels do too."""
    header = candidate.header
    if header is None or candidate.kind != "image" or candidate.problem is not None:
        return None
    if header.coding.startswith("arithmetic"):  # the size of the file matters to this kind only
        return None
    return (_suffix(candidate.path), candidate.trailing_bytes, *_header_fields(header))


def _suffix(path: str) -> str:
    """Return the suffix of a file name as ``PurePath.suffix`` does, in a tenth of the time."""
    name = path.replace("\\", "/").rpartition("/")[2]
    at = name.rfind(".")
    return name[at:] if 0 < at < len(name) - 1 else ""


def make_plan_result(candidate: Candidate, spec: Spec, options: Options) -> PlanResult:
    """Return the steps from a measured candidate to the contract, or the reason for their absence."""
    if candidate.problem is not None:
        return PlanResult(plan=None, skipped=candidate.problem.message)
    if candidate.kind == "request":
        return PlanResult(
            plan=None,
            skipped="request bodies are checked unchanged; sm-imgcheck payload creates one from an image or a tensor",
        )
    try:
        return PlanResult(plan=make_plan(spec, candidate, options))
    except PlanError as error:
        return PlanResult(plan=None, skipped=str(error), assumptions=error.assumptions)


def _with_refusal(
    findings: tuple[Finding, ...], candidate: Candidate, proposal: PlanResult, spec: Spec, options: Options
) -> tuple[Finding, ...]:
    """Return the findings of a candidate, and that ``convert`` rejects an image where no other error reports it.

    With ``as_request`` mismatches of the decoded pixels with the contract are not reported: ``convert`` fixes them, or
    it rejects the image.
    """
    if candidate.header is None or candidate.problem is not None:
        return findings
    if options.as_request:
        findings = tuple(finding for finding in findings if finding.code[:3] in _OF_FILES)
    if candidate.kind == "request":
        if options.content_type is not None:
            return findings
        facts = decoded_facts(candidate.header, options)
        proposal = make_plan_result(replace_fields(candidate, kind="image", request=None, facts=facts), spec, options)
    if proposal.plan is not None or any(finding.severity == "error" for finding in findings):
        return findings
    return (*findings, SRC140.finding(proposal.skipped, fixable=False))


def select(findings: tuple[Finding, ...], plan: Plan | None, options: Options) -> Iterator[Finding]:
    """Return the selected findings, each with the op of this plan that fixes it."""
    ops = _fixing_ops(plan)
    for finding in findings:
        if options.select and not finding.code.startswith(options.select):
            continue
        if options.ignore and finding.code.startswith(options.ignore):
            continue
        fix = ops.get(finding.fixed_by)
        yield finding if fix == finding.fixed_by else replace_fields(finding, fixed_by=fix)


def _fixing_ops(plan: Plan | None) -> dict[str | None, str]:
    """The op of a plan that fixes what a check leaves to a stage, for each stage where there is one."""
    if plan is None:
        return {}
    ops: dict[str | None, str] = {record(step.op).stage: step.op for step in reversed(plan.steps)}
    op_by_stage = dict(ops)
    for stage, fixing_stages in _FIXING_STAGES.items():
        op_by_stage.pop(stage, None)
        if (fix := next((name for name in fixing_stages if name in ops), None)) is not None:
            op_by_stage[stage] = ops[fix]
    return op_by_stage
