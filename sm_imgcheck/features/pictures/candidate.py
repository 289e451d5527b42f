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
    SPREAD,
    Panel,
    SheetLine,
    against,
    contracts,
    default_decode,
    drawable,
    notes_on,
    panel,
    panels_of_source,
    source_of,
    source_panel,
    stretch_mapping,
    which_image,
)
from sm_imgcheck.pipeline import apply
from sm_imgcheck.pipeline.invert import TensorInterpretation
from sm_imgcheck.pipeline.plan import decodes_gray
from sm_imgcheck.pipeline.process import evaluate_candidate, measure_candidate
from sm_imgcheck.pipeline.read import image_candidate

__all__ = ["draw_candidate", "panels_of"]


@np.errstate(all="ignore")  # numbers beyond all measure are drawn as such
def draw_candidate(result: Result, spec: Spec, options: Options, *, name: str = "", title: str = "") -> bytes:
    """Draw an image, a tensor or a request body that holds one, as the bytes of a PNG.

    result: of ``process`` under ``options``, which keep its arrays. name and title: what the user calls it, and the
    spec. Raises ImgcheckError where there is nothing to draw.
    """
    from sm_imgcheck.features.pictures.sheet import sheet  # the fonts, which thumbnails do without

    panels, notes = panels_of(result, spec, options, name=name)
    return sheet(panels, title=(for_terminal(name or result.candidate.path), against(spec, title)), notes=notes)


def panels_of(
    result: Result, spec: Spec, options: Options, *, name: str = ""
) -> tuple[tuple[Panel, ...], tuple[SheetLine, ...]]:
    """Return the panels of a candidate, and notes about it. Raises ImgcheckError where there is no image to draw."""
    candidate = _image_itself(result.candidate, spec, options)
    if candidate.problem is not None:
        called = for_terminal(name or candidate.path)
        raise ImgcheckError(f"no image to draw of {called}: {candidate.problem.message}")
    of_image = candidate.header is not None and candidate.pixels is not None
    best = evaluate_candidate(candidate, spec, replace(options, want_array=of_image, allow_guess=True))
    sent = of_image and result.kind == "request"
    if of_image:
        panels = tuple(_of_image(candidate, best, spec, sent=sent))
    else:
        drawn = tuple(_of_tensor(candidate, best, spec))
        panels = (*panels_of_source(candidate.source, spec.decode), *drawn, *_ideal(candidate, spec))
    return panels, tuple(notes_on((result if sent else best).findings, best.skipped))


def _image_itself(candidate: Candidate, spec: Spec, options: Options) -> Candidate:
    """The image of a candidate that was checked as a request, or by its header alone; others as they are."""
    if candidate.header is None or candidate.data is None:
        return candidate
    if candidate.pixels is None and candidate.problem is None:
        candidate = image_candidate(
            candidate.data, candidate.path, spec.decode, headers_only=False, gray=decodes_gray(spec)
        )
    return measure_candidate(replace(candidate, kind="image", request=None), spec, options)


def _of_image(candidate: Candidate, result: Result, spec: Spec, *, sent: bool) -> Iterator[Panel]:
    """The source, the tensor that the plan makes of it, and a plain decode as the model would see it.

    sent: the image is itself the request, so that nobody decodes it plainly.
    """
    header, facts, contract = candidate.header, candidate.facts, spec.contract
    assert header is not None
    assert facts is not None
    yield source_panel(candidate.pixels, header)
    if result.array is not None:
        wanted = contracts(contract, contract.layout, contract.channel_order)
        assert wanted is not None
        yield panel("What the model expects", result.array, wanted, ("made by the plan",))
    plain = contracts(contract, facts.layout, facts.channel_order)
    if plain is not None and not sent:
        how = f"uint8 {facts.channel_order}, read as {plain.order}"
        yield panel("Model input without preprocessing", default_decode(candidate.pixels, header, facts), plain, (how,))


def _of_tensor(candidate: Candidate, result: Result, spec: Spec) -> Iterator[Panel]:
    """What the model sees of a tensor, and where it was made in another way, how it was meant."""
    array = candidate.data
    facts = drawable(candidate.facts, array, candidate.path)
    wanted, made = contracts(spec.contract, facts.layout, facts.channel_order), _made(facts, result, spec.contract)
    image, also = which_image(facts, candidate.origins or ())
    if wanted is not None:
        yield panel("What the model sees", array, wanted, (f"read as {wanted.order}", *also), image=image)
    if made is not None and (wanted is None or not _alike(made, wanted)):
        sure = ["likely"] if _likely(result) else []
        sure += ["its values a guess"] if facts.values is None and _guessed(result) else []
        sure += ["nearest known pipeline"] if _nearest(result) else []
        yield panel("As it was made", array, made, (f"read as {made.order}", *sure, *also), image=image)
    if wanted is None and made is None:
        spread = TensorInterpretation(layout=facts.layout, order=facts.channel_order, values=stretch_mapping(facts))
        yield panel(SPREAD, array, spread, (f"read as {spread.order}", *also), image=image)


def _ideal(candidate: Candidate, spec: Spec) -> Iterator[Panel]:
    """What the spec makes of the image of which a tensor is said to be made."""
    if candidate.source is None or candidate.ideal is None or candidate.ideal.plan is None:
        return
    wanted = contracts(spec.contract, spec.contract.layout, spec.contract.channel_order)
    with suppress(CandidateError):  # a damaged source, whose header alone was read before
        array = apply.run(candidate.ideal.plan, source_of(candidate.source, spec.decode, gray=decodes_gray(spec)))
        if wanted is not None:
            yield panel("What the model expects", array, wanted, ("made from the source by the plan",))


def _made(facts: Facts, result: Result, contract: Contract) -> TensorInterpretation | None:
    """How the tensor was made, as far as that is known or likely; what is not is taken to be as the spec says."""
    near = _nearest(result) or facts
    values, quantize = near.values or _guessed(result), None
    if values is None:
        values = contract_mapping(contract, facts.length("C") or 1)
        quantize = contract.quantize if facts.dtype == contract.dtype else None
    if values is None:
        return None
    order = _likely(result) or near.channel_order
    return TensorInterpretation(layout=facts.layout, order=order, values=values, quantize=quantize)


def _nearest(result: Result) -> Facts | None:
    """What the nearest pipeline says of a tensor that no pipeline explains wholly."""
    return result.origins[0].facts if result.origins and not result.origins[0].exact else None


def _likely(result: Result) -> str:
    """The channel order for which the colors speak, where that is worth a finding."""
    return next((finding.actual for finding in result.findings if finding.code == "CHN104"), "")


def _guessed(result: Result) -> Affine | None:
    """The mapping that the plan would undo."""
    steps = result.plan.steps if result.plan is not None else ()
    params = next((step.params for step in steps if step.op == "to_pixels"), None)
    return None if params is None else Affine(scale=tuple(params["scale"]), offset=tuple(params["offset"]))


def _alike(one: TensorInterpretation, other: TensorInterpretation) -> bool:
    return one.order == other.order and one.quantize == other.quantize and same(one.values, other.values)
