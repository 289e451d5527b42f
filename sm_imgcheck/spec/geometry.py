"""How an image gets its size: ``resize`` and ``geometry`` become one list of steps with every default filled in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, cast

from sm_imgcheck.core.channels import CHANNELS
from sm_imgcheck.core.frozen import frozen
from sm_imgcheck.spec.geometry_ops import is_fit
from sm_imgcheck.spec.keys import LIBRARIES, SMOOTH
from sm_imgcheck.spec.language_image import CROP, PAD, STEP_KEYS
from sm_imgcheck.spec.problems import ProblemList, at, choice_of

if TYPE_CHECKING:
    from sm_imgcheck.spec.given import GivenSpec, StepKeys, WrittenStep

__all__ = ["CUTS", "FRAMES", "MODE_KEYS", "ROUNDINGS", "ResizeTarget", "read"]

_MULTIPLE = {"multiple_of", "multiple_rounding"}
MODE_KEYS = {
    "stretch": set[str](),
    "shortest_edge": {"max_size", "rounding", "crop", "crop_rounding", *_MULTIPLE},
    "longest_edge": {"rounding", *_MULTIPLE},
    "cover": {"rounding", "crop", "crop_rounding", *_MULTIPLE},
    "letterbox": {"fill", "multiple_of"},
    "closest_edge": _MULTIPLE,
    "keep": _MULTIPLE,
}
"""Keys that only some modes have a use for."""
ROUNDINGS = {
    "shortest_edge": ("floor", "round", "half_up", "detr"),
    "longest_edge": ("floor", "round", "half_up"),
    "cover": ("floor", "round", "half_up"),
}
_SOME_MODES = set[str]().union(*MODE_KEYS.values())
CUTS = tuple(key.name for key in CROP[:4])
FRAMES = tuple(key.name for key in PAD[:4])


@frozen
class ResizeTarget:
    """Sizes and channels of the contract, for ``resize`` and ``geometry``."""

    size: tuple[int, int] | None
    """Height and width, where both are fixed."""
    known: bool
    """False: shape is invalid, so sizes are unknown."""
    channel_order: str | None
    """None: invalid or missing."""


def read(keys: GivenSpec, target: ResizeTarget, notes: ProblemList) -> list[WrittenStep]:
    """The steps in the spec language, each a mapping with one key: ``crop``, ``resize`` or ``pad``."""
    if "resize" in keys and "geometry" in keys:
        notes.add("geometry", "conflicts with resize: geometry is its long form; keep one of them")
        return []
    if not notes.fine("resize", "geometry"):
        return []
    if "geometry" in keys:
        return _long_form(keys["geometry"], target, notes)
    if "resize" in keys:
        return _shorthand(keys["resize"], target, notes)
    return [] if target.size is None else [{"resize": _resize({}, "resize", target, notes)}]


def _shorthand(keys: StepKeys, target: ResizeTarget, notes: ProblemList) -> list[WrittenStep]:
    mode = keys.get("mode", "stretch")
    if mode == "none":
        for name in sorted(set(keys) - {"mode"}):
            notes.add(at("resize", name), "has no meaning with mode: none")
        return []
    steps: list[WrittenStep] = [{"resize": _resize(keys, "resize", target, notes)}]
    has_crop = "crop" in MODE_KEYS[mode]
    crop = keys.get("crop", "center" if has_crop and target.size else "none")
    if crop == "center" and has_crop:
        if target.size is None and target.known:
            notes.add(
                "resize.crop", "shape has no fixed height and width to crop to; write crop: none, or use geometry"
            )
        elif target.size is not None:
            # blobFromImage(crop=True) cuts from the floored middle
            blob = mode == "cover" and keys.get("library") == "opencv"
            rounding = keys.get("crop_rounding", "floor" if blob else "round")
            side = _pad_side(rounding, steps[0]["resize"].get("library", ""))
            steps.append({"crop": {"size": list(target.size), "rounding": rounding, "pad_side": side}})
    elif "crop_rounding" in keys and has_crop:
        notes.add("resize.crop_rounding", "has no meaning with crop: none")
    return steps


def _long_form(keys: Sequence[WrittenStep], target: ResizeTarget, notes: ProblemList) -> list[WrittenStep]:
    steps: list[WrittenStep] = []
    for index, step in enumerate(keys):
        library = next(
            (step_before["resize"].get("library", "") for step_before in reversed(steps) if "resize" in step_before), ""
        )
        steps.append(_step(step, at("geometry", index), target, notes, library=library))
    if notes.fine("geometry"):
        _check_order(steps, notes)
    return steps


def _check_order(steps: Sequence[WrittenStep], notes: ProblemList) -> None:
    """Report steps that are only valid next to others."""
    for index, (step, after) in enumerate(zip(steps, [*steps[1:], {}], strict=False)):
        path = at("geometry", index)
        if step.get("crop", {}).get("rounding") == "none" and not is_fit(step, after):
            notes.add(f"{path}.crop.rounding", "none needs a resize with mode: stretch by Pillow as the next step")
        if step.get("pad", {}).get("units") == "final" and after:
            notes.add(f"{path}.pad.units", "final pads after normalize, so it must be the last step")


def _pad_side(rounding: str, library: str) -> str:
    """Return where an odd missing pixel is added: a floored crop offset identifies transformers.

    Its Pillow backend adds the pixel before the image; its torchvision backend, torchvision and timm after it.
    """
    return "before" if rounding == "floor" and library.startswith("pillow") else "after"


def _step(step: WrittenStep, path: str, target: ResizeTarget, notes: ProblemList, *, library: str) -> WrittenStep:
    """One step of the long form, complete; ``library`` is that of the resize before it."""
    ((name, keys),) = step.items()
    where = at(path, name)
    if name == "crop":
        full = _crop(keys, where, notes, library=library)
    else:
        full = (_resize if name == "resize" else _pad)(keys, where, target, notes)
    return {name: _order_keys(full, name)}


def _order_keys(full: Mapping[str, object], name: str) -> StepKeys:
    """The keys of a step in the order of the table, without those that have no value."""
    return cast("StepKeys", {key.name: full[key.name] for key in STEP_KEYS[name] if full.get(key.name) is not None})


def _resize(keys: StepKeys, path: str, target: ResizeTarget, notes: ProblemList) -> StepKeys:
    """Return one resize with every default of its library."""
    mode = keys.get("mode", "stretch")
    if mode == "none":
        notes.add(at(path, "mode"), "got none, which is only for the shorthand resize; remove the step")
        return {}
    for name in sorted(set(keys) & _SOME_MODES - MODE_KEYS[mode]):
        if not (name == "crop" and keys.get(name) == "none"):
            users = [other for other, mode_keys in MODE_KEYS.items() if name in mode_keys]
            notes.add(at(path, name), f"has no meaning with mode: {mode}, only with {choice_of(users)}")
    full: dict[str, object] = {
        "mode": mode,
        "size": _edges(keys, mode, path, target, notes),
        "max_size": keys.get("max_size"),
        **({"rounding": _rounding(keys, mode, path, notes)} if mode in ROUNDINGS else {}),
        **_arithmetic(keys, path, notes),
        **_multiple(keys, mode, path, notes),
    }
    if mode == "letterbox":
        default = LIBRARIES[keys.get("library", "pillow")].fill
        full["fill"] = _fill(keys.get("fill", default), target.channel_order, at(path, "fill"), notes)
    return _order_keys(full, "resize")


def _edges(keys: StepKeys, mode: str, path: str, target: ResizeTarget, notes: ProblemList) -> int | list[int] | None:
    """Return ``size`` in the form that the mode expects."""
    size, where = keys.get("size"), at(path, "size")
    if mode == "keep":
        if size is not None:
            notes.add(where, "has no meaning with mode: keep")
        return None
    one_edge = mode == "shortest_edge" or (mode == "longest_edge" and not isinstance(size, list))
    if size is None and target.size is None:
        if target.known:
            notes.add(
                where,
                f"missing: shape has no fixed height and width; write size: {'256' if one_edge else '[256, 256]'}",
            )
        return None
    if size is None:
        assert target.size is not None
        height, width = target.size
        if mode == "shortest_edge" and height != width:
            notes.add(
                where, f"missing: shape is {height}x{width}, so the edge is ambiguous; write size, or mode: cover"
            )
        return min(height, width) if mode == "shortest_edge" else [height, width]
    if one_edge and isinstance(size, list):
        notes.wrong(where, size, f"one edge, such as {min(size)}; two are for the other modes")
        return None
    if isinstance(size, int) and "mode" not in keys:
        notes.wrong(
            where,
            size,
            f"[height, width], since the mode is stretch; or write mode: shortest_edge, or [{size}, {size}]",
        )
        return None
    return [size, size] if isinstance(size, int) and not one_edge else size


def _multiple(keys: StepKeys, mode: str, path: str, notes: ProblemList) -> dict[str, object]:
    """``multiple_of``, and the rounding to it."""
    multiple = keys.get("multiple_of")
    if multiple is None and mode == "keep":
        notes.add(at(path, "multiple_of"), "missing: mode: keep changes the size to multiples of a number only")
    if multiple is None and "multiple_rounding" in keys and "multiple_rounding" in MODE_KEYS[mode]:
        notes.add(at(path, "multiple_rounding"), "has no meaning without multiple_of")
    has_rounding = multiple is not None and mode != "letterbox"
    return {
        "multiple_of": multiple,
        **({"multiple_rounding": keys.get("multiple_rounding", "round")} if has_rounding else {}),
    }


def _rounding(keys: StepKeys, mode: str, path: str, notes: ProblemList) -> str:
    rounding: str = keys.get("rounding", _usual_rounding(keys, mode))
    if rounding not in ROUNDINGS[mode]:
        notes.wrong(at(path, "rounding"), rounding, f"{choice_of(ROUNDINGS[mode])} with mode: {mode}")
    return rounding


def _usual_rounding(keys: StepKeys, mode: str) -> str:
    """Return the rounding of the function that a mode usually refers to.

    ``max_size`` is DETR's resize, which floors all edges except the limited one; OpenCV's only method to cover is
    ``blobFromImage(crop=True)``.
    """
    if mode == "shortest_edge" and "max_size" in keys:
        return "detr"
    return "round" if mode == "cover" and keys.get("library") == "opencv" else "floor"


def _arithmetic(keys: StepKeys, path: str, notes: ProblemList) -> dict[str, object]:
    """Interpolation, library, dtype and antialias: what the named library offers, else its own default."""
    name = keys.get("library", "pillow")
    library = LIBRARIES[name]
    interpolation = keys.get("interpolation", library.interpolation)
    if interpolation not in library.interpolations:
        notes.wrong(
            at(path, "interpolation"), interpolation, f"one that {name} has: {choice_of(library.interpolations)}"
        )
    float_only = interpolation in library.float_only
    default = "float32" if float_only else "uint8"
    dtype = keys.get("dtype", default)
    if float_only and dtype == "uint8":
        notes.wrong(at(path, "dtype"), dtype, f"float32 or float32-rounded: {name} computes {interpolation} in float32")
    return {
        "interpolation": interpolation,
        "library": name,
        "dtype": dtype,
        "antialias": _antialias(keys, interpolation, path, notes),
    }


def _antialias(keys: StepKeys, interpolation: str, path: str, notes: ProblemList) -> bool | None:
    name = keys.get("library", "pillow")
    library, antialias, where = LIBRARIES[name], keys.get("antialias"), at(path, "antialias")
    if library.antialias is None:
        if antialias is not None:
            notes.add(where, f"{library.no_switch}; remove it, or write library: torch or tensorflow")
        return None
    smooth = interpolation in SMOOTH
    if antialias and not smooth:
        notes.add(where, f"has no effect on {interpolation}, only on bilinear, bicubic and lanczos; remove it")
    return library.antialias and smooth if antialias is None else antialias


def _crop(keys: StepKeys, path: str, notes: ProblemList, *, library: str) -> StepKeys:
    cuts = [name for name in CUTS if name in keys]
    if len(cuts) != 1:
        notes.add(path, f"has {' and '.join(cuts) or 'none'} of {', '.join(CUTS)}; write exactly one of them")
        return {}
    cut = cuts[0]
    rounding = keys.get("rounding", "round" if cut == "size" else "floor")
    if rounding == "none" and cut != "aspect":
        notes.wrong(at(path, "rounding"), rounding, "round, floor or ceil: none is for aspect")
    if "pad_side" in keys and cut != "size":
        notes.add(at(path, "pad_side"), "has no meaning without size: only size can be larger than the image")
    full: StepKeys = {**keys, "rounding": rounding}
    if cut == "size":
        size = keys["size"]
        full["size"] = [size, size] if isinstance(size, int) else size
        full["pad_side"] = keys.get("pad_side", _pad_side(rounding, library))
    return full


def _pad(keys: StepKeys, path: str, target: ResizeTarget, notes: ProblemList) -> StepKeys:
    size = keys.get("size")
    frames = [name for name in FRAMES if keys.get(name)]
    if len(frames) != 1:
        notes.add(path, f"has {' and '.join(frames) or 'none'} of {', '.join(FRAMES)}; write exactly one of them")
    units = keys.get("units", "byte")
    full: StepKeys = {
        **keys,
        "fill": _fill(keys.get("fill", 0), target.channel_order, at(path, "fill"), notes, units=units),
        "position": keys.get("position", "center"),
        "units": units,
    }
    if isinstance(size, int):
        full["size"] = [size, size]
    if keys.get("square") is False:
        del full["square"]
    return full


def _fill(
    value: float | list[float], order: str | None, path: str, notes: ProblemList, *, units: str = "byte"
) -> list[float]:
    """Return one number per channel, in the order red, green, blue, alpha; a missing alpha is opaque."""
    entries = list(value) if isinstance(value, list) else [value]
    if order is None:
        return entries
    channels = CHANNELS[order]
    if len(entries) == 1:
        entries = entries * (channels if units == "final" else min(channels, 3))
    if channels == 4 and len(entries) == 3 and units == "byte":
        entries = [*entries, 255]
    if len(entries) != channels:
        notes.wrong(path, value, f"{channels} number{'s' * (channels > 1)}, as {order} has channels")
    elif units == "byte" and not all(0 <= entry <= 255 for entry in entries):
        notes.wrong(path, value, "numbers from 0 to 255; write units: final for the model's own numbers")
    return entries
