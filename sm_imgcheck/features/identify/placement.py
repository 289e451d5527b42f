"""Which turn and which framing: told by cells alone, before anything is resized."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from sm_imgcheck.features.identify.arithmetic import Arithmetic, with_arithmetic
from sm_imgcheck.features.identify.candidates import TensorImage
from sm_imgcheck.features.identify.framings import Framing, framings, nearby, probes, variants
from sm_imgcheck.features.identify.orientation import View
from sm_imgcheck.features.identify.plan import ORDERS
from sm_imgcheck.features.identify.region import SourceRegion, geometry, traced

__all__ = ["Place", "frame_of", "glances", "placed"]

_COARSE, _FINE = 16, 56
"""Cells along either side: enough to tell one framing from another; enough to tell a pixel."""
_SHIFTS = (0.0, 0.5)
"""Nearest as OpenCV and torch have it copies from the upper left of where a pixel lies: half a pixel off."""
_TURNS, _KEPT = 4, 8
"""So many turns are looked at closely, and so many framings of each."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Place:
    """One framing of one view."""

    seen: TensorImage
    """Turned back."""
    view: View
    framing: Framing
    part: SourceRegion
    misfit: float
    """Share of the tensor's variance that the cells leave unexplained, 0..1."""


def glances(seen: TensorImage, every: list[View]) -> list[float]:
    """The misfit of the best of a few framings, for each view: enough to tell one turn, or one image, from another."""
    inner = seen.inner()
    found = []
    for view in every:
        face = seen.face(view.turned)
        ways = probes((view.height, view.width), face.size, inner=inner)
        judged = _judged(ways, view, face, cells=_COARSE)
        found.append(min((place.misfit for place in judged), default=1.0))
    return found


def placed(seen: TensorImage, every: list[View], misfits: list[float], own: Sequence[Framing]) -> list[Place]:
    """The places worth a closer look, the best first; none where no part of the picture resembles the tensor.

    misfits: of each view, at a glance. own: framings to be tried besides the usual ones.
    """
    inner = seen.inner()
    found: list[Place] = []
    for misfit, at in sorted((misfit, at) for at, misfit in enumerate(misfits))[:_TURNS]:
        if misfit <= 2 * min(misfits) + 0.02:
            found += _of_view(every[at], seen.face(every[at].turned), own, inner=inner)
    return sorted(found, key=lambda place: place.misfit)


def _of_view(view: View, seen: TensorImage, own: Sequence[Framing], *, inner: tuple[int, int] | None) -> list[Place]:
    """All framings by coarse cells, the best and their neighbours by fine ones, the best of these in every rounding."""
    size = seen.size
    ways = (*own, *framings((view.height, view.width), size, inner=inner))
    coarse = _best(_judged(ways, view, seen, cells=_COARSE), _KEPT)
    fine = _judged(
        (near for place in coarse for near in nearby(place.framing, size)), view, seen, cells=_FINE, shifts=_SHIFTS
    )
    closer = (other for place in _best(fine, _KEPT) for other in variants(place.framing, size))
    return list(_judged(closer, view, seen, cells=_FINE, shifts=_SHIFTS))


def _best(places: Iterable[Place], number: int) -> list[Place]:
    return sorted(places, key=lambda place: place.misfit)[:number]


def _judged(
    ways: Iterable[Framing], view: View, seen: TensorImage, *, cells: int, shifts: tuple[float, ...] = (0.0,)
) -> Iterator[Place]:
    """Each framing that ends in the tensor's size, with its misfit; those of one kind and one part once."""
    known: set[tuple[object, ...]] = set()
    for framing in ways:
        part = part_of(framing, view, seen)
        if part is None or part.size != seen.size or _idle(framing, part):
            continue
        key = (framing.kind, part, framing.libraries)
        if key in known or (part.framed and not _holds(part, seen)):
            continue
        known.add(key)
        misfit = min(view.misfit(seen.sums(), part, cells=cells, shift=shift) for shift in shifts)
        yield Place(seen=seen, view=view, framing=framing, part=part, misfit=misfit)


def _idle(framing: Framing, part: SourceRegion) -> bool:
    """Whether a shorter framing shows the very same: nothing need be done, or what is cut out is not resized."""
    if part.untouched:
        return bool(framing.written)
    return part.copied and framing.resizes and not framing.known


def part_of(framing: Framing, view: View, seen: TensorImage) -> SourceRegion | None:
    """What the framing shows of the view; None where it cannot be."""
    library = framing.libraries[0] if framing.libraries else "pillow"
    written = with_arithmetic(framing, Arithmetic(library=library, interpolation="nearest"))
    assert written is not None
    steps = geometry(written, size=seen.size, order=ORDERS[seen.channels][0])
    return traced(steps, view.height, view.width)


def _holds(part: SourceRegion, seen: TensorImage) -> bool:
    """Whether everything around the picture is of one colour."""
    (top, left, height, width), (upper, first, high, wide) = part.inner, seen.box()
    return top <= upper and left <= first and upper + high <= top + height and first + wide <= left + width


def frame_of(pixels: np.ndarray, part: SourceRegion) -> np.ndarray:
    """The pixels around the picture, (number, channels)."""
    top, left, height, width = part.inner
    outside = np.ones(pixels.shape[:2], bool)
    outside[top : top + height, left : left + width] = False
    return pixels[outside]
