"""CHN: which channel is which."""

from __future__ import annotations

from collections.abc import Iterator

from sm_imgcheck.core.assumptions import contradicted_order, likely_order
from sm_imgcheck.core.types import Candidate, Facts, Finding, Spec
from sm_imgcheck.core.value_mapping import flipped, same, target
from sm_imgcheck.rules import Rule

CHN101 = Rule(
    "CHN101",
    "wrong-channel-order",
    severity="error",
    fixed_by="reorder",
    see="https://github.com/ultralytics/ultralytics/issues/10289",
    doc="""The channels stand in another order than the model takes them.

    OpenCV decodes to BGR, Pillow to RGB; models keep the order of the library they were trained with.

    At an endpoint: 200, and a worse answer that nobody notices. No server can tell.

    In the model's code: ``image[..., ::-1]``, before mean and std are applied. Here: ``convert`` reorders.
    """,
)


@CHN101.check
def _wrong_channel_order(candidate: Candidate, spec: Spec) -> Iterator[Finding]:
    facts, wanted = candidate.facts, spec.contract.channel_order
    if facts is not None and facts.channel_order != wanted and sorted(facts.channel_order) == sorted(wanted):
        yield CHN101.finding(
            f"the channels stand as {facts.channel_order}; the model takes {wanted}",
            expected=wanted,
            actual=facts.channel_order,
        )


CHN102 = Rule(
    "CHN102",
    "channel-order-assumed",
    severity="notice",
    doc="""The channel order of a tensor was taken from the spec.

    Nothing in an array says for certain whether its first channel is red or blue. It is taken to be as the spec wants
    it; where the colours speak clearly for it or against it (see CHN104), the message says so.

    If your pipeline decodes with OpenCV and never converts, say ``--assume channel_order=BGR`` and ``convert`` mends
    it.
    """,
)


@CHN102.check
def _channel_order_assumed(candidate: Candidate, spec: Spec) -> Iterator[Finding]:
    facts = candidate.facts
    if facts is None or not _assumed(candidate, facts):
        return
    likely = likely_order(facts)
    chance = f"(p={_rounded(facts.order_probability)})"
    if not likely:
        message = f"an array does not tell its channel order: taken to be {facts.channel_order}"
    elif likely == facts.channel_order:
        message = f"the channel order is taken to be {facts.channel_order}, as the colours bear out {chance}"
    else:
        message = (
            f"the channel order is taken to be {facts.channel_order}, though the colours speak for {likely} {chance}"
        )
    yield CHN102.finding(
        f"{message} (if it is not: {_vouching(facts)})",
        expected=spec.contract.channel_order,
        actual="not told",
    )


def _assumed(candidate: Candidate, facts: Facts) -> bool:
    """Whether the order is neither seen nor vouched for."""
    return candidate.kind in ("tensor", "request") and f"channel_order={facts.channel_order}" in facts.assumed


def _rounded(probability: float) -> str:
    """Two digits, or three where two would say that it is certain."""
    return f"{probability:.2f}" if probability < 0.995 else f"{probability:.3f}"


def _vouching(facts: Facts) -> str:
    return f"--assume channel_order={facts.channel_order[2::-1]}{facts.channel_order[3:]}"


CHN104 = Rule(
    "CHN104",
    "likely-other-order",
    severity="warning",
    fixed_by="reorder",
    doc="""The colours look like those of a photograph with red and blue exchanged.

    Skies are blue and stand at the top, skin, wood and soil are not blue: what a picture's colours say of its order
    is put together, for a batch over as many as sixteen of its images. Fitted on 990 photographs: where it says 0.9
    or more it was right in 97 or 98 of 100 that it had not seen. Diagrams, false colours, and pictures from under
    water or through a microscope are no such photographs: there it may be wrong.

    At an endpoint: 200, and a worse answer that nobody notices. No server can tell.

    In the model's code: ``image[..., ::-1]``, before mean and std are applied, where the image was decoded with
    OpenCV for a model that takes RGB. Here: ``convert`` writes nothing until the order is given. Look at the picture,
    then give ``--assume channel_order=BGR``, and ``convert`` reorders; or ``--assume channel_order=RGB`` (what the
    model takes), and this warning does not appear again. ``--allow-guess`` applies the likely order.
    """,
)


@CHN104.check
def _likely_other_order(candidate: Candidate, spec: Spec) -> Iterator[Finding]:
    facts = candidate.facts
    if facts is None or not _assumed(candidate, facts):
        return
    if likely := contradicted_order(facts):
        wanted = spec.contract.channel_order
        wanted = wanted if len(wanted) == len(likely) else facts.channel_order
        yield CHN104.finding(
            f"the channels stand probably as {likely} (p={_rounded(facts.order_probability)}); "
            f"the model takes {wanted} (if so: {_vouching(facts)})",
            expected=wanted,
            actual=likely,
            certainty="likely",
            probability=facts.order_probability,
        )


CHN103 = Rule(
    "CHN103",
    "statistics-in-other-order",
    severity="error",
    fixed_by="values",
    see="https://github.com/roboflow/inference/pull/2828",
    doc="""Mean and std were applied in the other channel order.

    The values lie exactly where the spec's mean and std put them, but with the first and the last channel exchanged:
    an RGB mean on BGR data, or the other way round.

    At an endpoint: 200, and probabilities that are off by a little.

    In the model's code: list mean and std in the order in which the channels are stored at that point. Here:
    ``convert`` takes them off and applies them rightly.
    """,
)


@CHN103.check
def _statistics_in_other_order(candidate: Candidate, spec: Spec) -> Iterator[Finding]:
    facts, contract = candidate.facts, spec.contract
    if facts is None or facts.values is None or contract.channels < len("RGB"):
        return
    wanted, order = target(contract, facts.channel_order), facts.channel_order
    if same(facts.values, flipped(wanted)) and not same(facts.values, wanted):
        yield CHN103.finding(
            f"mean and std were applied in the order {order[2::-1]}; the channels stand as {order}",
            expected=order,
            actual=order[2::-1] + order[3:],
        )
