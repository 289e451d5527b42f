"""Which orientation and which framing: decided by the means of a few hundred cells, before anything is resized."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from sm_imgcheck.core.channels import ORDERS
from sm_imgcheck.core.types import Header, Quantize, Values
from sm_imgcheck.features.identify.budget import Budget
from sm_imgcheck.features.identify.candidates import TensorImage
from sm_imgcheck.features.identify.cells import IntegralImage, integral_image, misfits, reduce_image
from sm_imgcheck.features.identify.framings import Framing, FramingChoice, Size, nearby, probes, variants
from sm_imgcheck.features.identify.plan import Preparation, ResizeMethod, image_steps, with_arithmetic
from sm_imgcheck.features.identify.region import SourceRegion, geometry, trace_region
from sm_imgcheck.ops.execute import ArrayCache, apply_steps
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
"""Cells along either side: enough to distinguish framings; enough to distinguish a pixel."""
_SHIFTS = (0.0, 0.5)
"""Nearest as OpenCV and torch have it copies from the upper left corner of a pixel: half a pixel off."""
_MAX_ORIENTATIONS, _MAX_FRAMINGS = 4, 8
"""Orientations that are searched closely, and framings of each."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class FramingMatch:
    """One framing of one view."""

    tensor_image: TensorImage
    """Rotated back."""
    view: OrientedImage
    framing: Framing
    part: SourceRegion
    misfit: float
    """Share of the tensor's variance that the cells leave unexplained, 0..1."""


def coarse_misfits(tensor_image: TensorImage, every: list[OrientedImage]) -> list[float]:
    """The misfit of the best of a few framings, for each view: enough to distinguish orientations and images."""
    inner = tensor_image.inner()
    misfits = []
    for view in every:
        face = tensor_image.face(view.last_orientation)
        choices = probes((view.height, view.width), face.size, inner=inner)
        matches = _compare_framings(choices, view, face, cells=_COARSE)
        misfits.append(min((match.misfit for match in matches), default=1.0))
    return misfits


def rank_placements(
    tensor_image: TensorImage,
    every: list[OrientedImage],
    misfits: list[float],
    choice: FramingChoice,
    spec_framings: Sequence[Framing],
) -> list[FramingMatch]:
    """The matches to examine, the best first; none where no part of the image resembles the tensor.

    misfits: of each view, coarsely. choice: the framings to be tried. spec_framings: framings to be tried too.
    """
    inner = tensor_image.inner()
    matches: list[FramingMatch] = []
    for error, at in sorted((error, at) for at, error in enumerate(misfits))[:_MAX_ORIENTATIONS]:
        if error <= 2 * min(misfits) + 0.02:
            matches += _of_view(
                every[at], tensor_image.face(every[at].last_orientation), choice, spec_framings, inner=inner
            )
    return sorted(matches, key=lambda place: place.misfit)


def _of_view(
    view: OrientedImage,
    tensor_image: TensorImage,
    choice: FramingChoice,
    spec_framings: Sequence[Framing],
    *,
    inner: tuple[int, int] | None,
) -> list[FramingMatch]:
    """All framings by coarse cells, the best and their neighbors by fine ones, the best of these in every rounding.

    ``spec_framings`` are compared separately, so that they never replace the framings that they resemble.
    """
    size = tensor_image.size
    choices = choice((view.height, view.width), size, inner=inner)
    coarse = _best(_compare_framings(choices, view, tensor_image, cells=_COARSE), _MAX_FRAMINGS)
    fine = _compare_framings(
        (near for place in coarse for near in nearby(place.framing, size)),
        view,
        tensor_image,
        cells=_FINE,
        shifts=_SHIFTS,
    )
    closer = (other for place in _best(fine, _MAX_FRAMINGS) for other in variants(place.framing, size))
    matches = [
        item
        for choices in (spec_framings, closer)
        for item in _compare_framings(choices, view, tensor_image, cells=_FINE, shifts=_SHIFTS)
    ]
    return _drop_duplicates(matches)


def _drop_duplicates(matches: list[FramingMatch]) -> list[FramingMatch]:
    """The first of those that show the same part in the same way."""
    once: dict[tuple[object, ...], FramingMatch] = {}
    for place in matches:
        once.setdefault((place.framing.kind, place.part, place.framing.libraries), place)
    return list(once.values())


def _best(matches: Iterable[FramingMatch], number: int) -> list[FramingMatch]:
    return sorted(matches, key=lambda place: place.misfit)[:number]


def _compare_framings(
    choices: Iterable[Framing],
    view: OrientedImage,
    tensor_image: TensorImage,
    *,
    cells: int,
    shifts: tuple[float, ...] = (0.0,),
) -> Iterator[FramingMatch]:
    """Each framing that ends in the tensor's size, with its misfit; those of one kind and one part once."""
    keys: set[tuple[object, ...]] = set()
    pairs: list[tuple[Framing, SourceRegion]] = []
    for framing in choices:
        if view.budget.stops():
            break
        part = part_of(framing, view, tensor_image)
        if part is None or part.size != tensor_image.size or _idle(framing, part, view):
            continue
        key = (framing.kind, part, framing.libraries)
        if key in keys or (part.is_framed and not _holds(part, tensor_image)):
            continue
        keys.add(key)
        pairs.append((framing, part))
        view.budget.frame(len(shifts))
    parts = [part for _, part in pairs]
    errors = [
        misfits(tensor_image.sums(), view.sums, parts, view.reduction, cells=cells, shift=shift) for shift in shifts
    ]
    for (framing, part), error in zip(pairs, np.min(errors, axis=0).tolist(), strict=True):
        yield FramingMatch(tensor_image=tensor_image, view=view, framing=framing, part=part, misfit=error)


def _idle(framing: Framing, part: SourceRegion, view: OrientedImage) -> bool:
    """Whether a shorter framing has the same result: no step is needed, or the crop is not resized."""
    if part.is_copy and part.size == (view.height, view.width):
        return bool(framing.spec_steps)
    return part.is_copy and framing.resizes and not framing.known


def part_of(framing: Framing, view: OrientedImage, tensor_image: TensorImage) -> SourceRegion | None:
    """What the framing shows of the view; None where it cannot be."""
    return _region(framing, (view.height, view.width), tensor_image.size, tensor_image.channels)


@lru_cache(maxsize=4096)  # a search tries its framings again for each reading and each decoder
def _region(framing: Framing, source: Size, size: Size, channels: int) -> SourceRegion | None:
    library = framing.libraries[0] if framing.libraries else "pillow"
    spec_steps = with_arithmetic(framing, ResizeMethod(library=library, interpolation="nearest"))
    assert spec_steps is not None
    try:
        steps = geometry(spec_steps, size=size, order=ORDERS[channels][0])
    except ValueError:
        return None
    return trace_region(steps, *source)


def _holds(part: SourceRegion, tensor_image: TensorImage) -> bool:
    """Whether everything around the image is of one color."""
    (top, left, height, width), (upper, first, high, wide) = part.outer, tensor_image.box()
    return top <= upper and left <= first and upper + high <= top + height and first + wide <= left + width


def frame_of(pixels: np.ndarray, part: SourceRegion) -> np.ndarray:
    """The pixels around the image, (number, channels)."""
    top, left, height, width = part.outer
    outside = np.ones(pixels.shape[:2], bool)
    outside[top : top + height, left : left + width] = False
    return pixels[outside]


_MAX_LENGTH = 512
"""Pixels of the longer side of the reduced image that the cells average."""
_MIRROR = {1: 2, 2: 1, 3: 4, 4: 3, 5: 6, 6: 5, 7: 8, 8: 7}
"""The orientation that shows the mirror image of another."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SourceImage:
    """The possible source of the tensor."""

    header: Header
    preparation: Preparation
    """How the image is decoded and converted, without its orientation and geometry;
    also the limits for reading the file."""
    geometry: tuple[FramingStep, ...] | None
    """The spec's geometry, in the spec language; None without a spec."""
    values: tuple[Values, Quantize | None] | None
    """The spec's value mapping, in the order of its channels."""
    budget: Budget = field(repr=False)
    """What the search may still try."""

    @property
    def cache(self) -> ArrayCache:
        """Arrays after each beginning of the steps that were tried; of no steps: the file's bytes."""
        return self.budget.cache

    @property
    def pixels(self) -> int:
        """How many the file has."""
        return self.header.height * self.header.width


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class OrientedImage:
    """The image in one orientation."""

    orientation: int
    """EXIF orientation that is applied, 1: as stored."""
    last_orientation: int
    """EXIF orientation that was applied to the tensor as the last step: 1 none, 2 mirrored."""
    height: int
    width: int
    sums: IntegralImage = field(repr=False)
    budget: Budget = field(repr=False)
    reduction: tuple[float, float]
    """Pixels of the image to one row and one column of the sums."""


def usual_orientations(header: Header) -> tuple[tuple[int, int], ...]:
    """(orientation, last_orientation) of the views by EXIF, and as stored."""
    return tuple((orientation, 1) for orientation in header.orientation.choices)


def views(
    source: SourceImage, channels: int, orientations: tuple[tuple[int, int], ...] | None = None
) -> list[OrientedImage]:
    """Each orientation once: by EXIF first, then as stored, then both mirrored, then the unusual ones.

    A rotation or a vertical flip is tried before the resize and after it: Pillow rounds between its two passes, nearest
    neighbor copies other pixels, and an odd margin is cut at the other side.
    orientations: only these.
    """
    every = orientations or _orientations(source.header)
    small, reduction = _reduce_source(source, channels)
    sums = {orientation: integral_image(orient(small, orientation=orientation)) for orientation, _ in every}
    return [
        _view(
            sums[orientation],
            source.budget,
            reduction if orientation < 5 else reduction[::-1],
            orientation,
            last_orientation,
        )
        for orientation, last_orientation in every
    ]


def _orientations(header: Header) -> tuple[tuple[int, int], ...]:
    usual = list(usual_orientations(header))
    usual += [(orientation, 2) for orientation, _ in usual]
    visible = {
        orientation if last_orientation == 1 else _MIRROR[orientation] for orientation, last_orientation in usual
    }
    every = [*usual, *((orientation, 1) for orientation in range(1, 9) if orientation not in visible)]
    every += [
        (orientation, last_orientation)
        for orientation in header.orientation.choices
        for last_orientation in range(3, 9)
        if _both(orientation, last_orientation) not in visible
    ]
    return tuple(every)


def _both(orientation: int, last_orientation: int) -> int:
    """The orientation that equals two orientations in a row."""
    mark = np.arange(6).reshape(2, 3, 1)
    twice = orient(orient(mark, orientation=orientation), orientation=last_orientation)
    return next(item for item in range(1, 9) if np.array_equal(orient(mark, orientation=item), twice))


def _view(
    sums: IntegralImage, budget: Budget, reduction: tuple[float, float], orientation: int, last_orientation: int
) -> OrientedImage:
    high, wide = (length - 1 for length in sums.values.shape[:2])
    return OrientedImage(
        orientation=orientation,
        last_orientation=last_orientation,
        height=round(high * reduction[0]),
        width=round(wide * reduction[1]),
        sums=sums,
        budget=budget,
        reduction=reduction,
    )


def _reduce_source(source: SourceImage, channels: int) -> tuple[np.ndarray, tuple[float, float]]:
    """The stored image in the tensor's channels, reduced to at most ``_MAX_LENGTH`` pixels, and by how much."""
    steps = image_steps(source.header, source.preparation, (), channels, orientation=1)
    return reduce_image(apply_steps(steps, source.cache), _MAX_LENGTH)
