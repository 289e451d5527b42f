"""Ops that select the size and the part of the image: resize, letterbox, fit, crop, pad; and mirror.

Sizes and positions come from ``core.sizes`` and ``core.placement``, as they do in the kernels.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from sm_imgcheck.core import phrases
from sm_imgcheck.core.frozen import replace_fields
from sm_imgcheck.core.placement import PadRule, crop_box, letterbox_place, pad_place
from sm_imgcheck.core.sizes import SizeRule, resized_by_opencv, resized_by_tensorflow, resized_size
from sm_imgcheck.core.types import Facts, Step
from sm_imgcheck.core.value_mapping import overshoot
from sm_imgcheck.ops.records import Op, library_of, record

__all__ = ["OPS", "resize_dtype"]

_RESIZERS = {"opencv": resized_by_opencv, "tensorflow": resized_by_tensorflow}


def _resize_size(step: Step, height: int, width: int) -> tuple[int, int]:
    rule = {key: step.params[key] for key in SizeRule.__annotations__ if key in step.params}
    return _RESIZERS.get(library_of(step.op), resized_size)(**rule, height=height, width=width)


def _letterbox_size(step: Step, height: int, width: int) -> tuple[int, int]:
    position = letterbox_place(
        library=library_of(step.op).removesuffix("12"),
        size=step.params["size"],
        multiple_of=step.params["multiple_of"],
        height=height,
        width=width,
    )
    return position[4], position[5]


def _fit_size(step: Step, height: int, width: int) -> tuple[int, int]:  # noqa: ARG001 - the form of every size
    return step.params["size"][0], step.params["size"][1]


def _crop_size(step: Step, height: int, width: int) -> tuple[int, int]:
    return crop_box(**step.params, height=height, width=width)[2:]


def _pad_size(step: Step, height: int, width: int) -> tuple[int, int]:
    position = {key: step.params[key] for key in PadRule.__annotations__ if key in step.params}
    return pad_place(**position, height=height, width=width)[2:]


def _frame_size(facts: Facts, step: Step) -> Facts:
    """The facts of another size; those of a resize have its dtype, and may overshoot."""
    at = facts.layout.index("H")
    size = record(step.op).size
    assert size is not None
    shape = (*facts.shape[:at], *size(step, *facts.shape[at : at + 2]), *facts.shape[at + 2 :])
    low, high = facts.bounds
    margin = overshoot((step,)) * (high - low)
    return replace_fields(facts, shape=shape, dtype=resize_dtype(facts, step), low=low - margin, high=high + margin)


def resize_dtype(facts: Facts, step: Step) -> str:
    """The dtype after a geometry step; a crop and a pad keep it."""
    return {"float32": "float32", None: facts.dtype}.get(step.params.get("dtype"), "uint8")


def _mirror(facts: Facts, _: Step) -> Facts:
    return facts


def _edges(size: int | Sequence[int]) -> str:
    return str(size) if isinstance(size, int) else "x".join(map(str, size))


def _numbers(fill: Sequence[float]) -> str:
    """One number for all channels, or one for each."""
    return f"[{', '.join(f'{value:g}' for value in fill)}]" if len(set(fill)) > 1 else f"{fill[0]:g}"


def plain_color(fill: Sequence[float]) -> Sequence[float]:
    """A color in gray levels without an opaque alpha, gray as one number: equal for any number of channels."""
    fill = fill[:3] if len(fill) == len("RGBA") and fill[3] == _OPAQUE else fill
    return fill[:1] if len(set(fill)) == 1 else fill


_OPAQUE = 255


def fill_color(fill: Sequence[float]) -> str:
    """A color in gray levels by its name, else in numbers."""
    fill = plain_color(fill)
    if len(set(fill)) > 1:
        return _numbers(fill)
    names: dict[float, str] = {0: "black", 255: "white"}
    return names.get(fill[0], f"gray {fill[0]:g}")


def _resize_phrase(step: Step) -> str:
    multiple = step.params.get("multiple_of")
    suffix = f", both sides to multiples of {multiple}" if multiple else ""
    return f"{_scale_phrase(step)}{suffix}"


def _scale_phrase(step: Step) -> str:
    params = step.params
    if params["mode"] == "keep":
        return "size of the image"
    size = _edges(params["size"])
    most = f" (longest at most {params['max_size']})" if params.get("max_size") else ""
    return {
        "stretch": f"stretched to {size}",
        "shortest_edge": f"shortest edge to {size}{most}",
        "longest_edge": f"longest edge to {size}" if isinstance(params["size"], int) else f"fitted into {size}",
        "cover": f"scaled to cover {size}",
        "closest_edge": f"closest edge to that of {size}",
        "exchanged": f"shortest edge to {size} with height and width swapped",
    }[params["mode"]]


def _letterbox_phrase(step: Step) -> str:
    params = step.params
    fill = fill_color(params["fill"])
    if params.get("multiple_of"):
        return f"letterboxed to multiples of {params['multiple_of']} within {_edges(params['size'])} on {fill}"
    return f"letterboxed to {_edges(params['size'])} on {fill}"


def _fit_phrase(step: Step) -> str:
    return f"central part fitted to {_edges(step.params['size'])}"


def _crop_phrase(step: Step) -> str:
    params = step.params
    if params.get("size") is not None:
        return _sized_crop_phrase(params)
    if params.get("fraction") is not None:
        return f"central {params['fraction']:.4g} of both edges"
    if params.get("aspect") is not None:
        return f"central part of aspect {_edges(params['aspect'])}"
    return f"central square of {params['square']:.4g} of the shorter edge"


def _sized_crop_phrase(params: Mapping[str, Any]) -> str:
    size, position = _edges(params["size"]), params.get("position", "center")
    shifts = zip(params.get("offset", (0, 0)), (("below", "above"), ("right of", "left of")), strict=True)
    parts = [f"{phrases.count(abs(by), 'pixel')} {words[by < 0]}" for by, words in shifts if by]
    if position == "center":
        return f"crop {size}, {' and '.join(parts)} the center" if parts else f"center crop {size}"
    return f"{position.replace('_', ' ')} crop {size}"


def _pad_phrase(step: Step) -> str:
    params = step.params
    if params.get("units") == "final":
        fill = f"{_numbers(params['fill'])} after normalization"
    else:
        fill = fill_color(params["fill"])
    position = params.get("position", "center")
    where = "" if position == "center" else f", image at the {position.replace('_', ' ')}"
    if params.get("square"):
        return f"padded to a square with {fill}{where}"
    if params.get("aspect") is not None:
        return f"padded to the aspect {_edges(params['aspect'])} with {fill}{where}"
    to = f"multiples of {params['multiple_of']}" if params.get("multiple_of") else _edges(params["size"])
    return f"padded to {to} with {fill}{where}"


_frame = partial(
    Op,
    stage="geometry",
    effect=_frame_size,
    traits=frozenset({"framing", "kernel"}),
    one_image=True,
    shapes_image=True,
)
_RESIZE = "sm_imgcheck.ops.kernels.resize_{library}"
_CROP_PAD = "sm_imgcheck.ops.kernels.crop_pad"
OPS = {
    "resize": _frame(kernel=_RESIZE, size=_resize_size, phrase=_resize_phrase),
    "letterbox": _frame(kernel=_RESIZE, size=_letterbox_size, phrase=_letterbox_phrase),
    "fit": _frame(kernel=_RESIZE, size=_fit_size, phrase=_fit_phrase),
    "crop": _frame(kernel=_CROP_PAD, size=_crop_size, phrase=_crop_phrase),
    "pad": _frame(kernel=_CROP_PAD, size=_pad_size, phrase=_pad_phrase),
    "mirror": Op(stage="mirror", kernel=_CROP_PAD, effect=_mirror, traits=frozenset({"mirror"}), shapes_image=True),
}
