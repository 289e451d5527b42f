"""The policy for turning an image file into pixels."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from sm_imgcheck.core.types import Decode
from sm_imgcheck.spec.language_image import DECODE
from sm_imgcheck.spec.problems import Notes

__all__ = ["read", "resolved"]


def read(given: Mapping[str, Any], notes: Notes) -> Decode:
    """The policy with its defaults: those of the library that is named."""
    library = given.get("library", "pillow")
    theirs = {
        "dct": "accurate",
        "to_gray": "luma" if library == "pillow" else "y_plane",
    }
    alpha = given.get("alpha", "drop")
    if "background" in given and alpha != "composite" and notes.fine("decode.alpha"):
        notes.add("decode.background", f"has no meaning with alpha: {alpha}; write alpha: composite or remove it")
    policy = {**theirs, **given}
    if "background" in policy:
        policy["background"] = tuple(policy["background"])
    return replace(Decode(), **policy)


def resolved(decode: Decode) -> dict[str, Any]:
    """The policy in the spec language."""
    policy = {key.name: getattr(decode, key.name) for key in DECODE}
    policy["background"] = list(decode.background)
    if decode.alpha != "composite":
        del policy["background"]
    return policy
