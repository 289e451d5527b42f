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

__all__ = ["ResizeTarget", "read"]

_OWN_KEYS = {
    "stretch": set[str](),
    "shortest_edge": {"max_size", "rounding", "crop", "crop_rounding"},
    "longest_edge": {"rounding"},
    "cover": {"rounding", "crop", "crop_rounding"},
    "letterbox": {"fill", "multiple_of"},
}
"""Keys that only some modes have a use for."""
_ROUNDINGS = {
    "shortest_edge": ("floor", "round", "half_up", "detr"),
    "longest_edge": ("floor", "round", "half_up"),
    "cover": ("floor", "round", "half_up"),
}
_SOME_MODES = set[str]().union(*_OWN_KEYS.values())
_CUTS = tuple(key.name for key in CROP[:4])
_FRAMES = tuple(key.name for key in PAD[:3])


@frozen
class ResizeTarget:
    """What the contract says of sizes."""

    size: tuple[int, int] | None
    """Height and width, where both are fixed."""
    known: bool
    """False: shape has problems of its own, so that nothing can be said of sizes."""
    channel_order: str | None
    """None: it has problems of its own."""


def read(given: GivenSpec, target: ResizeTarget, notes: ProblemList) -> list[WrittenStep]:
    """The steps in the spec language, each a mapping with one key: ``crop``, ``resize`` or ``pad``."""
    if "resize" in given and "geometry" in given:
        notes.add("geometry", "stands beside resize: geometry is its long form; keep one of them")
        return []
    if not notes.fine("resize", "geometry"):
        return []
    if "geometry" in given:
        return _long_form(given["geometry"], target, notes)
    if "resize" in given:
        return _shorthand(given["resize"], target, notes)
    return [] if target.size is None else [{"resize": _resize({}, "resize", target, notes)}]


def _shorthand(given: StepKeys, target: ResizeTarget, notes: ProblemList) -> list[WrittenStep]:
    mode = given.get("mode", "stretch")
    if mode == "none":
        for name in sorted(set(given) - {"mode"}):
            notes.add(at("resize", name), "has no meaning with mode: none")
        return []
    steps: list[WrittenStep] = [{"resize": _resize(given, "resize", target, notes)}]
    takes_crop = "crop" in _OWN_KEYS[mode]
    crop = given.get("crop", "center" if takes_crop and target.size else "none")
    if crop == "center" and takes_crop:
        if target.size is None and target.known:
            notes.add(
                "resize.crop", "shape has no fixed height and width to crop to; write crop: none, or use geometry"
            )
        elif target.size is not None:
            # blobFromImage(crop=True) cuts from the floored middle
            blob = mode == "cover" and given.get("library") == "opencv"
            rounding = given.get("crop_rounding", "floor" if blob else "round")
            side = _pad_side(rounding, steps[0]["resize"].get("library", ""))
            steps.append({"crop": {"size": list(target.size), "rounding": rounding, "pad_side": side}})
    elif "crop_rounding" in given and takes_crop:
        notes.add("resize.crop_rounding", "has no meaning with crop: none")
    return steps


def _long_form(given: Sequence[WrittenStep], target: ResizeTarget, notes: ProblemList) -> list[WrittenStep]:
    steps: list[WrittenStep] = []
    for index, step in enumerate(given):
        library = next((one["resize"].get("library", "") for one in reversed(steps) if "resize" in one), "")
        steps.append(_step(step, at("geometry", index), target, notes, library=library))
    if notes.fine("geometry"):
        _check_order(steps, notes)
    return steps


def _check_order(steps: Sequence[WrittenStep], notes: ProblemList) -> None:
    """Some steps are what they say only next to others."""
    for index, (step, after) in enumerate(zip(steps, [*steps[1:], {}], strict=False)):
        place = at("geometry", index)
        if step.get("crop", {}).get("rounding") == "none" and not is_fit(step, after):
            notes.add(f"{place}.crop.rounding", "none needs a resize with mode: stretch by Pillow as the next step")
        if step.get("pad", {}).get("units") == "final" and after:
            notes.add(f"{place}.pad.units", "final pads after normalize, so it must be the last step")


def _pad_side(rounding: str, library: str) -> str:
    """Where an odd missing pixel goes: what floors the offset of a crop is transformers.

    Its Pillow backend adds the pixel before the image; its torchvision backend, torchvision and timm behind it.
    """
    return "before" if rounding == "floor" and library.startswith("pillow") else "after"


def _step(step: WrittenStep, place: str, target: ResizeTarget, notes: ProblemList, *, library: str) -> WrittenStep:
    """One step of the long form, complete; ``library`` is that of the resize before it."""
    ((name, given),) = step.items()
    where = at(place, name)
    if name == "crop":
        full = _crop(given, where, notes, library=library)
    else:
        full = (_resize if name == "resize" else _pad)(given, where, target, notes)
    return {name: _ordered(full, name)}


def _ordered(full: Mapping[str, object], name: str) -> StepKeys:
    """The keys of a step in the order of the table, without those that have no value."""
    return cast("StepKeys", {key.name: full[key.name] for key in STEP_KEYS[name] if full.get(key.name) is not None})


def _resize(given: StepKeys, place: str, target: ResizeTarget, notes: ProblemList) -> StepKeys:
    """One resize with every default: those of the library that is named."""
    mode = given.get("mode", "stretch")
    if mode == "none":
        notes.add(at(place, "mode"), "none is for the shorthand resize; in a list of steps leave the step out")
        return {}
    for name in sorted(set(given) & _SOME_MODES - _OWN_KEYS[mode]):
        if not (name == "crop" and given.get(name) == "none"):
            users = [other for other, own in _OWN_KEYS.items() if name in own]
            notes.add(at(place, name), f"has no meaning with mode: {mode}, only with {choice_of(users)}")
    full: dict[str, object] = {
        "mode": mode,
        "size": _edges(given, mode, place, target, notes),
        "max_size": given.get("max_size"),
        **({"rounding": _rounding(given, mode, place, notes)} if mode in _ROUNDINGS else {}),
        **_arithmetic(given, place, notes),
        "multiple_of": given.get("multiple_of"),
    }
    if mode == "letterbox":
        default = LIBRARIES[given.get("library", "pillow")].fill
        full["fill"] = _fill(given.get("fill", default), target.channel_order, at(place, "fill"), notes)
    return _ordered(full, "resize")


def _edges(given: StepKeys, mode: str, place: str, target: ResizeTarget, notes: ProblemList) -> int | list[int] | None:
    """``size`` in the form that the mode takes."""
    size, where = given.get("size"), at(place, "size")
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
            notes.add(where, f"missing: shape is {height}x{width}, so which edge is meant? Write size, or mode: cover")
        return min(height, width) if mode == "shortest_edge" else [height, width]
    if one_edge and isinstance(size, list):
        notes.wrong(where, size, f"one edge, such as {min(size)}; two are for the other modes")
        return None
    if isinstance(size, int) and "mode" not in given:
        notes.wrong(
            where,
            size,
            f"[height, width], since the mode is stretch; or write mode: shortest_edge, or [{size}, {size}]",
        )
        return None
    return [size, size] if isinstance(size, int) and not one_edge else size


def _rounding(given: StepKeys, mode: str, place: str, notes: ProblemList) -> str:
    rounding: str = given.get("rounding", _usual_rounding(given, mode))
    if rounding not in _ROUNDINGS[mode]:
        notes.wrong(at(place, "rounding"), rounding, f"{choice_of(_ROUNDINGS[mode])} with mode: {mode}")
    return rounding


def _usual_rounding(given: StepKeys, mode: str) -> str:
    """The rule of the function that people mean by these words.

    ``max_size`` is DETR's resize, which floors but for the edge that is held back; OpenCV's only way to cover is
    ``blobFromImage(crop=True)``.
    """
    if mode == "shortest_edge" and "max_size" in given:
        return "detr"
    return "round" if mode == "cover" and given.get("library") == "opencv" else "floor"


def _arithmetic(given: StepKeys, place: str, notes: ProblemList) -> dict[str, object]:
    """Interpolation, library, dtype and antialias: what the named library offers, else its own default."""
    name = given.get("library", "pillow")
    library = LIBRARIES[name]
    interpolation = given.get("interpolation", library.interpolation)
    if interpolation not in library.interpolations:
        notes.wrong(
            at(place, "interpolation"), interpolation, f"one that {name} has: {choice_of(library.interpolations)}"
        )
    float_only = interpolation in library.float_only
    default = "float32" if float_only else "uint8"
    dtype = given.get("dtype", default)
    if float_only and dtype == "uint8":
        notes.wrong(
            at(place, "dtype"), dtype, f"float32 or float32-rounded: {name} computes {interpolation} in float32"
        )
    return {
        "interpolation": interpolation,
        "library": name,
        "dtype": dtype,
        "antialias": _antialias(given, interpolation, place, notes),
    }


def _antialias(given: StepKeys, interpolation: str, place: str, notes: ProblemList) -> bool | None:
    name = given.get("library", "pillow")
    library, wanted, where = LIBRARIES[name], given.get("antialias"), at(place, "antialias")
    if library.antialias is None:
        if wanted is not None:
            notes.add(where, f"{library.no_switch}; remove it, or write library: torch or tensorflow")
        return None
    smooth = interpolation in SMOOTH
    if wanted and not smooth:
        notes.add(where, f"has no effect on {interpolation}, only on bilinear, bicubic and lanczos; remove it")
    return library.antialias and smooth if wanted is None else wanted


def _crop(given: StepKeys, place: str, notes: ProblemList, *, library: str) -> StepKeys:
    cuts = [name for name in _CUTS if name in given]
    if len(cuts) != 1:
        notes.add(place, f"has {' and '.join(cuts) or 'none'} of {', '.join(_CUTS)}; write exactly one of them")
        return {}
    cut = cuts[0]
    rounding = given.get("rounding", "round" if cut == "size" else "floor")
    if rounding == "none" and cut != "aspect":
        notes.wrong(at(place, "rounding"), rounding, "round, floor or ceil: none is for aspect")
    if "pad_side" in given and cut != "size":
        notes.add(at(place, "pad_side"), "has no meaning without size: only size can be larger than the image")
    full: StepKeys = {**given, "rounding": rounding}
    if cut == "size":
        size = given["size"]
        full["size"] = [size, size] if isinstance(size, int) else size
        full["pad_side"] = given.get("pad_side", _pad_side(rounding, library))
    return full


def _pad(given: StepKeys, place: str, target: ResizeTarget, notes: ProblemList) -> StepKeys:
    size = given.get("size")
    frames = [name for name in _FRAMES if given.get(name)]
    if len(frames) != 1:
        notes.add(place, f"has {' and '.join(frames) or 'none'} of {', '.join(_FRAMES)}; write exactly one of them")
    units = given.get("units", "byte")
    full: StepKeys = {
        **given,
        "fill": _fill(given.get("fill", 0), target.channel_order, at(place, "fill"), notes, units=units),
        "position": given.get("position", "center"),
        "units": units,
    }
    if isinstance(size, int):
        full["size"] = [size, size]
    if given.get("square") is False:
        del full["square"]
    return full


def _fill(
    value: float | list[float], order: str | None, place: str, notes: ProblemList, *, units: str = "byte"
) -> list[float]:
    """One number per channel, in the order red, green, blue, alpha; an alpha that is not said is opaque."""
    entries = list(value) if isinstance(value, list) else [value]
    if order is None:
        return entries
    channels = CHANNELS[order]
    if len(entries) == 1:
        entries = entries * (channels if units == "final" else min(channels, 3))
    if channels == 4 and len(entries) == 3 and units == "byte":
        entries = [*entries, 255]
    if len(entries) != channels:
        notes.wrong(place, value, f"{channels} number{'s' * (channels > 1)}, as {order} has channels")
    elif units == "byte" and not all(0 <= entry <= 255 for entry in entries):
        notes.wrong(place, value, "numbers from 0 to 255; write units: final for the model's own numbers")
    return entries
