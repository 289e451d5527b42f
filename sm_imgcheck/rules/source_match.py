"""PIX: whether a tensor shows its source image, and how far a known pipeline explains it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from sm_imgcheck.core.escape import for_terminal
from sm_imgcheck.core.recipes import is_unnamed
from sm_imgcheck.core.types import Candidate, Finding, Spec
from sm_imgcheck.rules import Rule

if TYPE_CHECKING:
    from sm_imgcheck.ops.traits import PipelineTrait

__all__ = ["RESEMBLES"]

RESEMBLES = 0.3
"""Correlation of details from which two images are the same: 0.27 at most between 60 pairs of photographs, 0.8 and
more after any monotone mapping of the values."""


PIX101 = Rule(
    "PIX101",
    "source-mismatch",
    severity="error",
    doc="""No known pipeline converts the source image to this tensor.

    Every common rotation, flip, framing, filter, channel order and value mapping was tried. The details and the local
    contrast of both images differ in all orientations, as do their values in memory order and the distribution of
    these, and no part of the image has the keypoints of the tensor, in any size and rotation. The tensor shows a
    different image, or one too small or too edited to recognize. If they agree, PIX102 is reported. A search that
    stopped at its limit before all of that was tried makes it a warning. A tensor without details, where the spec's
    image has some, is another image, or its values were lost. If neither has details, PIX110 is reported.

    At an endpoint: a prediction for different content.

    In the model's code: check which file the tensor was created from; disable random augmentation. Integer division
    (``x // 255``), or a cast to integers after scaling, makes almost all values 0.
    """,
)


@PIX101.check
def _source_mismatch(candidate: Candidate, _: Spec) -> Iterator[Finding]:
    constant = candidate.facts is not None and candidate.facts.constant  # VAL107
    if candidate.origins == () and not constant and not _is_unclear(candidate):
        limit = _search_limit(candidate)
        actual = "no match" if limit else "a different or edited image"
        if candidate.ideal is not None and candidate.ideal.resemblance == 0:
            actual = "an image without details (98 % of its pixels have one of two colors)"
        yield PIX101.finding(
            f"source image: got {actual}, expected {_source(candidate)} converted by a known pipeline{limit}",
            expected="created from the source image",
            actual="not recognized",
            severity="warning" if limit else None,
        )


def _is_unclear(candidate: Candidate) -> bool:
    """Return whether the pixels do not refute that the tensor shows the source image."""
    ideal = candidate.ideal
    return ideal is not None and bool(ideal.uncompared or ideal.agreement or (ideal.resemblance or 0.0) >= RESEMBLES)


PIX102 = Rule(
    "PIX102",
    "unknown-pipeline",
    severity="warning",
    doc="""The tensor resembles the source image, but no known pipeline matches.

    The nearest pipeline leaves differences larger than rounding: an unusual crop, another library's filter, a blur, an
    image that was compressed again. The message describes the nearest pipeline, which is only an approximation;
    channel order and values are therefore checked as without a source image. Where no pipeline is near, it describes
    the part of the image that the tensor shows, found by keypoints; if that is not the part that the spec requires,
    such as after a random rotation, the finding is an error. Where most of the pixels are the spec's result, it states
    how many, within which rows and columns the others are (from 0, the last one included), and the largest difference,
    over 2 gray levels: something was drawn, covered or erased after the pipeline. A blur, sharpening, another
    saturation or hue, a mix of the channels and noise are described with what they leave unexplained. Where only the
    distribution of the values is that of the image, this is a hint, not evidence: different images may have the same
    distribution.

    At an endpoint: the error grows with the difference.

    In the model's code: list each step between decode and request, and compare it with the spec.
    """,
)


@PIX102.check
def _unknown_pipeline(candidate: Candidate, _: Spec) -> Iterator[Finding]:
    origins = candidate.origins
    if origins and not origins[0].exact:
        from sm_imgcheck.ops.compare import said  # 3 ms, which a list of the rules does not need
        from sm_imgcheck.ops.traits import traits

        nearest = origins[0]
        pipeline = [replace(trait, said=_phrase(trait)) for trait in traits(nearest.steps, nearest.before)]
        mean, maximum = f"{nearest.mean_difference:.2g}", f"{nearest.max_difference:.3g}"
        yield PIX102.finding(
            f"pipeline from {_source(candidate)}: got an unknown pipeline, expected a known pipeline"
            f"{_change(candidate)}; nearest (difference {mean} gray levels on average, at most {maximum}): "
            f"{said([pipeline])}{_search_limit(candidate)}",
            expected="a known pipeline",
            actual=f"difference of {mean} gray levels on average",
        )
    ideal = candidate.ideal
    if origins == () and ideal is not None and not ideal.uncompared and _is_unclear(candidate):
        agreement = ideal.agreement or f"the details of the image agree (correlation {ideal.resemblance:.2f})"
        got, expected = "an unknown value mapping or pipeline", "a known pipeline"
        if ideal.is_edited:
            got, expected = "the spec's result with changed pixels", "the spec's result"
        yield PIX102.finding(
            f"pipeline from {_source(candidate)}: got {got}, expected {expected}; "
            f"{agreement}{_change(candidate)}{_search_limit(candidate)}",
            expected=expected,
            actual=ideal.agreement or got,
            severity="error" if ideal.region_differs else "warning",
        )


def _change(candidate: Candidate) -> str:
    """Return the description of the difference from the spec's result; empty without one."""
    return f"; {candidate.ideal.change}" if candidate.ideal is not None and candidate.ideal.change else ""


def _search_limit(candidate: Candidate) -> str:
    """Return what the search did not try, where it stopped early."""
    return f"; {candidate.ideal.unsearched}" if candidate.ideal is not None and candidate.ideal.unsearched else ""


def _phrase(trait: PipelineTrait) -> str:
    """Return the phrase of a trait; without numbers for an unnamed value mapping: these were fitted to other pixels."""
    return "unknown value mapping" if trait.name == "values" and is_unnamed(trait.said) else trait.said


PIX110 = Rule(
    "PIX110",
    "source-not-compared",
    severity="notice",
    doc="""The tensor could not be compared with its source image.

    An image of which 98 % of the pixels have one of two colors becomes the same tensor by many pipelines, and so does
    every other such image. A tensor of unknown layout, or with values that are not finite, is not an image that can be
    compared.

    In the model's code: compare with an image that has details. Here: pass ``--assume layout=...`` if the layout is
    known.
    """,
)


@PIX110.check
def _source_not_compared(candidate: Candidate, _: Spec) -> Iterator[Finding]:
    ideal = candidate.ideal
    if not candidate.origins and ideal is not None and ideal.uncompared:
        yield PIX110.finding(
            f"source image: not compared with {_source(candidate)}; {ideal.uncompared}",
            expected="an image with details",
            actual="not compared",
        )


def _source(candidate: Candidate) -> str:
    return for_terminal(candidate.ideal.source) if candidate.ideal is not None else "the source image"
