"""The ways to read the file that would give other pixels: only those that its header and the tensor leave open."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from sm_imgcheck.core.types import Decode, Header

__all__ = ["decoders", "grounds"]


def grounds(header: Header, policy: Decode, channels: int) -> Iterator[Decode]:
    """Ways whose pictures look different: transparency dropped, or laid over something. ``policy`` sets the limits."""
    usual = Decode(
        max_pixels=policy.max_pixels,
        truncated="allow" if header.truncated else "reject",
        bit_depth="scale" if header.bits > 8 else "reject",
        to_gray="luma",
    )
    yield usual
    if channels != 4 and header.mode in ("LA", "RGBA"):
        for ground in dict.fromkeys((policy.background, (255, 255, 255), (0, 0, 0))):
            yield replace(usual, alpha="composite", background=ground)


def decoders(header: Header, ground: Decode, channels: int) -> Iterator[Decode]:
    """Ways that differ by a few levels from ``ground``, which comes first: Pillow's and OpenCV's decoder."""
    found = [ground, *(replace(ground, **change) for change in _changes(header, channels))]
    yield from found
    if header.format == "JPEG":  # TensorFlow's default decoder
        yield from (replace(one, dct="tensorflow") for one in found)


def _changes(header: Header, channels: int) -> Iterator[dict[str, Any]]:
    if header.mode == "CMYK":
        yield from ({"library": library} for library in ("opencv", "tensorflow"))
    if channels == 1 and header.mode not in ("L", "LA"):
        yield {"to_gray": "y_plane", "library": "opencv"}
    if header.icc and channels != 1:
        yield {"icc": "srgb"}
