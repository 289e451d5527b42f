"""Images other than ordinary photographs, in RGB, for which the fitted tables must have no evidence.

Each kind is a function of an RGB photograph (HxWx3 uint8), which gives the shapes, and a random generator; each
public function of a module of this folder that is annotated so is one.
"""

from __future__ import annotations

from kinds import drawn, false_color, medical, toned
from kinds.tools import Kind

__all__ = ["HELD_OUT", "KINDS"]

KINDS: dict[str, Kind] = {
    name.replace("_", " "): kind
    for module in (drawn, false_color, medical, toned)
    for name, kind in sorted(vars(module).items())
    if getattr(kind, "__module__", "") == module.__name__ and not name.startswith("_")
}
HELD_OUT = (
    "anaglyph",
    "attention overlay",
    "blood smear",
    "cartoon",
    "color gel",
    "comic",
    "depth map",
    "duotone",
    "elevation",
    "old print",
    "fluorescence",
    "game",
    "haze",
    "immunohistology",
    "labels",
    "lookup table",
    "normal map",
    "painting",
    "product",
    "spheres",
    "selective color",
    "sodium light",
    "spectrogram",
    "stage light",
    "sunset",
    "vegetation index",
    "wallpaper",
    "web page",
)
"""Half of the other kinds, which ``--hold-out-kinds`` excludes from the fit."""
