"""From a hypothesis to an origin: the values named, the whole plan run, and its result compared with the tensor."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

from sm_imgcheck.core.errors import PlanError
from sm_imgcheck.core.types import Affine, Contract, Dim, Origin, Step
from sm_imgcheck.features.identify.candidates import TensorImage
from sm_imgcheck.features.identify.kernels import PipelineHypothesis, compare_views, concrete_steps, render_hypothesis
from sm_imgcheck.features.identify.placement import OrientedImage, SourceImage, frame_of
from sm_imgcheck.features.identify.plan import (
    channel_indices,
    plan_from_file,
    rotate_after_resize,
    split,
    truncate_fractions,
)
from sm_imgcheck.features.identify.value_fit import ChannelFit, ValueTransform, integer_transforms, meanings
from sm_imgcheck.ops.execute import apply, apply_steps, step_names
from sm_imgcheck.ops.records import record

__all__ = ["RankedOrigin", "verify_hypothesis"]

_CERTAIN, _MAYBE = 0.02, 0.35
"""Gray levels at black and white within which a line is one of the usual mappings, and may be."""
_FLOAT = 0.012
"""Gray levels by which float resizes of different libraries and builds differ at most, here and there."""
_BLOCK = 1 << 20
"""Values that are compared together."""
_ONE_OFF = 0.001
"""Share of the values that may be a level away: sums within 1e-5 of a half fall on either side."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class RankedOrigin:
    """An origin and how it compares with others."""

    origin: Origin
    beyond: float
    """Share of the values that differ by more than arithmetic and the tensor's dtype explain."""
    is_rounded: bool
    """Made by sums in float32 that were rounded: which of two levels a half falls on, builds do not agree on."""
    rank: tuple[int, ...]


def verify_hypothesis(guess: PipelineHypothesis, source: SourceImage) -> Iterator[RankedOrigin]:
    """The origins of the hypothesis: one for each channel order that fits it."""
    tensor_image = guess.place.tensor_image
    for order, line in guess.orders:
        geometry = _with_fill(guess, tensor_image, order, line.affine)
        ranked_origins = []
        for meaning in _meanings(guess, tensor_image, source, order, line):
            try:
                ranked_origins.append(
                    _verify_values(guess, tensor_image, source, geometry=geometry, order=order, meaning=meaning)
                )
            except PlanError:
                continue
            if ranked_origins[-1].origin.exact:
                break
        if ranked_origins:
            yield min(
                ranked_origins, key=lambda item: (round(item.origin.mean_difference, 4), item.origin.facts.recipe == "")
            )


def _meanings(
    guess: PipelineHypothesis, tensor_image: TensorImage, source: SourceImage, order: str, line: ChannelFit
) -> Iterator[ValueTransform]:
    """What may have been done to the values."""
    dtype = tensor_image.array.dtype
    if dtype.kind == "f":
        maybe = _MAYBE + tensor_image.max_noise(min(line.affine.scale, key=abs))  # truncated digits are a bias
        yield from meanings(line.affine, source.values, certain=_CERTAIN, maybe=maybe, blank=tensor_image.blank)
        return
    tensor, picture = compare_views(apply_steps(guess.steps, source.cache), tensor_image, guess.part)
    yield from integer_transforms(picture[..., channel_indices(order)], tensor, line, source.values, dtype=dtype.name)


def _verify_values(
    guess: PipelineHypothesis,
    tensor_image: TensorImage,
    source: SourceImage,
    *,
    geometry: tuple[Step, ...],
    order: str,
    meaning: ValueTransform,
) -> RankedOrigin:
    """Run the complete plan, and compare its result with the tensor."""
    shape = tuple(Dim(low=length, high=length) for length in tensor_image.shape)
    dtype = tensor_image.array.dtype.name
    contract = Contract(
        shape=shape,
        layout=tensor_image.layout,
        dtype=dtype,
        channel_order=order,
        values=meaning.values,
        quantize=meaning.quantize,
    )
    view = guess.place.view
    plan = plan_from_file(source.header, guess.preparation, geometry, contract, orientation=view.orientation)
    if meaning.rounding != "half_even":
        plan = truncate_fractions(plan)
    steps = plan.steps
    if view.last_orientation != 1:
        plan = rotate_after_resize(plan, view.last_orientation)
    affine = meaning.affine(tensor_image.channels)
    level = np.abs(np.array(affine.scale, np.float64))
    if tensor_image.finish is not None:
        plan = tensor_image.finish(plan)
    step = tensor_image.step(float(level.min()))
    residual = _compare(steps, source, tensor_image, view, level)
    beyond = residual.beyond
    origin = Origin(
        steps=plan.steps,
        before=plan.before,
        facts=replace(plan.after[-1], recipe=meaning.name, values=affine, **tensor_image.observed_facts()),
        mean_difference=residual.mean,
        max_difference=residual.most,
        exact=beyond <= _ONE_OFF and residual.excess < 1.02 * step,
        image=tensor_image.image,
    )
    is_rounded = guess.arithmetic.dtype == "float32-rounded"
    return RankedOrigin(origin=origin, beyond=beyond, is_rounded=is_rounded, rank=guess.rank(tensor_image.size))


class _Residual(NamedTuple):
    """What is left between two tensors, in gray levels."""

    mean: float
    most: float
    beyond: float
    """Share of the values that differ by more than arithmetic and precision explain."""
    excess: float
    """By how much, at most."""


def _residual(picture: np.ndarray, after: tuple[Step, ...], tensor_image: TensorImage, level: np.ndarray) -> _Residual:
    """Compare block by block, since float64 takes twice the memory of the tensor. level: of each channel.

    after: the steps from the image to the tensor.
    """
    sum_, most, beyond, excess = 0.0, 0.0, 0, -np.inf
    if any(record(step.op).stage == "geometry" for step in after):  # a frame in the tensor's own numbers
        picture, after = _apply_all(picture, after), ()
    rows = max(1, _BLOCK // max(1, picture[0].size))
    for top in range(0, len(picture), rows):
        part = slice(top, top + rows)
        block = _apply_all(picture[part], after)
        block = block if tensor_image.limits is None else np.clip(block, *tensor_image.limits)
        difference = np.abs(block.astype(np.float64) - tensor_image.pixels[part]) / level
        difference[..., list(tensor_image.blank)] = 0.0
        over = difference - (_FLOAT + tensor_image.noise(part) / level)
        sum_, most = sum_ + float(difference.sum()), max(most, float(difference.max()))
        beyond, excess = beyond + int(np.count_nonzero(over > 0)), max(excess, float(over.max()))
    size = tensor_image.pixels.size
    return _Residual(mean=sum_ / size, most=most, beyond=beyond / size, excess=excess)


def _apply_all(array: np.ndarray, steps: tuple[Step, ...]) -> np.ndarray:
    for step in steps:
        array = apply(step, array)
    return array


def _compare(
    steps: tuple[Step, ...], source: SourceImage, tensor_image: TensorImage, view: OrientedImage, level: np.ndarray
) -> _Residual:
    """Run the steps and compare the result with the tensor; once for all steps of the same sizes.

    level: see ``_residual``.
    """
    before, after = split(steps)
    after = tuple(step for step in after if step.op not in ("transpose", "drop_axis", "batch"))
    key = ("residual", step_names(concrete_steps(before, view)), step_names(after), tuple(level))
    if key not in tensor_image.cache:
        source.budget.compare(tensor_image.pixels.size)
        tensor_image.cache[key] = _compare_render(render_hypothesis(before, source, view), after, tensor_image, level)
    residual: _Residual = tensor_image.cache[key]
    return residual


def _compare_render(
    picture: np.ndarray, after: tuple[Step, ...], tensor_image: TensorImage, level: np.ndarray
) -> _Residual:
    """Compare an image with the tensor; an image that equals the last one is not compared again."""
    last: tuple[np.ndarray, tuple[Step, ...], _Residual] | None = tensor_image.cache.get("compared")
    if last is not None and after == last[1] and np.array_equal(picture, last[0]):
        return last[2]
    residual = _residual(picture, after, tensor_image, level)
    tensor_image.cache["compared"] = (picture, after, residual)
    return residual


def _with_fill(guess: PipelineHypothesis, tensor_image: TensorImage, order: str, line: Affine) -> tuple[Step, ...]:
    """The geometry with the frame in the color that the tensor shows."""
    if not guess.part.is_framed or not any("fill" in step.params for step in guess.geometry):
        return guess.geometry
    frame = frame_of(tensor_image.pixels, guess.part)
    if not len(frame):  # narrower than what the resize mixes with the image
        return guess.geometry
    frame_color = frame[0].astype(np.float64)
    byte = (frame_color - np.array(line.offset)) / np.array(line.scale)
    whole = np.rint(byte)
    fill, units = np.clip(byte, 0, 255), "byte"
    if np.abs(byte - whole).max() < 0.1 and whole.min() >= 0 and whole.max() <= 255:
        fill = whole
    elif guess.geometry[-1].op == "pad":
        fill, units = frame_color, "final"
    fill_values = [round(float(fill[channel_indices(order).index(at)]) + 0.0, 4) for at in range(len(fill))]
    return tuple(_set_fill(step, fill_values, units) for step in guess.geometry)


def _set_fill(step: Step, fill: list[float], units: str) -> Step:
    if "fill" not in step.params:
        return step
    params = {**step.params, "fill": [int(item) if item == int(item) else item for item in fill]}
    return replace(step, params={**params, "units": units} if step.op == "pad" else params)
