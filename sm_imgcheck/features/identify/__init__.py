"""Find how a tensor was made of an image: enumerate what libraries do, run it, and name what explains the numbers.

The choices are discrete: the turn, the framing, the kernel and whose arithmetic, the decoder, the channel order. Each
hypothesis is a plan, made by ``pipeline.plan`` of the ops that ``convert`` runs; only the value mapping is a
regression. The search is staged (``placement``: turn and framing by cells; ``kernels``: resizes and their kin;
``verify``: the values, and the whole plan run and compared), so that what costs most is done for what has survived.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from sm_imgcheck.core.assumptions import validate_assumptions
from sm_imgcheck.core.errors import ImgcheckError
from sm_imgcheck.core.escape import for_terminal
from sm_imgcheck.core.types import Decode, Options, Origin, Result, Spec
from sm_imgcheck.features.identify.candidates import TensorImage, decoders, grounds, readings
from sm_imgcheck.features.identify.framings import Framing, kind_of
from sm_imgcheck.features.identify.kernels import PipelineHypothesis, near, same_family_hypotheses, vary_decoders
from sm_imgcheck.features.identify.placement import SourceImage, coarse_misfits, rank_placements, views
from sm_imgcheck.features.identify.plan import plain
from sm_imgcheck.features.identify.source import trace_origins
from sm_imgcheck.features.identify.verify import RankedOrigin, verify_hypothesis
from sm_imgcheck.io.images.header import read_header
from sm_imgcheck.ops.execute import ArrayCache
from sm_imgcheck.pipeline.process import evaluate_candidate, measure_candidate, read_candidate

__all__ = ["find", "identify_tensor"]

_RESEMBLES = 0.7
"""Share of the tensor's variance that may stay unexplained by cells: of fine print that is copied pixel by pixel, half
does. What counts is how far off the pixels are."""
_SAME = 0.02
"""Gray levels, on average, by which guesses that tie may be apart before their values are named."""
_PLAUSIBLE, _EXPLAINED = 2.5, 0.9
"""Gray levels, on average, beyond which no other decoder helps, and beyond which no rounding does: then nothing that
is known here made the tensor."""
_ALIKE, _ALIKE_WHOLE = 0.05, 0.35
"""Gray levels, on average, by which the members of a family may be apart: of fractions, and of whole levels."""
_VOTERS, _KIN_DECODERS = 3, 0.15
"""So many guesses tell which decoder it was; and how much farther off one may be that is still tried."""
_EVEN = 0.002
"""Gray levels, on average, by which a decoder may be farther off than one that explains the tensor, and tie with it."""
_JUDGED = 24
"""So many guesses have their values named and their plan run; a dozen tie where a picture is hardly resized."""
_SAME_IMAGE = 12.0
"""Mean difference, in gray levels, up to which the nearest explanation of an unknown pipeline is worth telling."""


def find(
    tensor: np.ndarray,
    source: bytes,
    *,
    layout: str = "",
    decode: Decode | None = None,
    spec: Spec | None = None,
) -> tuple[Origin, ...]:
    """The ways in which the tensor can have been made of the image, the nearest first, the usual first among equals.

    tensor: any dtype of numbers, HWC, CHW, NHWC, NCHW, HW or NHW; never modified. source: the bytes of an image file.
    layout: the tensor's, where it is known; empty: every reading of its shape is tried. decode: limits for reading the
    file. spec: its own geometry is tried too, and first.

    Several origins explain it equally well (``exact``). One that is not ``exact`` is the nearest explanation where it
    is clearly this image but by a pipeline that nobody here knows. None: it is not this image, or no picture at all.
    Raises CandidateError where the source cannot be read.
    """
    policy = decode or (spec.decode if spec is not None else Decode())
    header = read_header(source, max_pixels=policy.max_pixels)
    read = SourceImage(
        header=header,
        decode=policy,
        geometry=None if spec is None else tuple(spec.resolved["geometry"]),
        values=None if spec is None else (spec.contract.values, spec.contract.quantize),
        remembered=ArrayCache({(): source}),
    )
    best: list[RankedOrigin] = []
    for images in readings(tensor, layout):
        for ground in grounds(header, policy, images[0].channels):
            best += _explained(images, replace(read, decode=ground))
            if any(one.origin.exact for one in best):
                return _told(best)
    return _told(best)


def _explained(images: list[TensorImage], source: SourceImage) -> list[RankedOrigin]:
    """The origins of the one image that most resembles the source: exact ones, or else the nearest."""
    turns = views(source, images[0].channels)
    at, misfits = min(enumerate(coarse_misfits(seen, turns) for seen in images), key=lambda pair: min(pair[1]))
    seen = images[at]
    places = rank_placements(seen, turns, misfits, _own(source))
    if not places or places[0].misfit > _RESEMBLES:
        return []
    found: list[RankedOrigin] = []
    for whole in dict.fromkeys((seen.whole(), None)):  # few numbers may be chance
        guesses = near(source, places, source.decode, whole=whole)
        if not guesses or guesses[0].off > _SAME_IMAGE * seen.step(guesses[0].scale):
            break
        found += _made(guesses, seen, source, whole=whole)
        if whole is False or any(one.origin.exact for one in found):
            break
    return found


def _made(
    guesses: list[PipelineHypothesis], seen: TensorImage, source: SourceImage, *, whole: bool | None
) -> list[RankedOrigin]:
    """The origins that the guesses lead to, by the decoder that goes with them."""
    found: list[RankedOrigin] = []
    enough = np.inf
    for firsts in _by_decoder(source, guesses, seen.channels):
        if firsts[0].off > enough:
            break
        every = firsts[:1]
        if firsts[0].off <= _EXPLAINED * seen.step(firsts[0].scale):
            alike = (
                first
                for first in firsts
                if first.off <= 1.3 * firsts[0].off + (_ALIKE if whole is False else _ALIKE_WHOLE)
            )
            every = [guess for first in alike for guess in same_family_hypotheses(source, first, whole=whole)]
        for guess in _nearest(every, seen.size):
            found += verify_hypothesis(guess, source)
        if any(one.origin.exact for one in found):
            enough = min(enough, firsts[0].off + _EVEN)
    return found


def _by_decoder(
    source: SourceImage, guesses: list[PipelineHypothesis], channels: int
) -> list[list[PipelineHypothesis]]:
    """The guesses for each decoder that comes as near as the nearest one; the usual first among equals."""
    if not guesses:
        return []
    variants = [guesses]
    if guesses[0].off <= _PLAUSIBLE:
        others = list(decoders(source.header, source.decode, channels))[1:]
        variants += [vary_decoders(source, guesses[:_VOTERS], decode) for decode in others]
    least = min(one[0].off for one in variants if one)
    likely = [one for one in variants if one and one[0].off <= least + _KIN_DECODERS]
    likely.sort(key=lambda one: round(one[0].off, 1))
    return [guesses if one is guesses else vary_decoders(source, guesses, one[0].decode) for one in likely]


def _nearest(guesses: list[PipelineHypothesis], size: tuple[int, int]) -> Iterator[PipelineHypothesis]:
    """Those that come as near as the nearest, each key once: the others differ by more than arithmetic."""
    least = min((guess.off for guess in guesses), default=0.0)
    once = {guess.key(): guess for guess in sorted(guesses, key=lambda guess: guess.rank(size), reverse=True)}
    near = sorted((guess for guess in once.values() if guess.off <= 1.1 * least + _SAME), key=lambda guess: guess.off)
    yield from near[:_JUDGED]


def _own(source: SourceImage) -> tuple[Framing, ...]:
    """The framing of the spec, where there is one."""
    if source.geometry is None:
        return ()
    written = plain(source.geometry)
    return (Framing(kind=kind_of(written), written=written, known=True),)


def _told(found: list[RankedOrigin]) -> tuple[Origin, ...]:
    """The exact ones that are as near as the nearest; else the nearest ones, if they are near at all."""
    if not found:
        return ()
    exact = [one for one in found if one.origin.exact]
    if exact:
        best = min(exact, key=lambda one: (one.beyond, one.rounded))
        kept = [one for one in exact if one.beyond <= best.beyond or (one.rounded and best.rounded)]
    else:
        kept = [one for one in found if one.origin.mean_difference <= _SAME_IMAGE]
        return tuple(one.origin for one in sorted(kept, key=_order)[:1])
    return tuple(one.origin for one in sorted(kept, key=_order))


def _order(one: RankedOrigin) -> tuple[object, ...]:
    return round(one.origin.mean_difference, 5), one.rank


@np.errstate(all="ignore")  # numbers beyond all measure are findings; NumPy would print its own source lines
def identify_tensor(what: object, spec: Spec | None, options: Options) -> Result:
    """The facts of a tensor, and its origins where ``options.source`` is given; with a spec its findings and plan too.

    what: as for ``process``. A tensor that cannot be used is a finding. Raises ImgcheckError for an image, and for a
    source that is none.
    """
    validate_assumptions(options.assume)
    candidate = read_candidate(what, spec, replace(options, headers_only=True))
    if candidate.header is not None:
        raise ImgcheckError(
            f"{for_terminal(candidate.path)}: got an image, expected a tensor; check images with validate"
        )
    candidate = measure_candidate(candidate, spec, options, trace_origins)
    if spec is not None:
        return evaluate_candidate(candidate, spec, options)
    findings = () if candidate.problem is None else (candidate.problem,)
    return Result(candidate=candidate if options.keep_arrays else candidate.without_arrays(), findings=findings)
