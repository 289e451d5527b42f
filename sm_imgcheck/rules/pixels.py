"""PIX: how a tensor was produced from its source image, compared with the spec.

Other families cover channel order, values, dtype and layout; these rules cover the pixel operations before them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from sm_imgcheck.core.escape import for_terminal
from sm_imgcheck.core.recipes import is_unnamed
from sm_imgcheck.core.types import Candidate, Finding, Origin, Severity, SourceComparison, Spec
from sm_imgcheck.rules import Rule

if TYPE_CHECKING:
    from sm_imgcheck.ops.traits import PipelineTrait

_MAX_MEAN_DIFFERENCE, _MAX_DIFFERENCE = 1.5, 16.0
"""Gray levels above which pixels are wrong: decoders and rounding stay below; bilinear with and without antialias, at
half the size, differ by 2.6 on average and by 76 at most."""
_RESEMBLES = 0.3
"""Correlation of details from which two images are the same: 0.27 at most between 60 pairs of photographs, 0.8 and
more after any monotone mapping of the values."""
_ROUNDING = 1.01
"""Largest difference in gray levels between two ways to round the same sum: negligible."""


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
    return ideal is not None and bool(ideal.uncompared or ideal.region or (ideal.resemblance or 0.0) >= _RESEMBLES)


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
    over 2 gray levels: something was drawn, covered or erased after the pipeline. Where only the distribution of the
    values is that of the image, this is a hint, not evidence: different images may have the same distribution.

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
            f"pipeline from {_source(candidate)}: got an unknown pipeline, expected a known pipeline; nearest "
            f"(difference {mean} gray levels on average, at most {maximum}): "
            f"{said([pipeline])}{_search_limit(candidate)}",
            expected="a known pipeline",
            actual=f"difference of {mean} gray levels on average",
        )
    ideal = candidate.ideal
    if origins == () and ideal is not None and not ideal.uncompared and _is_unclear(candidate):
        agreement = ideal.region or f"the details of the image agree (correlation {ideal.resemblance:.2f})"
        got, expected = "an unknown value mapping or pipeline", "a known pipeline"
        if ideal.is_edited:
            got, expected = "the spec's result with changed pixels", "the spec's result"
        yield PIX102.finding(
            f"pipeline from {_source(candidate)}: got {got}, expected {expected}; "
            f"{agreement}{_search_limit(candidate)}",
            expected=expected,
            actual=ideal.region or got,
            severity="error" if ideal.region_differs else "warning",
        )


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


PIX103 = Rule(
    "PIX103",
    "wrong-orientation",
    severity="error",
    see="https://github.com/open-mmlab/mmcv/pull/805",
    doc="""The orientation of the image does not match the spec.

    A camera stores the sensor data unrotated and records its orientation in EXIF. OpenCV and browsers apply it;
    ``Image.open``, TensorFlow and torchvision do not.

    At an endpoint: 200, and a less accurate prediction for every portrait photograph.

    In the model's code: ``ImageOps.exif_transpose(image)`` right after ``Image.open``; or ``IMREAD_IGNORE_ORIENTATION``
    where the spec ignores EXIF.
    """,
)


PIX104 = Rule(
    "PIX104",
    "decoder-mismatch",
    severity="warning",
    see="https://github.com/tensorflow/tensorflow/issues/11623",
    doc="""The file was decoded by a different implementation than specified.

    ``tf.io.decode_jpeg`` uses a fast, biased cosine transform unless ``dct_method="INTEGER_ACCURATE"`` is set; the
    other libraries decode accurately. IMREAD_GRAYSCALE uses the stored luma.

    At an endpoint: 200; a sample near a decision boundary may change its class.

    In the model's code: use the decoder that the model was trained with.
    """,
)


PIX105 = Rule(
    "PIX105",
    "resize-mode-mismatch",
    severity="error",
    see="https://github.com/ultralytics/ultralytics/issues/7069",
    doc="""The image was resized with a different mode than specified: stretched, cropped or letterboxed.

    At an endpoint: 200; distorted or missing objects, and wrong box coordinates.

    In the model's code: resize and crop as in training, such as the shortest edge to 256 and the central 224x224. A
    tensor is not fixable: cropped pixels are lost. ``convert`` creates the tensor from the image.
    """,
)


PIX106 = Rule(
    "PIX106",
    "interpolation-mismatch",
    severity="error",
    see="https://github.com/pytorch/vision/issues/2950",
    doc="""The image was resized with a different filter or library than specified.

    "Bilinear" differs by library: Pillow widens its filter when it shrinks, OpenCV and TensorFlow skip pixels, PyTorch
    supports both. The severity depends on the difference for this image, which the message states.

    At an endpoint: 200, and up to a few percent of accuracy.

    In the model's code: use the library and filter of training; ``sm-imgcheck code`` writes code with equal results.
    """,
)


PIX107 = Rule(
    "PIX107",
    "mirrored",
    severity="error",
    doc="""The image is flipped horizontally.

    A random horizontal flip for training only, or a camera preview that mirrors the image.

    At an endpoint: 200; text and sides are wrong, and predictions vary where the flip is random.

    In the model's code: remove augmentation from the serving pipeline.
    """,
)


PIX108 = Rule(
    "PIX108",
    "color-conversion-mismatch",
    severity="warning",
    doc="""The CMYK, alpha or gray channels were converted differently than specified.

    Transparent pixels show their stored color, usually black, or the background of the composite. CMYK has no unique
    RGB equivalent, and gray is a weighted sum that libraries round differently.

    At an endpoint: 200; wrong colors, or a black background where training had white.

    In the model's code: convert as in training. Here: the spec's ``decode`` sets the conversion.
    """,
)


PIX109 = Rule(
    "PIX109",
    "unexpected-step",
    severity="error",
    doc="""A step that no spec contains changed the pixels or the values.

    A JPEG round trip between decode and resize, ``np.resize`` instead of a resize, a channel set to 0, values clipped
    to 0..255 or wrapped around in uint8 (NumPy's uint8 arithmetic and ``astype("uint8")`` of negative numbers wrap), a
    gamma or tone curve (linear light, brightness and contrast of a training augmentation, equalization).

    At an endpoint: 200, and a less accurate prediction; wrapped values are noise to the model.

    In the model's code: remove the step. Convert to float32 before the mean is subtracted; send PNG or the
    original file.
    """,
)


_TRAITS = {
    "turn": (PIX103, "orientation"),
    "decoder": (PIX104, "decoder"),
    "framing": (PIX105, "resize mode"),
    "kernel": (PIX106, "interpolation"),
    "mirror": (PIX107, "horizontal flip"),
    "color": (PIX108, "color conversion"),
    "alteration": (PIX109, "unexpected step"),
}
"""Rule and subject of each trait. Other families cover the other traits."""
_VALUE_STAGES = ("channels", "clip", "cast")
"""Stages of alterations of the values."""
_FRAMING = {"crop": "crop", "fit": "crop", "pad": "padding"}
"""Subject of a difference in framing by its stage, where it is not the resize."""


@PIX103.check
def _trait_mismatches(candidate: Candidate, spec: Spec) -> Iterator[Finding]:
    """Yield the traits in which no exact origin matches the spec (PIX103 to PIX109)."""
    ideal, origins = candidate.ideal, [origin for origin in candidate.origins or () if origin.exact]
    if ideal is None or ideal.plan is None or not origins:
        return
    from sm_imgcheck.ops.compare import differences
    from sm_imgcheck.ops.traits import traits

    extra_alpha = spec.contract.channels < len("RGBA") and all(map(_fills_alpha, origins))  # SHP107
    pipelines = [traits(origin.steps, origin.before) for origin in origins]
    for difference in differences(pipelines, traits(ideal.plan.steps, ideal.plan.before)):
        if difference.trait in _TRAITS and not (difference.trait == "alteration" and extra_alpha):
            rule, subject = _TRAITS[difference.trait]
            subject = _FRAMING.get(difference.stage, subject) if difference.trait == "framing" else subject
            actual = " or ".join(difference.found)
            # Values that were changed after the pixels: those are compared before.
            comparison = ideal if difference.stage not in _VALUE_STAGES else replace(ideal, mean_difference=None)
            if comparison.mean_difference == 0 and difference.trait != "alteration":
                continue  # the spec's plan gives the same pixels
            yield rule.finding(
                f"{subject}: got {actual}, expected {difference.wanted}{_pixel_difference(comparison)}",
                expected=difference.wanted,
                actual=actual,
                severity=_severity(comparison),
            )


def _fills_alpha(origin: Origin) -> bool:
    """Return whether the only step that no spec contains is a constant alpha channel."""
    from sm_imgcheck.ops.records import record

    alterations = [step for step in origin.steps if "alteration" in record(step.op).traits]
    return bool(alterations) and all(step.params.get("channel") == _ALPHA for step in alterations)


_ALPHA = 3


def _severity(ideal: SourceComparison) -> Severity:
    """Return the severity by pixel difference; tensors of different sizes are not comparable and an error."""
    mean, maximum = ideal.mean_difference, ideal.max_difference
    if mean is None or maximum is None or mean > _MAX_MEAN_DIFFERENCE or maximum > _MAX_DIFFERENCE:
        return "error"
    return "warning" if maximum > _ROUNDING else "notice"


def _pixel_difference(ideal: SourceComparison) -> str:
    if ideal.mean_difference is None or ideal.max_difference is None:
        return ""
    return f" (difference: at most {ideal.max_difference:.3g} gray levels, {ideal.mean_difference:.2g} on average)"


def _source(candidate: Candidate) -> str:
    return for_terminal(candidate.ideal.source) if candidate.ideal is not None else "the source image"
