"""Which orientation and which framing: decided by the means of a few hundred cells, before anything is resized."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from sm_imgcheck.core.channels import ORDERS
from sm_imgcheck.core.types import Header, Quantize, Values
from sm_imgcheck.features.identify.candidates import TensorImage
from sm_imgcheck.features.identify.cells import IntegralImage, integral_image, misfit, reduced
from sm_imgcheck.features.identify.framings import Framing, FramingChoice, nearby, probes, variants
from sm_imgcheck.features.identify.plan import Preparation, ResizeMethod, image_steps, with_arithmetic
from sm_imgcheck.features.identify.region import SourceRegion, geometry, trace_region
from sm_imgcheck.ops.execute import apply_steps
from sm_imgcheck.ops.kernels.color import orient

if TYPE_CHECKING:
    from sm_imgcheck.features.identify.framings import FramingStep

__all__ = [
    "FramingMatch",
    "OrientedImage",
    "SourceImage",
    "coarse_misfits",
    "frame_of",
    "rank_placements",
    "usual_orientations",
    "views",
]

_COARSE, _FINE = 16, 56
"""Cells along either side: enough to tell one framing from another; enough to tell a pixel."""
_SHIFTS = (0.0, 0.5)
"""Nearest as OpenCV and torch have it copies from the upper left of where a pixel lies: half a pixel off."""
_TURNS, _KEPT = 4, 8
"""So many turns are looked at closely, and so many framings of each."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class FramingMatch:
    """One framing of one view."""

    seen: TensorImage
    """Turned back."""
    view: OrientedImage
    framing: Framing
    part: SourceRegion
    misfit: float
    """Share of the tensor's variance that the cells leave unexplained, 0..1."""


def coarse_misfits(seen: TensorImage, every: list[OrientedImage]) -> list[float]:
    """The misfit of the best of a few framings, for each view: enough to tell one turn, or one image, from another."""
    inner = seen.inner()
    found = []
    for view in every:
        face = seen.face(view.turned)
        ways = probes((view.height, view.width), face.size, inner=inner)
        judged = _judged(ways, view, face, cells=_COARSE)
        found.append(min((place.misfit for place in judged), default=1.0))
    return found


def rank_placements(
    seen: TensorImage, every: list[OrientedImage], misfits: list[float], choice: FramingChoice, own: Sequence[Framing]
) -> list[FramingMatch]:
    """The places worth a closer look, the best first; none where no part of the picture resembles the tensor.

    misfits: of each view, at a glance. choice: the framings to be tried. own: framings to be tried besides.
    """
    inner = seen.inner()
    found: list[FramingMatch] = []
    for error, at in sorted((error, at) for at, error in enumerate(misfits))[:_TURNS]:
        if error <= 2 * min(misfits) + 0.02:
            found += _of_view(every[at], seen.face(every[at].turned), choice, own, inner=inner)
    return sorted(found, key=lambda place: place.misfit)


def _of_view(
    view: OrientedImage,
    seen: TensorImage,
    choice: FramingChoice,
    own: Sequence[Framing],
    *,
    inner: tuple[int, int] | None,
) -> list[FramingMatch]:
    """All framings by coarse cells, the best and their neighbors by fine ones, the best of these in every rounding.

    ``own`` are compared apart from the others, so that they never replace the ones that they resemble.
    """
    size = seen.size
    ways = choice((view.height, view.width), size, inner=inner)
    coarse = _best(_judged(ways, view, seen, cells=_COARSE), _KEPT)
    fine = _judged(
        (near for place in coarse for near in nearby(place.framing, size)), view, seen, cells=_FINE, shifts=_SHIFTS
    )
    closer = (other for place in _best(fine, _KEPT) for other in variants(place.framing, size))
    found = [one for ways in (own, closer) for one in _judged(ways, view, seen, cells=_FINE, shifts=_SHIFTS)]
    return _without_twins(found)


def _without_twins(places: list[FramingMatch]) -> list[FramingMatch]:
    """The first of those that show the same part in the same way."""
    once: dict[tuple[object, ...], FramingMatch] = {}
    for place in places:
        once.setdefault((place.framing.kind, place.part, place.framing.libraries), place)
    return list(once.values())


def _best(places: Iterable[FramingMatch], number: int) -> list[FramingMatch]:
    return sorted(places, key=lambda place: place.misfit)[:number]


def _judged(
    ways: Iterable[Framing], view: OrientedImage, seen: TensorImage, *, cells: int, shifts: tuple[float, ...] = (0.0,)
) -> Iterator[FramingMatch]:
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
        yield FramingMatch(seen=seen, view=view, framing=framing, part=part, misfit=misfit)


def _idle(framing: Framing, part: SourceRegion) -> bool:
    """Whether a shorter framing shows the very same: nothing need be done, or what is cut out is not resized."""
    if part.untouched:
        return bool(framing.written)
    return part.copied and framing.resizes and not framing.known


def part_of(framing: Framing, view: OrientedImage, seen: TensorImage) -> SourceRegion | None:
    """What the framing shows of the view; None where it cannot be."""
    library = framing.libraries[0] if framing.libraries else "pillow"
    written = with_arithmetic(framing, ResizeMethod(library=library, interpolation="nearest"))
    assert written is not None
    steps = geometry(written, size=seen.size, order=ORDERS[seen.channels][0])
    return trace_region(steps, view.height, view.width)


def _holds(part: SourceRegion, seen: TensorImage) -> bool:
    """Whether everything around the picture is of one color."""
    (top, left, height, width), (upper, first, high, wide) = part.outer, seen.box()
    return top <= upper and left <= first and upper + high <= top + height and first + wide <= left + width


def frame_of(pixels: np.ndarray, part: SourceRegion) -> np.ndarray:
    """The pixels around the picture, (number, channels)."""
    top, left, height, width = part.outer
    outside = np.ones(pixels.shape[:2], bool)
    outside[top : top + height, left : left + width] = False
    return pixels[outside]


_REDUCED = 512
"""Pixels of the longer side of what the cells are taken from."""
_MIRRORED = {1: 2, 2: 1, 3: 4, 4: 3, 5: 6, 6: 5, 7: 8, 8: 7}
"""The orientation that shows the mirror image of another."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SourceImage:
    """The image that the tensor may be made of."""

    header: Header
    preparation: Preparation
    """How the picture is made but for its orientation and geometry; also the limits for reading the file."""
    geometry: tuple[FramingStep, ...] | None
    """Of the spec, in its language; None: there is no spec."""
    values: tuple[Values, Quantize | None] | None
    """Of the spec, in the order of its channels."""
    remembered: dict[tuple[str, ...], Any] = field(repr=False)
    """Arrays after each beginning of the steps that were tried; of no steps: the file's bytes."""

    @property
    def pixels(self) -> int:
        """How many the file has."""
        return self.header.height * self.header.width


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class OrientedImage:
    """The picture under one turn, upright if that turn is right."""

    turn: int
    """EXIF orientation that is applied, 1: as stored."""
    turned: int
    """How the tensor was turned at last: 1 not at all, 2 mirrored."""
    height: int
    width: int
    sums: IntegralImage = field(repr=False)
    reduction: tuple[float, float]
    """Pixels of the picture to one row and one column of the sums."""

    def misfit(self, target: IntegralImage, part: SourceRegion, *, cells: int, shift: float = 0.0) -> float:
        """Share of the tensor's variance that this part of the picture does not explain, 0..1.

        target: the sums of the tensor turned back. shift: see ``misfit`` of ``_cells``.
        """
        return misfit(target, self.sums, part, self.reduction, cells=cells, shift=shift)


def usual_orientations(header: Header) -> tuple[tuple[int, int], ...]:
    """(turn, turned) of the views as EXIF says, and as stored."""
    applied = header.orientation
    return ((applied, 1), (1, 1)) if applied != 1 else ((1, 1),)


def views(
    source: SourceImage, channels: int, orientations: tuple[tuple[int, int], ...] | None = None
) -> list[OrientedImage]:
    """Each turn once: as EXIF says first, then as stored, then both mirrored, then the turns that nobody asks for.

    A quarter turn is tried before the resize and after it, which Pillow's rounding tells apart. orientations: only
    these.
    """
    every = orientations or _orientations(source.header)
    small, reduction = _reduced(source, channels)
    sums = {turn: integral_image(orient(small, orientation=turn)) for turn, _ in every}
    return [_view(sums[turn], reduction if turn < 5 else reduction[::-1], turn, turned) for turn, turned in every]


def _orientations(header: Header) -> tuple[tuple[int, int], ...]:
    applied = header.orientation
    usual = list(usual_orientations(header))
    usual += [(turn, 2) for turn, _ in usual]
    shown = {turn if turned == 1 else _MIRRORED[turn] for turn, turned in usual}
    every = [*usual, *((turn, 1) for turn in range(1, 9) if turn not in shown)]
    first = dict.fromkeys((applied, 1))
    every += [(turn, turned) for turn in first for turned in (5, 6, 7, 8) if _both(turn, turned) not in shown]
    return tuple(every)


def _both(turn: int, turned: int) -> int:
    """The one orientation that two turns in a row come to."""
    mark = np.arange(6).reshape(2, 3, 1)
    twice = orient(orient(mark, orientation=turn), orientation=turned)
    return next(one for one in range(1, 9) if np.array_equal(orient(mark, orientation=one), twice))


def _view(sums: IntegralImage, reduction: tuple[float, float], turn: int, turned: int) -> OrientedImage:
    high, wide = (length - 1 for length in sums.values.shape[:2])
    return OrientedImage(
        turn=turn,
        turned=turned,
        height=round(high * reduction[0]),
        width=round(wide * reduction[1]),
        sums=sums,
        reduction=reduction,
    )


def _reduced(source: SourceImage, channels: int) -> tuple[np.ndarray, tuple[float, float]]:
    """The stored picture in the tensor's channels, at most so many pixels long, and by how much it was reduced."""
    steps = image_steps(source.header, source.preparation, (), channels, turn=1)
    return reduced(apply_steps(steps, source.remembered), _REDUCED)
