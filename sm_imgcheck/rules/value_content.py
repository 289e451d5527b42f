"""VAL: values that are not finite, constant, or outside an asserted range."""

from __future__ import annotations

import math
from collections.abc import Iterator

from sm_imgcheck.core.types import Candidate, Facts, Finding, Spec
from sm_imgcheck.core.value_mapping import domain, span
from sm_imgcheck.rules import Rule
from sm_imgcheck.rules.values import is_finite, known_mappings

VAL106 = Rule(
    "VAL106",
    "non-finite",
    severity="error",
    doc="""The array contains NaN or infinite values.

    A division by a zero std, an overflow in float16, or uninitialized memory.

    At an endpoint: JSON bodies with NaN are rejected (or accepted, with NaN in the response); binary bodies give NaN
    for every class.

    In the model's code: find the division; check std and the dtype of the computation. Here: not fixable by
    ``convert``.
    """,
)


@VAL106.check
def _non_finite(candidate: Candidate, spec: Spec) -> Iterator[Finding]:
    facts = candidate.facts
    if facts is not None and (facts.nans or facts.infinities):
        counts = [f"{count} {name}" for count, name in ((facts.nans, "NaN"), (facts.infinities, "infinite")) if count]
        actual = " and ".join(counts)
        yield VAL106.finding(
            f"non-finite values: got {actual} of {math.prod(facts.shape)} values, "
            f"expected finite values in {span(*domain(spec.contract))}",
            expected="finite",
            actual=actual,
        )


VAL107 = Rule(
    "VAL107",
    "constant-image",
    severity="warning",
    doc="""All values are equal, in the complete array or in a channel.

    An array that was allocated and never filled, a failed decode, a channel that was overwritten or masked, or values
    that were cast to integers after scaling to 0..1. An error if the source image has details.

    In the model's code: check the steps before the cast. Here: not fixable by ``convert``.
    """,
)


@VAL107.check
def _constant_image(candidate: Candidate, spec: Spec) -> Iterator[Finding]:
    facts = candidate.facts
    if facts is not None and facts.constant and math.prod(facts.shape) > spec.contract.channels:
        value = span(facts.low, facts.high).partition("..")[0]
        ideal = candidate.ideal
        has_details = ideal is not None and ideal.resemblance is not None
        source = " with the details of the source image" if has_details else ""
        yield VAL107.finding(
            f"constant image: got {value} for all {math.prod(facts.shape)} values, expected an image{source}",
            expected="an image",
            actual=value,
            severity="error" if has_details else VAL107.severity,
        )
    elif facts is not None and (constant := _constant_colors(facts)):
        channels = _channels(facts, constant)
        yield VAL107.finding(
            f"constant channel: got a single value in {channels}, expected an image in every channel",
            expected="an image in every channel",
            actual=channels,
        )


def _constant_colors(facts: Facts) -> list[int]:
    """Return the constant channels but alpha, which is constant in every opaque image."""
    return [index for index in facts.constant_channels if facts.channel_order[index : index + 1] != "A"]


def _channels(facts: Facts, constant: list[int]) -> str:
    """Return ``channel 0 (R)`` or ``each of channels 0 (R) and 1 (G)``, with the names of the channel order."""
    order = facts.channel_order
    names = [f"{index} ({order[index]})" if len(order) > index else str(index) for index in constant]
    return f"channel {names[0]}" if len(names) == 1 else f"each of channels {' and '.join(names)}"


VAL108 = Rule(
    "VAL108",
    "outside-expected-range",
    severity="error",
    doc="""The final tensor violates the spec's ``expect_range``.

    ``expect_range`` is an assertion on the values that the model receives; a tensor that violates it is not written.

    In the model's code: check the assertion against the training pipeline. Here: fix the tensor or the assertion.
    """,
)


@VAL108.check
def _outside_expected_range(candidate: Candidate, spec: Spec) -> Iterator[Finding]:
    facts, expected = candidate.facts, spec.contract.expect_range
    if (
        facts is None
        or expected is None
        or facts.domain
        or not is_finite(facts)
        or facts.low is None
        or facts.high is None
    ):
        return
    if known_mappings(facts, spec):
        return  # expect_range applies to the final tensor only
    if facts.low < expected[0] or facts.high > expected[1]:
        yield VAL108.finding(
            f"value range: got {span(facts.low, facts.high)}, expected {span(*expected)} (expect_range)",
            expected=span(*expected),
            actual=span(facts.low, facts.high),
        )
