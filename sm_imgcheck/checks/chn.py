"""CHN: which channel is which."""

from __future__ import annotations

from collections.abc import Iterator

from sm_imgcheck.checks._registry import Mismatch, check
from sm_imgcheck.mapping import flipped, same, target
from sm_imgcheck.model import Candidate, Spec


@check("CHN101", severity="error", fixed_by="reorder", see="https://github.com/ultralytics/ultralytics/issues/10289")
def wrong_channel_order(candidate: Candidate, spec: Spec) -> Iterator[Mismatch]:
    """The channels stand in another order than the model takes them.

    OpenCV decodes to BGR, Pillow to RGB; models keep the order of the library they were trained with.

    At an endpoint: 200, and a worse answer that nobody notices. No server can tell.

    In the model's code: ``image[..., ::-1]``, before mean and std are applied. Here: ``convert`` reorders.
    """
    facts, wanted = candidate.facts, spec.contract.channel_order
    if facts is not None and facts.channel_order != wanted and sorted(facts.channel_order) == sorted(wanted):
        yield Mismatch(
            message=f"the channels stand as {facts.channel_order}; the model takes {wanted}",
            expected=wanted,
            actual=facts.channel_order,
        )


@check("CHN102", severity="notice")
def channel_order_assumed(candidate: Candidate, spec: Spec) -> Iterator[Mismatch]:
    """The channel order of a tensor was taken from the spec.

    Nothing in an array says whether its first channel is red or blue. It is taken to be as the spec wants it.

    If your pipeline decodes with OpenCV and never converts, say ``--assume channel_order=BGR`` and ``convert`` mends
    it.
    """
    facts = candidate.facts
    if candidate.kind not in ("tensor", "request") or facts is None:
        return
    taken = f"channel_order={facts.channel_order}"
    if taken in facts.assumed:
        yield Mismatch(
            message=f"an array does not tell its channel order: taken to be {facts.channel_order} "
            f"(if it is not: --assume channel_order={facts.channel_order[2::-1]}{facts.channel_order[3:]})",
            expected=spec.contract.channel_order,
            actual="not told",
        )


@check("CHN103", severity="error", fixed_by="values", see="https://github.com/roboflow/inference/pull/2828")
def statistics_in_other_order(candidate: Candidate, spec: Spec) -> Iterator[Mismatch]:
    """Mean and std were applied in the other channel order.

    The values lie exactly where the spec's mean and std put them, but with the first and the last channel exchanged:
    an RGB mean on BGR data, or the other way round.

    At an endpoint: 200, and probabilities that are off by a little.

    In the model's code: list mean and std in the order in which the channels are stored at that point. Here:
    ``convert`` takes them off and applies them rightly.
    """
    facts, contract = candidate.facts, spec.contract
    if facts is None or facts.values is None or contract.channels < len("RGB"):
        return
    wanted, order = target(contract, facts.channel_order), facts.channel_order
    if same(facts.values, flipped(wanted)) and not same(facts.values, wanted):
        yield Mismatch(
            message=f"mean and std were applied in the order {order[2::-1]}; the channels stand as {order}",
            expected=order,
            actual=order[2::-1] + order[3:],
        )
