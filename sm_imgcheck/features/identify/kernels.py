"""The library and kernel of the resize: one of each family of kernels first, then the families of the nearest."""

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
    channel_indices,
    image_steps,
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
    "concrete_steps",
    "hypothesize",
    "near",
    "render_hypothesis",
    "same_family_hypotheses",
    "vary_decoders",
]

_SAMPLE = 1 << 14
"""Pixels of a first comparison."""
_MOST = 1 << 18
"""Pixels of any comparison except the last."""
_MAX_MATCHES, _MAX_GUESSES = 12, 8
"""Matches that are tried with the best kernels, and pairs of match and kernel that are examined."""
_UNCLEAR = 1.6
"""Gray levels: farther off than another decoder and rounding explain, so that no kernel is ruled out."""
_MAX_FAMILY_DISTANCE = 0.5
"""Gray levels, on average, that the arithmetics of one kernel differ by: 0.3 by rounding, more where they overshoot."""
_EQUAL = 1e-4
"""Gray levels, on average, that float32 sums of equal images leave."""
EXACT, _MAX_TIE = 0.005, 0.1
"""Gray levels, on average, up to which a pair of place and family explains a sample, and up to which others may tie."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PipelineHypothesis:
    """One pipeline to the image, without its value mapping."""

    place: FramingMatch
    family: KernelFamily
    arithmetic: ResizeMethod
    preparation: Preparation
    geometry: tuple[Step, ...]
    """As a spec has it; a frame is black."""
    steps: tuple[Step, ...]
    """From the file to the image."""
    part: SourceRegion
    orders: tuple[tuple[str, ChannelFit], ...]
    """Channel orders that fit, each with the line from pixels to values, the better first; both for a gray image."""

    @property
    def off(self) -> float:
        """Mean difference from the better line, in gray levels."""
        return self.orders[0][1].off

    @property
    def scale(self) -> float:
        """How many of the tensor's numbers one gray level is, at least."""
        return min(abs(a) for a in self.orders[0][1].affine.scale)

    def key(self) -> tuple[object, ...]:
        """What a report has of it: hypotheses with one key differ only in words."""
        view = self.place.view
        return (
            view.orientation,
            view.last_orientation,
            self.place.framing.kind,
            self.part,
            self.arithmetic,
            self.preparation,
        )

    def rank(self, size: tuple[int, int]) -> tuple[int, ...]:
        """How usual it is for a tensor of this size: less is more."""
        family = FAMILIES.index(self.family) if self.family in FAMILIES else len(FAMILIES)
        return *self.place.framing.rank(size), family, self.family.members.index(self.arithmetic)


def near(
    source: SourceImage,
    matches: list[FramingMatch],
    *,
    whole: bool | None,
    every: tuple[KernelFamily, ...] = FAMILIES,
) -> Iterator[list[PipelineHypothesis]]:
    """The nearest pairs of match and family, nearest first, each by one member of the family.

    Where one explains the sample, first those that do: the others are needed only if no complete plan is exact, since
    a family that has another member for the tensor may be farther off by the member that was compared.
    ``whole``: whether the tensor holds the images of integer levels; None: unknown. every: the families that are tried.
    """
    preparation = source.preparation
    likely = [place for place in matches[:_MAX_MATCHES] if place.misfit <= 3 * matches[0].misfit + 1e-4]
    exact = _exact(source, likely, every, whole)
    if exact:
        yield exact[:_MAX_GUESSES]
    free = next((place for place in likely if not place.framing.libraries), likely[0])
    firsts = [free, *(place for place in likely[:1] if place.part != free.part)]  # some sizes are one library's alone
    guesses = sorted(_each(source, firsts, every, preparation, whole), key=_off)
    best = guesses[:4]  # shows the kernel: the other matches are tried with a few
    quick = tuple(item for item in QUICK if item in every)
    families = dict.fromkeys([*(item.family for item in best), *quick])
    others = [place for place in likely if place not in firsts]
    guesses += _each(source, others, families, preparation, whole)
    if min(map(_off, guesses), default=0.0) > _UNCLEAR:
        guesses += _each(source, others[:2], [item for item in every if item not in families], preparation, whole)
        guesses += _each(source, matches[len(likely) : _MAX_MATCHES], quick, preparation, whole)
    guesses.sort(key=_off)
    yield [item for item in guesses if item.off <= 1.5 * guesses[0].off + _MAX_FAMILY_DISTANCE][:_MAX_GUESSES]


def _exact(
    source: SourceImage, likely: list[FramingMatch], every: tuple[KernelFamily, ...], whole: bool | None
) -> list[PipelineHypothesis]:
    """Pairs of match and family that explain the sample exactly, with those that may tie; empty if none does.

    One family finds the match, and that match the families: far fewer resizes than all pairs of them.
    """
    preparation = source.preparation
    firsts = [next(_each(source, [place], every, preparation, whole), None) for place in likely]
    first_guesses = sorted((item for item in firsts if item is not None), key=_off)
    if not first_guesses:
        return []
    guesses = sorted(_up_to_equal(_each(source, [first_guesses[0].place], every, preparation, whole)), key=_off)
    if not guesses or guesses[0].off > EXACT:
        return []
    best = first_guesses[0]
    # A match of the same part was perhaps compared by another kernel, since each library has its own kernels.
    matches = [
        item.place
        for item in first_guesses[1:]
        if item.off <= best.off + _MAX_TIE or item.place.part == best.place.part
    ]
    guesses = [item for item in guesses if item.off <= _MAX_TIE]
    guesses += _each(source, matches, dict.fromkeys(item.family for item in guesses), preparation, whole)
    return sorted((item for item in guesses if item.off <= _MAX_TIE), key=_off)


def _up_to_equal(guesses: Iterator[PipelineHypothesis]) -> Iterator[PipelineHypothesis]:
    """The hypotheses up to the first that equals a large tensor by a kernel of its family alone."""
    for guess in guesses:
        yield guess
        copies = guess.arithmetic.interpolation.startswith("nearest")  # several families may copy the same pixels
        if guess.off <= _EQUAL and guess.place.tensor_image.is_large and not copies:
            return


def vary_decoders(
    source: SourceImage, guesses: list[PipelineHypothesis], preparation: Preparation
) -> list[PipelineHypothesis]:
    """The hypotheses with another decoder."""
    hypotheses = (
        hypothesize(source, item.place, item.family, arithmetic=item.arithmetic, preparation=preparation)
        for item in guesses
    )
    return sorted((item for item in hypotheses if item is not None), key=_off)


def _off(guess: PipelineHypothesis) -> float:
    return guess.off


def _each(
    source: SourceImage,
    matches: list[FramingMatch],
    families: Iterable[KernelFamily],
    preparation: Preparation,
    whole: bool | None,
) -> Iterator[PipelineHypothesis]:
    """A hypothesis for each match and family, by the family's first member that fits the match."""
    for place in matches:
        for family in families if place.framing.resizes else FAMILIES[:1]:
            hypotheses = (
                hypothesize(source, place, family, arithmetic=member, preparation=preparation)
                for member in family.representatives(whole=whole)
            )
            first = next((item for item in hypotheses if item is not None), None)
            if first is not None:
                yield first


def same_family_hypotheses(
    source: SourceImage, first: PipelineHypothesis, *, whole: bool | None
) -> Iterator[PipelineHypothesis]:
    """The hypotheses of the same match and family that can have produced such values, ``first`` among them.

    ``whole``: whether the tensor holds the images of integer levels; None: unknown.
    """
    resizes = first.place.framing.resizes
    for member in first.family.members if resizes else first.family.members[:1]:
        if not resizes or whole in (None, member.dtype != "float32"):
            hypotheses = hypothesize(
                source, first.place, first.family, arithmetic=member, preparation=first.preparation, stride=1
            )
            if hypotheses is not None:
                yield hypotheses


def hypothesize(
    source: SourceImage,
    place: FramingMatch,
    family: KernelFamily,
    *,
    arithmetic: ResizeMethod,
    preparation: Preparation,
    stride: int | None = None,
) -> PipelineHypothesis | None:
    """The image of one match by one resize method, and the lines that fit.

    stride: of the rows and columns that are compared; None: a sample. None where the plan is impossible, and where the
    budget of the search is spent.
    """
    spec_steps = with_arithmetic(place.framing, arithmetic)
    if spec_steps is None or source.budget.stops():
        return None
    tensor_image, view = place.tensor_image, place.view
    try:
        steps = geometry(spec_steps, size=tensor_image.size, order=ORDERS[tensor_image.channels][0])
    except ValueError:  # not with this library
        return None
    part = trace_region(steps, view.height, view.width)
    if part is None or part.size != tensor_image.size:
        return None
    try:
        all_steps = image_steps(source.header, preparation, steps, tensor_image.channels, orientation=view.orientation)
        orders = _orders(all_steps, source, place, part, stride)
    except (PlanError, CandidateError):
        return None
    hypothesis = PipelineHypothesis(
        place=place,
        family=family,
        arithmetic=arithmetic,
        preparation=preparation,
        geometry=steps,
        steps=all_steps,
        part=part,
        orders=orders,
    )
    return hypothesis if orders else None


def _orders(
    all_steps: tuple[Step, ...], source: SourceImage, place: FramingMatch, part: SourceRegion, stride: int | None
) -> tuple[tuple[str, ChannelFit], ...]:
    """The channel orders that fit, each with its line; computed once for all steps of the same sizes."""
    tensor_image = place.tensor_image
    if (
        tensor_image.is_large
    ):  # the resize costs more than a comparison of the larger sample, which is then the only one
        stride = 1
    key = ("orders", step_names(concrete_steps(all_steps, place.view)), part.core, stride)
    if key not in tensor_image.cache:
        tensor, picture = compare_views(
            render_hypothesis(all_steps, source, place.view), tensor_image, part, stride=stride
        )
        source.budget.compare(tensor.size * len(ORDERS[tensor_image.channels]))
        tensor_image.cache[key] = _lines(tensor, picture, ORDERS[tensor_image.channels], tensor_image.limits)
    orders: tuple[tuple[str, ChannelFit], ...] = tensor_image.cache[key]
    return orders


def concrete_steps(all_steps: tuple[Step, ...], view: OrientedImage) -> tuple[Step, ...]:
    """The steps with exact sizes instead of modes: equal for all steps of the same sizes."""
    at = next((at for at, step in enumerate(all_steps) if record(step.op).stage == "geometry"), len(all_steps))
    return (*all_steps[:at], *concrete(all_steps[at:], view.height, view.width))


def render_hypothesis(all_steps: tuple[Step, ...], source: SourceImage, view: OrientedImage) -> np.ndarray:
    """The array after the steps: one image for all steps of the same sizes, however these were derived."""
    picture = apply_steps(concrete_steps(all_steps, view), source.cache)
    source.cache[step_names(all_steps)] = picture
    return picture


def compare_views(
    picture: np.ndarray, tensor_image: TensorImage, part: SourceRegion, *, stride: int | None = 1
) -> tuple[np.ndarray, np.ndarray]:
    """The tensor and the image where both show the source. stride: of rows and columns; None: a sample."""
    top, left, height, width = part.core
    stride = max(stride or int((height * width / _SAMPLE) ** 0.5), int((height * width / _MOST) ** 0.5), 1)
    window = (slice(top, top + height, stride), slice(left, left + width, stride))
    return tensor_image.pixels[window], picture[window]


def _lines(
    tensor: np.ndarray, pixels: np.ndarray, orders: tuple[str, ...], limits: tuple[float, float] | None
) -> tuple[tuple[str, ChannelFit], ...]:
    """The channel orders in which the image fits the tensor: the better one, or both where they are equal."""
    guesses = []
    for order in orders:
        line = fit_channels(pixels[..., channel_indices(order)], tensor, limits)
        if line is not None:
            guesses.append((order, line))
    guesses.sort(key=lambda pair: pair[1].off)
    return tuple(pair for pair in guesses if pair[1].off <= guesses[0][1].off + 1e-4)
