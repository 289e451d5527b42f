"""VAL: values scaled by numbers that come from the image itself."""

from __future__ import annotations

from collections.abc import Iterator

from sm_imgcheck.core.types import Candidate, Finding, Spec
from sm_imgcheck.core.value_mapping import domain, span
from sm_imgcheck.rules import Rule

VAL111 = Rule(
    "VAL111",
    "per-image-scaling",
    severity="error",
    fixed_by="values",
    see="https://www.tensorflow.org/api_docs/python/tf/image/per_image_standardization",
    doc="""The values were scaled by the mean and std, or the minimum and maximum, of each image.

    ``tf.image.per_image_standardization``, ``(x - x.mean()) / x.std()``, ``x / x.max()``, ``cv2.normalize`` with
    NORM_MINMAX. The same pixel becomes another number in each image. A model that was trained with constant numbers
    receives a different brightness and contrast for each image.

    Standardized images have a mean of 0 and a std of 1 (over all values, or in each channel), which no constant numbers
    give to more than three digits. The evenly spaced gray levels show a division by a maximum other than 255.

    At an endpoint: 200, and a less accurate prediction.

    In the model's code: use the constants of training (``x / 255``; mean and std of the data set). Here: fixable by
    ``convert`` only with ``--source``, because the tensor does not store the numbers that it was scaled by.
    """,
)


@VAL111.check
def _per_image_scaling(candidate: Candidate, spec: Spec) -> Iterator[Finding]:
    facts = candidate.facts
    if facts is not None and facts.scaling:
        expected = span(*domain(spec.contract))
        yield VAL111.finding(
            f"normalization: got {facts.scaling} ({span(facts.low, facts.high)}), "
            f"expected the same mapping for every image, to {expected}",
            expected=expected,
            actual=facts.scaling,
            fixable=facts.values is not None,
        )
