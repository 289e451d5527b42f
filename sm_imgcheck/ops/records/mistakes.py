"""Ops that no spec contains: what preprocessing code does by mistake; ``identify`` finds and names them."""

from __future__ import annotations

from functools import partial

from sm_imgcheck.core.frozen import replace_fields
from sm_imgcheck.core.types import Facts, Step
from sm_imgcheck.core.value_mapping import INTEGER_RANGES
from sm_imgcheck.ops.records import LIBRARIES, Op

__all__ = ["OPS"]

_SPACES = {"LAB": "Lab", "HLS": "HLS"}


def _same(facts: Facts, _: Step) -> Facts:
    return facts


def _swap_sides(facts: Facts, _: Step) -> Facts:
    height, width, channels = facts.shape
    return replace_fields(facts, shape=(width, height, channels))


def _wrap_range(facts: Facts, step: Step) -> Facts:
    low, high = INTEGER_RANGES[step.params["dtype"]]
    return replace_fields(facts, dtype=step.params["dtype"], low=low, high=high)


def _clip_range(facts: Facts, step: Step) -> Facts:
    (low, high), (least, most) = facts.bounds, (step.params["low"], step.params["high"])
    return replace_fields(
        facts, low=low if least is None else max(low, least), high=high if most is None else min(high, most)
    )


def _swap_phrase(_: Step) -> str:
    return "height and width swapped (as by transpose(2, 1, 0))"


def _space_phrase(step: Step) -> str:
    params = step.params
    suffix = ", red and blue swapped" if params.get("order") == "BGR" else ""
    return f"converted to {_SPACES.get(params['to'], params['to'])} by {LIBRARIES[params['library']]}{suffix}"


def _recompress_phrase(step: Step) -> str:
    params = step.params
    chroma = "" if params["subsampling"] == "4:2:0" else f" ({params['subsampling']})"
    return f"compressed as JPEG of quality {params['quality']}{chroma}"


def _fill_phrase(step: Step) -> str:
    return f"channel {step.params['channel']} set to {step.params['value']:g}"


def _clip_phrase(step: Step) -> str:
    low, high = step.params["low"], step.params["high"]
    if low is None or high is None:
        return f"clipped below {low:g}" if high is None else f"clipped above {high:g}"
    return f"clipped to {low:g}..{high:g}"


def _wrap_phrase(step: Step) -> str:
    return f"wrapped around in {step.params['dtype']} (overflow)"


_mistake = partial(Op, kernel="sm_imgcheck.ops.kernels.mistakes")
_alteration = partial(_mistake, traits=frozenset({"alteration"}))
OPS = {
    "swap_axes": _mistake(
        stage="orient", effect=_swap_sides, traits=frozenset({"turn"}), shapes_image=True, phrase=_swap_phrase
    ),
    "color_space": _mistake(
        stage="color", effect=_same, traits=frozenset({"color"}), shapes_image=True, phrase=_space_phrase
    ),
    "recompress": _alteration(stage="compress", effect=_same, shapes_image=True, phrase=_recompress_phrase),
    "fill_channel": _alteration(stage="channels", effect=_same, phrase=_fill_phrase),
    "clip": _alteration(stage="clip", effect=_clip_range, phrase=_clip_phrase),
    "wrap": _alteration(stage="cast", effect=_wrap_range, phrase=_wrap_phrase),
}
