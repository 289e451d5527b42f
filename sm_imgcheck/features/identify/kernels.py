"""Whose resize it was: one of each family of kernels first, then the kin of those that come near."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from sm_imgcheck.core.channels import ORDERS
from sm_imgcheck.core.errors import CandidateError, PlanError
from sm_imgcheck.core.types import Step
from sm_imgcheck.features.identify.candidates import TensorImage
from sm_imgcheck.features.identify.placement import FramingMatch, OrientedImage, SourceImage
from sm_imgcheck.features.identify.plan import (
    FAMILIES,
    QUICK,
    KernelFamily,
    Preparation,
    ResizeMethod,
    image_steps,
    places,
    with_arithmetic,
)
from sm_imgcheck.features.identify.region import SourceRegion, concrete, geometry, trace_region
from sm_imgcheck.features.identify.value_fit import ChannelFit, fit_channels
from sm_imgcheck.ops.execute import apply_steps, step_names
from sm_imgcheck.ops.records import record

__all__ = [
    "EXACT",
    "PipelineHypothesis",
    "compare_views",
    "hypothesize",
    "near",
    "render_hypothesis",
    "same_family_hypotheses",
    "vary_decoders",
]

_SAMPLE = 1 << 14
"""Pixels that a first comparison looks at."""
_MOST = 1 << 18
"""Pixels that any comparison but the last looks at."""
_PLACES, _GUESSES = 12, 8
"""So many places are tried with the kernels that do best, and so many pairs of place and kernel are looked into."""
_UNCLEAR = 1.6
"""Gray levels: farther off than another decoder and rounding explain, so that no kernel is ruled out."""
_KIN = 0.5
"""Gray levels, on average, that the arithmetics of one kernel differ by: 0.3 by rounding, more where they overshoot."""
EXACT, _TIED = 0.005, 0.1
"""Gray levels, on average, up to which a pair of place and family explains a sample, and up to which others may tie."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PipelineHypothesis:
    """One way to make the picture, the value mapping left open."""

    place: FramingMatch
    family: KernelFamily
    arithmetic: ResizeMethod
    preparation: Preparation
    geometry: tuple[Step, ...]
    """As a spec has it; a frame is black."""
    steps: tuple[Step, ...]
    """From the file to the picture."""
    part: SourceRegion
    orders: tuple[tuple[str, ChannelFit], ...]
    """Channel orders that go with it and the line from pixels to numbers, the better first; both for a gray picture."""

    @property
    def off(self) -> float:
        """Mean difference from the better line, in gray levels."""
        return self.orders[0][1].off

    @property
    def scale(self) -> float:
        """How many of the tensor's numbers one gray level is, at least."""
        return min(abs(a) for a in self.orders[0][1].affine.scale)

    def key(self) -> tuple[object, ...]:
        """What is told of it: guesses of one key differ in words alone."""
        view = self.place.view
        return view.turn, view.turned, self.place.framing.kind, self.part, self.arithmetic, self.preparation

    def rank(self, size: tuple[int, int]) -> tuple[int, ...]:
        """How usual it is for a tensor of this size: less is more."""
        family = FAMILIES.index(self.family) if self.family in FAMILIES else len(FAMILIES)
        return *self.place.framing.rank(size), family, self.family.members.index(self.arithmetic)


def near(
    source: SourceImage,
    places: list[FramingMatch],
    *,
    whole: bool | None,
    every: tuple[KernelFamily, ...] = FAMILIES,
) -> list[PipelineHypothesis]:
    """The pairs of place and family that come nearest, nearest first, each by one member of the family.

    whole: whether the tensor holds the images of whole levels; None: who knows. every: the families that are tried.
    """
    preparation = source.preparation
    likely = [place for place in places[:_PLACES] if place.misfit <= 3 * places[0].misfit + 1e-4]
    exact = _exact(source, likely, every, whole)
    if exact:
        return exact[:_GUESSES]
    free = next((place for place in likely if not place.framing.libraries), likely[0])
    firsts = [free, *(place for place in likely[:1] if place.part != free.part)]  # some sizes are one library's alone
    found = sorted(_each(source, firsts, every, preparation, whole), key=_off)
    best = found[:4]  # tells the kernel: the other places need not be tried with all
    quick = tuple(one for one in QUICK if one in every)
    families = dict.fromkeys([*(one.family for one in best), *quick])
    others = [place for place in likely if place not in firsts]
    found += _each(source, others, families, preparation, whole)
    if min(map(_off, found), default=0.0) > _UNCLEAR:
        found += _each(source, others[:2], [one for one in every if one not in families], preparation, whole)
        found += _each(source, places[len(likely) : _PLACES], quick, preparation, whole)
    found.sort(key=_off)
    return [one for one in found if one.off <= 1.5 * found[0].off + _KIN][:_GUESSES]


def _exact(
    source: SourceImage, likely: list[FramingMatch], every: tuple[KernelFamily, ...], whole: bool | None
) -> list[PipelineHypothesis]:
    """Pairs of place and family that explain the sample as it is, with those that may tie; empty if there is none.

    One family finds the place, and that place the families: far fewer resizes than all pairs of them.
    """
    preparation = source.preparation
    firsts = [next(_each(source, [place], every, preparation, whole), None) for place in likely]
    placed = sorted((one for one in firsts if one is not None), key=_off)
    if not placed:
        return []
    found = sorted(_each(source, [placed[0].place], every, preparation, whole), key=_off)
    if found[0].off > EXACT:
        return []
    places = [one.place for one in placed[1:] if one.off <= placed[0].off + _TIED]
    found = [one for one in found if one.off <= _TIED]
    found += _each(source, places, dict.fromkeys(one.family for one in found), preparation, whole)
    return sorted((one for one in found if one.off <= _TIED), key=_off)


def vary_decoders(
    source: SourceImage, guesses: list[PipelineHypothesis], preparation: Preparation
) -> list[PipelineHypothesis]:
    """The guesses with another decoder."""
    made = (
        hypothesize(source, one.place, one.family, arithmetic=one.arithmetic, preparation=preparation)
        for one in guesses
    )
    return sorted((one for one in made if one is not None), key=_off)


def _off(guess: PipelineHypothesis) -> float:
    return guess.off


def _each(
    source: SourceImage,
    places: list[FramingMatch],
    families: Iterable[KernelFamily],
    preparation: Preparation,
    whole: bool | None,
) -> Iterator[PipelineHypothesis]:
    """A guess for each place and family, by the family's first member that goes with the place."""
    for place in places:
        for family in families if place.framing.resizes else FAMILIES[:1]:
            made = (
                hypothesize(source, place, family, arithmetic=member, preparation=preparation)
                for member in family.spokesmen(whole=whole)
            )
            first = next((one for one in made if one is not None), None)
            if first is not None:
                yield first


def same_family_hypotheses(
    source: SourceImage, first: PipelineHypothesis, *, whole: bool | None
) -> Iterator[PipelineHypothesis]:
    """The guesses of the same place and family that can have made such numbers, of which ``first`` is one.

    whole: whether the tensor holds the images of whole levels; None: who knows.
    """
    resizes = first.place.framing.resizes
    for member in first.family.members if resizes else first.family.members[:1]:
        if not resizes or whole in (None, member.dtype != "float32"):
            made = hypothesize(
                source, first.place, first.family, arithmetic=member, preparation=first.preparation, stride=1
            )
            if made is not None:
                yield made


def hypothesize(
    source: SourceImage,
    place: FramingMatch,
    family: KernelFamily,
    *,
    arithmetic: ResizeMethod,
    preparation: Preparation,
    stride: int | None = None,
) -> PipelineHypothesis | None:
    """The picture of one place by one arithmetic, and the lines that go with it; None where it cannot be made.

    stride: of the rows and columns that are compared; None: a sample.
    """
    written = with_arithmetic(place.framing, arithmetic)
    if written is None:
        return None
    seen, view = place.seen, place.view
    steps = geometry(written, size=seen.size, order=ORDERS[seen.channels][0])
    part = trace_region(steps, view.height, view.width)
    if part is None or part.size != seen.size:
        return None
    try:
        way = image_steps(source.header, preparation, steps, seen.channels, turn=view.turn)
        tensor, picture = compare_views(render_hypothesis(way, source, view), seen, part, stride=stride)
    except (PlanError, CandidateError):
        return None
    orders = _lines(tensor, picture, ORDERS[seen.channels], seen.limits)
    if not orders:
        return None
    return PipelineHypothesis(
        place=place,
        family=family,
        arithmetic=arithmetic,
        preparation=preparation,
        geometry=steps,
        steps=way,
        part=part,
        orders=orders,
    )


def render_hypothesis(way: tuple[Step, ...], source: SourceImage, view: OrientedImage) -> np.ndarray:
    """The array after the steps: one picture for all that come to the same sizes, however these were derived."""
    at = next((at for at, step in enumerate(way) if record(step.op).stage == "geometry"), len(way))
    plain = (*way[:at], *concrete(way[at:], view.height, view.width))
    picture = apply_steps(plain, source.remembered)
    source.remembered[step_names(way)] = picture
    return picture


def compare_views(
    picture: np.ndarray, seen: TensorImage, part: SourceRegion, *, stride: int | None = 1
) -> tuple[np.ndarray, np.ndarray]:
    """The tensor and the picture where both show the source. stride: of rows and columns; None: a sample."""
    top, left, height, width = part.core
    stride = max(stride or int((height * width / _SAMPLE) ** 0.5), int((height * width / _MOST) ** 0.5), 1)
    window = (slice(top, top + height, stride), slice(left, left + width, stride))
    return seen.pixels[window], picture[window]


def _lines(
    tensor: np.ndarray, pixels: np.ndarray, orders: tuple[str, ...], limits: tuple[float, float] | None
) -> tuple[tuple[str, ChannelFit], ...]:
    """The channel orders in which the picture goes with the tensor: the better one, or both where they are alike."""
    found = []
    for order in orders:
        line = fit_channels(pixels[..., places(order)], tensor, limits)
        if line is not None:
            found.append((order, line))
    found.sort(key=lambda pair: pair[1].off)
    return tuple(pair for pair in found if pair[1].off <= found[0][1].off + 1e-4)
