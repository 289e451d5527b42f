"""VAL: spacing of the values."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from sm_imgcheck.core.assumptions import contradicted_layout
from sm_imgcheck.core.types import Candidate, Channel, Finding, Spec
from sm_imgcheck.core.value_mapping import domain, span, target
from sm_imgcheck.rules import Rule

_MIN_NORMALIZED = -3
"""Lower bound of normalized values: with ImageNet's mean and std black is -2.1 and white 2.6."""
_TOLERANCE = 0.3
"""Gray levels between two grids of float16 that count as equal."""


VAL109 = Rule(
    "VAL109",
    "scaled-then-truncated",
    severity="error",
    doc="""Scaled values were cast to integers, and most of the image is lost.

    ``(image / 255).astype("uint8")`` is 1 for white pixels and 0 for all others; after mean and std, only the integers
    -2 to 2 remain; in uint8 the negative ones become 254 and 255. A mask, or an image that is black except for a level
    or two, has the same values: hence "likely".

    At an endpoint: 200, and nearly the same prediction for every image.

    In the model's code: cast to integers before scaling, or not at all. Here: not fixable by ``convert``, because the
    lost values cannot be recovered.
    """,
)


@VAL109.check
def _scaled_then_truncated(candidate: Candidate, spec: Spec) -> Iterator[Finding]:
    facts = candidate.facts
    if facts is None or facts.domain or not facts.dtype.startswith(("int", "uint")):
        return
    if facts.low is None or facts.high is None or not _MIN_NORMALIZED <= facts.low < facts.high:
        return
    if facts.high <= (1 if facts.low >= 0 else -_MIN_NORMALIZED):
        actual, expected = span(facts.low, facts.high), span(*domain(spec.contract))
        overflow = ", negative ones wrapped around" if facts.dtype.startswith("u") and facts.low < 0 else ""
        yield VAL109.finding(
            f"scaled values cast to integers: got the integers {actual} ({facts.dtype}{overflow}), "
            f"expected {spec.contract.dtype} values in {expected} (likely)",
            expected=expected,
            actual=actual,
            certainty="likely",
            probability=0.95,
        )


VAL110 = Rule(
    "VAL110",
    "value-spacing-mismatch",
    severity="error",
    doc="""The spacing of the values does not match the spec's mean and std.

    With any mean and std, the 256 gray levels of an image are evenly spaced, by 1 / (255 std) for mean and std of
    x / 255, in each channel. Here they are evenly spaced, but the spacing does not match the spec's std, or the offset
    does not match its mean. The mapping is not a common one, and the image has no black or no white, so its mean is
    known only up to an integer number of gray levels.

    At an endpoint: 200, and a less accurate prediction.

    In the model's code: compare mean and std, and their order, with the model card. Here: state the range of the
    values, ``--assume value_range=...``.
    """,
)


@VAL110.check
def _value_spacing_mismatch(candidate: Candidate, spec: Spec) -> Iterator[Finding]:
    facts, contract = candidate.facts, spec.contract
    if facts is None or facts.scaling or len(facts.channels) != contract.channels or contract.quantize is not None:
        return
    if contradicted_layout(facts):  # the channels are mixed
        return
    mapping = target(contract, facts.channel_order)
    pairs = list(zip(facts.channels, mapping.scale, mapping.offset, strict=True))
    full = (facts.precision or facts.dtype) in ("float32", "float64")
    tolerance = _TOLERANCE / 6 if full else _TOLERANCE
    if any(channel.step and not _matches(channel, a, b, tolerance) for channel, a, b in pairs):
        actual = _format_list(channel.step for channel, _, _ in pairs)
        expected = _format_list(mapping.scale)
        message = f"spacing of the values by channel: got {actual}, expected {expected} (the spec's std)"
        if all(_has_spacing(channel, a, tolerance) for channel, a, _ in pairs):
            message = f"offset of the values: got another offset, expected the spec's mean; spacing {actual} matches"
        yield VAL110.finding(message, expected=expected, actual=actual)


def _format_list(steps: Iterable[float]) -> str:
    return f"[{', '.join(f'{step:.4g}' for step in steps)}]"


def _has_spacing(channel: Channel, scale: float, tolerance: float) -> bool:
    return abs(channel.step / scale - 1) * channel.levels < tolerance


def _matches(channel: Channel, scale: float, offset: float, tolerance: float) -> bool:
    """Return whether a mapping explains the grid: all its levels, or every second or third level."""
    factor, level = channel.step / scale, (channel.low - offset) / scale
    return (
        abs(factor - round(factor)) * channel.levels < tolerance
        and round(factor) >= 1
        and abs(level - round(level)) < tolerance
    )
