"""Derive the plan: the ordered steps from the facts to the contract.

The order is that of the stages in ``image`` (from an image file to the tensor) or ``tensor`` (from a tensor). Each
stage gets the facts after the stages before it and yields the steps that are still missing, so a candidate that matches
the contract gets an empty plan.
"""

from __future__ import annotations

from collections.abc import Iterator

from sm_imgcheck.core.assumptions import contradicted_order
from sm_imgcheck.core.errors import PlanError
from sm_imgcheck.core.frozen import replace_fields
from sm_imgcheck.core.layouts import describe
from sm_imgcheck.core.types import Candidate, Contract, Facts, Header, Options, Plan, Spec, Step
from sm_imgcheck.ops.trace import after, of_file
from sm_imgcheck.pipeline.plan import image, tensor
from sm_imgcheck.pipeline.plan.context import PlanContext, Stage, decodes_gray
from sm_imgcheck.rules.source_image import refusals

__all__ = ["any_image", "decodes_gray", "make_plan"]


def make_plan(spec: Spec, candidate: Candidate, options: Options) -> Plan:
    """Return the plan for one candidate. Raises PlanError where no plan is valid."""
    if candidate.header is not None:
        if reasons := refusals(candidate.header, spec.decode, channel_order=spec.contract.channel_order):
            raise PlanError("; ".join(message for _, message in reasons))
        context = PlanContext(spec=spec, kind="image", options=options, header=candidate.header)
        return _follow(of_file(candidate.header), image.PIXEL_STAGES + image.TENSOR_STAGES, context)
    if candidate.facts is None:
        raise PlanError("candidate: no facts known")
    facts = candidate.unflattened or candidate.facts
    likely = contradicted_order(facts)
    is_exact = any(origin.exact for origin in candidate.origins or ())
    context = PlanContext(spec=spec, kind="tensor", options=options, guessed_order=bool(likely), known_layout=is_exact)
    facts = replace_fields(facts, channel_order=likely) if likely else facts
    plan = _follow(facts, tensor.STAGES + image.TENSOR_STAGES, context)
    return plan if candidate.unflattened is None else _unflatten(plan, candidate.facts)


def _unflatten(plan: Plan, flat: Facts) -> Plan:
    """The plan from a flattened array: one step more at its start."""
    params = {"shape": list(plan.before.shape), "layout": plan.before.layout}
    step = Step(op="reshape", params=params, why="flattened array with known axes")
    return Plan(steps=(step, *plan.steps), before=flat, after=(plan.before, *plan.after))


def any_image(spec: Spec) -> tuple[Step, ...]:
    """Return the steps for any image: a parameter that depends on the file is ``{"header": KEY}``."""
    _refuse_bfloat16(spec.contract)
    context = PlanContext(spec=spec, kind="any image", options=Options())
    pretend = of_file(Header(format="", mode="CMYK", height=480, width=640))
    return tuple(step for step, _ in _steps(pretend, image.PIXEL_STAGES + image.TENSOR_STAGES, context))


def _refuse_bfloat16(contract: Contract) -> None:
    if contract.dtype == "bfloat16":
        raise PlanError("dtype bfloat16: not supported by NumPy; use float32 in the spec and cast in the model's code")


def _follow(facts: Facts, stages: tuple[Stage, ...], context: PlanContext) -> Plan:
    _refuse_bfloat16(context.contract)
    pairs = tuple(_steps(facts, stages, context))
    steps, later_facts = tuple(step for step, _ in pairs), tuple(later for _, later in pairs)
    _hold(later_facts[-1] if later_facts else facts, context.contract)
    if not context.options.allow_guess and (guesses := tuple(tensor.guesses(facts, steps, context))):
        assumptions = tuple(guess for _, guess in guesses)
        reasons = "; ".join(why for why, _ in guesses)
        raise PlanError(f"{reasons}; or --allow-guess", assumptions if all(assumptions) else ())
    return Plan(steps=steps, before=facts, after=later_facts)


def _steps(facts: Facts, stages: tuple[Stage, ...], context: PlanContext) -> Iterator[tuple[Step, Facts]]:
    """Each step with the facts that it leaves."""
    for stage in stages:
        for step in stage(facts, context):
            facts = after(facts, step)
            yield step, facts


def _hold(facts: Facts, contract: Contract) -> None:
    """Refuse a plan that would not end in the contract."""
    fits = facts.layout == contract.layout and all(
        dim.allows(length) for dim, length in zip(contract.shape, facts.shape, strict=True)
    )
    if not fits:
        expected = "[" + ", ".join(str(dim) for dim in contract.shape) + f"] {contract.layout}"
        ends = describe(facts.shape, facts.layout)
        raise PlanError(f"shape: got {ends} after all steps, expected {expected}; {suggest_fix(facts, contract)}")


def suggest_fix(facts: Facts, contract: Contract) -> str:
    batch = contract.dim("N")
    if batch is not None and facts.layout == contract.layout and not batch.allows(facts.shape[0]):
        return f"pass a tensor of {batch} images"
    return "add a resize to the spec, or pass a tensor of that size"
