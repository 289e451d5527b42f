"""PIX: how a tensor was made of its source image, where that is at hand. What was found is held against the spec's way.

Channel order, values, dtype and layout have families of their own; here stands what happens to the pixels before.
"""

from __future__ import annotations

from collections.abc import Iterator

from sm_imgcheck.core.escape import for_terminal
from sm_imgcheck.core.types import Candidate, Finding, Ideal, Severity, Spec
from sm_imgcheck.ops.compare import differences, said, traits
from sm_imgcheck.rules import Rule

_MUCH_ON_AVERAGE, _MUCH_AT_MOST = 1.5, 16.0
"""Grey levels from which pixels are wrong: decoders and rounding stay below; bilinear with and without antialias, at
half the size, are 2.6 apart on average and 76 at most."""
_ROUNDING = 1.01
"""Grey levels that two ways to round the same sum may be apart: of no consequence."""


PIX101 = Rule(
    "PIX101",
    "not-this-image",
    severity="error",
    doc="""Nothing that is looked for leads from the source image to this tensor.

    Every turn, mirror image, framing, filter, channel order and value mapping that is usual was tried. The tensor is
    another picture, or this one cut, turned by an odd angle or painted over.

    At an endpoint: an answer about something else.

    In the model's code: see which file the tensor is really made of; switch random augmentation off.
    """,
)


@PIX101.check
def _not_this_image(candidate: Candidate, _: Spec) -> Iterator[Finding]:
    if candidate.origins == ():
        yield PIX101.finding(
            f"it is not made of {_source(candidate)} in any way that is looked for: it is another picture, or "
            "this one cut or altered",
            expected="made of the source image",
            actual="not recognised",
        )


PIX102 = Rule(
    "PIX102",
    "unknown-pipeline",
    severity="warning",
    doc="""The tensor is the source image, by a pipeline that could not be named.

    The nearest explanation leaves differences that arithmetic does not explain: an unusual crop, a filter of another
    library, a blur, a picture that was compressed again. What the message says of the pipeline is the nearest, not the
    truth; so channel order and values are taken as if there were no source.

    At an endpoint: as good or bad as the differences are large.

    In the model's code: write down each step between decode and request, and compare it with the spec's.
    """,
)


@PIX102.check
def _unknown_pipeline(candidate: Candidate, _: Spec) -> Iterator[Finding]:
    origins = candidate.origins
    if origins and not origins[0].exact:
        nearest = origins[0]
        yield PIX102.finding(
            f"it shows {_source(candidate)}, by an unknown pipeline; the nearest leaves "
            f"{nearest.mean_difference:.2g} grey levels on average, {nearest.max_difference:.3g} at most: "
            f"{said([traits(nearest.steps, nearest.before)])}",
            expected="a known pipeline",
            actual=f"{nearest.mean_difference:.2g} grey levels apart on average",
        )


PIX103 = Rule(
    "PIX103",
    "other-turn",
    severity="error",
    see="https://github.com/open-mmlab/mmcv/pull/805",
    doc="""The picture stands turned another way than the spec turns it.

    A camera stores what it sees and notes in EXIF how it was held. OpenCV and browsers turn the picture upright;
    ``Image.open``, TensorFlow and torchvision do not.

    At an endpoint: 200, and a worse answer for every photograph that was taken upright.

    In the model's code: ``ImageOps.exif_transpose(image)`` right after ``Image.open``; or ``IMREAD_IGNORE_ORIENTATION``
    where the spec ignores EXIF.
    """,
)


PIX104 = Rule(
    "PIX104",
    "other-decoder",
    severity="warning",
    see="https://github.com/tensorflow/tensorflow/issues/11623",
    doc="""The file was decoded by other arithmetic than the spec's.

    ``tf.io.decode_jpeg`` uses a fast, biased cosine transform unless ``dct_method="INTEGER_ACCURATE"`` is said; the
    other libraries decode accurately. IMREAD_GRAYSCALE takes the brightness as it is stored.

    At an endpoint: 200; a sample on the edge between two classes may flip.

    In the model's code: use the decoder that the model was trained with.
    """,
)


PIX105 = Rule(
    "PIX105",
    "other-framing",
    severity="error",
    see="https://github.com/ultralytics/ultralytics/issues/7069",
    doc="""The picture was brought to its size another way: stretched, cropped or letterboxed.

    At an endpoint: 200; objects out of proportion or out of sight, and boxes in the wrong place.

    In the model's code: resize and crop as in training, such as the shortest edge to 256 and the central 224x224. A
    tensor cannot be mended: what was cut away is gone. ``convert`` makes it from the image.
    """,
)


PIX106 = Rule(
    "PIX106",
    "other-kernel",
    severity="error",
    see="https://github.com/pytorch/vision/issues/2950",
    doc="""The picture was resized by another filter or another library's arithmetic.

    "Bilinear" is many things: Pillow widens its filter when it shrinks, OpenCV and TensorFlow skip pixels, PyTorch does
    either. How far the results are apart on this very picture decides how much it matters, and is told.

    At an endpoint: 200, and up to some per cent of accuracy.

    In the model's code: use the library and filter of training; ``sm-imgcheck code`` writes it with the same bits.
    """,
)


PIX107 = Rule(
    "PIX107",
    "mirrored",
    severity="error",
    doc="""Left and right stand exchanged.

    A random horizontal flip that belongs to training only, or a camera preview that shows a mirror image.

    At an endpoint: 200; text and sides are wrong, and the answer is another each time where the flip is random.

    In the model's code: leave augmentation out of the pipeline that serves.
    """,
)


PIX108 = Rule(
    "PIX108",
    "other-colours",
    severity="warning",
    doc="""The file's channels were converted by another rule: CMYK, alpha or gray.

    Transparent pixels show what lies beneath, black as a rule, or the background that they are laid on. CMYK has no one
    RGB, and gray is a weighted sum that libraries round differently.

    At an endpoint: 200; odd colours, or a black background where training had white.

    In the model's code: convert as in training. Here: the spec's ``decode`` says what is wanted.
    """,
)


_TRAITS = {
    "turn": (PIX103, "the picture is "),
    "decoder": (PIX104, "it was decoded with "),
    "framing": (PIX105, "the picture was brought to its size otherwise: "),
    "kernel": (PIX106, "it was resized by "),
    "mirror": (PIX107, "the picture is "),
    "colour": (PIX108, "the channels were converted otherwise: "),
}
"""The rule of each trait, and how its message begins. The other traits have families of their own."""


@PIX103.check
def _different_traits(candidate: Candidate, _: Spec) -> Iterator[Finding]:
    """Of each trait in which no origin that explains the tensor does what the spec does (PIX103 to PIX108)."""
    ideal, origins = candidate.ideal, [origin for origin in candidate.origins or () if origin.exact]
    if ideal is None or ideal.plan is None or not origins:
        return
    ways = [traits(origin.steps, origin.before) for origin in origins]
    for difference in differences(ways, traits(ideal.plan.steps, ideal.plan.before)):
        if difference.trait in _TRAITS:
            rule, start = _TRAITS[difference.trait]
            actual = " or ".join(difference.found)
            done = "it was not resized" if actual in ("not resized", "no resize") else f"{start}{actual}"
            yield rule.finding(
                f"{done}; the spec wants {_wish(difference.wanted)}{_apart(ideal)}",
                expected=difference.wanted,
                actual=actual,
                severity=_severity(ideal),
            )


def _wish(wanted: str) -> str:
    """What is done to the picture is wanted of it; what does something is wanted itself."""
    return f"it {wanted}" if wanted.startswith(("not ", "turned", "left", "mirrored")) else wanted


def _severity(ideal: Ideal) -> Severity:
    """By how far the pixels are from the spec's; where they cannot be compared they differ in size."""
    mean, most = ideal.mean_difference, ideal.max_difference
    if mean is None or most is None or mean > _MUCH_ON_AVERAGE or most > _MUCH_AT_MOST:
        return "error"
    return "warning" if most > _ROUNDING else "notice"


def _apart(ideal: Ideal) -> str:
    if ideal.mean_difference is None or ideal.max_difference is None:
        return ""
    how = f"{ideal.max_difference:.3g} grey levels at most, {ideal.mean_difference:.2g} on average"
    return f" (the pixels are {how} from the spec's)"


def _source(candidate: Candidate) -> str:
    return for_terminal(candidate.ideal.source) if candidate.ideal is not None else "the source image"
