"""Types of the language table, and the resize libraries."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from typing import Literal

from sm_imgcheck.core.frozen import frozen
from sm_imgcheck.core.json_types import Json

__all__ = ["LIBRARIES", "MAX_SIDE", "SMOOTH", "Key", "Library"]

Kind = Literal[
    "axes",
    "choice",
    "dtype",
    "entries",
    "flag",
    "mapping",
    "number",
    "numbers",
    "pair",
    "size",
    "steps",
    "text",
    "whole",
    "wholes",
]

MAX_SIDE = 65_535
"""Pixels; the longest side that a JPEG can have."""


@frozen
class Key:
    """One key of the language."""

    name: str
    kind: Kind
    doc: str
    """One line for editors, ``spec init`` and the manual."""
    example: Json
    """A value."""
    default: Json = None
    """Value if the key is missing; None: see ``rule``."""
    rule: str = ""
    """How the default follows from other keys; empty where there is a constant one, or none."""
    choices: tuple[str, ...] = ()
    low: float | None = None
    """The least number allowed; for lists, of each entry."""
    high: float | None = None
    above: float | None = None
    """Numbers must be greater than this."""
    keys: tuple[Key, ...] = ()
    """Keys of a mapping, or of each entry of a list of mappings."""
    required: bool = False
    words: Mapping[str, Json] = field(default_factory=dict)
    """Words for whole mappings: ``resize: none`` is ``resize: {mode: none}``."""
    also: tuple[str, ...] = ()
    """Names in other tools, to suggest this key for an unknown key."""


SMOOTH = ("bilinear", "bicubic", "lanczos")
"""Interpolations on which an antialias switch has any effect (TensorFlow ignores it elsewhere, torch refuses it)."""


@frozen
class Library:
    """One library's resize."""

    op: str
    """The part after ``resize_`` and ``letterbox_`` in the name of a step."""
    interpolations: tuple[str, ...]
    interpolation: str
    """Its own default."""
    antialias: bool | None
    """Default; None: no such switch."""
    no_switch: str = ""
    """Reason for the missing switch."""
    dtype: str = "uint8"
    """What it gives for uint8 pixels."""
    float_only: tuple[str, ...] = ()
    """Interpolations that it computes in float32 only."""
    fill: int = 0
    """Color of a letterbox's border."""


_PILLOW = ("nearest", "box", "bilinear", "hamming", "bicubic", "lanczos")
_ALWAYS = "Pillow always smooths when it shrinks"

LIBRARIES: dict[str, Library] = {
    "pillow": Library(op="pillow", interpolations=_PILLOW, interpolation="bicubic", antialias=None, no_switch=_ALWAYS),
    "pillow-12": Library(
        op="pillow12", interpolations=_PILLOW, interpolation="bicubic", antialias=None, no_switch=_ALWAYS
    ),
    "opencv": Library(
        op="opencv",
        interpolations=("nearest", "bilinear", "bicubic", "area", "lanczos", "nearest-exact"),
        interpolation="bilinear",
        antialias=None,
        no_switch="OpenCV never smooths when it shrinks, except with interpolation: area",
        fill=114,  # ultralytics' LetterBox, which is what resizes with OpenCV and a border in the field
    ),
    "tensorflow": Library(
        op="tensorflow",
        interpolations=("nearest", "bilinear", "bicubic", "area", "lanczos"),
        interpolation="bilinear",
        antialias=False,
        dtype="float32",
        float_only=("bilinear", "bicubic", "area", "lanczos"),
    ),
    "torch": Library(
        op="torch",
        interpolations=("nearest", "nearest-exact", "bilinear", "bicubic", "lanczos", "area"),
        interpolation="bilinear",
        antialias=True,
        float_only=("area",),
    ),
}
