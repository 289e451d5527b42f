"""From a guess to an origin: the values named, the whole plan run, and its result held against the tensor."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

from sm_imgcheck.core.errors import PlanError
from sm_imgcheck.core.types import Affine, Contract, Dim, Origin, Step
from sm_imgcheck.features.identify.candidates import TensorImage
from sm_imgcheck.features.identify.kernels import PipelineHypothesis, compare_views, render_hypothesis
from sm_imgcheck.features.identify.placement import OrientedImage, SourceImage, frame_of
from sm_imgcheck.features.identify.plan import places, plan_from_file, rotate_after_resize, split, truncate_fractions
from sm_imgcheck.features.identify.value_fit import ChannelFit, ValueTransform, integer_transforms, meanings
from sm_imgcheck.ops.execute import apply, apply_steps
from sm_imgcheck.ops.records import record

__all__ = ["RankedOrigin", "verify_hypothesis"]

_SURELY, _MAYBE = 0.02, 0.35
"""Gray levels at black and white within which a line is one of the field's mappings, and may be."""
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
    rounded: bool
    """Made by sums in float32 that were rounded: which of two levels a half falls on, builds do not agree on."""
    rank: tuple[int, ...]


def verify_hypothesis(guess: PipelineHypothesis, source: SourceImage) -> Iterator[RankedOrigin]:
    """The origins that the guess leads to: one for each channel order that goes with it."""
    seen = guess.place.seen
    for order, line in guess.orders:
        geometry = _with_fill(guess, seen, order, line.affine)
        found = []
        for meaning in _meanings(guess, seen, source, order, line):
            try:
                found.append(_judge(guess, seen, source, geometry=geometry, order=order, meaning=meaning))
            except PlanError:
                continue
            if found[-1].origin.exact:
                break
        if found:
            yield min(found, key=lambda one: (round(one.origin.mean_difference, 4), one.origin.facts.recipe == ""))


def _meanings(
    guess: PipelineHypothesis, seen: TensorImage, source: SourceImage, order: str, line: ChannelFit
) -> Iterator[ValueTransform]:
    """What may have been done to the values."""
    dtype = seen.array.dtype
    if dtype.kind == "f":
        yield from meanings(line.affine, source.values, surely=_SURELY, maybe=_MAYBE, blank=seen.blank)
        return
    tensor, picture = compare_views(apply_steps(guess.steps, source.remembered), seen, guess.part)
    yield from integer_transforms(picture[..., places(order)], tensor, line, source.values, dtype=dtype.name)


def _judge(
    guess: PipelineHypothesis,
    seen: TensorImage,
    source: SourceImage,
    *,
    geometry: tuple[Step, ...],
    order: str,
    meaning: ValueTransform,
) -> RankedOrigin:
    """Run the whole plan, and hold what comes out against the tensor."""
    shape = tuple(Dim(low=length, high=length) for length in seen.shape)
    dtype = seen.array.dtype.name
    contract = Contract(
        shape=shape,
        layout=seen.layout,
        dtype=dtype,
        channel_order=order,
        values=meaning.values,
        quantize=meaning.quantize,
    )
    view = guess.place.view
    plan = plan_from_file(source.header, guess.preparation, geometry, contract, turn=view.turn)
    if meaning.rounding != "half_even":
        plan = truncate_fractions(plan)
    steps = plan.steps
    if view.turned != 1:
        plan = rotate_after_resize(plan, view.turned)
    affine = meaning.affine(seen.channels)
    level = np.abs(np.array(affine.scale, np.float64))
    if seen.finish is not None:
        plan = seen.finish(plan)
    step = seen.step(float(level.min()))
    residual = _compare(steps, source, seen, view, level)
    beyond = residual.beyond
    origin = Origin(
        steps=plan.steps,
        before=plan.before,
        facts=replace(plan.after[-1], recipe=meaning.name, values=affine, **seen.observed()),
        mean_difference=residual.mean,
        max_difference=residual.most,
        exact=beyond <= _ONE_OFF and residual.excess < 1.02 * step,
        image=seen.image,
    )
    rounded = guess.arithmetic.dtype == "float32-rounded"
    return RankedOrigin(origin=origin, beyond=beyond, rounded=rounded, rank=guess.rank(seen.size))


class _Residual(NamedTuple):
    """What is left between two tensors, in gray levels."""

    mean: float
    most: float
    beyond: float
    """Share of the values that differ by more than arithmetic and precision explain."""
    excess: float
    """By how much, at most."""


def _residual(picture: np.ndarray, after: tuple[Step, ...], seen: TensorImage, level: np.ndarray) -> _Residual:
    """Compare block by block, since float64 takes twice the memory of the tensor. level: of each channel.

    after: the steps from the picture to the tensor.
    """
    sum_, most, beyond, excess = 0.0, 0.0, 0, -np.inf
    if any(record(step.op).stage == "geometry" for step in after):  # a frame in the tensor's own numbers
        picture, after = _applied(picture, after), ()
    rows = max(1, _BLOCK // max(1, picture[0].size))
    for top in range(0, len(picture), rows):
        part = slice(top, top + rows)
        block = _applied(picture[part], after)
        block = block if seen.limits is None else np.clip(block, *seen.limits)
        apart = np.abs(block.astype(np.float64) - seen.pixels[part]) / level
        apart[..., list(seen.blank)] = 0.0
        over = apart - (_FLOAT + seen.noise(part) / level)
        sum_, most = sum_ + float(apart.sum()), max(most, float(apart.max()))
        beyond, excess = beyond + int(np.count_nonzero(over > 0)), max(excess, float(over.max()))
    size = seen.pixels.size
    return _Residual(mean=sum_ / size, most=most, beyond=beyond / size, excess=excess)


def _applied(array: np.ndarray, steps: tuple[Step, ...]) -> np.ndarray:
    for step in steps:
        array = apply(step, array)
    return array


def _compare(
    steps: tuple[Step, ...], source: SourceImage, seen: TensorImage, view: OrientedImage, level: np.ndarray
) -> _Residual:
    """Run the steps and compare the result with the tensor; a picture that equals the last one is not compared again.

    level: see ``_residual``.
    """
    before, after = split(steps)
    picture = render_hypothesis(before, source, view)
    after = tuple(step for step in after if step.op not in ("transpose", "drop_axis", "batch"))
    last: tuple[np.ndarray, tuple[Step, ...], _Residual] | None = seen.remembered.get("compared")
    if last is not None and after == last[1] and np.array_equal(picture, last[0]):
        return last[2]
    residual = _residual(picture, after, seen, level)
    seen.remembered["compared"] = (picture, after, residual)
    return residual


def _with_fill(guess: PipelineHypothesis, seen: TensorImage, order: str, line: Affine) -> tuple[Step, ...]:
    """The geometry with the frame in the color that the tensor shows."""
    if not guess.part.framed or not any("fill" in step.params for step in guess.geometry):
        return guess.geometry
    shown = frame_of(seen.pixels, guess.part)[0].astype(np.float64)
    byte = (shown - np.array(line.offset)) / np.array(line.scale)
    whole = np.rint(byte)
    fill, units = np.clip(byte, 0, 255), "byte"
    if np.abs(byte - whole).max() < 0.1 and whole.min() >= 0 and whole.max() <= 255:
        fill = whole
    elif guess.geometry[-1].op == "pad":
        fill, units = shown, "final"
    listed = [round(float(fill[places(order).index(at)]) + 0.0, 4) for at in range(len(fill))]
    return tuple(_filled(step, listed, units) for step in guess.geometry)


def _filled(step: Step, fill: list[float], units: str) -> Step:
    if "fill" not in step.params:
        return step
    params = {**step.params, "fill": [int(one) if one == int(one) else one for one in fill]}
    return replace(step, params={**params, "units": units} if step.op == "pad" else params)
