"""Draw a candidate: the source, what the model sees, and how a tensor was created."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace

import numpy as np

from sm_imgcheck.core.errors import CandidateError, ImgcheckError
from sm_imgcheck.core.escape import for_terminal
from sm_imgcheck.core.types import Affine, Candidate, Contract, Facts, Options, Result, Spec
from sm_imgcheck.core.value_mapping import contract_mapping, same
from sm_imgcheck.features.pictures.panels import (
    AS_CREATED,
    FULL_RANGE,
    Panel,
    SheetLine,
    decode_source,
    default_decode,
    drawable_facts,
    model_interpretation,
    notes_on,
    panel,
    panels_of_source,
    select_image,
    source_panel,
    spec_summary,
    stretch_mapping,
)
from sm_imgcheck.pipeline import apply
from sm_imgcheck.pipeline.invert import TensorInterpretation
from sm_imgcheck.pipeline.plan import decodes_gray
from sm_imgcheck.pipeline.process import evaluate_candidate, measure_candidate
from sm_imgcheck.pipeline.read import image_candidate

__all__ = ["draw_candidate", "panels_of"]


@np.errstate(all="ignore")  # values that overflow are drawn as clipped or NaN
def draw_candidate(result: Result, spec: Spec, options: Options, *, name: str = "", title: str = "") -> bytes:
    """Draw an image, a tensor or a request body that holds one, as the bytes of a PNG.

    result: of ``process`` under ``options``, which keep its arrays. name and title: what the user calls it, and the
    spec. Raises ImgcheckError if the candidate has no image.
    """
    from sm_imgcheck.features.pictures.sheet import sheet  # the fonts, which thumbnails do without

    panels, notes = panels_of(result, spec, options, name=name)
    return sheet(panels, title=(for_terminal(name or result.candidate.path), spec_summary(spec, title)), notes=notes)


def panels_of(
    result: Result, spec: Spec, options: Options, *, name: str = ""
) -> tuple[tuple[Panel, ...], tuple[SheetLine, ...]]:
    """Return the panels of a candidate, and notes about it. Raises ImgcheckError if the candidate has no image."""
    candidate = _as_image(result.candidate, spec, options)
    if candidate.problem is not None:
        label = for_terminal(name or candidate.path)
        raise ImgcheckError(f"no image to draw of {label}: {candidate.problem.message}")
    is_image = candidate.header is not None and candidate.pixels is not None
    best = evaluate_candidate(candidate, spec, replace(options, want_array=is_image, allow_guess=True))
    is_body = is_image and result.kind == "request"
    if is_image:
        panels = tuple(_image_panels(candidate, best, spec, is_body=is_body))
    else:
        tensor_panels = tuple(_tensor_panels(candidate, best, spec))
        panels = (*panels_of_source(candidate.source, spec.decode), *tensor_panels, *_expected_panel(candidate, spec))
    return panels, tuple(notes_on((result if is_body else best).findings, best.skipped))


def _as_image(candidate: Candidate, spec: Spec, options: Options) -> Candidate:
    """Measure the image in a candidate that was checked as a request or by its header; return a tensor unchanged."""
    if candidate.header is None or candidate.data is None:
        return candidate
    if candidate.pixels is None and candidate.problem is None:
        candidate = image_candidate(
            candidate.data, candidate.path, spec.decode, depth="pixels", gray=decodes_gray(spec)
        )
    return measure_candidate(replace(candidate, kind="image", request=None), spec, options)


def _image_panels(candidate: Candidate, result: Result, spec: Spec, *, is_body: bool) -> Iterator[Panel]:
    """Draw the source, the tensor that the plan creates, and the model input without preprocessing.

    is_body: the image is a request body, for which the last panel does not apply.
    """
    header, facts, contract = candidate.header, candidate.facts, spec.contract
    assert header is not None
    assert facts is not None
    yield source_panel(candidate.pixels, header)
    if result.array is not None:
        expected = model_interpretation(contract, contract.layout, contract.channel_order)
        assert expected is not None
        yield panel("What the model expects", result.array, expected, ("created by the plan",))
    default = model_interpretation(contract, facts.layout, facts.channel_order)
    if default is not None and not is_body:
        pixels = default_decode(candidate.pixels, header, facts)
        detail = f"uint8 {facts.channel_order}, read as {default.order}"
        yield panel("Model input without preprocessing", pixels, default, (detail,))


def _tensor_panels(candidate: Candidate, result: Result, spec: Spec) -> Iterator[Panel]:
    """Draw a tensor as the model reads it, and as created if its preprocessing differs from the spec."""
    array = candidate.data
    facts = drawable_facts(candidate.facts, array, candidate.path)
    expected = model_interpretation(spec.contract, facts.layout, facts.channel_order)
    actual = _actual_interpretation(facts, result, spec.contract)
    image, position = select_image(facts, candidate.origins or ())
    if expected is not None:
        yield panel("What the model sees", array, expected, (f"read as {expected.order}", *position), image=image)
    if actual is not None and (expected is None or not _are_equal(actual, expected)):
        evidence = ["likely channel order"] if _likely_order(result) else []
        evidence += ["value range is a guess"] if facts.values is None and _mapping_guess(result) else []
        evidence += ["nearest known pipeline"] if _nearest_facts(result) else []
        yield panel(AS_CREATED, array, actual, (f"read as {actual.order}", *evidence, *position), image=image)
    if expected is None and actual is None:
        full = TensorInterpretation(layout=facts.layout, order=facts.channel_order, values=stretch_mapping(facts))
        yield panel(FULL_RANGE, array, full, (f"read as {full.order}", *position), image=image)


def _expected_panel(candidate: Candidate, spec: Spec) -> Iterator[Panel]:
    """Draw the tensor that the plan creates from the source image of a tensor."""
    if candidate.source is None or candidate.ideal is None or candidate.ideal.plan is None:
        return
    expected = model_interpretation(spec.contract, spec.contract.layout, spec.contract.channel_order)
    with suppress(CandidateError):  # only the header of a damaged source was read before
        array = apply.run(candidate.ideal.plan, decode_source(candidate.source, spec.decode, gray=decodes_gray(spec)))
        if expected is not None:
            yield panel("What the model expects", array, expected, ("created from the source by the plan",))


def _actual_interpretation(facts: Facts, result: Result, contract: Contract) -> TensorInterpretation | None:
    """The preprocessing of a tensor as identified or likely; the spec's setting where neither is available."""
    nearest = _nearest_facts(result) or facts
    values, quantize = nearest.values or _mapping_guess(result), None
    if values is None:
        values = contract_mapping(contract, facts.length("C") or 1)
        quantize = contract.quantize if facts.dtype == contract.dtype else None
    if values is None:
        return None
    order = _likely_order(result) or nearest.channel_order
    return TensorInterpretation(layout=facts.layout, order=order, values=values, quantize=quantize)


def _nearest_facts(result: Result) -> Facts | None:
    """The facts under the nearest pipeline; None if a pipeline matches exactly or none was identified."""
    return result.origins[0].facts if result.origins and not result.origins[0].exact else None


def _likely_order(result: Result) -> str:
    """The channel order that the colors indicate, from its finding; empty if no finding reports it."""
    return next((finding.actual for finding in result.findings if finding.code == "CHN104"), "")


def _mapping_guess(result: Result) -> Affine | None:
    """The value mapping that the plan inverts; None if it inverts none."""
    steps = result.plan.steps if result.plan is not None else ()
    params = next((step.params for step in steps if step.op == "to_pixels"), None)
    return None if params is None else Affine(scale=tuple(params["scale"]), offset=tuple(params["offset"]))


def _are_equal(left: TensorInterpretation, right: TensorInterpretation) -> bool:
    return left.order == right.order and left.quantize == right.quantize and same(left.values, right.values)
