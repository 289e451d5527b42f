"""What is said of a candidate and what mends it: rules alone, no arrays and no files."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields
from operator import attrgetter

from sm_imgcheck import rules
from sm_imgcheck.core.errors import PlanError
from sm_imgcheck.core.frozen import changed, frozen
from sm_imgcheck.core.identity_cache import IdentityCache
from sm_imgcheck.core.types import Candidate, Facts, Finding, Header, Options, Plan, Spec
from sm_imgcheck.ops.records import record
from sm_imgcheck.pipeline.plan import make_plan

__all__ = ["Judgement", "judgement", "reported"]

_MENDERS = {
    "cast": ("cast", "pixels", "colour", "quantize"),
    "values": ("values", "pixels", "quantize"),
    "colour": ("colour", "decode"),
    "reorder": ("reorder", "decode"),
}
"""Stages whose step mends what a check leaves to the first of them, in this order; every other stage mends its own."""


@frozen
class Judgement:
    """Of one candidate under one spec."""

    findings: tuple[Finding, ...]
    plan: Plan | None
    skipped: str
    """Why there is no plan; empty: there is."""
    assumptions: tuple[str, ...]
    """``KEY=VALUE`` of ``--assume`` under which there probably is one."""
    facts: Facts | None
    header: Header | None


_REMEMBERED = 512
"""Judgements, some 10 kB each: the headers of a folder of photographs are few."""
_judgements: IdentityCache[Judgement] = IdentityCache(_REMEMBERED)
_fields = attrgetter(*(field.name for field in fields(Header)))


def judgement(candidate: Candidate, spec: Spec, options: Options) -> Judgement:
    """The findings that were asked for, and the plan, or why there is none.

    Images with equal headers share one, which is made once: it takes as long as a JPEG of 300x300 takes to decode.
    """
    header = candidate.header
    # How large the file is matters for the one kind only.
    alike = header is not None and candidate.kind == "image" and not header.coding.startswith("arithmetic")
    if header is None or not alike or candidate.problem is not None:
        return _made(candidate, spec, options)
    suffix = _suffix(candidate.path)

    def make() -> Judgement:
        # Neither name nor bytes: what is cached cannot depend on them.
        return _made(changed(candidate, path=f"x{suffix}", data=b"", pixels=None), spec, options)

    return _judgements.get_or_make((spec, options), make, (suffix, candidate.trailing_bytes, *_fields(header)))


def _suffix(path: str) -> str:
    """Of the file's name, as ``PurePath.suffix`` says, in a tenth of the time."""
    name = path.replace("\\", "/").rpartition("/")[2]
    at = name.rfind(".")
    return name[at:] if 0 < at < len(name) - 1 else ""


def _made(candidate: Candidate, spec: Spec, options: Options) -> Judgement:
    plan, skipped, assumptions = _plan(candidate, spec, options)
    return Judgement(
        findings=tuple(reported(rules.run(candidate, spec), plan, options)),
        plan=plan,
        skipped=skipped,
        assumptions=assumptions,
        facts=candidate.facts,
        header=candidate.header,
    )


def _plan(candidate: Candidate, spec: Spec, options: Options) -> tuple[Plan | None, str, tuple[str, ...]]:
    if candidate.problem is not None:
        return None, candidate.problem[1], ()
    if candidate.kind == "request":
        return None, "a request body is judged as it is; sm-imgcheck payload makes one from an image or a tensor", ()
    try:
        return make_plan(spec, candidate, options), "", ()
    except PlanError as error:
        return None, str(error), error.assumptions


def reported(findings: tuple[Finding, ...], plan: Plan | None, options: Options) -> Iterator[Finding]:
    """The findings that were asked for, each with the op of this plan that mends it."""
    ops = _menders(plan)
    for finding in findings:
        if options.select and not finding.code.startswith(options.select):
            continue
        if options.ignore and finding.code.startswith(options.ignore):
            continue
        mender = ops.get(finding.fixed_by)
        yield finding if mender == finding.fixed_by else changed(finding, fixed_by=mender)


def _menders(plan: Plan | None) -> dict[str | None, str]:
    """The op of a plan that mends what a check leaves to a stage, for each stage where there is one."""
    if plan is None:
        return {}
    ops: dict[str | None, str] = {record(step.op).stage: step.op for step in reversed(plan.steps)}
    found = dict(ops)
    for stage, menders in _MENDERS.items():
        found.pop(stage, None)
        if (mender := next((one for one in menders if one in ops), None)) is not None:
            found[stage] = ops[mender]
    return found
