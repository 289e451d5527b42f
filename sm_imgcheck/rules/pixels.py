"""PIX: how a tensor was produced from its source image, compared with the spec.

Other families cover channel order, values, dtype and layout; these rules cover the pixel operations before them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from sm_imgcheck.core.types import Candidate, Finding, Origin, Severity, SourceComparison, Spec
from sm_imgcheck.rules import Rule

_MAX_MEAN_DIFFERENCE, _MAX_DIFFERENCE = 1.5, 16.0
"""Gray levels above which pixels are wrong: decoders and rounding stay below; bilinear with and without antialias, at
half the size, differ by 2.6 on average and by 76 at most."""
_ROUNDING = 1.01
"""Largest difference in gray levels between two ways to round the same sum: negligible."""


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
    every = [
        each for each in differences(pipelines, traits(ideal.plan.steps, ideal.plan.before)) if each.trait in _TRAITS
    ]
    of_pixels = [each for each in every if each.stage not in _VALUE_STAGES]
    for difference in every:
        if difference.trait == "alteration" and extra_alpha:
            continue
        rule, subject = _TRAITS[difference.trait]
        subject = _FRAMING.get(difference.stage, subject) if difference.trait == "framing" else subject
        actual = " or ".join(difference.found)
        # Values that were changed after the pixels: those are compared before.
        comparison = ideal if difference in of_pixels else replace(ideal, mean_difference=None)
        if comparison.mean_difference == 0 and difference.trait != "alteration":
            continue  # the spec's plan gives the same pixels
        is_shared = comparison is ideal and len(of_pixels) > 1
        severity, pixels = _severity(comparison), _pixel_difference(comparison, is_shared=is_shared)
        yield rule.finding(
            f"{subject}: got {actual}, expected {difference.expected}{pixels}",
            expected=difference.expected,
            actual=actual,
            severity=rule.severity if is_shared and severity == "error" else severity,
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


def _pixel_difference(ideal: SourceComparison, *, is_shared: bool) -> str:
    if ideal.mean_difference is None or ideal.max_difference is None:
        return ""
    subject = "difference of all changes together" if is_shared else "difference"
    return f" ({subject}: at most {ideal.max_difference:.3g} gray levels, {ideal.mean_difference:.2g} on average)"
