"""VAL: values and value range."""

from __future__ import annotations

import math
from collections.abc import Iterator

from sm_imgcheck.core.assumptions import unlikely_range
from sm_imgcheck.core.types import Affine, Candidate, Contract, Facts, Finding, Spec, Values
from sm_imgcheck.core.value_mapping import (
    canonical,
    contract_mapping,
    domain,
    overshoot,
    reverse_channels,
    same,
    span,
    target,
)
from sm_imgcheck.rules import Rule


def _allowed_range(spec: Spec) -> tuple[float, float]:
    return domain(spec.contract, overshoot(spec.geometry))


def is_finite(facts: Facts | None) -> bool:
    """Return whether the range of the values was measured and is finite."""
    return facts is not None and facts.low is not None and math.isfinite(facts.low)


_MEASUREMENT_ERROR = 0.02
"""Gray levels by which a mapping that was measured on values differs from the mapping that produced them."""


def known_mappings(facts: Facts | None, spec: Spec) -> tuple[Affine, Affine] | None:
    """Return the mapping of the tensor and the expected one, if both are known and differ."""
    if facts is None or facts.values is None:
        return None
    values, contract = facts.values, spec.contract
    expected = _expected_mapping(values, contract, facts.channel_order)
    channels = len(expected.scale)
    if channels < len(values.scale):
        values = Affine(scale=values.scale[:channels], offset=values.offset[:channels])
    is_expected = same(values, expected, tolerance=_MEASUREMENT_ERROR)
    return None if is_expected and contract.quantize is None else (values, expected)


def _expected_mapping(values: Affine, contract: Contract, order: str) -> Affine:
    """Return the spec's mapping for the channels of a tensor; SHP107 reports a different channel count."""
    channels = len(values.scale)
    if channels == contract.channels:
        return target(contract, order)
    if (uniform := contract_mapping(contract, channels)) is not None:
        return uniform
    expected = target(contract, order[: contract.channels])
    if channels > contract.channels:
        return expected  # of the colors; the spec has none for alpha
    each = [Affine(scale=(a,), offset=(b,)) for a, b in zip(expected.scale, expected.offset, strict=True)]
    return next((mapping for mapping in each if same(values, mapping)), each[0])


def _is_unscaled(facts: Facts) -> bool:
    return facts.values is not None and same(facts.values, canonical(Values(low=0, high=255), len(facts.values.scale)))


_MAX_SCALED = 1 / 32
"""Steps of a mapping that divides by 255, or by 127.5, are smaller for any std."""


def _is_twice(values: Affine, expected: Affine) -> bool:
    """Return whether ``values`` is the expected mapping, which divides, of pixels that were already divided by 255."""
    if max(expected.scale) > _MAX_SCALED:
        return False
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
    if facts is not None and _is_unscaled(facts) and known_mappings(facts, spec):
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
    if facts is not None and (pair := known_mappings(facts, spec)) and _is_twice(*pair):
        values = spec.contract.values
        by_255 = values.units == "unit" if values.mean is not None else (values.low, values.high) == (0, 1)
        what = "divided by 255 twice" if by_255 else "divided by 255, then scaled as specified"
        yield VAL102.finding(
            f"values {what}: got {_actual_range(facts)}, expected {span(*domain(spec.contract))}{_byte_units(spec)}",
            expected=span(*domain(spec.contract)),
            actual=_actual_range(facts),
        )


def _byte_units(spec: Spec) -> str:
    """The other cause of the same values: (x / 255 - 255 m) / 255 s = (x / 255 / 255 - m) / s."""
    has_mean = spec.contract.values.mean is not None
    return "; the same as mean and std for 0..255 applied to values of 0..1" if has_mean else ""


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
    pair = known_mappings(facts, spec)
    if (
        facts is None
        or facts.scaling
        or pair is None
        or _is_unscaled(facts)
        or _is_twice(*pair)
        or same(pair[0], pair[1], tolerance=_MEASUREMENT_ERROR)
    ):
        return
    if len(pair[0].scale) >= len("RGB") and same(pair[0], reverse_channels(pair[1])):
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
    if (
        facts is None
        or not is_finite(facts)
        or facts.values is not None
        or facts.scaling
        or facts.low is None
        or facts.high is None
    ):
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
    if facts is not None and not facts.scaling and (likely := unlikely_range(facts, spec.contract)):
        sign, probability = likely
        yield VAL105.finding(
            f"values: got {_actual_range(facts)}, expected {span(*domain(spec.contract))}; {sign}",
            expected=span(*domain(spec.contract)),
            actual=_actual_range(facts),
            certainty="likely",
            probability=probability,
        )
