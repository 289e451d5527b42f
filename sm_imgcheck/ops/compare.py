"""What a list of steps does, trait by trait in the field's words; and where two lists of steps part.

A trait is a phrase for people and a key for comparing: two pipelines whose crops only round differently are called the
same and are not. All of it is read from the steps, so that a plan, what ``identify`` found and what a spec asks for
are told and compared alike.
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
_UNTOLD = ("interpolation", "dtype", "antialias")
"""Parameters of a geometry step that are its arithmetic, not its frame."""


@frozen
class PipelineTrait:
    """One thing that a pipeline does in its own way."""

    name: str
    """decoder, turn, color, framing, kernel, mirror, order, values, dtype or layout."""
    said: str = field(compare=False)
    """In the field's words; empty where there is nothing to say, such as no EXIF turn."""
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
    """What it may be: several where nothing tells them apart."""
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
"""The stage of a pipeline in which each trait comes about, in the order in which pipelines do it."""


def traits(steps: Sequence[Step], before: Facts | None = None) -> tuple[PipelineTrait, ...]:
    """All traits of a list of steps, in the order of ``STAGES``.

    before: what the steps start from (``Plan.before``); without it an RGB image, as its decoder hands it over.
    """
    end = follow(steps, before)
    shaping = [step for step in steps if record(step.op).stage == "geometry"]
    by_op = {step.op: step for step in steps}
    turn = by_op["orient"].params["orientation"] if "orient" in by_op else 1
    frames = [_frame_phrase(step, end) for step in shaping]
    kernels = [describe.kernel(step) for step in shaping if "interpolation" in step.params]
    decoder, color = _phrase(by_op.get("decode")), _phrase(by_op.get("color"))
    return (
        PipelineTrait(name="decoder", said=decoder, key=decoder),
        PipelineTrait(name="turn", said="" if turn == 1 else f"turned as EXIF orientation {turn}", key=turn),
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
    """The phrase; of a pad that comes after the value mapping, with the pixels that its fill stands for."""
    phrase = record(step.op).phrase(step)
    if step.params.get("units") != "final" or end.values is None:
        return phrase
    fill = step.params["fill"]
    pairs = zip(fill, end.values.scale, end.values.offset, strict=False)
    pixels = [round((value - offset) / scale, 1) + 0.0 for value, scale, offset in pairs]
    return f"{phrase} ({fill_color(pixels)} in pixels)"


def _layout(steps: Sequence[Step], end: Facts) -> str:
    reshaped = len(steps) > 1 and steps[-1].op == "reshape"  # a flattened array begins with one
    return f"{end.layout} by a reshape instead of a transpose" if reshaped else end.layout


def _phrase(step: Step | None) -> str:
    return "" if step is None else record(step.op).phrase(step)


def _frame_key(step: Step) -> tuple[str, ...]:
    told = {key: value for key, value in step.params.items() if key not in _UNTOLD and value is not None}
    if told.get("mode") == "stretch":
        told.pop("rounding", None)  # it derives no edge
    return step.op.partition("_")[0], *(f"{key}={value}" for key, value in sorted(told.items()))


def _values(end: Facts) -> str:
    """The name of the mapping, and whose order its numbers stand in where that is not the channels' own."""
    assert end.values is not None
    name = name_of(end.values)
    order = order_of(name)
    if not order or CHANNELS.get(end.channel_order, 1) < 3:
        return name
    plain = name.removesuffix(f", in {order} order")
    return plain if end.channel_order.startswith(order) else f"{plain} in {order} order on {end.channel_order} data"


def shared(several: Sequence[Sequence[PipelineTrait]]) -> tuple[tuple[PipelineTrait, ...], ...]:
    """Trait by trait, the ways in which several pipelines do it: one way each where all of them agree."""
    return tuple(_different(ways) for ways in zip(*several, strict=True))


def _different(ways: Sequence[PipelineTrait]) -> tuple[PipelineTrait, ...]:
    found: list[PipelineTrait] = []
    for way in ways:
        at = next((at for at, other in enumerate(found) if way.agrees(other)), None)
        if at is None:
            found.append(way)
        elif way.said != found[at].said and isinstance(way.key, Affine):
            # One mapping for two orders of the data: say in which order it was listed, and nothing of the data.
            found[at] = replace(way, said=name_of(way.key))
    return tuple(found)


def differences(
    several: Sequence[Sequence[PipelineTrait]], wanted: Sequence[PipelineTrait]
) -> tuple[TraitDifference, ...]:
    """The traits in which none of several pipelines, any of which it may be, does what is wanted."""
    return tuple(_differences(several, wanted))


def _differences(
    several: Sequence[Sequence[PipelineTrait]], wanted: Sequence[PipelineTrait]
) -> Iterator[TraitDifference]:
    for ways, want in zip(shared(several), wanted, strict=True):
        if not any(way.agrees(want) for way in ways):
            found = tuple(describe.plainer(distinguish_phrases(way, want) for way in ways))
            yield TraitDifference(trait=want.name, stage=_stage(ways[0], want), found=found, wanted=_or_none(want))


def distinguish_phrases(way: PipelineTrait, want: PipelineTrait) -> str:
    """The phrase; where the other's is the same, with what makes the difference."""
    if way.said != want.said or way.name != "framing":
        return _or_none(way)
    mine, others = ({entry for step in _frames(trait) for entry in step[1:]} for trait in (way, want))
    return f"{way.said} ({', '.join(sorted(mine - others) or [f'not {one}' for one in sorted(others - mine)])})"


def _frames(framing: PipelineTrait) -> tuple[tuple[str, ...], ...]:
    """The key of the trait ``framing``: of each step its kind and its parameters."""
    assert isinstance(framing.key, tuple)
    return framing.key


_NOTHING = {
    "decoder": "the usual decode",
    "turn": "left as stored",
    "color": "no conversion",
    "kernel": "no resize",
    "mirror": "not mirrored",
}


def _or_none(trait: PipelineTrait) -> str:
    return trait.said or _NOTHING.get(trait.name, "")


def _stage(way: PipelineTrait, want: PipelineTrait) -> str:
    """Where the trait comes about; of frames, the first step that differs says whether it is a resize or a crop."""
    if want.name != "framing":
        return STAGES[want.name]
    pairs = zip((*_frames(way), ("",)), (*_frames(want), ("",)), strict=False)
    kinds = next(({one[0], other[0]} for one, other in pairs if one != other), set())
    return next((kind for kind in ("resize", "letterbox", "fit", "crop", "pad") if kind in kinds), "resize").replace(
        "letterbox", "resize"
    )


def fixing_steps(
    several: Sequence[Sequence[PipelineTrait]], wanted: Sequence[Step], before: Facts | None = None
) -> tuple[Step, ...]:
    """The steps of the wanted plan that bring about what is otherwise in the pipelines: the lines that fix them.

    What a pipeline does too much, such as mirroring, has no line of its own.
    """
    stages = {one.trait for one in differences(several, traits(wanted, before))}
    return tuple(step for step in wanted if record(step.op).traits & stages)


def said(several: Sequence[Sequence[PipelineTrait]]) -> str:
    """One sentence for what all of several pipelines do: what they do not share stands as ``this or that``."""
    ways = {each[0].name: describe.plainer(map(_or_none, each)) for each in shared(several) if _any(each)}
    both = {name: " or ".join(found) for name, found in ways.items()}
    if "kernel" in both:
        both["framing"] = _resized_by(both["framing"], both.pop("kernel"))
    dtype, layout = both.pop("dtype", ""), both.pop("layout", "")
    return ", ".join([*both.values(), f"{dtype} {layout}".strip()])


def _any(ways: Sequence[PipelineTrait]) -> bool:
    return any(way.said for way in ways)


def _resized_by(framing: str, kernel: str) -> str:
    """The kernel goes to the step that resizes: a crop or a pad has none."""
    parts = framing.split(_THEN)
    at = next((i for i, part in enumerate(parts) if " or " in part or not part.startswith(("cent", "padded"))), 0)
    return _THEN.join([*parts[:at], f"{parts[at]} by {kernel}", *parts[at + 1 :]])


def compare_with_spec_text(
    several: Sequence[Sequence[PipelineTrait]], wanted: Sequence[PipelineTrait], who: str = "it", sure: str = ""
) -> str:
    """What a pipeline does, and what the spec wants instead: ``it decodes RGB, divides by 255; the spec wants BGR``.

    sure: how well that explains what came out, to be said in brackets.
    """
    does = {want.name: _told(each, want) for each, want in zip(shared(several), wanted, strict=True)}
    told = [f"decodes {' or '.join(does['order'])}{_with(does['decoder'])}"]
    for name in ("turn", "color", "framing", "mirror", "values"):
        if does[name]:
            told.append(" or ".join(map(describe.verbs, does[name])))
            told[-1] += _with(does["kernel"]) if name == "framing" else ""
    found = differences(several, wanted)
    wants = [one.wanted for one in found if one.trait != "layout" or len(found) == 1]
    instead = f"the spec wants {', '.join(wants)}" if wants else "that is what the spec wants"
    if not found and not any(_alike(one, wanted) for one in several):  # each differs, but each in something else
        instead = f"the spec wants {said((wanted,))}"
    return f"{who} {', '.join(told)}{f' ({sure})' if sure else ''}; {instead}"


def _alike(one: Sequence[PipelineTrait], other: Sequence[PipelineTrait]) -> bool:
    return all(mine.agrees(theirs) for mine, theirs in zip(one, other, strict=True))


def _told(ways: Sequence[PipelineTrait], want: PipelineTrait) -> list[str]:
    """What is said of a trait: where it may be what the spec wants, nothing says that it is not.

    But a gray picture in either channel order has none, and is no witness for the spec's.
    """
    if want.name != "order":
        ways = tuple(way for way in ways if way.agrees(want))[:1] or ways
    return describe.plainer(way.said for way in ways if way.said)


def _with(ways: Sequence[str]) -> str:
    return f" with {' or '.join(ways)}" if ways else ""
