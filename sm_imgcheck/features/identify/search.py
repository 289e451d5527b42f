"""The search: enumerate what libraries do, run it, and name what explains the numbers.

The choices are discrete: the orientation, the framing, the kernel and its library, the decoder, the channel order.
Each hypothesis is a plan, built by ``pipeline.plan`` from the ops that ``convert`` runs; only the value mapping is a
regression. The search is staged (``placement``: orientation and framing by cells; ``kernels``: resizes by family;
``verify``: the values, and the whole plan run and compared), so that what costs most is done for what has survived.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from sm_imgcheck.features.identify.candidates import TensorImage, decoders
from sm_imgcheck.features.identify.framings import Framing, FramingChoice, framings, kind_of
from sm_imgcheck.features.identify.kernels import EXACT, PipelineHypothesis, near, same_family_hypotheses, vary_decoders
from sm_imgcheck.features.identify.placement import (
    FramingMatch,
    SourceImage,
    coarse_misfits,
    rank_placements,
    views,
)
from sm_imgcheck.features.identify.plan import FAMILIES, KernelFamily, plain
from sm_imgcheck.features.identify.verify import RankedOrigin, verify_hypothesis

__all__ = ["SAME_IMAGE", "Search", "SearchOutcome", "explain"]

_USUAL_LIBRARY = "pillow"
"""The library by which the part that a framing without one shows is traced."""
_RESEMBLES = 0.7
"""Share of the tensor's variance that may stay unexplained by cells: of fine print that is copied pixel by pixel, half
does. What counts is how far off the pixels are."""
_SAME = 0.02
"""Gray levels, on average, by which tied hypotheses may differ before their values are named."""
_PLAUSIBLE, _MAX_EXPLAINABLE = 2.5, 0.9
"""Gray levels, on average, beyond which no other decoder helps, and beyond which no rounding does: then the pipeline
of the tensor is unknown."""
_FRACTION_MARGIN, _LEVEL_MARGIN = 0.05, 0.35
"""Gray levels, on average, by which the members of a family may differ: of fractions, and of integer levels."""
_VOTERS, _DECODER_MARGIN = 3, 0.15
"""Hypotheses that decide the decoder; and how much farther off a decoder may be that is still tried."""
_EVEN = 0.002
"""Gray levels, on average, by which a decoder may be farther off than one that explains the tensor, and tie with it."""
_MAX_VERIFIED = 24
"""Hypotheses whose values are named and whose plan is run; a dozen tie where an image keeps almost its size."""
SAME_IMAGE = 12.0
"""Mean difference, in gray levels, up to which the nearest explanation of an unknown pipeline is reported."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Search:
    """What is searched: which readings of the tensor, in which image, by which framings and kernels."""

    images: list[TensorImage]
    """The images of the tensor in one reading."""
    source: SourceImage
    choice: FramingChoice = framings
    """The framings that are tried."""
    families: tuple[KernelFamily, ...] = FAMILIES
    """The kernels that are tried."""
    orientations: tuple[tuple[int, int], ...] | None = None
    """(orientation, last_orientation) of the views that are tried, none compared coarsely; None: all,
    the likely ones first."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SearchOutcome:
    """What a search has found: the origins, exact or nearly so, and the nearest hypotheses behind them."""

    image: TensorImage
    """The image of the tensor that most resembles the source."""
    origins: list[RankedOrigin]
    guesses: list[PipelineHypothesis]
    """The nearest first; none where no part of the image resembles the tensor."""

    @property
    def exact(self) -> bool:
        """Whether an origin explains the tensor exactly."""
        return any(ranked_origin.origin.exact for ranked_origin in self.origins)


def explain(search: Search) -> SearchOutcome:
    """The origins of the one image that most resembles the source: exact ones, or else the nearest."""
    image, matches = _matches(search)
    outcome = SearchOutcome(image=image, origins=[], guesses=[])
    if not matches or matches[0].misfit > _RESEMBLES:
        return outcome
    # Steps after the resize may produce fractions from integer levels.
    whole = None if search.source.preparation.makes_fractions else image.whole()
    for guesses in near(search.source, matches, whole=whole, every=search.families):
        outcome = replace(outcome, guesses=guesses)
        if not guesses or guesses[0].off > SAME_IMAGE * image.step(guesses[0].scale):
            return outcome
        origins = _verify(guesses, image, search.source, whole=whole)
        outcome = replace(outcome, origins=[*outcome.origins, *origins])
        if outcome.exact:
            return outcome
    if whole:  # few numbers may be chance
        origins = _verify(outcome.guesses, image, search.source, whole=None)
        outcome = replace(outcome, origins=[*outcome.origins, *origins])
    return outcome


def _matches(search: Search) -> tuple[TensorImage, list[FramingMatch]]:
    """The image that most resembles the source, and the framings to examine."""
    every = views(search.source, search.images[0].channels, search.orientations)
    if search.orientations is None:
        every_misfit = [coarse_misfits(image, every) for image in search.images]
        at, misfits = min(enumerate(every_misfit), key=lambda pair: min(pair[1]))
    else:
        at, misfits = 0, [0.0] * len(every)
    spec_framings = tuple(_own_framings(search.source)) if search.choice is framings else ()
    return search.images[at], rank_placements(search.images[at], every, misfits, search.choice, spec_framings)


def _own_framings(source: SourceImage) -> Iterator[Framing]:
    """The framing of the spec, where there is one, by its own library, whose sizes may differ, and by any."""
    if source.geometry is None:
        return
    spec_steps = plain(source.geometry)
    framing = Framing(kind=kind_of(spec_steps), spec_steps=spec_steps, known=True)
    resizes = [step["resize"] for step in source.geometry if "resize" in step]
    libraries = {str(resize["library"]) for resize in resizes if resize["mode"] != "stretch"}
    if libraries and libraries != {_USUAL_LIBRARY}:
        yield replace(framing, libraries=tuple(libraries))
    yield framing


def _verify(
    guesses: list[PipelineHypothesis], image: TensorImage, source: SourceImage, *, whole: bool | None
) -> list[RankedOrigin]:
    """The origins of the hypotheses, by the decoder that fits them."""
    origins: list[RankedOrigin] = []
    enough = np.inf
    for firsts in _by_decoder(source, guesses, image.channels):
        if firsts[0].off > enough:
            break
        every = firsts[:1]
        if firsts[0].off <= _MAX_EXPLAINABLE * image.step(firsts[0].scale):
            margin = _FRACTION_MARGIN if whole is False else _LEVEL_MARGIN
            if firsts[0].off <= EXACT and image.is_large:  # others farther off are not compared
                margin = EXACT
            similar = (first for first in firsts if first.off <= 1.3 * firsts[0].off + margin)
            every = [guess for first in similar for guess in same_family_hypotheses(source, first, whole=whole)]
        for guess in _nearest(every, image.size):
            origins += verify_hypothesis(guess, source)
        if any(ranked_origin.origin.exact for ranked_origin in origins):
            enough = min(enough, firsts[0].off + _EVEN)
    return origins


def _by_decoder(
    source: SourceImage, guesses: list[PipelineHypothesis], channels: int
) -> list[list[PipelineHypothesis]]:
    """The hypotheses for each decoder that is as near as the nearest one; the usual first among equals."""
    if not guesses:
        return []
    variants = [guesses]
    if guesses[0].off <= _PLAUSIBLE:
        others = list(decoders(source.header, source.preparation.decode, channels))[1:]
        if source.preparation.reduction != 1:  # libjpeg has one scaled DCT
            others = [decode for decode in others if decode.dct == source.preparation.decode.dct]
        if source.preparation.gray_step is not None:  # from three channels, which the Y plane alone does not have
            others = [decode for decode in others if decode.to_gray == source.preparation.decode.to_gray]
        preparations = [replace(source.preparation, decode=decode) for decode in others]
        voters = guesses[: 1 if guesses[0].off <= EXACT else _VOTERS]
        variants += [vary_decoders(source, voters, preparation) for preparation in preparations]
    least = min(variant[0].off for variant in variants if variant)
    likely = [variant for variant in variants if variant and variant[0].off <= least + _DECODER_MARGIN]
    likely.sort(key=lambda variant: round(variant[0].off, 1))
    return [
        guesses if variant is guesses else vary_decoders(source, guesses, variant[0].preparation) for variant in likely
    ]


def _nearest(guesses: list[PipelineHypothesis], size: tuple[int, int]) -> Iterator[PipelineHypothesis]:
    """Those as near as the nearest, each key once: the others differ by more than arithmetic."""
    least = min((guess.off for guess in guesses), default=0.0)
    once: dict[tuple[object, ...], PipelineHypothesis] = {}
    for guess in sorted(guesses, key=lambda guess: guess.rank(size)):
        once.setdefault(guess.key(), guess)
    nearest = [guess for guess in once.values() if guess.off <= 1.1 * least + _SAME]
    yield from sorted(nearest, key=lambda guess: guess.off)[:_MAX_VERIFIED]
