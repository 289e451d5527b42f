"""From the resolved steps of a spec to ops, and the sizes that the steps can produce."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from sm_imgcheck.core.sizes import round_length
from sm_imgcheck.core.types import Dim, Step
from sm_imgcheck.spec.keys import LIBRARIES
from sm_imgcheck.spec.problems import ProblemList

if TYPE_CHECKING:
    from sm_imgcheck.spec.given import StepKeys, WrittenStep

__all__ = ["check_area", "check_size", "is_fit", "ops"]

Sizes = tuple[int, int | None]
"""Least and largest length that one side can have; None: no limit."""
_ANY: Sizes = (1, None)


def ops(steps: Sequence[WrittenStep]) -> tuple[Step, ...]:
    """The ops, in order, each with all its parameters."""
    result: list[Step] = []
    rest = list(steps)
    while rest:
        step = rest.pop(0)
        if rest and is_fit(step, rest[0]):
            result.append(_fit(step["crop"], rest.pop(0)["resize"]))
        else:
            ((name, params),) = step.items()
            result.append(_resize(params) if name == "resize" else Step(op=name, params=dict(params), loss="pixels"))
    return tuple(result)


def is_fit(step: WrittenStep, after: WrittenStep) -> bool:
    """Whether two steps are one call of Pillow.

    Keras's ``load_img(keep_aspect_ratio=True)`` and ``ImageOps.fit`` do not cut and then resize: they resize with
    ``box=``, so that pixels outside the cut still weigh in at the border (up to 25 gray levels there).
    """
    resize = after.get("resize", {})
    return (
        "aspect" in step.get("crop", {}) and resize.get("mode") == "stretch" and resize["library"].startswith("pillow")
    )


def _fit(crop: StepKeys, resize: StepKeys) -> Step:
    params = {
        "aspect": crop["aspect"],
        "rounding": crop["rounding"],
        "size": resize["size"],
        "interpolation": resize["interpolation"],
        "dtype": resize["dtype"],
    }
    return Step(op=f"fit_{LIBRARIES[resize['library']].op}", params=params, loss="pixels")


def _resize(resize: StepKeys) -> Step:
    if resize["mode"] == "letterbox":
        verb = "letterbox"
        mode: dict[str, object] = {
            "size": resize["size"],
            "fill": resize["fill"],
            "multiple_of": resize.get("multiple_of"),
        }
    else:
        verb = "resize"
        mode = {name: resize.get(name) for name in ("mode", "size", "max_size")}
        mode["rounding"] = resize.get("rounding", "floor")  # stretch derives no edge, but its op has the same keywords
        mode |= {name: resize[name] for name in ("multiple_of", "multiple_rounding") if name in resize}
    arithmetic: dict[str, object] = {
        name: resize.get(name) for name in ("interpolation", "dtype", "antialias") if name in resize
    }
    return Step(op=f"{verb}_{LIBRARIES[resize['library']].op}", params={**mode, **arithmetic}, loss="pixels")


MAX_AREA = 1 << 26
"""Largest number of pixels of a size in a spec: 8192x8192, 768 MiB as float32 RGB."""


def check_area(steps: Sequence[WrittenStep], size: tuple[int, int] | None, path: str, notes: ProblemList) -> None:
    """Report sizes that need more memory than the input of any model: specs are untrusted too."""
    sizes: list[tuple[str, Sequence[int] | None]] = [("shape", size)]
    for index, step in enumerate(steps):
        ((name, params),) = step.items()
        edges = params.get("size")
        here = f"geometry[{index}].{name}.size" if path == "geometry" else f"{path}.size"
        sizes.append((here, edges if edges is None else _sides(edges)))
    for where, sides in sizes:
        if sides is not None and sides[0] * sides[1] > MAX_AREA:
            notes.add(where, f"{sides[0]}x{sides[1]} pixels, expected at most {MAX_AREA} (8192x8192)")


def check_size(steps: Sequence[WrittenStep], height: Dim, width: Dim, path: str, notes: ProblemList) -> None:
    """Report steps that, for any image, end with a size that the contract does not allow."""
    if not steps:
        return
    sizes = (_ANY, _ANY)
    for index, step in enumerate(steps):
        ((name, params),) = step.items()
        here = f"geometry[{index}]" if path == "geometry" else path
        frame = _sides(params["size"]) if name == "pad" and "size" in params else ()
        if any(low > side for (low, _), side in zip(sizes, frame, strict=False)):
            notes.add(f"{here}.pad.size", f"is smaller than what it pads: {_describe_sizes(sizes)}")
            return
        sizes = (
            _after_resize(params)
            if name == "resize"
            else (_after_crop if name == "crop" else _after_pad)(params, sizes)
        )
    mismatches = [
        (f"the {axis} becomes {_length(low, high)}, but shape is {dim}", dim)
        for axis, dim, (low, high) in zip(("height", "width"), (height, width), sizes, strict=True)
        if not _meets(dim, low, high)
    ]
    if mismatches:
        notes.add(path, f"{'; '.join(text for text, _ in mismatches)}{_advice(steps, mismatches[0][1])}")


def _meets(dim: Dim, low: int, high: int | None) -> bool:
    """Return whether a fixed side is met for any image, or another side for some."""
    if dim.fixed is not None:
        return low == high == dim.fixed
    return (high is None or high >= dim.low) and (dim.high is None or low <= dim.high)


def _advice(steps: Sequence[WrittenStep], dim: Dim) -> str:
    last = steps[-1].get("resize", {})
    if dim.fixed is None or "multiple_of" in last:
        return ""
    return {
        "shortest_edge": "; write crop: center, or write H and W in shape",
        "cover": "; write crop: center, or write H and W in shape",
        "longest_edge": "; use mode: letterbox, add a pad, or write H and W in shape",
    }.get(last.get("mode", ""), "")


def _describe_sizes(sizes: tuple[Sizes, Sizes]) -> str:
    return f"height {_length(*sizes[0])}, width {_length(*sizes[1])}"


def _length(low: int, high: int | None) -> str:
    if low == high:
        return str(low)
    return f"{low} or more" if high is None else f"{low} to {high}"


def _up(length: int, multiple: int) -> int:
    return -(-length // multiple) * multiple


def _after_resize(params: StepKeys) -> tuple[Sizes, Sizes]:
    multiple = params.get("multiple_of")
    if params["mode"] == "letterbox" or multiple is None:
        return _after_scale(params)
    height, width = _after_scale(params)
    return _rounded_side(height, multiple, params), _rounded_side(width, multiple, params)


def _rounded_side(side: Sizes, multiple: int, params: StepKeys) -> Sizes:
    low, high = side
    rounding = params["multiple_rounding"]
    return _to_multiple(low, multiple, rounding), None if high is None else _to_multiple(high, multiple, rounding)


def _to_multiple(length: int, multiple: int, rounding: str) -> int:
    return max(round_length(length / multiple, rounding), 1) * multiple


def _after_scale(params: StepKeys) -> tuple[Sizes, Sizes]:
    mode = params["mode"]
    if mode in ("keep", "closest_edge"):
        return _ANY, _ANY
    height, width = _sides(params["size"])
    if mode == "shortest_edge":
        limit = params.get("max_size")
        side = (height if limit is None else 1, limit)
        return side, side
    if mode == "longest_edge":
        return (1, height), (1, width)
    if mode == "cover":
        return (height, None), (width, None)
    if "multiple_of" in params:
        multiple = params["multiple_of"]
        return (1, _up(height, multiple)), (1, _up(width, multiple))
    return (height, height), (width, width)


def _sides(size: int | list[int]) -> tuple[int, int]:
    """Height and width; of one edge, which either may become, that edge twice."""
    return (size, size) if isinstance(size, int) else (size[0], size[1])


def _after_crop(params: StepKeys, sizes: tuple[Sizes, Sizes]) -> tuple[Sizes, Sizes]:
    if "size" in params:
        height, width = _sides(params["size"])
        return (height, height), (width, width)
    return (1, sizes[0][1]), (1, sizes[1][1])


def _after_pad(params: StepKeys, sizes: tuple[Sizes, Sizes]) -> tuple[Sizes, Sizes]:
    if "size" in params:
        height, width = _sides(params["size"])
        return (height, height), (width, width)
    (low_h, high_h), (low_w, high_w) = sizes
    if "aspect" in params:
        return (low_h, None), (low_w, None)
    if params.get("square"):
        side = max(low_h, low_w), None if high_h is None or high_w is None else max(high_h, high_w)
        return side, side
    multiple = params["multiple_of"]
    return (
        (_up(low_h, multiple), None if high_h is None else _up(high_h, multiple)),
        (_up(low_w, multiple), None if high_w is None else _up(high_w, multiple)),
    )
