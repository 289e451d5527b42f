"""The findings of a candidate and the plan that fixes them: rules alone, no arrays and no files."""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from dataclasses import fields
from operator import attrgetter

from sm_imgcheck import rules
from sm_imgcheck.core.errors import PlanError
from sm_imgcheck.core.frozen import frozen, replace_fields
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
    """The plan for one candidate under one spec, or why there is none."""

    plan: Plan | None
    skipped: str = ""
    """Why there is no plan; empty: there is."""
    assumptions: tuple[str, ...] = ()
    """``KEY=VALUE`` of ``--assume`` under which there probably is one."""


_OF_FILES = ("SRC", "PAY", "HND")
"""Families of rules about a file or a request, not about the decoded array."""
_REMEMBERED = 512
"""Judgments, some 10 kB each: the headers of a folder of photographs are few."""
_judgments: IdentityCache[tuple[PlanResult, tuple[Finding, ...]]] = IdentityCache(_REMEMBERED)
_header_fields = attrgetter(*(field.name for field in fields(Header)))


def plan_and_check(candidate: Candidate, spec: Spec, options: Options) -> tuple[PlanResult, tuple[Finding, ...]]:
    """The plan of a measured candidate, and its findings, each with the op of the plan that fixes it.

    Images with equal headers share one judgment: planning and checking takes as long as a JPEG of 300x300 takes to
    decode.
    """
    key = _judgment_key(candidate)
    judgment = None if key is None else _judgments.get((spec, options), key)
    if judgment is not None:
        return judgment
    if key is not None:  # neither name nor bytes: what is remembered cannot depend on them
        candidate = replace_fields(candidate, path=f"x{_suffix(candidate.path)}", data=b"", pixels=None)
    proposal = make_plan_result(candidate, spec, options)
    findings = _with_refusal(rules.run(candidate, spec), candidate, proposal, spec, options)
    judgment = proposal, tuple(select(findings, proposal.plan, options))
    if key is not None:
        _judgments.put((spec, options), judgment, key)
    return judgment


def _judgment_key(candidate: Candidate) -> Hashable | None:
    """What the judgment of an image depends on besides spec and options; None: on more than its header."""
    header = candidate.header
    if header is None or candidate.kind != "image" or candidate.problem is not None:
        return None
    if header.coding.startswith("arithmetic"):  # the size of the file matters to this kind only
        return None
    return (_suffix(candidate.path), candidate.trailing_bytes, *_header_fields(header))


def _suffix(path: str) -> str:
    """Of the file's name, as ``PurePath.suffix`` says, in a tenth of the time."""
    name = path.replace("\\", "/").rpartition("/")[2]
    at = name.rfind(".")
    return name[at:] if 0 < at < len(name) - 1 else ""


def make_plan_result(candidate: Candidate, spec: Spec, options: Options) -> PlanResult:
    """The steps from a measured candidate to the contract, or why there are none."""
    if candidate.problem is not None:
        return PlanResult(plan=None, skipped=candidate.problem.message)
    if candidate.kind == "request":
        return PlanResult(
            plan=None,
            skipped="a request body is judged as it is; sm-imgcheck payload makes one from an image or a tensor",
        )
    try:
        return PlanResult(plan=make_plan(spec, candidate, options))
    except PlanError as error:
        return PlanResult(plan=None, skipped=str(error), assumptions=error.assumptions)


def _with_refusal(
    findings: tuple[Finding, ...], candidate: Candidate, proposal: PlanResult, spec: Spec, options: Options
) -> tuple[Finding, ...]:
    """The findings of a candidate, and that ``convert`` refuses an image where no other error reports it.

    Under ``as_request`` the mismatches of the decoded pixels with the contract are no findings: ``convert`` fixes
    them, or it refuses the image.
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
    """The findings that were asked for, each with the op of this plan that fixes it."""
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
    found = dict(ops)
    for stage, fixing_stages in _FIXING_STAGES.items():
        found.pop(stage, None)
        if (fix := next((one for one in fixing_stages if one in ops), None)) is not None:
            found[stage] = ops[fix]
    return found
