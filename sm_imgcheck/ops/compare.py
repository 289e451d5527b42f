"""The traits of a list of steps as phrases, and the differences between two lists of steps.

A trait has a phrase for messages and a key for comparisons: two pipelines whose crops only round differently have the
same phrase and different keys. All traits are derived from the steps, so that a plan, the pipelines of ``identify`` and
a spec are described and compared by the same code.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import field, replace

from sm_imgcheck.core.channels import CHANNELS
from sm_imgcheck.core.frozen import frozen
from sm_imgcheck.core.recipes import name_of, order_of
from sm_imgcheck.core.types import Affine, Facts, Step
from sm_imgcheck.core.value_mapping import same
from sm_imgcheck.ops import describe
from sm_imgcheck.ops.records import record
from sm_imgcheck.ops.records.geometry import fill_color
from sm_imgcheck.ops.trace import follow

__all__ = [
    "PipelineTrait",
    "TraitDifference",
    "compare_with_spec_text",
    "differences",
    "fixing_steps",
    "said",
    "shared",
    "traits",
]

_NEAR = 0.01
"""Gray levels between two value mappings that count as one."""
_THEN = ", then "
_KERNEL_PARAMETERS = ("interpolation", "dtype", "antialias")
"""Parameters of a geometry step that are its arithmetic, not its frame."""


@frozen
class PipelineTrait:
    """One thing that a pipeline does in its own way."""

    name: str
    """decoder, ``turn`` (EXIF orientation), color, framing, kernel, mirror, order, values, dtype or layout."""
    said: str = field(compare=False)
    """Phrase in standard terms; empty for a trait that changes no pixel, such as no EXIF orientation."""
    key: object = None
    """Equal for two pipelines that do it alike."""

    def agrees(self, other: PipelineTrait) -> bool:
        """Whether both do it alike; value mappings within 0.01 gray levels."""
        if isinstance(self.key, Affine) and isinstance(other.key, Affine):
            return same(self.key, other.key, tolerance=_NEAR)
        return self == other


@frozen
class TraitDifference:
    """One trait in which a pipeline is not as it should be."""

    trait: str
    stage: str
    """decode, orient, color, resize, crop, mirror, order, normalize, cast or layout."""
    found: tuple[str, ...]
    """The possible phrases: several where they are indistinguishable."""
    wanted: str


STAGES = {
    "decoder": "decode",
    "turn": "orient",
    "color": "color",
    "framing": "resize",
    "kernel": "resize",
    "mirror": "mirror",
    "order": "order",
    "values": "normalize",
    "dtype": "cast",
    "layout": "layout",
}
"""The stage of a pipeline that determines each trait, in the order of the stages."""


def traits(steps: Sequence[Step], before: Facts | None = None) -> tuple[PipelineTrait, ...]:
    """Return all traits of a list of steps, in the order of ``STAGES``.

    before: facts before the steps (``Plan.before``); without it an RGB image as decoded.
    """
    end = follow(steps, before)
    shaping = [step for step in steps if record(step.op).stage == "geometry"]
    by_op = {step.op: step for step in steps}
    orientation = by_op["orient"].params["orientation"] if "orient" in by_op else 1
    frames = [_frame_phrase(step, end) for step in shaping]
    kernels = [describe.kernel(step) for step in shaping if "interpolation" in step.params]
    decoder, color = _phrase(by_op.get("decode")), _phrase(by_op.get("color"))
    return (
        PipelineTrait(name="decoder", said=decoder, key=decoder),
        PipelineTrait(
            name="turn", said="" if orientation == 1 else f"rotated as EXIF orientation {orientation}", key=orientation
        ),
        PipelineTrait(name="color", said=color, key=color),
        PipelineTrait(name="framing", said=_THEN.join(frames) or "not resized", key=tuple(map(_frame_key, shaping))),
        PipelineTrait(name="kernel", said=" and ".join(dict.fromkeys(kernels)), key=tuple(kernels)),
        PipelineTrait(name="mirror", said="mirrored" if "mirror" in by_op else "", key="mirror" in by_op),
        PipelineTrait(name="order", said=end.channel_order, key=end.channel_order),
        PipelineTrait(name="values", said=_values(end), key=end.values),
        PipelineTrait(name="dtype", said=end.dtype, key=end.dtype),
        PipelineTrait(name="layout", said=_layout(steps, end), key=_layout(steps, end)),
    )


def _frame_phrase(step: Step, end: Facts) -> str:
    """Return the phrase; for a pad after the value mapping, with the pixel values of its fill."""
    phrase = record(step.op).phrase(step)
    if step.params.get("units") != "final" or end.values is None:
        return phrase
    fill = step.params["fill"]
    pairs = zip(fill, end.values.scale, end.values.offset, strict=False)
    pixels = [round((value - offset) / scale, 1) + 0.0 for value, scale, offset in pairs]
    return f"{phrase} ({fill_color(pixels)} in pixels)"


def _layout(steps: Sequence[Step], end: Facts) -> str:
    size_changes = len(steps) > 1 and steps[-1].op == "reshape"  # a flattened array begins with one
    return f"{end.layout} by a reshape instead of a transpose" if size_changes else end.layout


def _phrase(step: Step | None) -> str:
    return "" if step is None else record(step.op).phrase(step)


def _frame_key(step: Step) -> tuple[str, ...]:
    params = {key: value for key, value in step.params.items() if key not in _KERNEL_PARAMETERS and value is not None}
    if params.get("mode") == "stretch":
        params.pop("rounding", None)  # it derives no edge
    return step.op.partition("_")[0], *(f"{key}={value}" for key, value in sorted(params.items()))


def _values(end: Facts) -> str:
    """Return the name of the mapping, with the order of its values where the channels have another."""
    assert end.values is not None
    name = name_of(end.values)
    order = order_of(name)
    if not order or CHANNELS.get(end.channel_order, 1) < 3:
        return name
    plain = name.removesuffix(f", in {order} order")
    return plain if end.channel_order.startswith(order) else f"{plain} in {order} order on {end.channel_order} data"


def shared(several: Sequence[Sequence[PipelineTrait]]) -> tuple[tuple[PipelineTrait, ...], ...]:
    """Trait by trait, the ways in which several pipelines do it: one way each where all of them agree."""
    return tuple(_different(variants) for variants in zip(*several, strict=True))


def _different(variants: Sequence[PipelineTrait]) -> tuple[PipelineTrait, ...]:
    distinct: list[PipelineTrait] = []
    for variant in variants:
        at = next((at for at, other in enumerate(distinct) if variant.agrees(other)), None)
        if at is None:
            distinct.append(variant)
        elif variant.said != distinct[at].said and isinstance(variant.key, Affine):
            # One mapping for two orders of the data: its name includes the order of its list, and omits that of the
            # data.
            distinct[at] = replace(variant, said=name_of(variant.key))
    return tuple(distinct)


def differences(
    several: Sequence[Sequence[PipelineTrait]], reference: Sequence[PipelineTrait]
) -> tuple[TraitDifference, ...]:
    """Return the traits in which none of several pipelines, each of them possible, does what is expected."""
    return tuple(_differences(several, reference))


def _differences(
    several: Sequence[Sequence[PipelineTrait]], reference: Sequence[PipelineTrait]
) -> Iterator[TraitDifference]:
    for variants, expected_trait in zip(shared(several), reference, strict=True):
        if not any(variant.agrees(expected_trait) for variant in variants):
            phrases = tuple(describe.plainer(distinguish_phrases(variant, expected_trait) for variant in variants))
            yield TraitDifference(
                trait=expected_trait.name,
                stage=_stage(variants[0], expected_trait),
                found=phrases,
                wanted=_or_none(expected_trait),
            )


def distinguish_phrases(variant: PipelineTrait, expected: PipelineTrait) -> str:
    """The phrase; where the other's is the same, with what makes the difference."""
    if variant.said != expected.said or variant.name != "framing":
        return _or_none(variant)
    params, others = ({entry for step in _frames(trait) for entry in step[1:]} for trait in (variant, expected))
    only = sorted(params - others) or [f"not {param}" for param in sorted(others - params)]
    return f"{variant.said} ({', '.join(only)})"


def _frames(framing: PipelineTrait) -> tuple[tuple[str, ...], ...]:
    """The key of the trait ``framing``: of each step its kind and its parameters."""
    assert isinstance(framing.key, tuple)
    return framing.key


_NO_EFFECT = {
    "decoder": "the usual decode",
    "turn": "left as stored",
    "color": "no conversion",
    "kernel": "no resize",
    "mirror": "not mirrored",
}


def _or_none(trait: PipelineTrait) -> str:
    return trait.said or _NO_EFFECT.get(trait.name, "")


def _stage(variant: PipelineTrait, expected: PipelineTrait) -> str:
    """Return the stage of the trait; for frames, resize or crop by the first step that differs."""
    if expected.name != "framing":
        return STAGES[expected.name]
    pairs = zip((*_frames(variant), ("",)), (*_frames(expected), ("",)), strict=False)
    kinds = next(({frame[0], other[0]} for frame, other in pairs if frame != other), set())
    return next((kind for kind in ("resize", "letterbox", "fit", "crop", "pad") if kind in kinds), "resize").replace(
        "letterbox", "resize"
    )


def fixing_steps(
    several: Sequence[Sequence[PipelineTrait]], reference: Sequence[Step], before: Facts | None = None
) -> tuple[Step, ...]:
    """Return the steps of the expected plan for the traits in which the pipelines differ: the lines that fix them.

    A superfluous step of a pipeline, such as mirroring, has no such line.
    """
    stages = {difference.trait for difference in differences(several, traits(reference, before))}
    return tuple(step for step in reference if record(step.op).traits & stages)


def said(several: Sequence[Sequence[PipelineTrait]]) -> str:
    """Return one sentence about several pipelines: traits in which they differ are listed as ``a or b``."""
    variants = {each[0].name: describe.plainer(map(_or_none, each)) for each in shared(several) if _any(each)}
    both = {name: " or ".join(phrases) for name, phrases in variants.items()}
    if "kernel" in both:
        both["framing"] = _resized_by(both["framing"], both.pop("kernel"))
    dtype, layout = both.pop("dtype", ""), both.pop("layout", "")
    return ", ".join([*both.values(), f"{dtype} {layout}".strip()])


def _any(variants: Sequence[PipelineTrait]) -> bool:
    return any(variant.said for variant in variants)


def _resized_by(framing: str, kernel: str) -> str:
    """Add the kernel to the step that resizes: a crop or a pad has none."""
    parts = framing.split(_THEN)
    at = next((i for i, part in enumerate(parts) if " or " in part or not part.startswith(("cent", "padded"))), 0)
    return _THEN.join([*parts[:at], f"{parts[at]} by {kernel}", *parts[at + 1 :]])


def compare_with_spec_text(
    several: Sequence[Sequence[PipelineTrait]],
    reference: Sequence[PipelineTrait],
    subject: str = "it",
    confidence: str = "",
) -> str:
    """Describe a pipeline and the expectations of the spec: ``it decodes RGB, divides by 255; the spec requires BGR``.

    confidence: text about the quality of the explanation, in parentheses.
    """
    does = {expected.name: _phrases(each, expected) for each, expected in zip(shared(several), reference, strict=True)}
    clauses = [f"decodes {' or '.join(does['order'])}{_with(does['decoder'])}"]
    for name in ("turn", "color", "framing", "mirror", "values"):
        if does[name]:
            clauses.append(" or ".join(map(describe.verbs, does[name])))
            clauses[-1] += _with(does["kernel"]) if name == "framing" else ""
    differing = differences(several, reference)
    expectations = [
        difference.wanted for difference in differing if difference.trait != "layout" or len(differing) == 1
    ]
    instead = f"the spec requires {', '.join(expectations)}" if expectations else "as the spec requires"
    if not differing and not any(
        _agree(difference, reference) for difference in several
    ):  # each differs, but each in something else
        instead = f"the spec requires {said((reference,))}"
    return f"{subject} {', '.join(clauses)}{f' ({confidence})' if confidence else ''}; {instead}"


def _agree(first: Sequence[PipelineTrait], second: Sequence[PipelineTrait]) -> bool:
    return all(trait.agrees(other_trait) for trait, other_trait in zip(first, second, strict=True))


def _phrases(variants: Sequence[PipelineTrait], expected: PipelineTrait) -> list[str]:
    """Return the phrases of a trait: where it can be as the spec requires, only that phrase.

    A gray image in either channel order has no phrase, and does not confirm the spec's.
    """
    if expected.name != "order":
        variants = tuple(variant for variant in variants if variant.agrees(expected))[:1] or variants
    return describe.plainer(variant.said for variant in variants if variant.said)


def _with(variants: Sequence[str]) -> str:
    return f" with {' or '.join(variants)}" if variants else ""
