"""Where two lists of steps part, and what several of them share, trait by trait in the field's words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from sm_imgcheck.core.frozen import frozen
from sm_imgcheck.core.recipes import name_of
from sm_imgcheck.core.types import Affine, Facts, Step
from sm_imgcheck.ops import describe
from sm_imgcheck.ops.records import record
from sm_imgcheck.ops.traits import STAGES, THEN, PipelineTrait, traits

__all__ = [
    "TraitDifference",
    "compare_with_spec_text",
    "differences",
    "fixing_steps",
    "said",
    "shared",
]


@frozen
class TraitDifference:
    """One trait in which a pipeline is not as it should be."""

    trait: str
    stage: str
    """decode, orient, color, resize, crop, pad, mirror, order, normalize, cast, layout; of an alteration, its op's."""
    found: tuple[str, ...]
    """What it may be: several where nothing tells them apart."""
    wanted: str


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
            found, expected = _phrases(ways, want)
            yield TraitDifference(trait=want.name, stage=_stage(ways[0], want), found=found, wanted=expected)


def _phrases(ways: Sequence[PipelineTrait], want: PipelineTrait) -> tuple[tuple[str, ...], str]:
    """The phrases of the ways, and of what is wanted; of framings of as many steps those steps alone that differ."""
    if want.name != "framing" or len({len(_frames(way)) for way in (*ways, want)}) > 1:
        return tuple(describe.plainer(map(_or_none, ways))), _or_none(want)
    apart = [at for at, frame in enumerate(_frames(want)) if any(_frames(way)[at] != frame for way in ways)]
    found = [THEN.join(_distinct(way, want, at) for at in apart) for way in ways]
    return tuple(describe.plainer(found)), THEN.join(_distinct(want, ways[0], at) for at in apart)


def _distinct(one: PipelineTrait, other: PipelineTrait, at: int) -> str:
    """The phrase of a step; where the other's is the same, with what makes the difference."""
    phrase, theirs = (trait.said.split(THEN)[at] for trait in (one, other))
    return phrase + (_details(_frames(one)[at], _frames(other)[at]) if phrase == theirs else "")


def _details(mine: tuple[str, ...], other: tuple[str, ...]) -> str:
    """What a step does in another way than a step of the same phrase, in brackets."""
    own = sorted(set(mine[1:]) - set(other[1:]))
    details = [_DETAILS.get((mine[0], entry), entry) for entry in own]
    if not own:
        details = [f"not {_DETAILS.get((other[0], entry), entry)}" for entry in sorted({*other[1:]} - {*mine[1:]})]
    return f" ({', '.join(details)})" if details else ""


_ROUNDED = {
    "floor": "rounded down",
    "round": "rounded half to even",
    "half_up": "rounded half up",
    "ceil": "rounded up",
}
_DETAILS = {
    **{("resize", f"rounding={name}"): f"edge {text}" for name, text in _ROUNDED.items()},
    **{("crop", f"rounding={name}"): f"offset {text}" for name, text in _ROUNDED.items()},
    ("resize", "rounding=detr"): "edge rounded as in DETR",
    ("crop", "pad_side=before"): "odd pixel added before the image",
    ("crop", "pad_side=after"): "odd pixel added after the image",
}
"""Parameters in words, by the kind of step."""


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
    "alteration": "no such step",
}


def _or_none(trait: PipelineTrait) -> str:
    return trait.said or _NOTHING.get(trait.name, "")


def _stage(way: PipelineTrait, want: PipelineTrait) -> str:
    """Where the trait comes about; of frames, the first step that differs says whether it is a resize or a crop."""
    if want.name == "alteration":
        return next((stage for _, stage in (*_entries(way), *_entries(want))), STAGES[want.name])
    if want.name != "framing":
        return STAGES[want.name]
    pairs = zip((*_frames(way), ("",)), (*_frames(want), ("",)), strict=False)
    kinds = next(({one[0], other[0]} for one, other in pairs if one != other), set())
    return next((kind for kind in ("resize", "letterbox", "fit", "crop", "pad") if kind in kinds), "resize").replace(
        "letterbox", "resize"
    )


def _entries(alteration: PipelineTrait) -> tuple[tuple[str, str], ...]:
    """The key of the trait ``alteration``: of each, its phrase and its stage."""
    assert isinstance(alteration.key, tuple)
    return alteration.key


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
    if both.pop("kernel", ""):
        both["framing"] = _framings_with_kernels(several)
    dtype, layout = both.pop("dtype", ""), both.pop("layout", "")
    return ", ".join([*both.values(), f"{dtype} {layout}".strip()])


def _any(ways: Sequence[PipelineTrait]) -> bool:
    return any(way.said for way in ways)


def _framings_with_kernels(several: Sequence[Sequence[PipelineTrait]]) -> str:
    """The framings of several pipelines, each with the kernels that go with it."""
    kernels: dict[str, list[str]] = {}
    for pipeline in several:
        said_by_name = {trait.name: trait.said for trait in pipeline}
        kernels.setdefault(said_by_name["framing"], []).append(said_by_name["kernel"])
    names = describe.plainer(kernels)
    texts = [" or ".join(describe.plainer(kernels[name])) for name in names]
    return _join_framings(names, texts, _resize_indices(several), by="by")


_RESIZES = ("resize", "letterbox", "fit")


def _resize_indices(several: Sequence[Sequence[PipelineTrait]]) -> dict[str, int]:
    """Which step of each framing, by its phrase, has the kernel: the last one that resizes."""
    framings = [trait for pipeline in several for trait in pipeline if trait.name == "framing"]
    return {
        framing.said: max((at for at, frame in enumerate(_frames(framing)) if frame[0] in _RESIZES), default=-1)
        for framing in framings
    }


def _join_framings(phrases: Sequence[str], kernels: Sequence[str], indices: Mapping[str, int], *, by: str) -> str:
    """The phrases with ``or`` between them, each kernel after the step that resizes.

    kernels: of each phrase; one that ends all of them is named once. indices: see ``_resize_indices``.
    """
    parts = [phrase.split(THEN) for phrase in phrases]
    ends = all(indices[phrase] == len(part) - 1 for phrase, part in zip(phrases, parts, strict=True))
    once = ends and len(set(kernels)) == 1
    for phrase, part, kernel in zip(phrases, parts, kernels, strict=True):
        if kernel and (not once or part is parts[-1]):
            part[indices[phrase]] += f" {by} {kernel}"
    return " or ".join(THEN.join(part) for part in parts)


def compare_with_spec_text(
    several: Sequence[Sequence[PipelineTrait]], wanted: Sequence[PipelineTrait], who: str = "it", sure: str = ""
) -> str:
    """What a pipeline does, and what the spec requires: ``it decodes RGB, divides by 255; the spec requires BGR``.

    sure: how well that explains what came out, to be said in brackets.
    """
    does = {want.name: _told(each, want) for each, want in zip(shared(several), wanted, strict=True)}
    told = [f"decodes {' or '.join(does['order'])}{_with(does['decoder'])}"]
    for name in ("turn", "color", "framing", "mirror", "alteration", "values"):
        if name == "framing":
            indices = {describe.verbs(phrase): at for phrase, at in _resize_indices(several).items()}
            phrases = [describe.verbs(phrase) for phrase in does[name]]
            told.append(_join_framings(phrases, [" or ".join(does["kernel"])] * len(phrases), indices, by="with"))
        elif does[name]:
            told.append(" or ".join(map(describe.verbs, does[name])))
    found = differences(several, wanted)
    wants = [one.wanted for one in found if one.trait != "layout" or len(found) == 1]
    instead = f"the spec requires {', '.join(wants)}" if wants else "as the spec requires"
    if not found and not any(_alike(one, wanted) for one in several):  # each differs, but each in something else
        instead = f"the spec requires {said((wanted,))}"
    return f"{who} {', '.join(told)}{f' ({sure})' if sure else ''}; {instead}"


def _alike(one: Sequence[PipelineTrait], other: Sequence[PipelineTrait]) -> bool:
    return all(mine.agrees(theirs) for mine, theirs in zip(one, other, strict=True))


def _told(ways: Sequence[PipelineTrait], want: PipelineTrait) -> list[str]:
    """What is said of a trait: where it may be what the spec requires, nothing says that it is not.

    But a gray picture in either channel order has none, and is no witness for the spec's.
    """
    if want.name != "order":
        ways = tuple(way for way in ways if way.agrees(want))[:1] or ways
    return describe.plainer(way.said for way in ways if way.said)


def _with(ways: Sequence[str]) -> str:
    return f" with {' or '.join(ways)}" if ways else ""
