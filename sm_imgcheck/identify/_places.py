"""Which turn and which framing: told by cells alone, before anything is resized."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from sm_imgcheck.identify._arithmetic import Arithmetic, with_arithmetic
from sm_imgcheck.identify._framing import Part, geometry, traced
from sm_imgcheck.identify._plan import ORDERS
from sm_imgcheck.identify._reading import Seen
from sm_imgcheck.identify._views import View
from sm_imgcheck.identify._ways import Framing, framings, nearby, probes

__all__ = ["Place", "placed"]

_COARSE, _FINE = 16, 56
"""Cells along either side: enough to tell one framing from another; enough to tell a pixel."""
_TURNS, _KEPT, _PLACES = 2, 6, 16
"""So many turns are looked at closely, so many framings of each, and in the end so many places."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Place:
    """One framing of one view."""

    view: View
    framing: Framing
    part: Part
    misfit: float
    """Share of the tensor's variance that the cells leave unexplained, 0..1."""
    rank: int
    """How usual it is: less is more."""


def placed(seen: Seen, every: list[View]) -> list[Place]:
    """The places worth a closer look, the best first; none where no part of the picture resembles the tensor."""
    margins = _margins(seen.pixels)
    turned = sorted(every, key=lambda view: _glance(view, seen, margins=margins))[:_TURNS]
    found: list[Place] = []
    for view in turned:
        ways = framings((view.height, view.width), seen.size, margins=margins)
        coarse = sorted(_judged(ways, view, seen, cells=_COARSE), key=lambda place: place.misfit)[:_KEPT]
        closer = (near for place in coarse for near in nearby(place.framing, seen.size))
        found += _judged(closer, view, seen, cells=_FINE)
    return sorted(found, key=lambda place: place.misfit)


def _glance(view: View, seen: Seen, *, margins: bool) -> float:
    """The misfit of the best of a few framings."""
    ways = probes((view.height, view.width), seen.size, margins=margins)
    return min((place.misfit for place in _judged(ways, view, seen, cells=_COARSE)), default=1.0)


def _judged(ways: Iterable[Framing], view: View, seen: Seen, *, cells: int) -> Iterator[Place]:
    """Each framing that ends in the tensor's size, with its misfit; those of one kind and one part once."""
    known = set()
    for rank, framing in enumerate(ways):
        part = part_of(framing, view, seen)
        if part is None or part.size != seen.size:
            continue
        key = (framing.kind, part, framing.libraries)
        if key in known or (part.framed and not _one_colour(seen, part, mirrored=view.mirrored)):
            continue
        known.add(key)
        yield Place(view=view, framing=framing, part=part, misfit=view.misfit(part, cells=cells), rank=rank)


def part_of(framing: Framing, view: View, seen: Seen) -> Part | None:
    """What the framing shows of the view; None where it cannot be."""
    library = framing.libraries[0] if framing.libraries else "pillow"
    written = with_arithmetic(framing, Arithmetic(library=library, interpolation="nearest"))
    assert written is not None
    steps = geometry(written, size=seen.size, order=ORDERS[seen.channels][0])
    return traced(steps, view.height, view.width)


def _margins(pixels: np.ndarray) -> bool:
    """Whether some border of the tensor is of one colour."""
    borders = (pixels[0], pixels[-1], pixels[:, 0], pixels[:, -1])
    return any(flat(border) for border in borders)


def flat(colours: np.ndarray) -> bool:
    """Whether all of these (..., channels) are one colour."""
    rows = colours.reshape(-1, colours.shape[-1])
    return bool((rows == rows[0]).all())


def _one_colour(seen: Seen, part: Part, *, mirrored: bool) -> bool:
    """Whether everything around the picture is of one colour."""
    return flat(frame_of(seen.pixels[:, ::-1] if mirrored else seen.pixels, part))


def frame_of(pixels: np.ndarray, part: Part) -> np.ndarray:
    """The pixels around the picture, (number, channels)."""
    top, left, height, width = part.inner
    outside = np.ones(pixels.shape[:2], bool)
    outside[top : top + height, left : left + width] = False
    return pixels[outside]
