"""VAL: what the spacing of the numbers shows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from sm_imgcheck.core.types import Candidate, Channel, Finding, Spec
from sm_imgcheck.core.value_mapping import domain, span, target
from sm_imgcheck.rules import Rule

_LEAST = -3
"""Of normalised values: black under ImageNet's mean and std is -2.1, and white 2.6."""
_NEAR = 0.3
"""Grey levels between two grids of float16 that may be one."""


VAL109 = Rule(
    "VAL109",
    "cut-to-integers",
    severity="error",
    doc="""Scaled values were cast to integers, which leaves next to nothing of the picture.

    ``(image / 255).astype("uint8")`` is 1 where the picture was white and 0 everywhere else; after mean and std, -2 to
    2 is left. A mask, or a picture that is black but for a level or two, has the same numbers: hence "likely".

    At an endpoint: 200, and nearly the same answer for every picture.

    In the model's code: cast to integers before scaling, or not at all. Here: nothing brings the picture back.
    """,
)


@VAL109.check
def _cut_to_integers(candidate: Candidate, spec: Spec) -> Iterator[Finding]:
    facts = candidate.facts
    if facts is None or facts.domain or not facts.dtype.startswith(("int", "uint")):
        return
    if facts.low is None or facts.high is None or not _LEAST <= facts.low < facts.high:
        return
    if facts.high <= (1 if facts.low >= 0 else -_LEAST):
        seen, wanted = span(facts.low, facts.high), span(*domain(spec.contract))
        yield VAL109.finding(
            f"only the whole numbers {seen} are left in {facts.dtype}: scaled values were cast to integers; "
            f"the model takes {wanted}",
            expected=wanted,
            actual=seen,
            certainty="likely",
            probability=0.95,
        )


VAL110 = Rule(
    "VAL110",
    "other-spacing",
    severity="error",
    doc="""The grey levels stand on a grid that the spec's mapping does not make.

    The 256 levels of a picture come out of any mean and std evenly spaced, 1 / (255 std) apart for mean and std of
    x / 255, each channel on its own. Here they are, but not as far apart as the spec's std puts them, or its mean puts
    none of them where they are. The mapping has no usual name, and the picture has no black or no white, so that its
    mean is known only up to whole levels.

    At an endpoint: 200, and a worse answer.

    In the model's code: compare mean and std, and their order, with the model card. Here: say what the values stand
    for, ``--assume value_range=...``.
    """,
)


@VAL110.check
def _other_spacing(candidate: Candidate, spec: Spec) -> Iterator[Finding]:
    facts, contract = candidate.facts, spec.contract
    if facts is None or len(facts.channels) != contract.channels or contract.quantize is not None:
        return
    wanted = target(contract, facts.channel_order)
    pairs = list(zip(facts.channels, wanted.scale, wanted.offset, strict=True))
    near = _NEAR if facts.dtype == "float16" else _NEAR / 6
    if any(one.step and not _made_by(one, a, b, near) for one, a, b in pairs):
        steps, theirs = (_listed(some) for some in ([one.step for one, _, _ in pairs], wanted.scale))
        differ = f"{steps} apart, channel by channel; the spec's std puts them {theirs} apart"
        if all(_alike(one, a, near) for one, a, _ in pairs):
            differ = f"{steps} apart, as the spec's std puts them; its mean puts them elsewhere: another was taken off"
        yield VAL110.finding(f"the grey levels stand {differ}", expected=theirs, actual=steps)


def _listed(steps: Iterable[float]) -> str:
    return f"[{', '.join(f'{step:.4g}' for step in steps)}]"


def _alike(channel: Channel, scale: float, near: float) -> bool:
    return abs(channel.step / scale - 1) * channel.levels < near


def _made_by(channel: Channel, scale: float, offset: float, near: float) -> bool:
    """Whether a mapping may have made a grid: its levels are there, or every second or third of them."""
    times, place = channel.step / scale, (channel.low - offset) / scale
    return abs(times - round(times)) * channel.levels < near and round(times) >= 1 and abs(place - round(place)) < near
