"""Text about the origin of a tensor: the pipeline from its source image, and the pipeline of the spec."""

from __future__ import annotations

from sm_imgcheck.core import phrases
from sm_imgcheck.core.escape import for_terminal
from sm_imgcheck.core.types import Origin, Result, SourceComparison, Step
from sm_imgcheck.ops.compare import compare_with_spec_text, fixing_steps, said, shared
from sm_imgcheck.ops.traits import PipelineTrait, traits
from sm_imgcheck.report._rows import Section

__all__ = ["format_fixable", "line", "of_source", "pipeline_text", "pipelines", "reported_origins", "residual_text"]


def reported_origins(origins: tuple[Origin, ...]) -> tuple[Origin, ...]:
    """The origins that explain the tensor; where none does, the nearest alone."""
    return tuple(origin for origin in origins if origin.exact) or origins[:1]


def pipelines(origins: tuple[Origin, ...]) -> list[tuple[PipelineTrait, ...]]:
    """The traits of each reported origin."""
    return [traits(origin.steps, origin.before) for origin in reported_origins(origins)]


def residual_text(origin: Origin) -> str:
    """The residual: none at all, or how many gray levels are left."""
    if origin.max_difference == 0:
        return "equal in every value"
    most, mean = f"{origin.max_difference:.2g}", f"{origin.mean_difference:.2g}"
    return f"residual {mean} gray levels on average, {most} at most"


def line(result: Result) -> str:
    """The source and the pipeline of a tensor, in one line."""
    source = for_terminal(result.ideal.source) if result.ideal is not None else "its source"
    limit = f"; {result.ideal.unsearched}" if result.ideal is not None and result.ideal.unsearched else ""
    if not result.origins:
        if result.ideal is not None and result.ideal.uncompared:
            return f"not compared with {source}"
        if result.ideal is not None and result.ideal.is_edited:
            return f"the spec's result from {source}, with changed pixels ({result.ideal.agreement}){limit}"
        agreement = f" ({result.ideal.agreement})" if result.ideal is not None and result.ideal.agreement else ""
        return f"no known pipeline makes it from {source}{agreement}{limit}"
    first = result.origins[0]
    which = f"image {first.image} of the batch " if _several(result) else ""
    if not first.exact:
        nearest = f"{residual_text(first)} from the nearest: {said(pipelines((first,)))}"
        return f"{which or 'it '}shows {source}, by an unknown pipeline ({nearest}){limit}"
    if result.handled is not None and result.handled.function:
        return _comparison_text(result, _subject(result), residual_text(first))
    return f"{which}made from {source}: {said(pipelines(result.origins))} ({residual_text(first)}){limit}"


def pipeline_text(result: Result) -> str:
    """The pipeline of a tensor as text, equal for equal pipelines."""
    if not result.origins:
        return "not made from its source image by any known pipeline"
    return _comparison_text(result, _subject(result)) if result.origins[0].exact else "made by an unknown pipeline"


def _subject(result: Result) -> str:
    if result.handled is None or not result.handled.function:
        return "it"
    return "your handler" if result.handled.at_model else f"your {for_terminal(result.handled.function)}"


def _several(result: Result) -> bool:
    return result.facts is not None and (result.facts.length("N") or 1) > 1


def _comparison_text(result: Result, subject: str = "it", residual: str = "") -> str:
    assert result.origins
    ideal = result.ideal
    if ideal is None or ideal.plan is None:
        return f"{subject} makes from it: {said(pipelines(result.origins))}{f' ({residual})' if residual else ''}"
    return compare_with_spec_text(
        pipelines(result.origins), traits(ideal.plan.steps, ideal.plan.before), subject, residual
    )


def format_fixable(result: Result) -> list[Section]:
    """The lines of the spec's plan from the source that are not what was done."""
    steps = _lines(result)
    assert steps == () or result.ideal is not None
    source = "" if result.ideal is None else f" ({phrases.header(result.ideal.header)})"
    return [Section(title=f"What the spec does instead, from the image{source}:", steps=steps)] if steps else []


def _lines(result: Result) -> tuple[Step, ...]:
    ideal = result.ideal
    if not result.origins or ideal is None or ideal.plan is None:
        return ()
    return fixing_steps(pipelines(result.origins), ideal.plan.steps, ideal.plan.before)


def of_source(result: Result) -> dict[str, object] | None:
    """The same as values for ``_records.plain``; None without a source."""
    if result.origins is None:
        return None
    return {
        "exact": bool(result.origins) and result.origins[0].exact,
        "description": said(pipelines(result.origins)) if result.origins else "",
        "traits": _trait_texts(result.origins),
        "origins": [_origin(origin) for origin in result.origins],
        "spec": None if result.ideal is None else _spec_pipeline(result.ideal),
        "comparison": _comparison_text(result) if result.origins else "",
        "fixed_by": _lines(result),
    }


def _trait_texts(origins: tuple[Origin, ...]) -> dict[str, list[str]]:
    return {each[0].name: [trait.said for trait in each] for each in shared(pipelines(origins))} if origins else {}


def _origin(origin: Origin) -> dict[str, object]:
    return {
        "description": said([traits(origin.steps, origin.before)]),
        "exact": origin.exact,
        "mean_difference": origin.mean_difference,
        "max_difference": origin.max_difference,
        "image": origin.image,
        "steps": origin.steps,
    }


def _spec_pipeline(ideal: SourceComparison) -> dict[str, object]:
    plan = ideal.plan
    return {
        "source": ideal.source,
        "description": said([traits(plan.steps, plan.before)]) if plan is not None else "",
        "refused": ideal.refused,
        "steps": () if plan is None else plan.steps,
        "mean_difference": ideal.mean_difference,
        "max_difference": ideal.max_difference,
    }
