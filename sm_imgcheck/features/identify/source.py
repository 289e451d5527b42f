"""The origins of a tensor in a given image, and the spec's own plan for that image."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import numpy as np

from sm_imgcheck.core.assumptions import has_hidden_alpha
from sm_imgcheck.core.channels import blue_first
from sm_imgcheck.core.errors import CandidateError, ImgcheckError, PlanError
from sm_imgcheck.core.escape import for_terminal
from sm_imgcheck.core.recipes import is_unnamed, name_of
from sm_imgcheck.core.types import Candidate, Decode, Facts, Options, Origin, Plan, SourceComparison, Spec, Step
from sm_imgcheck.core.value_mapping import quantized_target, same
from sm_imgcheck.features.identify import find
from sm_imgcheck.features.identify.budget import Budget
from sm_imgcheck.features.identify.change import describe_change
from sm_imgcheck.features.identify.edited import as_image, describe_edited_part
from sm_imgcheck.features.identify.located import with_region
from sm_imgcheck.features.identify.misread import misreadings
from sm_imgcheck.features.identify.resemblance import (
    has_few_details,
    has_same_distribution,
    image_resemblance,
    images_of,
    resemblance,
)
from sm_imgcheck.io import stores
from sm_imgcheck.io.images.decode import decode
from sm_imgcheck.ops.execute import ArrayCache, apply_steps
from sm_imgcheck.ops.records import record
from sm_imgcheck.pipeline import read
from sm_imgcheck.pipeline.plan import make_plan
from sm_imgcheck.rules.source_match import RESEMBLES

__all__ = ["SOURCE", "check_source", "trace_origins"]

SOURCE = "the source image"
"""Name of an image that is given as bytes."""
_NEAR = 0.01
"""Gray levels between two mappings that are one."""


def trace_origins(candidate: Candidate, spec: Spec | None, options: Options) -> Candidate:
    """With the origins of its array in ``options.source``, what they show of it, and the spec's own way from there.

    The candidate has an array and its facts. An array that cannot be an image (not finite, or of unknown layout) is
    not compared. Raises ImgcheckError where the source cannot be used: an error of the job, not of the candidate.
    """
    policy = _lenient(spec.decode if spec else Decode())
    assert options.source is not None
    image = _image(options.source, policy)
    candidate = replace(candidate, source=image)
    if candidate.facts is None or not _may_be_image(candidate.facts, options):
        reason = "the tensor's layout or values are unknown"
        assert image.header is not None
        return replace(candidate, ideal=SourceComparison(source=image.path, header=image.header, uncompared=reason))
    layout = options.assume.get("layout", "")
    similar = spec if spec and spec.contract.channels == (candidate.facts.length("C") or 1) else None
    budget = Budget()
    try:
        origins = find(candidate.data, image.data, layout=layout, decode=policy, spec=spec, budget=budget)
    except ImgcheckError as error:
        raise _unusable(image.path, str(error)) from None
    limit, cache = budget.report(), budget.cache
    ideal = replace(_ideal(image, origins, spec, cache), unsearched=limit)
    if not any(origin.exact for origin in origins):
        ideal = _compare_with_result(candidate, spec, ideal, cache)
        if not ideal.is_edited:
            ideal = _explain_failure(candidate, image, policy, ideal, cache, is_near=bool(origins))
        origins = () if ideal.uncompared or ideal.agreement else origins
    return replace(candidate, facts=_with_origins(candidate.facts, origins, similar), origins=origins, ideal=ideal)


@np.errstate(all="ignore")  # extreme values are findings
def _explain_failure(
    candidate: Candidate,
    image: Candidate,
    policy: Decode,
    ideal: SourceComparison,
    cache: ArrayCache,
    *,
    is_near: bool,
) -> SourceComparison:
    """The comparison with the reason why no known pipeline explains the tensor exactly.

    is_near: whether one nearly does; two images without details are not compared even then. An image without details
    is compared where the spec's result has none either, but the tensor has.
    """
    assert candidate.facts is not None
    is_flat = has_few_details(candidate.data, candidate.facts.layout.find("C"))
    if is_near and not is_flat:
        return ideal
    try:
        picture = decode(image.data, truncated="allow", max_pixels=policy.max_pixels)
    except CandidateError:
        return ideal
    if has_few_details(picture, 2):
        if not is_flat and _has_details(ideal.plan, cache) is False:
            return with_region(ideal, images_of(candidate.data, candidate.facts.layout), picture)
        return replace(ideal, mean_difference=None, max_difference=None, uncompared=_FEW_DETAILS.format("image"))
    if is_flat and not is_near:
        is_refuted = _has_details(ideal.plan, cache)
        return replace(ideal, **({"resemblance": 0.0} if is_refuted else {"uncompared": _FEW_DETAILS.format("tensor")}))
    return ideal if is_near else _with_likeness(ideal, candidate.data, candidate.facts, picture)


@np.errstate(all="ignore")  # extreme values are findings
def _compare_with_result(
    candidate: Candidate, spec: Spec | None, ideal: SourceComparison, cache: ArrayCache
) -> SourceComparison:
    """The comparison with where the tensor differs from the spec's result, or by what change, in words.

    The tensor may have another layout, or no batch dimension.
    """
    if spec is None or ideal.plan is None or candidate.facts is None:
        return ideal
    expected = ideal.plan.after[-1]
    image = as_image(candidate.data, candidate.facts.layout)
    if image is None or image.shape != tuple(expected.length(axis) or 1 for axis in "HWC"):
        return ideal
    try:
        result = as_image(apply_steps(ideal.plan.steps, cache), expected.layout)
    except CandidateError:
        return ideal
    if result is None:
        return ideal
    mapping = quantized_target(spec.contract, expected.channel_order)
    scale, offset = np.array(mapping.scale, np.float32), np.array(mapping.offset, np.float32)
    if words := describe_edited_part(image, result, np.abs(scale)):
        return replace(ideal, agreement=words, is_edited=True)
    flip = -1 if blue_first(expected.channel_order) else 1
    change = describe_change(image[..., ::flip], result[..., ::flip], scale[::flip], offset[::flip])
    return replace(ideal, change=change)


def _with_likeness(ideal: SourceComparison, array: np.ndarray, facts: Facts, picture: np.ndarray) -> SourceComparison:
    """The comparison with what the array and the image have in common."""
    if has_hidden_alpha(facts):
        return replace(ideal, uncompared="the tensor has RGBA values in an RGB shape (SHP108)")
    ideal = replace(ideal, resemblance=resemblance(array, facts, picture))
    if words := _misread(array, facts, picture):
        return replace(ideal, agreement=words)
    ideal = with_region(ideal, images_of(array, facts.layout), picture)
    if not ideal.agreement and has_same_distribution(array, facts, picture):
        return replace(ideal, agreement="its values are distributed as those of the image, perhaps in another order")
    return ideal


def _misread(array: np.ndarray, facts: Facts, picture: np.ndarray) -> str:
    """How the array shows the image under another shape, in words; empty where it does not."""
    image = next(images_of(array, facts.layout))
    for words, other in misreadings(image if image.ndim == 3 else image[..., np.newaxis]):
        if image_resemblance([other], picture) >= RESEMBLES:
            return words
    return ""


_FEW_DETAILS = "the {} has almost no details to compare: 98 % of its pixels have one of two colors"


def _has_details(plan: Plan | None, cache: ArrayCache) -> bool | None:
    """Whether the image that the plan produces from the source has details; None without one."""
    if plan is None:
        return None
    try:
        return not has_few_details(apply_steps(_shaping_steps(plan.steps), cache), 2)
    except CandidateError:
        return None


_LENIENT = {
    "exif": "apply",
    "icc": "ignore",
    "cmyk": "convert",
    "gray": "expand",
    "alpha": "drop",
    "bit_depth": "scale",
    "truncated": "allow",
}


def _lenient(decode: Decode) -> Decode:
    """The policy without its refusals: the pipeline of the tensor may not have them."""
    changes = {key: value for key, value in _LENIENT.items() if getattr(decode, key) == "reject"}
    return replace(decode, **changes)  # type: ignore[arg-type]


def _image(what: str | bytes, decode: Decode) -> Candidate:
    """The source as an image candidate: its bytes and its header."""
    if isinstance(what, bytes):
        image = read.from_bytes(what, SOURCE, decode, depth="header")
    else:
        image = read.read(what, decode, depth="header")
    if image.problem is not None:
        raise _unusable(image.path, image.problem.message)
    if image.header is None:
        raise _unusable(image.path, "got a tensor, expected the image file that the tensor was created from")
    return image


def check_source(path: str) -> None:
    """Raise ImgcheckError for a missing source; its content is read when the first tensor is compared."""
    file = stores.file_of(path)[0]
    try:
        missing = stores.store(file).stat(file) is None
    except (stores.LocationError, ValueError):
        missing = True
    if missing:
        _image(path, _lenient(Decode()))


def _unusable(path: str, why: str) -> ImgcheckError:
    return ImgcheckError(f"{SOURCE if path == SOURCE else f'source image {for_terminal(path)}'}: {why}")


def _may_be_image(facts: Facts, options: Options) -> bool:
    numbers = facts.dtype.startswith(("int", "uint", "float")) and facts.low is not None
    has_layout = {"H", "W"} <= set(facts.layout) or "layout" in options.assume
    return numbers and has_layout and not (facts.nans or facts.infinities)


def _with_origins(facts: Facts, origins: tuple[Origin, ...], spec: Spec | None) -> Facts:
    """The facts with the properties that all exact origins share: observed, no longer assumed.

    Integers quantized as specified stay without a mapping, like those without a source.
    """
    exact = [origin.facts for origin in origins if origin.exact]
    if not exact:
        return facts
    first = exact[0]
    similar = facts.shape[0] == 1 and {facts.layout, first.layout} == {"NHW", "CHW"}  # one gray image either way
    if not similar and all(item.layout == first.layout for item in exact):
        order = first.value_order or (first.layout.removeprefix("N") if facts.value_order else "")
        facts = replace(
            facts,
            layout=first.layout,
            value_order=order,
            value_shape=first.value_shape,
            value_order_probability=1.0 if order else 0.0,
        )
    if _all_equal(item.channel_order for item in exact):
        # One image of a batch is compared: that the others have its order stays an assumption.
        assumption = f"channel_order={first.channel_order}" if (facts.length("N") or 1) > 1 else ""
        assumptions = tuple(
            item for item in facts.assumed if item == assumption or not item.startswith("channel_order=")
        )
        facts = replace(facts, channel_order=first.channel_order, assumed=assumptions)
    agreed = all(item.values and first.values and same(item.values, first.values, tolerance=_NEAR) for item in exact)
    if agreed and first.values and not _as_quantized(exact, spec):
        whole = facts.whole or (bool(facts.channels) and all(channel.step for channel in facts.channels))
        # The complete name: an origin's own omits the quantization, and is empty without a standard name.
        recipe = name_of(first.values)
        recipe = facts.scaling if facts.scaling and is_unnamed(recipe) else recipe
        facts = replace(facts, values=first.values, recipe=recipe, whole=whole, channels=())
    return facts


def _as_quantized(exact: list[Facts], spec: Spec | None) -> bool:
    """Whether one of these is what a quantized contract requires."""
    if spec is None or spec.contract.quantize is None:
        return False
    contract = spec.contract
    return any(
        item.dtype == contract.dtype
        and item.values
        and same(item.values, quantized_target(contract, item.channel_order))
        for item in exact
    )


def _all_equal(values: Iterable[str]) -> bool:
    return len(set(values)) == 1


def _ideal(image: Candidate, origins: tuple[Origin, ...], spec: Spec | None, cache: ArrayCache) -> SourceComparison:
    """The spec's plan for the source, and the distance of its pixels from those of the nearest origin."""
    assert image.header is not None
    ideal = SourceComparison(source=image.path, header=image.header)
    if spec is None:
        return ideal
    try:
        plan = make_plan(spec, image, Options())
    except PlanError as error:
        return replace(ideal, refused=str(error))
    difference = _difference(plan, origins[0].steps, cache) if origins else None
    if difference is None:
        return replace(ideal, plan=plan)
    return replace(ideal, plan=plan, mean_difference=difference[0], max_difference=difference[1])


def _difference(plan: Plan, steps: tuple[Step, ...], cache: ArrayCache) -> tuple[float, float] | None:
    """Mean and largest difference of two images of one file, in gray levels; None where they differ in size."""
    try:
        images = [apply_steps(_shaping_steps(item), cache) for item in (plan.steps, steps)]
    except CandidateError:
        return None
    if images[0].shape != images[1].shape:
        return None
    sum_, most = 0.0, 0.0
    for item, other in zip(*images, strict=True):  # row by row: each image may be as large as the tensor
        row = np.abs(item.astype(np.float32) - other)
        sum_, most = sum_ + float(row.sum(dtype=np.float64)), max(most, float(row.max()))
    return sum_ / images[0].size, most


def _shaping_steps(steps: tuple[Step, ...]) -> tuple[Step, ...]:
    """The steps that make the image, its channels in RGB order."""
    final = (step for step in steps if step.params.get("units") != "final")
    return tuple(step for step in final if record(step.op).shapes_image)
