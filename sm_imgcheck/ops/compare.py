"""Differences between two lists of steps, and common properties of several, trait by trait in standard terms."""

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
    """One trait in which a pipeline differs from the expected one."""

    trait: str
    stage: str
    """decode, orient, color, resize, crop, pad, mirror, order, normalize, cast, layout; of an alteration, its op's."""
    found: tuple[str, ...]
    """Possible values of the trait: several where the evidence does not distinguish them."""
    expected: str


def shared(several: Sequence[Sequence[PipelineTrait]]) -> tuple[tuple[PipelineTrait, ...], ...]:
    """Trait by trait, the distinct values in several pipelines: one each where all agree."""
    return tuple(_distinct_traits(values) for values in zip(*several, strict=True))


def _distinct_traits(values: Sequence[PipelineTrait]) -> tuple[PipelineTrait, ...]:
    distinct: list[PipelineTrait] = []
    for trait in values:
        at = next((at for at, other in enumerate(distinct) if trait.agrees(other)), None)
        if at is None:
            distinct.append(trait)
        elif trait.said != distinct[at].said and isinstance(trait.key, Affine):
            # One mapping for two orders of the data: the name has the order of the mapping, not that of the data.
            distinct[at] = replace(trait, said=name_of(trait.key))
    return tuple(distinct)


def differences(
    several: Sequence[Sequence[PipelineTrait]], expected: Sequence[PipelineTrait]
) -> tuple[TraitDifference, ...]:
    """The traits in which none of several possible pipelines matches the expected one."""
    return tuple(_differences(several, expected))


def _differences(
    several: Sequence[Sequence[PipelineTrait]], expected_traits: Sequence[PipelineTrait]
) -> Iterator[TraitDifference]:
    for values, expected in zip(shared(several), expected_traits, strict=True):
        if not any(trait.agrees(expected) for trait in values):
            actual, phrase = _phrases(values, expected)
            yield TraitDifference(trait=expected.name, stage=_stage(values[0], expected), found=actual, expected=phrase)


def _phrases(values: Sequence[PipelineTrait], expected: PipelineTrait) -> tuple[tuple[str, ...], str]:
    """The phrases of the actual and of the expected trait; of framings of equal length only steps that differ."""
    if expected.name != "framing" or len({len(_frames(trait)) for trait in (*values, expected)}) > 1:
        return tuple(describe.plainer(map(_or_none, values))), _or_none(expected)
    frames = enumerate(_frames(expected))
    differing = [at for at, frame in frames if any(_frames(trait)[at] != frame for trait in values)]
    phrases = [THEN.join(_distinct(trait, expected, at) for at in differing) for trait in values]
    return tuple(describe.plainer(phrases)), THEN.join(_distinct(expected, values[0], at) for at in differing)


def _distinct(trait: PipelineTrait, other: PipelineTrait, at: int) -> str:
    """The phrase of a step; where the other's is the same, with what makes the difference."""
    phrase, other_phrase = (item.said.split(THEN)[at] for item in (trait, other))
    return phrase + (_details(_frames(trait)[at], _frames(other)[at]) if phrase == other_phrase else "")


def _details(frame: tuple[str, ...], other: tuple[str, ...]) -> str:
    """The parameters of a step that differ from a step with the same phrase, in brackets."""
    parameters = sorted(set(frame[1:]) - set(other[1:]))
    if len(parameters) > 1:  # the side of a missing pixel follows from the rounding
        parameters = [entry for entry in parameters if not entry.startswith("pad_side=")]
    details = [_DETAILS.get((frame[0], entry), entry) for entry in parameters]
    if not parameters:
        details = [f"not {_DETAILS.get((other[0], entry), entry)}" for entry in sorted({*other[1:]} - {*frame[1:]})]
    return f" ({', '.join(details)})" if details else ""


_ROUNDING_TEXTS = {
    "floor": "rounded down",
    "round": "rounded half to even",
    "half_up": "rounded half up",
    "ceil": "rounded up",
}
_DETAILS = {
    **{("resize", f"rounding={name}"): f"edge {text}" for name, text in _ROUNDING_TEXTS.items()},
    **{("crop", f"rounding={name}"): f"offset {text}" for name, text in _ROUNDING_TEXTS.items()},
    ("resize", "rounding=detr"): "edge rounded as in DETR",
    ("crop", "pad_side=before"): "odd pixel added before the image",
    ("crop", "pad_side=after"): "odd pixel added after the image",
}
"""Parameters in words, by the kind of step."""


def _frames(framing: PipelineTrait) -> tuple[tuple[str, ...], ...]:
    """The key of the trait ``framing``: of each step its kind and its parameters."""
    assert isinstance(framing.key, tuple)
    return framing.key


_TEXTS_OF_NONE = {
    "decoder": "the usual decode",
    "turn": "left as stored",
    "color": "no conversion",
    "kernel": "no resize",
    "mirror": "not mirrored",
    "alteration": "no such step",
}


def _or_none(trait: PipelineTrait) -> str:
    return trait.said or _TEXTS_OF_NONE.get(trait.name, "")


def _stage(actual: PipelineTrait, expected: PipelineTrait) -> str:
    """The stage of a trait; of frames, that of the first step that differs."""
    if expected.name == "alteration":
        return next((stage for _, stage in (*_entries(actual), *_entries(expected))), STAGES[expected.name])
    if expected.name != "framing":
        return STAGES[expected.name]
    pairs = zip((*_frames(actual), ("",)), (*_frames(expected), ("",)), strict=False)
    kinds = next(({frame[0], other[0]} for frame, other in pairs if frame != other), set())
    return next((kind for kind in ("resize", "letterbox", "fit", "crop", "pad") if kind in kinds), "resize").replace(
        "letterbox", "resize"
    )


def _entries(alteration: PipelineTrait) -> tuple[tuple[str, str], ...]:
    """The key of the trait ``alteration``: of each, its phrase and its stage."""
    assert isinstance(alteration.key, tuple)
    return alteration.key


def fixing_steps(
    several: Sequence[Sequence[PipelineTrait]], expected: Sequence[Step], before: Facts | None = None
) -> tuple[Step, ...]:
    """The steps of the expected plan in which the pipelines differ: the lines that fix them.

    A superfluous step of a pipeline, such as mirroring, has no line.
    """
    stages = {difference.trait for difference in differences(several, traits(expected, before))}
    return tuple(step for step in expected if record(step.op).traits & stages)


def said(several: Sequence[Sequence[PipelineTrait]]) -> str:
    """One sentence for several pipelines: traits that differ have the form ``this or that``."""
    phrases = {each[0].name: describe.plainer(map(_or_none, each)) for each in shared(several) if _any(each)}
    both = {name: " or ".join(texts) for name, texts in phrases.items()}
    if both.pop("kernel", ""):
        both["framing"] = _framings_with_kernels(several)
    dtype, layout = both.pop("dtype", ""), both.pop("layout", "")
    return ", ".join([*both.values(), f"{dtype} {layout}".strip()])


def _any(values: Sequence[PipelineTrait]) -> bool:
    return any(trait.said for trait in values)


def _framings_with_kernels(several: Sequence[Sequence[PipelineTrait]]) -> str:
    """The framings of several pipelines, each with its kernels."""
    kernels: dict[str, list[str]] = {}
    for pipeline in several:
        phrase_by_name = {trait.name: trait.said for trait in pipeline}
        kernels.setdefault(phrase_by_name["framing"], []).append(phrase_by_name["kernel"])
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
    several: Sequence[Sequence[PipelineTrait]],
    expected: Sequence[PipelineTrait],
    subject: str = "it",
    residual: str = "",
) -> str:
    """What a pipeline does, and what the spec requires: ``it decodes RGB, divides by 255; the spec requires BGR``.

    residual: difference of the result, in brackets.
    """
    does = {trait.name: _trait_phrases(each, trait) for each, trait in zip(shared(several), expected, strict=True)}
    texts = [f"decodes {' or '.join(does['order'])}{_with(does['decoder'])}"]
    for name in ("turn", "color", "framing", "mirror", "alteration", "values"):
        if name == "framing":
            indices = {describe.verbs(phrase): at for phrase, at in _resize_indices(several).items()}
            phrases = [describe.verbs(phrase) for phrase in does[name]]
            texts.append(_join_framings(phrases, [" or ".join(does["kernel"])] * len(phrases), indices, by="with"))
        elif does[name]:
            texts.append(" or ".join(map(describe.verbs, does[name])))
    mismatches = differences(several, expected)
    texts_of_spec = [item.expected for item in mismatches if item.trait != "layout" or len(mismatches) == 1]
    instead = f"the spec requires {', '.join(texts_of_spec)}" if texts_of_spec else "as the spec requires"
    if not mismatches and not any(_agree(pipeline, expected) for pipeline in several):  # each differs in another trait
        instead = f"the spec requires {said((expected,))}"
    return f"{subject} {', '.join(texts)}{f' ({residual})' if residual else ''}; {instead}"


def _agree(pipeline: Sequence[PipelineTrait], other: Sequence[PipelineTrait]) -> bool:
    return all(trait.agrees(other_trait) for trait, other_trait in zip(pipeline, other, strict=True))


def _trait_phrases(values: Sequence[PipelineTrait], expected: PipelineTrait) -> list[str]:
    """The phrases of a trait; the expected one alone where it is possible.

    Channel orders are all listed: a gray image fits either order, and does not confirm that of the spec.
    """
    if expected.name != "order":
        values = tuple(trait for trait in values if trait.agrees(expected))[:1] or values
    return describe.plainer(trait.said for trait in values if trait.said)


def _with(texts: Sequence[str]) -> str:
    return f" with {' or '.join(texts)}" if texts else ""
