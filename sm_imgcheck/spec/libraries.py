"""Whose resize: what each library can do and what its own function does when nothing is said.

Pillow: ``Image.resize``; OpenCV: ``cv2.resize``; TensorFlow: ``tf.image.resize``; torch: ``interpolate`` under
torchvision's ``v2.functional.resize``. ``pillow-12`` is Pillow with the order of passes that it had up to 12.
"""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["LIBRARIES", "SMOOTH", "Library"]

SMOOTH = ("bilinear", "bicubic", "lanczos")
"""Interpolations on which an antialias switch has any effect (TensorFlow ignores it elsewhere, torch refuses it)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Library:
    """One library's resize."""

    op: str
    """What stands behind ``resize_`` and ``letterbox_`` in the name of a step."""
    interpolations: tuple[str, ...]
    interpolation: str
    """Its own default."""
    antialias: bool | None
    """Its own default; None: there is no such switch."""
    no_switch: str = ""
    """Why there is none."""
    dtype: str = "uint8"
    """What it gives for uint8 pixels."""
    float_only: tuple[str, ...] = ()
    """Interpolations that it computes in float32 only."""
    fill: int = 0
    """Colour of a letterbox's border."""


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
