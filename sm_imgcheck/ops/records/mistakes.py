"""Ops that no spec contains: what preprocessing code does by mistake; ``identify`` finds and names them."""

from __future__ import annotations

from functools import partial

from sm_imgcheck.core.channels import GRAY
from sm_imgcheck.core.frozen import replace_fields
from sm_imgcheck.core.types import Facts, Step
from sm_imgcheck.core.value_mapping import INTEGER_RANGES, levels
from sm_imgcheck.ops.records import LIBRARIES, Op

__all__ = ["GRAY_WEIGHTS", "OPS"]

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
    order = " with red and blue swapped" if params.get("order") == "BGR" else ""
    return f"compressed as JPEG of quality {params['quality']}{chroma}{order}"


def _repeat_shape(facts: Facts, step: Step) -> Facts:
    size = step.params["size"]
    if step.params["axes"][1] == "HW":
        return replace_fields(facts, shape=(*size, 1), channel_order=GRAY, values=levels(1))
    return replace_fields(facts, shape=(*size, facts.shape[-1]))


def _repeat_phrase(step: Step) -> str:
    first, last = step.params["axes"]
    suffix = "" if first == last else f", {first} values under the shape {last}"
    return f"np.resize instead of a resize (values truncated or repeated in memory order{suffix})"


def _alpha_phrase(step: Step) -> str:
    order, at = step.params["order"], step.params["position"]
    return f"a buffer of four channels ({order[:at]}A{order[at:]}) read as three"


def _stride_phrase(step: Step) -> str:
    return f"rows read with their padding of {step.params['padding']} numbers (row stride)"


def _tile_size(facts: Facts, step: Step) -> Facts:
    return replace_fields(facts, shape=(*step.params["size"], facts.shape[-1]))


def _tile_phrase(step: Step) -> str:
    height, width = step.params["size"]
    return f"copies side by side, to {height}x{width}"


def _integer(facts: Facts, _: Step) -> Facts:
    return replace_fields(facts, dtype="uint8")


def _truncation_phrase(_: Step) -> str:
    return "fractions truncated to uint8"


def _curve_dtype(facts: Facts, step: Step) -> Facts:
    return replace_fields(facts, dtype="uint8" if "table" in step.params else "float32")


def _curve_phrase(step: Step) -> str:
    name: str = step.params["name"]
    return name


def _weigh(facts: Facts, step: Step) -> Facts:
    dtype = "float32" if step.params["rounding"] is None else "uint8"
    order, channels = step.params["to"], 1 if step.params["to"] == GRAY else 3
    shape = (*facts.shape[:-1], channels)
    return replace_fields(facts, channel_order=order, shape=shape, dtype=dtype, values=levels(channels))


def _weigh_phrase(step: Step) -> str:
    weights = step.params["weights"]
    name = next((name for name, each in GRAY_WEIGHTS.items() if list(each) == list(weights)), f"weights {weights}")
    return f"RGB to gray by {name}{'' if step.params['to'] == GRAY else ', repeated in each channel'}"


GRAY_WEIGHTS = {
    "the mean of the channels": (1 / 3, 1 / 3, 1 / 3),
    "luma with red and blue swapped": (3735 / 32768, 19235 / 32768, 9798 / 32768),
    "luma in floats with red and blue swapped": (0.114, 0.587, 0.299),
    "BT.709 weights": (0.2125, 0.7154, 0.0721),
    "BT.709 weights (0.2126, 0.7152, 0.0722)": (0.2126, 0.7152, 0.0722),
    "luma in floats": (0.299, 0.587, 0.114),
    "luma in floats (0.2989, 0.5870, 0.1140)": (0.2989, 0.5870, 0.1140),
    "the red channel alone": (1.0, 0.0, 0.0),
    "the green channel alone": (0.0, 1.0, 0.0),
    "the blue channel alone": (0.0, 0.0, 1.0),
}
"""Weights of R, G and B, other than those of Pillow and OpenCV: these swapped, as OpenCV
computes them (https://github.com/opencv/opencv/blob/4.x/modules/imgproc/src/color_rgb.simd.hpp, RY15; Pillow differs in
few pixels by one level); NumPy's mean, scikit-image, TensorFlow, a channel."""


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
    "weigh_channels": _mistake(
        stage="color", effect=_weigh, traits=frozenset({"color"}), shapes_image=True, phrase=_weigh_phrase
    ),
    "recompress": _alteration(stage="compress", effect=_same, shapes_image=True, phrase=_recompress_phrase),
    "repeat_buffer": _alteration(stage="buffer", effect=_repeat_shape, shapes_image=True, phrase=_repeat_phrase),
    "alpha_as_color": _alteration(stage="buffer", effect=_same, shapes_image=True, phrase=_alpha_phrase),
    "misread_rows": _alteration(stage="buffer", effect=_same, shapes_image=True, phrase=_stride_phrase),
    "tile": _alteration(stage="buffer", effect=_tile_size, shapes_image=True, phrase=_tile_phrase),
    "tone_curve": _alteration(stage="curve", effect=_curve_dtype, shapes_image=True, phrase=_curve_phrase),
    "truncate_levels": _alteration(stage="truncation", effect=_integer, shapes_image=True, phrase=_truncation_phrase),
    "fill_channel": _alteration(stage="channels", effect=_same, phrase=_fill_phrase),
    "clip": _alteration(stage="clip", effect=_clip_range, phrase=_clip_phrase),
    "wrap": _alteration(stage="cast", effect=_wrap_range, phrase=_wrap_phrase),
}
