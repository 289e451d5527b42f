"""VAL: values and value range."""

from __future__ import annotations

import math
from collections.abc import Iterator

from sm_imgcheck.core.assumptions import unlikely_range
from sm_imgcheck.core.types import Affine, Candidate, Facts, Finding, Spec, Values
from sm_imgcheck.core.value_mapping import canonical, domain, flipped, overshoot, own, same, span, target
from sm_imgcheck.rules import Rule


def _allowed_range(spec: Spec) -> tuple[float, float]:
    return domain(spec.contract, overshoot(spec.geometry))


def _is_finite(facts: Facts | None) -> bool:
    return facts is not None and facts.low is not None and math.isfinite(facts.low)


def _known_mappings(facts: Facts | None, spec: Spec) -> tuple[Affine, Affine] | None:
    """Return the mapping of the tensor and the expected one, if both are known and differ."""
    if facts is None or facts.values is None:
        return None
    channels = len(facts.values.scale)
    # SHP107 reports a different channel count
    uniform = own(spec.contract, channels) if channels != spec.contract.channels else None
    expected = uniform or target(spec.contract, facts.channel_order)
    return None if same(facts.values, expected) and spec.contract.quantize is None else (facts.values, expected)


def _is_unscaled(facts: Facts) -> bool:
    return facts.values is not None and same(facts.values, canonical(Values(low=0, high=255), len(facts.values.scale)))


def _is_twice(values: Affine, expected: Affine) -> bool:
    """Return whether ``values`` is the expected mapping of pixels that were already divided by 255."""
    again = Affine(scale=tuple(a / 255 for a in expected.scale), offset=expected.offset)
    return same(values, again)


VAL101 = Rule(
    "VAL101",
    "not-scaled",
    severity="error",
    fixed_by="values",
    see="https://github.com/triton-inference-server/server/issues/3325",
    doc="""The values are unscaled pixels, 0..255, and the model expects another range.

    At an endpoint: 200, with one class for every image, or noise: the first layers saturate.

    In the model's code: scale (``x / 255``, ``x / 127.5 - 1``) or normalize as in training, once. Here: ``convert``
    applies the spec's ``value_range`` or ``normalize``.
    """,
)


@VAL101.check
def _not_scaled(candidate: Candidate, spec: Spec) -> Iterator[Finding]:
    facts = candidate.facts
    if facts is not None and _is_unscaled(facts) and _known_mappings(facts, spec):
        yield VAL101.finding(
            f"values not scaled: got 0..255, expected {span(*domain(spec.contract))}",
            expected=span(*domain(spec.contract)),
            actual="0..255",
        )


VAL102 = Rule(
    "VAL102",
    "scaled-twice",
    severity="error",
    fixed_by="values",
    see="https://github.com/huggingface/transformers/pull/25688",
    doc="""The values were divided by 255 twice.

    A model or a processor that scales its input received pixels that were already scaled.

    At an endpoint: 200, and nearly the same prediction for every image: all of them are black.

    In the model's code: scale in one step only (Keras EfficientNet and ConvNeXt scale inside the model; Hugging Face
    processors unless ``do_rescale=False``). Here: ``convert`` undoes both and scales once.
    """,
)


@VAL102.check
def _scaled_twice(candidate: Candidate, spec: Spec) -> Iterator[Finding]:
    facts = candidate.facts
    if facts is not None and (pair := _known_mappings(facts, spec)) and _is_twice(*pair):
        yield VAL102.finding(
            f"values divided by 255 twice: got {_actual_range(facts)}, expected {span(*domain(spec.contract))}",
            expected=span(*domain(spec.contract)),
            actual=_actual_range(facts),
        )


VAL103 = Rule(
    "VAL103",
    "wrong-normalization",
    severity="error",
    fixed_by="values",
    see="https://github.com/keras-team/keras-io/issues/1549",
    doc="""The values were normalized differently than specified.

    All values match another common mapping of the gray levels exactly: the message names it.

    At an endpoint: 200, and a wrong prediction.

    In the model's code: use the scaling that the model was trained with. Here: ``convert`` restores the exact gray
    levels and applies the spec's mapping.
    """,
)


@VAL103.check
def _wrong_normalization(candidate: Candidate, spec: Spec) -> Iterator[Finding]:
    facts = candidate.facts
    pair = _known_mappings(facts, spec)
    if facts is None or pair is None or _is_unscaled(facts) or _is_twice(*pair) or same(pair[0], pair[1]):
        return
    if len(pair[0].scale) >= len("RGB") and same(pair[0], flipped(pair[1])):
        return  # CHN103 is more specific
    yield VAL103.finding(
        f"normalization: got {facts.recipe} ({_actual_range(facts)}), expected {span(*domain(spec.contract))}",
        expected=span(*domain(spec.contract)),
        actual=facts.recipe,
    )


def _actual_range(facts: Facts) -> str:
    return span(facts.low or 0.0, facts.high or 0.0)


VAL104 = Rule(
    "VAL104",
    "out-of-range",
    severity="error",
    fixed_by="values",
    doc="""Values are outside the range of the spec's mapping.

    Their mapping is not a common one, or the image was resized after it, so it cannot be named; but the spec's mapping
    of 0..255 cannot produce these values (with an allowance for filters that overshoot).

    At an endpoint: 200, and a wrong prediction.

    In the model's code: compare the scaling with the model card. Here: state the range of the values, ``--assume
    value_range=0,1``, and ``convert`` maps them; or use ``--allow-guess``.
    """,
)


@VAL104.check
def _out_of_range(candidate: Candidate, spec: Spec) -> Iterator[Finding]:
    facts = candidate.facts
    if facts is None or not _is_finite(facts) or facts.values is not None or facts.low is None or facts.high is None:
        return
    low, high = _allowed_range(spec)
    slack = (high - low) * 1e-3
    if facts.low < low - slack or facts.high > high + slack:
        yield VAL104.finding(
            f"value range: got {span(facts.low, facts.high)}, expected {span(*domain(spec.contract))}",
            expected=span(*domain(spec.contract)),
            actual=span(facts.low, facts.high),
        )


VAL105 = Rule(
    "VAL105",
    "suspicious-range",
    severity="warning",
    fixed_by="values",
    doc="""The values are within the expected range, but unlikely for a photograph.

    Two signs, neither conclusive: no negative values where black maps well below zero (a missing ``- 1``, or values in
    0..1), and no values above 1 where white is 255.

    At an endpoint: 200, and a less accurate prediction.

    In the model's code: print ``array.min()`` and ``array.max()`` of an image that contains black and white. Here: if
    the range is wrong, state the actual range with ``--assume value_range=0,1``.
    """,
)


@VAL105.check
def _suspicious_range(candidate: Candidate, spec: Spec) -> Iterator[Finding]:
    facts = candidate.facts
    if facts is not None and (likely := unlikely_range(facts, spec.contract)):
        sign, probability = likely
        yield VAL105.finding(
            f"values: got {_actual_range(facts)}, expected {span(*domain(spec.contract))}; {sign}",
            expected=span(*domain(spec.contract)),
            actual=_actual_range(facts),
            certainty="likely",
            probability=probability,
        )


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
    that were cast to integers after scaling to 0..1.

    In the model's code: check the steps before the cast. Here: not fixable by ``convert``.
    """,
)


@VAL107.check
def _constant_image(candidate: Candidate, spec: Spec) -> Iterator[Finding]:
    facts = candidate.facts
    if facts is not None and facts.constant and math.prod(facts.shape) > spec.contract.channels:
        value = span(facts.low, facts.high).partition("..")[0]
        yield VAL107.finding(
            f"constant image: got {value} for all {math.prod(facts.shape)} values, expected an image",
            expected="an image",
            actual=value,
        )
    elif facts is not None and facts.constant_channels:
        channels = _channels(facts)
        yield VAL107.finding(
            f"constant channel: got a single value in {channels}, expected an image in every channel",
            expected="an image in every channel",
            actual=channels,
        )


def _channels(facts: Facts) -> str:
    """Return ``channel 0 (R)`` or ``each of channels 0 (R) and 1 (G)``, with the names of the channel order."""
    order = facts.channel_order
    names = [f"{index} ({order[index]})" if len(order) > index else str(index) for index in facts.constant_channels]
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
        or not _is_finite(facts)
        or facts.low is None
        or facts.high is None
    ):
        return
    if _known_mappings(facts, spec):
        return  # expect_range applies to the final tensor only
    if facts.low < expected[0] or facts.high > expected[1]:
        yield VAL108.finding(
            f"value range: got {span(facts.low, facts.high)}, expected {span(*expected)} (expect_range)",
            expected=span(*expected),
            actual=span(facts.low, facts.high),
        )
