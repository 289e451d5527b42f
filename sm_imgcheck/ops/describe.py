"""The phrase for each step that shapes the pixels: the framing of an image, and the library of its resize."""

from __future__ import annotations

from collections.abc import Iterable

from sm_imgcheck.core.types import Step
from sm_imgcheck.ops.records import LIBRARIES, PILLOW_UP_TO_12, library_of

__all__ = ["kernel", "plainer", "verbs"]

_OPENCV = {
    "nearest": "INTER_NEAREST",
    "bilinear": "INTER_LINEAR without antialias",
    "bicubic": "INTER_CUBIC without antialias",
    "area": "INTER_AREA",
    "lanczos": "INTER_LANCZOS4 without antialias",
    "nearest-exact": "INTER_NEAREST_EXACT",
}
_GRIDS = {
    "align_corners": "bilinear with align_corners=True",
    "legacy": "bilinear of TensorFlow 1 (half_pixel_centers=False)",
}
_SMOOTH = ("bilinear", "bicubic", "lanczos")


def kernel(step: Step) -> str:
    """Return library, filter, antialias and dtype of a resize; empty for a step without a resize."""
    params = step.params
    if "interpolation" not in params:
        return ""
    library, name = library_of(step.op), params["interpolation"]
    method = _OPENCV[name] if library == "opencv" else name
    if name in _SMOOTH and params.get("antialias") is not None:
        method += " with antialias" if params["antialias"] else " without antialias"
    if name.startswith("nearest"):  # copies pixels: no arithmetic for any dtype
        return f"{LIBRARIES[library]} {method}"
    dtype = {"float32": " in float32", "float32-rounded": " in float32, rounded"}.get(params["dtype"], "")
    if library == "tensorflow":  # it has no other
        dtype = {"float32": "", "uint8": ", rounded"}.get(params["dtype"], dtype)
    elif library == "torch" and name != "area":
        dtype = dtype or " on uint8"
    if params.get("box"):
        return f"{LIBRARIES[library]} {method} (Image.thumbnail)"
    if params.get("grid"):
        return f"{_GRIDS[params['grid']]}{dtype}"
    gap = f", reducing_gap={params['reducing_gap']:g}" if params.get("reducing_gap") else ""
    return f"{LIBRARIES[library]} {method}{dtype}{gap}"


def plainer(phrases: Iterable[str]) -> list[str]:
    """Return different phrases, without those that extend a shorter one: longer descriptions of the same pixels.

    Examples: Pillow's older order of passes, and a conversion to floats that are rounded again.
    """
    distinct = list(dict.fromkeys(phrases))
    new = {phrase: phrase.replace(PILLOW_UP_TO_12, "") for phrase in distinct}
    return [
        phrase
        for phrase in distinct
        if not any(new[phrase].startswith(other) and phrase != other and len(other) < len(phrase) for other in distinct)
    ]


_VERBS = {
    "not resized": "does not resize",
    "central part fitted to": "fits the central part to",
    "multiplied by": "multiplies by",
    "minus": "subtracts",
    "RGB to gray": "converts RGB to gray",
    "RGBA to gray": "converts RGBA to gray",
    "LA to gray": "converts LA to gray",
    "CMYK": "converts CMYK",
    "stretched to": "stretches to",
    "shortest edge to": "resizes the shortest edge to",
    "longest edge to": "resizes the longest edge to",
    "fitted into": "fits into",
    "scaled to": "scales to",
    "center crop": "crops the center",
    "central": "crops the central",
    "letterboxed to": "letterboxes to",
    "padded to": "pads to",
    "divided by": "divides by",
    "0..255, not scaled": "keeps 0..255",
    "0..255 mapped to": "maps 0..255 to",
    "mirrored": "mirrors left and right",
    "height and width swapped": "swaps height and width",
    "compressed as": "compresses as",
    "channel": "sets channel",
    "clipped": "clips",
    "wrapped around": "wraps around",
    "converted to": "converts to",
    "crop": "crops",
    "top left crop": "crops the top left",
    "top right crop": "crops the top right",
    "bottom left crop": "crops the bottom left",
    "bottom right crop": "crops the bottom right",
    "rotated": "rotates it",
    "flipped": "flips it",
    "alpha": "has alpha",
}


def verbs(phrase: str) -> str:
    """Return the phrase as a verb: ``divided by 255`` becomes ``divides by 255``."""
    parts = []
    for part in phrase.split(", then "):
        start = next((start for start in _VERBS if part.startswith(start)), None)
        parts.append(f"applies {part}" if start is None else _VERBS[start] + part[len(start) :])
    return ", then ".join(parts)
