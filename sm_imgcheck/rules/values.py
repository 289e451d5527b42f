"""VAL: the numbers themselves."""

from __future__ import annotations

import math
from collections.abc import Iterator

from sm_imgcheck.core.assumptions import unlikely_range
from sm_imgcheck.core.types import Affine, Candidate, Facts, Finding, Spec, Values
from sm_imgcheck.core.value_mapping import canonical, domain, flipped, overshoot, own, same, span, target
from sm_imgcheck.rules import Rule


def _wanted(spec: Spec) -> tuple[float, float]:
    return domain(spec.contract, overshoot(spec.geometry))


def _finite(facts: Facts | None) -> bool:
    return facts is not None and facts.low is not None and math.isfinite(facts.low)


def _known(facts: Facts | None, spec: Spec) -> tuple[Affine, Affine] | None:
    """The mapping that the tensor has and the one that it should have, where both are known and differ."""
    if facts is None or facts.values is None:
        return None
    channels = len(facts.values.scale)
    alike = own(spec.contract, channels) if channels != spec.contract.channels else None  # SHP107 reports the number
    wanted = alike or target(spec.contract, facts.channel_order)
    return None if same(facts.values, wanted) and spec.contract.quantize is None else (facts.values, wanted)


def _untouched(facts: Facts) -> bool:
    return facts.values is not None and same(facts.values, canonical(Values(low=0, high=255), len(facts.values.scale)))


def _is_twice(values: Affine, wanted: Affine) -> bool:
    """Whether ``values`` is the wanted mapping applied to pixels that had been divided by 255 before."""
    again = Affine(scale=tuple(a / 255 for a in wanted.scale), offset=wanted.offset)
    return same(values, again)


VAL101 = Rule(
    "VAL101",
    "not-scaled",
    severity="error",
    fixed_by="values",
    see="https://github.com/triton-inference-server/server/issues/3325",
    doc="""The values are raw pixels, 0..255, and the model takes other numbers.

    At an endpoint: 200, with one class for every picture, or noise: the first layers saturate.

    In the model's code: scale (``x / 255``, ``x / 127.5 - 1``) or normalize as in training, once. Here: ``convert``
    does what the spec's ``value_range`` or ``normalize`` says.
    """,
)


@VAL101.check
def _not_scaled(candidate: Candidate, spec: Spec) -> Iterator[Finding]:
    facts = candidate.facts
    if facts is not None and _untouched(facts) and _known(facts, spec):
        yield VAL101.finding(
            f"the values are pixels, 0..255, not scaled; the model takes {span(*domain(spec.contract))}",
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

    A model or a processor that scales by itself was given pixels that had been scaled already.

    At an endpoint: 200, and nearly the same answer for every picture: all of them are black.

    In the model's code: scale in one place only (Keras EfficientNet and ConvNeXt do it inside the model; Hugging
    Face processors unless ``do_rescale=False``). Here: ``convert`` takes both off and scales once.
    """,
)


@VAL102.check
def _scaled_twice(candidate: Candidate, spec: Spec) -> Iterator[Finding]:
    facts = candidate.facts
    if facts is not None and (pair := _known(facts, spec)) and _is_twice(*pair):
        yield VAL102.finding(
            f"the values were divided by 255 twice: {_seen(facts)}; the model takes {span(*domain(spec.contract))}",
            expected=span(*domain(spec.contract)),
            actual=_seen(facts),
        )


VAL103 = Rule(
    "VAL103",
    "other-recipe",
    severity="error",
    fixed_by="values",
    see="https://github.com/keras-team/keras-io/issues/1549",
    doc="""The values were made by another recipe than the spec's.

    Every value lies exactly where another usual mapping of the grey levels puts it: the message names it.

    At an endpoint: 200, and a wrong answer.

    In the model's code: use the scaling that the model was trained with. Here: ``convert`` goes back to the grey
    levels, exactly, and applies the spec's.
    """,
)


@VAL103.check
def _other_recipe(candidate: Candidate, spec: Spec) -> Iterator[Finding]:
    facts = candidate.facts
    pair = _known(facts, spec)
    if facts is None or pair is None or _untouched(facts) or _is_twice(*pair) or same(pair[0], pair[1]):
        return
    if len(pair[0].scale) >= len("RGB") and same(pair[0], flipped(pair[1])):
        return  # CHN103 says it better
    yield VAL103.finding(
        f"the values were {_done(facts.recipe)}: {_seen(facts)}; the model takes {span(*domain(spec.contract))}",
        expected=span(*domain(spec.contract)),
        actual=facts.recipe,
    )


def _done(recipe: str) -> str:
    """``divided by 255`` is said as it is; mean and std are what something was made with."""
    return recipe if recipe.startswith(("divided", "multiplied", "0..255")) else f"made with {recipe}"


def _seen(facts: Facts) -> str:
    return span(facts.low or 0.0, facts.high or 0.0)


VAL104 = Rule(
    "VAL104",
    "out-of-range",
    severity="error",
    fixed_by="values",
    doc="""Values lie where the spec's mapping puts none.

    The mapping that made them is not a usual one, or the picture was resized after it, so that it cannot be named;
    but the spec's own mapping of 0..255 cannot give these numbers (an allowance is made for filters that overshoot).

    At an endpoint: 200, and a wrong answer.

    In the model's code: compare the scaling with the model card. Here: say what the values stand for, ``--assume
    value_range=0,1``, and ``convert`` maps them; or let it guess with ``--allow-guess``.
    """,
)


@VAL104.check
def _out_of_range(candidate: Candidate, spec: Spec) -> Iterator[Finding]:
    facts = candidate.facts
    if facts is None or not _finite(facts) or facts.values is not None or facts.low is None or facts.high is None:
        return
    low, high = _wanted(spec)
    slack = (high - low) * 1e-3
    if facts.low < low - slack or facts.high > high + slack:
        yield VAL104.finding(
            f"the values span {span(facts.low, facts.high)}; the model takes {span(*domain(spec.contract))}",
            expected=span(*domain(spec.contract)),
            actual=span(facts.low, facts.high),
        )


VAL105 = Rule(
    "VAL105",
    "range-looks-wrong",
    severity="warning",
    fixed_by="values",
    doc="""The values keep inside the model's range, but hardly a photograph would.

    Two signs, neither a proof: nothing below zero where black should be well below it (the minus 1 was forgotten, or
    the values are 0..1), and nothing above 1 where white should be 255.

    At an endpoint: 200, and a worse answer.

    In the model's code: look at ``array.min()`` and ``array.max()`` of a picture that has black and white in it.
    Here: if it is wrong, say what the values are with ``--assume value_range=0,1``.
    """,
)


@VAL105.check
def _range_looks_wrong(candidate: Candidate, spec: Spec) -> Iterator[Finding]:
    facts = candidate.facts
    if facts is not None and (doubt := unlikely_range(facts, spec.contract)):
        yield _likely(facts, spec, *doubt)


def _likely(facts: Facts, spec: Spec, sign: str, probability: float) -> Finding:
    return VAL105.finding(
        f"the values ({_seen(facts)}) {sign}; the model takes {span(*domain(spec.contract))}",
        expected=span(*domain(spec.contract)),
        actual=_seen(facts),
        certainty="likely",
        probability=probability,
    )


VAL106 = Rule(
    "VAL106",
    "not-finite",
    severity="error",
    doc="""There are NaN or infinite values.

    A division by a zero std, an overflow in float16, or uninitialised memory.

    At an endpoint: JSON bodies with NaN are refused (or taken and answered with NaN); binary ones give NaN for every
    class.

    In the model's code: find the division; check std and the dtype it is done in. Here: nothing mends it.
    """,
)


@VAL106.check
def _not_finite(candidate: Candidate, spec: Spec) -> Iterator[Finding]:
    facts = candidate.facts
    if facts is not None and (facts.nans or facts.infinities):
        what = [f"{count} {name}" for count, name in ((facts.nans, "NaN"), (facts.infinities, "infinite")) if count]
        yield VAL106.finding(
            f"{' and '.join(what)} of {math.prod(facts.shape)} values; the model takes {span(*domain(spec.contract))}",
            expected="finite",
            actual=" and ".join(what),
        )


VAL107 = Rule(
    "VAL107",
    "constant-image",
    severity="warning",
    doc="""Every value is the same, in the whole array or in a channel of it.

    An array that was allocated and never filled, a failed decode, a channel that was overwritten or masked, or values
    that were cast to integers after they had been scaled to 0..1.

    In the model's code: look at what comes just before the cast. Here: nothing mends it.
    """,
)


@VAL107.check
def _constant_image(candidate: Candidate, spec: Spec) -> Iterator[Finding]:
    facts = candidate.facts
    if facts is not None and facts.constant and math.prod(facts.shape) > spec.contract.channels:
        value = span(facts.low, facts.high).partition("..")[0]
        yield VAL107.finding(
            f"all {math.prod(facts.shape)} values are {value}: no picture is in them",
            expected="a picture",
            actual=value,
        )
    elif facts is not None and facts.constant_channels:
        which = _channels(facts)
        yield VAL107.finding(
            f"{which} all the same value, while the others hold a picture",
            expected="a picture in every channel",
            actual=which,
        )


def _channels(facts: Facts) -> str:
    """``channel 0 (R, if they are RGB) is``; an array does not tell which colour a channel is."""
    order = facts.channel_order
    told = [f"{at} ({order[at]})" if len(order) > at else str(at) for at in facts.constant_channels]
    return f"channel {told[0]} is" if len(told) == 1 else f"channels {' and '.join(told)} are each"


VAL108 = Rule(
    "VAL108",
    "outside-expected-range",
    severity="error",
    doc="""The finished tensor leaves the spec's ``expect_range``.

    ``expect_range`` is your own assertion on the numbers that the model receives; a tensor that breaks it is not
    handed over.

    In the model's code: as you meant it when you wrote the assertion. Here: correct the tensor or the assertion.
    """,
)


@VAL108.check
def _outside_expected_range(candidate: Candidate, spec: Spec) -> Iterator[Finding]:
    facts, expected = candidate.facts, spec.contract.expect_range
    if (
        facts is None
        or expected is None
        or facts.domain
        or not _finite(facts)
        or facts.low is None
        or facts.high is None
    ):
        return
    if _known(facts, spec):
        return  # of the finished tensor only: these values are not the model's yet
    if facts.low < expected[0] or facts.high > expected[1]:
        yield VAL108.finding(
            f"the values span {span(facts.low, facts.high)}; expect_range is {span(*expected)}",
            expected=span(*expected),
            actual=span(facts.low, facts.high),
        )
