"""From a tensor back to gray levels, where its numbers, size or channels are not the model's."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sm_imgcheck.core.assumptions import contradicted_layout, has_hidden_alpha, sides_look_swapped, unlikely_range
from sm_imgcheck.core.channels import blue_first
from sm_imgcheck.core.errors import PlanError
from sm_imgcheck.core.frozen import replace_fields
from sm_imgcheck.core.layouts import LAYOUTS, is_layout, likely_reading, size
from sm_imgcheck.core.phrases import percentage
from sm_imgcheck.core.types import Affine, Contract, Facts, Step, Values
from sm_imgcheck.core.value_mapping import canonical, domain, overshoot, same, target
from sm_imgcheck.pipeline.plan.context import PlanContext, Stage, color_step, reorder_step, wrong_size

__all__ = ["STAGES"]


def _pixels_needed(facts: Facts, context: PlanContext) -> bool:
    """Return whether numbers must be converted to gray levels: for a different mapping, size or channel count."""
    return (
        wrong_size(facts, context.contract) or _wrong_channels(facts, context.contract) or _wrong_values(facts, context)
    )


def _wrong_channels(facts: Facts, contract: Contract) -> bool:
    return (facts.length("C") or 1) != contract.channels


def _wrong_values(facts: Facts, context: PlanContext) -> bool:
    contract = context.contract
    if contract.quantize is not None and facts.dtype == contract.dtype:
        return facts.values is not None  # where its integers are the contract's, they show no separate mapping
    if facts.values is not None:
        # float16 has half the precision of the model's float32: convert back to the gray levels, do not cast
        coarse = facts.whole and facts.dtype == "float16" and contract.dtype in ("float32", "float64")
        return coarse or not same(facts.values, target(contract, facts.channel_order))
    if facts.low is None or facts.high is None or unlikely_range(facts, contract):
        return True
    low, high = domain(replace_fields(contract, quantize=None, dtype="float32"), overshoot(context.spec.geometry))
    slack = (high - low) * 1e-3
    return facts.low < low - slack or facts.high > high + slack


def _usable(facts: Facts, _: PlanContext) -> Iterator[Step]:
    """No step at all: refuse what no step can fix."""
    if not facts.dtype.startswith(("int", "uint", "float", "bfloat", "bool")):
        raise PlanError(f"dtype: got {facts.dtype}, expected numbers")
    if facts.nans or facts.infinities:
        raise PlanError(f"{facts.nans + facts.infinities} values are not finite")
    if 0 in facts.shape:
        raise PlanError(f"empty array: got shape {list(facts.shape)}")
    if order := contradicted_layout(facts):
        reason, fix = f"{order} under a {facts.layout} shape (reshape instead of transpose)", "transpose"
        if has_hidden_alpha(facts):
            reason, fix = f"RGBA values in the shape {list(facts.shape)}", "remove alpha"
        assume = f"--assume layout={facts.layout} if the shape is right"
        raise PlanError(f"value order: got {reason}; {fix} where the tensor is made, or {assume}")
    yield from ()


def _channels_last(facts: Facts, context: PlanContext) -> Iterator[Step]:
    if not is_layout(facts.layout):
        likely = likely_reading(facts.shape, context.contract)
        hint = f" (probably {likely.text})" if likely else ""
        assumptions = (f"layout={likely.layout}",) if likely and likely.layout else ()
        of_rank = [f"layout={layout}" for layout in LAYOUTS if len(layout) == len(facts.shape)]
        advice = [f"; pass --assume {text}" for text in (*assumptions, *of_rank)][:1]
        raise PlanError(f"layout unknown for shape {list(facts.shape)}{hint}{''.join(advice)}", assumptions)
    if facts.layout not in LAYOUTS:
        to = "".join(axis for axis in LAYOUTS[0] if axis in facts.layout)
        yield Step(op="transpose", params={"layout": facts.layout, "to": to}, why="the next steps expect images (HWC)")
        return
    is_reordered = facts.channel_order not in (context.contract.channel_order, "?")
    if not (is_reordered or _pixels_needed(facts, context)):
        return
    if "C" not in facts.layout:
        yield Step(op="add_axis", why="the next steps expect a channel axis")
    elif facts.layout[-1] != "C":
        to = facts.layout.replace("C", "") + "C"
        yield Step(op="transpose", params={"layout": facts.layout, "to": to}, why="the next steps expect channels last")


def _to_pixels(facts: Facts, context: PlanContext) -> Iterator[Step]:
    if facts.dtype == "uint8" and facts.bounds[0] < 0:
        raise PlanError("scaled values were probably cast to uint8 and wrapped around: then the image is lost")
    if not _pixels_needed(facts, context) or _are_pixels(facts):
        return
    values, whole, is_guess = facts.values, facts.whole, False
    if values is None:
        values, is_guess = _guess(facts), True
    name = facts.recipe if not is_guess else f"the values are probably {_range(values)}"
    why = f"undo what was done to the values ({name})" if not is_guess else name
    yield Step(
        op="to_pixels",
        params={"scale": list(values.scale), "offset": list(values.offset), "whole": whole and not is_guess},
        why=why,
        loss="guess" if is_guess else "none",
    )


def _are_pixels(facts: Facts) -> bool:
    """uint8 holds gray levels, unless a source image shows that it holds something else."""
    levels = canonical(Values(low=0, high=255), facts.length("C") or 1)
    return facts.dtype == "uint8" and (facts.values is None or same(facts.values, levels))


_USUAL_RANGES = ((0.0, 1.0), (-1.0, 1.0), (0.0, 255.0))


def _guess(facts: Facts) -> Affine:
    """The usual range that the observed one sits in, in the order of their width. Raises PlanError for none."""
    channels = facts.length("C") or 1
    if facts.low is not None and facts.high is not None:
        for low, high in _USUAL_RANGES:
            slack = (high - low) / 20  # a bicubic or Lanczos resize may overshoot a little
            share = (facts.high - facts.low) / (high - low)
            if low - slack <= facts.low and facts.high <= high + slack and share > 1 / 20:
                return canonical(Values(low=low, high=high), channels)
    raise PlanError("value mapping unknown: pass the value range, such as --assume value_range=0,1")


def _range(affine: Affine) -> str:
    return f"{affine.offset[0]:g}..{affine.offset[0] + 255 * affine.scale[0]:g}"


def _channels(facts: Facts, context: PlanContext) -> Iterator[Step]:
    """Channels that differ from the model's: the spec's policy for images holds for a tensor too."""
    contract, policy = context.contract, context.spec.decode
    if not _wrong_channels(facts, contract):
        return
    mode = {1: "L", 3: "RGB", 4: "RGBA"}.get(facts.length("C") or 1)
    if mode is None or facts.dtype != "uint8":
        order = facts.channel_order if mode else f"{facts.length('C')} channels"
        raise PlanError(
            f"channel order: cannot convert {order} to {contract.channel_order}: values are not gray levels"
        )
    if (mode == "L" and policy.gray == "reject") or (mode == "RGBA" and policy.alpha == "reject"):
        raise PlanError(
            f"image mode {mode} is rejected by the spec (decode.{'gray' if mode == 'L' else 'alpha'}: reject)"
        )
    if blue_first(facts.channel_order):
        yield reorder_step(context, facts.channel_order, mode, why="the next step expects RGB")
    yield color_step(context, mode)


def _geometry(facts: Facts, context: PlanContext) -> Iterator[Step]:
    if not wrong_size(facts, context.contract):
        return
    for step in context.spec.geometry:
        if step.params.get("units") != "final":
            yield replace_fields(step, why="size differs from the spec")


def guesses(facts: Facts, steps: Sequence[Step], context: PlanContext) -> Iterator[tuple[str, str]]:
    """Yield the assumptions of a plan: the reason, with the fix; and the option that states it, if probable."""
    if context.guessed_order:
        probability = percentage(facts.order_probability)
        other = facts.channel_order[::-1]
        why = f"channel order: probably {facts.channel_order} ({probability}), not {other}"
        yield (
            f"{why}: --assume channel_order={facts.channel_order} (or {other})",
            f"channel_order={facts.channel_order}",
        )
    inferred_layout = context.kind == "tensor" and not context.known_layout and "layout" not in context.options.assume
    if inferred_layout and sides_look_swapped(facts, context.contract):
        got, swapped_layout = size(facts.length("H") or 0, facts.length("W") or 0), facts.layout.translate(_SWAP)
        yield f"height and width look swapped, got {got}: --assume layout={swapped_layout} (or {facts.layout})", ""
    for step in steps:
        if step.op == "to_pixels" and step.loss == "guess":
            low, high = step.params["offset"][0], step.params["offset"][0] + 255 * step.params["scale"][0]
            yield f"{step.why}: --assume value_range={low:g},{high:g}", f"value_range={low:g},{high:g}"


_SWAP = str.maketrans("HW", "WH")


STAGES: tuple[Stage, ...] = (_usable, _channels_last, _to_pixels, _channels, _geometry)
