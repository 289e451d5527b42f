"""The phrase for each step that shapes the pixels: how a picture is framed, and by whose arithmetic."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sm_imgcheck.core.types import Step

__all__ = ["colour", "decoder", "framing", "kernel", "plainer", "verbs"]

_OPENCV = {
    "nearest": "INTER_NEAREST",
    "bilinear": "INTER_LINEAR without antialias",
    "bicubic": "INTER_CUBIC without antialias",
    "area": "INTER_AREA",
    "lanczos": "INTER_LANCZOS4 without antialias",
    "nearest-exact": "INTER_NEAREST_EXACT",
}
_OLD = " (up to 12)"
"""Said of Pillow's order of passes before 13."""
_LIBRARIES = {
    "pillow": "Pillow",
    "pillow12": f"Pillow{_OLD}",
    "opencv": "OpenCV",
    "tensorflow": "TensorFlow",
    "torch": "PyTorch",
}
_SMOOTH = ("bilinear", "bicubic", "lanczos")


def _edges(size: Any) -> str:
    return str(size) if isinstance(size, int) else "x".join(map(str, size))


def framing(step: Step) -> str:
    """A geometry step without its arithmetic, such as ``shortest edge to 256``; sizes are HxW."""
    kind, params = step.op.partition("_")[0], step.params
    if kind == "resize":
        return _resized(params)
    if kind == "letterbox":
        fill = _colour(params["fill"])
        if params.get("multiple_of"):
            return f"letterboxed to multiples of {params['multiple_of']} within {_edges(params['size'])} on {fill}"
        return f"letterboxed to {_edges(params['size'])} on {fill}"
    if kind == "fit":
        return f"central part fitted to {_edges(params['size'])}"
    if kind == "crop":
        return _cropped(params)
    to = f"multiples of {params['multiple_of']}" if params.get("multiple_of") else _edges(params["size"])
    return f"padded to {to} with {_colour(params['fill'])}"


def _resized(params: Any) -> str:
    size = _edges(params["size"])
    most = f" (longest at most {params['max_size']})" if params.get("max_size") else ""
    return {
        "stretch": f"stretched to {size}",
        "shortest_edge": f"shortest edge to {size}{most}",
        "longest_edge": f"longest edge to {size}" if isinstance(params["size"], int) else f"fitted into {size}",
        "cover": f"scaled to cover {size}",
    }[params["mode"]]


def _cropped(params: Any) -> str:
    if params.get("size") is not None:
        return f"centre crop {_edges(params['size'])}"
    if params.get("fraction") is not None:
        return f"central {params['fraction']:.4g} of both edges"
    if params.get("aspect") is not None:
        return f"central part of aspect {_edges(params['aspect'])}"
    return f"central square of {params['square']:.4g} of the shorter edge"


def _colour(fill: Any) -> str:
    if len(set(fill)) > 1:
        return f"[{', '.join(f'{value:g}' for value in fill)}]"
    return {0: "black", 255: "white"}.get(fill[0], f"gray {fill[0]:g}")


def kernel(step: Step) -> str:
    """Whose resize, which filter, with or without antialias, in which numbers; empty for what resizes nothing."""
    params = step.params
    if "interpolation" not in params:
        return ""
    library, name = step.op.partition("_")[2], params["interpolation"]
    way = _OPENCV[name] if library == "opencv" else name
    if name in _SMOOTH and params.get("antialias") is not None:
        way += " with antialias" if params["antialias"] else " without antialias"
    dtype = {"float32": " in float32", "float32-rounded": " in float32, rounded"}.get(params["dtype"], "")
    if library == "tensorflow":  # it has no other
        dtype = {"float32": "", "uint8": ", rounded"}.get(params["dtype"], dtype) if name != "nearest" else ""
    elif library == "torch" and name != "area":
        dtype = dtype or " on uint8"
    return f"{_LIBRARIES[library]} {way}{dtype}"


def decoder(params: Any) -> str:
    """What is particular about a decode; empty for what Pillow, OpenCV and libjpeg give."""
    parts = ["TensorFlow's fast DCT"] if params.get("dct") == "tensorflow" else []
    parts += ["the Y plane alone"] if params.get("gray") else []
    parts += ["converted to sRGB by its profile"] if params.get("icc") == "srgb" else []
    return ", ".join(parts)


_TELLING = {
    "CMYK": ("cmyk",),
    "RGBA": ("alpha", "background"),
    "LA": ("alpha", "background"),
    "RGB": ("to_gray",),
    "L": (),
}


def colour(params: Any) -> str:
    """How the file's channels became the model's; empty where there is but one way."""
    mode, to = params["mode"], params["to"]
    if to == "GRAY" and mode != "L":
        return f"{mode} to gray by {'luma' if params['to_gray'] == 'luma' else 'the Y plane'}"
    if mode == "CMYK":
        return f"CMYK by {_LIBRARIES[params['cmyk']]}'s arithmetic"
    if mode in ("LA", "RGBA") and not to.endswith("A"):
        return f"alpha {'composited' if params['alpha'] == 'composite' else 'dropped'}"
    return ""


def plainer(phrases: Iterable[str]) -> list[str]:
    """Different phrases, without those that a plainer one among them begins: what made the same pixels in more words.

    So goes Pillow's older order of passes, and a detour over floats that are rounded again.
    """
    found = list(dict.fromkeys(phrases))
    new = {one: one.replace(_OLD, "") for one in found}
    return [
        one
        for one in found
        if not any(new[one].startswith(other) and one != other and len(other) < len(one) for other in found)
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
    "centre crop": "crops the centre",
    "central": "crops the central",
    "letterboxed to": "letterboxes to",
    "padded to": "pads to",
    "divided by": "divides by",
    "0..255, not scaled": "keeps 0..255",
    "0..255 mapped to": "maps 0..255 to",
    "mirrored": "mirrors left and right",
    "turned": "turns it",
    "alpha": "has alpha",
}


def verbs(phrase: str) -> str:
    """The phrase as what somebody does: ``divided by 255`` becomes ``divides by 255``."""
    parts = []
    for part in phrase.split(", then "):
        start = next((start for start in _VERBS if part.startswith(start)), None)
        parts.append(f"applies {part}" if start is None else _VERBS[start] + part[len(start) :])
    return ", then ".join(parts)
