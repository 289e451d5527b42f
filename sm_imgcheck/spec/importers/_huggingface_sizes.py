"""``size``, ``crop_size`` and ``pad_size`` of transformers: an integer, a pair or a mapping, in pixels."""

from __future__ import annotations

from collections.abc import Mapping

from sm_imgcheck.core.frozen import frozen
from sm_imgcheck.core.json_types import Json
from sm_imgcheck.spec.importers._class_settings import ClassSettings

__all__ = ["FULL_SIZE", "MOST", "Edges", "edges_of", "fixed_size", "pair_of", "pixels_of", "short_text"]

FULL_SIZE = 384
"""From this shortest edge on ConvNext stretches instead of cropping."""
MOST = 65_535
"""Largest side."""


@frozen
class Edges:
    """``size``: either height and width, or shortest and longest edge."""

    height: int | None = None
    width: int | None = None
    shortest: int | None = None
    longest: int | None = None
    bounded: bool = False
    """height and width are limits: the aspect ratio is kept."""


def edges_of(value: Json, settings: ClassSettings, *, square: bool) -> Edges | None:
    """``size`` as an int, a pair or a mapping."""
    if isinstance(value, Mapping):
        return _named_edges({key: pixels_of(side) for key, side in value.items()})
    if isinstance(value, list):
        pair = pair_of(value)
        return Edges(height=pair[0], width=pair[1]) if pair else None
    edge = pixels_of(value)
    if edge is None:
        return None
    if square:
        return Edges(height=edge, width=edge)
    return Edges(shortest=edge, longest=pixels_of(settings.get("max_size")))


def _named_edges(sides: Mapping[str, int | None]) -> Edges | None:
    if sides.get("height") and sides.get("width"):
        return Edges(height=sides["height"], width=sides["width"])
    if sides.get("shortest_edge"):
        return Edges(shortest=sides["shortest_edge"], longest=sides.get("longest_edge"))
    if sides.get("longest_edge"):
        return Edges(longest=sides["longest_edge"])
    if sides.get("max_height") and sides.get("max_width"):
        return Edges(height=sides["max_height"], width=sides["max_width"], bounded=True)
    return None


def pair_of(value: Json) -> tuple[int, int] | None:
    """Height and width of ``crop_size`` or ``pad_size``."""
    if isinstance(value, Mapping):
        edge = pixels_of(value.get("shortest_edge"))
        height, width = pixels_of(value.get("height")) or edge, pixels_of(value.get("width")) or edge
    elif isinstance(value, list) and len(value) == 2:
        height, width = pixels_of(value[0]), pixels_of(value[1])
    else:
        height = width = pixels_of(value)
    return (height, width) if height and width else None


def pixels_of(value: Json) -> int | None:
    """An integer number of pixels within limits."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) <= MOST:
        return None
    return int(value) if value == int(value) and value > 0 else None


def fixed_size(edges: Edges | None) -> tuple[int, int] | None:
    """Height and width, where both are given."""
    return None if edges is None or edges.height is None or edges.width is None else (edges.height, edges.width)


def short_text(value: Json) -> str:
    """A value for a message, at most 60 characters."""
    text = str(value)
    return text if len(text) < 60 else f"{text[:57]}..."
