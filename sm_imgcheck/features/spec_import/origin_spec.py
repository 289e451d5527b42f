"""The steps of an origin in the spec language."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sm_imgcheck.core.channels import GRAY
from sm_imgcheck.core.json_types import Json
from sm_imgcheck.core.types import Origin, Step
from sm_imgcheck.io.images.header import read_header
from sm_imgcheck.spec.keys import LIBRARIES

__all__ = ["has_orientation", "origin_mapping"]

_LIBRARY_OF_OP = {library.op: name for name, library in LIBRARIES.items()}
_RESIZE_KEYS = (
    "mode",
    "size",
    "max_size",
    "rounding",
    "interpolation",
    "dtype",
    "antialias",
    "fill",
    "multiple_of",
    "multiple_rounding",
)
_MOST_PIXELS = 178_956_970
_ROUNDED_MODES = ("shortest_edge", "longest_edge", "cover")
_CONTRACT_STEPS = {
    "cast",
    "transpose",
    "batch",
    "decode",
    "orient",
    "color",
    "reorder",
    "add_axis",
    "drop_axis",
    "reshape",
}
"""Steps that follow from the contract, the decode policy, or the file."""


def origin_mapping(origin: Origin, shapes: Sequence[tuple[int, ...]], image: bytes) -> dict[str, Json] | None:
    """A mapping of the spec language; None for a step that the language cannot express.

    shapes: of all example tensors; sides that differ among them are open.
    """
    facts = origin.facts
    geometry: list[Json] = []
    mapping: dict[str, Json] = {
        "shape": _shape(facts.layout, shapes),
        "layout": facts.layout,
        "dtype": facts.dtype,
        "channel_order": facts.channel_order or "RGB",
    }
    values: dict[str, Json] = {}
    for step in origin.steps:
        if (entries := _geometry_step(step)) is not None:
            geometry += entries
        elif step.op in ("scale", "normalize", "quantize"):
            values[step.op] = dict(step.params)
        elif step.op not in _CONTRACT_STEPS or step.params.get("rounding", "half_even") != "half_even":
            return None
    if not _add_values(mapping, values, str(mapping["channel_order"])):
        return None
    if geometry:
        mapping["geometry"] = geometry
    else:
        mapping["resize"] = "none"
    decode = _decode(origin.steps, image)
    if decode:
        mapping["decode"] = decode
    return mapping


def _shape(layout: str, shapes: Sequence[tuple[int, ...]]) -> list[Json]:
    """One entry per axis."""
    entries: list[Json] = []
    for index, axis in enumerate(layout):
        lengths = {shape[index] for shape in shapes if len(shape) == len(layout)}
        entries.append(axis if axis == "N" or len(lengths) != 1 else next(iter(lengths)))
    return entries


def _geometry_step(step: Step) -> list[Json] | None:
    """The step as entries of ``geometry``; None for a step of another kind."""
    verb, _, op = step.op.partition("_")
    library = _LIBRARY_OF_OP.get(op)
    if verb in ("resize", "letterbox") and library is not None:
        return [{"resize": _resize(step.params, verb, library)}]
    if verb == "fit" and library is not None:
        params = step.params
        crop: Json = {"aspect": params["aspect"], "rounding": params["rounding"]}
        resize: Json = {
            "mode": "stretch",
            "size": params["size"],
            "interpolation": params["interpolation"],
            "library": library,
            "dtype": params["dtype"],
        }
        return [{"crop": crop}, {"resize": resize}]
    if step.op in ("crop", "pad"):
        return [{step.op: {key: value for key, value in step.params.items() if value is not None}}]
    return None


def _resize(params: Mapping[str, Json], verb: str, library: str) -> dict[str, Json]:
    entries = {key: params[key] for key in _RESIZE_KEYS if params.get(key) is not None}
    if verb == "letterbox":
        entries["mode"] = "letterbox"
    if entries.get("mode") not in _ROUNDED_MODES:
        entries.pop("rounding", None)
    return {**entries, "library": library}


def _add_values(mapping: dict[str, Json], values: Mapping[str, Json], order: str) -> bool:
    """Add the value mapping; False for one that no key expresses."""
    scale, normalize, quantize = (values.get(name) for name in ("scale", "normalize", "quantize"))
    if isinstance(normalize, dict):
        if isinstance(scale, dict):
            return False
        mapping["normalize"] = {**{key: value for key, value in normalize.items() if value is not None}, "order": order}
    elif isinstance(scale, dict):
        mapping["value_range"] = [scale.get("low", 0), scale.get("high", 255)]
    else:
        mapping["value_range"] = [0, 255]
    if isinstance(quantize, dict):
        keys = ("scale", "zero_point", "rounding")
        mapping["quantize"] = {key: quantize[key] for key in keys if key in quantize}
    return True


def _decode(steps: Sequence[Step], image: bytes) -> dict[str, Json]:
    """The decode policy that the steps show; ``exif`` only where the image has an orientation."""
    decode: dict[str, Json] = {}
    first = next((step for step in steps if step.op == "decode"), None)
    if first is not None and first.params.get("dct") == "tensorflow":
        decode |= {"dct": "tensorflow", "library": "tensorflow"}
    gray = next(
        (step.params.get("to_gray") for step in steps if step.op == "color" and step.params.get("to") == GRAY), None
    )
    if first is not None and first.params.get("gray"):
        decode["to_gray"] = "y_plane"
    elif isinstance(gray, str):
        decode["to_gray"] = gray
    if has_orientation(image):
        decode["exif"] = "apply" if any(step.op == "orient" for step in steps) else "ignore"
    return decode


def has_orientation(image: bytes) -> bool:
    """Whether an image file has an EXIF orientation other than 1."""
    return read_header(image, max_pixels=_MOST_PIXELS).orientation.tags != ""
