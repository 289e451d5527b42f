"""Several drafts as one: what agrees is joined, what is only assumed gives way, what contradicts is reported."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from sm_imgcheck.core.errors import ImgcheckError, SpecError
from sm_imgcheck.core.frozen import frozen
from sm_imgcheck.core.json_types import Json
from sm_imgcheck.core.types import Affine, Step
from sm_imgcheck.core.value_mapping import same
from sm_imgcheck.features.spec_import.validate import placeholders
from sm_imgcheck.spec.importers._draft import Draft, DraftField, key_order
from sm_imgcheck.spec.parse import parse
from sm_imgcheck.spec.yaml import flow

__all__ = ["join_drafts"]

_STRENGTH = {"stated": 3, "inferred": 3, "default": 2, "assumed": 1, "unknown": 0}
_OF_THE_MODEL = {"shape", "layout", "dtype", "name"}
"""Where a default or assumption of a preprocessing file differs from a model file, the model file is right."""


@frozen
class _Claim:
    """The fields of one draft for one question."""

    draft: Draft
    fields: tuple[DraftField, ...]

    @property
    def strength(self) -> int:
        return max((_STRENGTH[field.certainty] for field in self.fields), default=0)

    def text(self) -> str:
        """Values in words, with their source."""
        values = ", ".join(f"{field.key} {flow(field.value)}" for field in self.fields[:8])
        return f"{values} ({self.fields[0].source})"


def join_drafts(drafts: Sequence[Draft], prefer: str = "") -> Draft:
    """One draft. Raises ImgcheckError that names both sources of each contradiction that ``prefer`` does not decide."""
    if len(drafts) == 1:
        return drafts[0]
    fields: list[DraftField] = []
    notes = [note for draft in drafts for note in draft.notes]
    conflicts: list[str] = []
    questions = _by_question(drafts)
    layout = _decide("layout", questions.pop("layout", []), prefer, notes, conflicts)
    fields += layout
    layout_name = str(layout[0].value) if layout and layout[0].certainty != "unknown" else ""
    for question, claims in questions.items():
        if question == "shape":
            fields += _shape(claims, layout_name, prefer, notes, conflicts)
        else:
            fields += _decide(question, claims, prefer, notes, conflicts)
    if conflicts:
        raise ImgcheckError(
            "\n".join(["contradiction: choose with --prefer FILE:", *(f"  {conflict}" for conflict in conflicts)])
        )
    first = drafts[0]
    sorted_fields = tuple(sorted(fields, key=lambda field: key_order(field.key)))
    return replace(first, fields=sorted_fields, notes=tuple(dict.fromkeys(notes)))


def _by_question(drafts: Sequence[Draft]) -> dict[str, list[_Claim]]:
    """Claims by question: values, geometry, or a single key."""
    questions: dict[str, list[_Claim]] = {}
    for draft in drafts:
        groups: dict[str, list[DraftField]] = {}
        for field in draft.fields:
            groups.setdefault(_question(field), []).append(field)
        for question, fields in groups.items():
            definite = tuple(field for field in fields if field.certainty != "unknown")
            questions.setdefault(question, []).append(_Claim(draft=draft, fields=definite or tuple(fields)))
    return questions


def _question(field: DraftField) -> str:
    if field.top in ("value_range", "normalize", "quantize"):
        return "values"
    return "geometry" if field.top in ("resize", "geometry") else field.key


def _decide(
    question: str, claims: Sequence[_Claim], prefer: str, notes: list[str], conflicts: list[str]
) -> tuple[DraftField, ...]:
    """The fields that hold."""
    if not claims:
        return ()
    best = max(claims, key=lambda claim: claim.strength)
    definite = [claim for claim in claims if claim.strength]
    if not definite:
        return best.fields
    differing = [claim for claim in definite if claim is not best and not _agree(question, claim, best)]
    if not differing:
        return _join_claims(best, [claim for claim in definite if claim is not best])
    choice = _find_preferred([best, *differing], prefer)
    if choice is not None:
        return choice.fields
    conflicting = [claim for claim in differing if not _gives_way(question, claim, best)]
    if conflicting:
        conflicts += [f"{question}: {best.text()}; {claim.text()}" for claim in conflicting]
    else:
        notes += [f"{question}: {best.text()} is imported, not {claim.text()}" for claim in differing]
    return best.fields


def _gives_way(question: str, weak: _Claim, strong: _Claim) -> bool:
    if weak.strength == _STRENGTH["assumed"]:
        return True
    if weak.strength >= strong.strength:
        return False
    return question in _OF_THE_MODEL and strong.draft.role == "model"


def _find_preferred(claims: Sequence[_Claim], prefer: str) -> _Claim | None:
    if not prefer:
        return None
    for claim in claims:
        file = claim.draft.file.replace("\\", "/")
        if prefer.replace("\\", "/") in (
            file,
            file.rpartition("/")[2],
            file.rpartition("::")[2],
            claim.draft.vocabulary,
        ):
            return claim
    return None


def _join_claims(best: _Claim, others: Sequence[_Claim]) -> tuple[DraftField, ...]:
    """The fields of the strongest claim, with the files that agree."""
    agreeing = [claim for claim in others if claim.strength >= _STRENGTH["default"]]
    files = list(dict.fromkeys(claim.draft.file for claim in agreeing if claim.draft.file != best.draft.file))
    if not files:
        return best.fields
    agreed = f"; {', '.join(files[:3])} agree{'s' if len(files) == 1 else ''}"
    return tuple(replace(field, source=field.source + agreed) for field in best.fields)


def _agree(question: str, claim: _Claim, other: _Claim) -> bool:
    left = {field.key: field.value for field in claim.fields}
    right = {field.key: field.value for field in other.fields}
    if question == "values":
        first, second = _affine(left), _affine(right)
        return first is not None and second is not None and same(first, second, tolerance=0.01)
    if question == "geometry":
        steps = _steps(claim)
        return steps is not None and steps == _steps(other)
    return left == right


def _steps(claim: _Claim) -> tuple[Step, ...] | None:
    """The steps with every default; None if they are not valid alone."""
    contract_fields = [field for field in claim.draft.fields if field.top in ("shape", "layout", "channel_order")]
    alone = replace(claim.draft, fields=(*contract_fields, *claim.fields))
    try:
        return parse(placeholders(alone)).geometry
    except SpecError:
        return None


def _affine(values: dict[str, Json]) -> Affine | None:
    """The mapping in RGB order, three entries; None for a quantized one."""
    if any(key.startswith("quantize") for key in values):
        return None
    pair = values.get("value_range")
    if isinstance(pair, list):
        low, high = (float(entry) for entry in pair if isinstance(entry, int | float))
        return Affine(scale=((high - low) / 255,) * 3, offset=(low,) * 3)
    mean, std = (_three(values.get(f"normalize.{key}", default)) for key, default in (("mean", 0), ("std", 1)))
    if len(mean) != 3 or len(std) != 3 or 0 in std:
        return None
    if values.get("normalize.order") == "BGR":
        mean, std = mean[::-1], std[::-1]
    unit = 1 if values.get("normalize.units") == "byte" else 255
    pairs = tuple(zip(mean, std, strict=True))
    return Affine(scale=tuple(1 / (unit * s) for _, s in pairs), offset=tuple(-m / s for m, s in pairs))


def _three(value: Json) -> tuple[float, ...]:
    entries = [
        float(entry) for entry in (value if isinstance(value, list) else [value]) if isinstance(entry, int | float)
    ]
    return tuple(entries * 3 if len(entries) == 1 else entries)


def _shape(
    claims: Sequence[_Claim], layout: str, prefer: str, notes: list[str], conflicts: list[str]
) -> tuple[DraftField, ...]:
    """Axis by axis: a fixed length over an open one, that of the model file for the batch."""
    definite = [claim for claim in claims if claim.strength]
    if len(definite) < 2 or not layout:
        return _decide("shape", claims, prefer, notes, conflicts)
    sides = [_by_axis(claim, layout) for claim in definite]
    if not all(sides):
        return _decide("shape", claims, prefer, notes, conflicts)
    order = sorted(
        range(len(definite)), key=lambda index: (-definite[index].strength, definite[index].draft.role != "model")
    )
    choice = _find_preferred(definite, prefer)
    if choice is not None:
        order.sort(key=lambda index: definite[index] is not choice)
    shape: list[Json] = []
    sources: list[str] = []
    for axis in layout:
        with_length = [index for index in order if isinstance(sides[index].get(axis), int)]
        lengths = {sides[index][axis] for index in with_length}
        first = with_length[0] if with_length else next((index for index in order if axis in sides[index]), order[0])
        if axis == "N":
            first = next((index for index in order if definite[index].draft.role == "model"), first)
        elif len(lengths) > 1 and choice is None:
            conflicting = [index for index in with_length if sides[index][axis] != sides[first][axis]]
            if any(not _gives_way("size", definite[index], definite[first]) for index in conflicting):
                return _decide("shape", claims, prefer, notes, conflicts)
        shape.append(sides[first].get(axis, axis))
        sources.append(definite[first].fields[0].source)
    source = "; ".join(dict.fromkeys(sources))
    return (replace(definite[order[0]].fields[0], value=shape, source=source),)


def _by_axis(claim: _Claim, layout: str) -> dict[str, Json]:
    """Length of each axis, by the layout of the claim's draft, or the joined one."""
    value = claim.fields[0].value
    own_keys = claim.draft.values().get("layout", layout)
    if not isinstance(value, list) or not isinstance(own_keys, str) or len(own_keys) != len(value):
        return {}
    return dict(zip(own_keys, value, strict=True))
