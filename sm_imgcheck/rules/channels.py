"""CHN: channel order; from which probability on colors contradict it is in ``core/assumptions.py``."""

from __future__ import annotations

from collections.abc import Iterator

from sm_imgcheck.core.assumptions import contradicted_order, likely_order
from sm_imgcheck.core.phrases import percentage
from sm_imgcheck.core.types import Candidate, Facts, Finding, Spec
from sm_imgcheck.core.value_mapping import reverse_channels, same, target
from sm_imgcheck.rules import Rule

CHN101 = Rule(
    "CHN101",
    "wrong-channel-order",
    severity="error",
    fixed_by="reorder",
    see="https://github.com/ultralytics/ultralytics/issues/10289",
    doc="""The channel order does not match the spec.

    OpenCV decodes to BGR, Pillow to RGB. A model expects the order of the library it was trained with.

    At an endpoint: 200, and a less accurate prediction without any error. No server can detect it.

    In the model's code: ``image[..., ::-1]``, before mean and std are applied. Here: ``convert`` reorders.
    """,
)


@CHN101.check
def _wrong_channel_order(candidate: Candidate, spec: Spec) -> Iterator[Finding]:
    facts, expected = candidate.facts, spec.contract.channel_order
    if facts is not None and facts.channel_order != expected and sorted(facts.channel_order) == sorted(expected):
        yield CHN101.finding(
            f"channel order: got {facts.channel_order}, expected {expected}",
            expected=expected,
            actual=facts.channel_order,
        )


CHN102 = Rule(
    "CHN102",
    "channel-order-assumed",
    severity="notice",
    doc="""The channel order of a tensor is assumed from the spec.

    An array does not store whether its first channel is red or blue. The order of the spec is assumed; where the color
    statistics clearly agree with it, the message states so. Where they contradict it, CHN104 is reported instead.

    If your pipeline decodes with OpenCV and does not convert, pass ``--assume channel_order=BGR``, and ``convert``
    reorders.
    """,
)


@CHN102.check
def _channel_order_assumed(candidate: Candidate, spec: Spec) -> Iterator[Finding]:
    facts = candidate.facts
    if facts is None or not _is_assumed(candidate, facts) or contradicted_order(facts):
        return
    if candidate.origins and candidate.origins[0].exact:
        evidence = f"image {candidate.origins[0].image} of {facts.length('N')} has it by its source"
    elif likely_order(facts):
        evidence = f"color statistics agree ({percentage(facts.order_probability)})"
    else:
        evidence = "arrays do not store it"
    yield CHN102.finding(
        f"channel order assumed {facts.channel_order}; {evidence}; if wrong: {_assume_option(facts)}",
        expected=spec.contract.channel_order,
        actual="not stored",
    )


def _is_assumed(candidate: Candidate, facts: Facts) -> bool:
    """Return whether the order is neither observed nor set with ``--assume``."""
    return candidate.kind in ("tensor", "request") and f"channel_order={facts.channel_order}" in facts.assumed


def _assume_option(facts: Facts) -> str:
    return f"--assume channel_order={facts.channel_order[2::-1]}{facts.channel_order[3:]}"


CHN104 = Rule(
    "CHN104",
    "likely-wrong-channel-order",
    severity="warning",
    fixed_by="reorder",
    doc="""The color statistics are those of a photograph with red and blue swapped.

    In photographs, skies are blue, smooth and at the top; leaves, skin, wood and soil are rougher and not blue. A model
    of such statistics estimates the order, for a batch over up to 16 of its images. On photographs outside of its fit,
    98.8 % of the estimates with a probability of 0.9 or more were correct, 98.5 % at 32x32 pixels.

    Drawings, charts, pages, false color, tinted film, colored light and images from a microscope are recognized and not
    estimated: at most 1.8 % of each of 28 such kinds were reported. Negatives and rotated hues look like swapped
    channels: 4 and 9 % are reported. Batches of which most images are such, or whose images contradict each other, are
    not estimated. The estimate of a batch ignores a few swapped images, about 3 of 16.

    At an endpoint: 200, and a less accurate prediction without any error. No server can detect it.

    In the model's code: ``image[..., ::-1]``, before mean and std are applied, where the image was decoded with
    OpenCV for an RGB model. Here: ``convert`` writes no output until the order is given. View the image, then pass
    ``--assume channel_order=BGR``, and ``convert`` reorders; or ``--assume channel_order=RGB`` (the order of the
    spec), and the warning disappears. ``--allow-guess`` applies the likely order.
    """,
)


@CHN104.check
def _likely_wrong_channel_order(candidate: Candidate, spec: Spec) -> Iterator[Finding]:
    facts = candidate.facts
    if facts is None or not _is_assumed(candidate, facts):
        return
    if likely := contradicted_order(facts):
        expected = spec.contract.channel_order
        expected = expected if len(expected) == len(likely) else facts.channel_order
        yield CHN104.finding(
            f"channel order is probably {likely} ({percentage(facts.order_probability)}), "
            f"expected {expected}; if so: {_assume_option(facts)}",
            expected=expected,
            actual=likely,
            certainty="likely",
            probability=facts.order_probability,
        )


CHN103 = Rule(
    "CHN103",
    "mean-std-order-mismatch",
    severity="error",
    fixed_by="values",
    see="https://github.com/roboflow/inference/pull/2828",
    doc="""Mean and std were applied in the wrong channel order.

    The values match the spec's mean and std with the first and the last channel swapped: an RGB mean on BGR data, or a
    BGR mean on RGB data.

    At an endpoint: 200, and slightly wrong probabilities.

    In the model's code: list mean and std in the channel order that the data has at that point. Here: ``convert``
    undoes them and applies them in the correct order.
    """,
)


@CHN103.check
def _mean_std_order_mismatch(candidate: Candidate, spec: Spec) -> Iterator[Finding]:
    facts, contract = candidate.facts, spec.contract
    if facts is None or facts.values is None or contract.channels < len("RGB"):
        return
    mapping, order = target(contract, facts.channel_order), facts.channel_order
    if same(facts.values, reverse_channels(mapping)) and not same(facts.values, mapping):
        yield CHN103.finding(
            f"order of mean and std: got {order[2::-1]}, expected {order} like the channels",
            expected=order,
            actual=order[2::-1] + order[3:],
        )
