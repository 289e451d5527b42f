"""Several drafts as one: what agrees is joined, what is only assumed gives way, what contradicts is reported."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from sm_imgcheck.core.errors import ImgcheckError
from sm_imgcheck.core.frozen import frozen
from sm_imgcheck.core.json_types import Json
from sm_imgcheck.core.types import Affine
from sm_imgcheck.core.value_mapping import same
from sm_imgcheck.spec.importers._draft import Draft, DraftField, key_order
from sm_imgcheck.spec.yaml import flow

__all__ = ["join_drafts"]

_STRENGTH = {"stated": 3, "inferred": 3, "default": 2, "assumed": 1, "unknown": 0}
_OF_THE_MODEL = {"shape", "layout", "dtype", "name"}
"""Where a default or assumption of a preprocessing file differs from a model file, the model file is right."""


@frozen
class _Claim:
    """The fields of one draft that answer one question."""

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
    claims = _by_question(drafts)
    layout = _decide("layout", claims.pop("layout", []), prefer, notes, conflicts)
    fields += layout
    stored = str(layout[0].value) if layout and layout[0].certainty != "unknown" else ""
    for question, answers in claims.items():
        if question == "shape":
            fields += _shape(answers, stored, prefer, notes, conflicts)
        else:
            fields += _decide(question, answers, prefer, notes, conflicts)
    if conflicts:
        raise ImgcheckError(
            "\n".join(["contradiction: choose with --prefer FILE:", *(f"  {conflict}" for conflict in conflicts)])
        )
    first = drafts[0]
    ordered = tuple(sorted(fields, key=lambda field: key_order(field.key)))
    return replace(first, fields=ordered, notes=tuple(dict.fromkeys(notes)))


def _by_question(drafts: Sequence[Draft]) -> dict[str, list[_Claim]]:
    """Claims by what they answer: values, geometry, or a key of its own."""
    found: dict[str, list[_Claim]] = {}
    for draft in drafts:
        groups: dict[str, list[DraftField]] = {}
        for field in draft.fields:
            groups.setdefault(_question(field), []).append(field)
        for question, fields in groups.items():
            known = tuple(field for field in fields if field.certainty != "unknown")
            found.setdefault(question, []).append(_Claim(draft=draft, fields=known or tuple(fields)))
    return found


def _question(field: DraftField) -> str:
    if field.top in ("value_range", "normalize", "quantize"):
        return "values"
    return "geometry" if field.top in ("resize", "geometry") else field.key


def _decide(
    question: str, answers: Sequence[_Claim], prefer: str, notes: list[str], conflicts: list[str]
) -> tuple[DraftField, ...]:
    """The fields that hold."""
    if not answers:
        return ()
    best = max(answers, key=lambda claim: claim.strength)
    known = [claim for claim in answers if claim.strength]
    if not known:
        return best.fields
    differing = [claim for claim in known if claim is not best and not _agree(question, claim, best)]
    if not differing:
        return _joined(best, [claim for claim in known if claim is not best])
    chosen = _preferred([best, *differing], prefer)
    if chosen is not None:
        return chosen.fields
    rivals = [claim for claim in differing if not _gives_way(question, claim, best)]
    if rivals:
        conflicts += [f"{question}: {best.text()}; {claim.text()}" for claim in rivals]
    else:
        notes += [f"{question}: {best.text()} is taken, not {claim.text()}" for claim in differing]
    return best.fields


def _gives_way(question: str, weak: _Claim, strong: _Claim) -> bool:
    if weak.strength == _STRENGTH["assumed"]:
        return True
    if weak.strength >= strong.strength:
        return False
    return question in _OF_THE_MODEL and strong.draft.role == "model"


def _preferred(claims: Sequence[_Claim], prefer: str) -> _Claim | None:
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


def _joined(best: _Claim, others: Sequence[_Claim]) -> tuple[DraftField, ...]:
    """The fields of the strongest claim, with the files that agree."""
    agreeing = [claim for claim in others if claim.strength >= _STRENGTH["default"]]
    files = list(dict.fromkeys(claim.draft.file for claim in agreeing if claim.draft.file != best.draft.file))
    if not files:
        return best.fields
    agreed = f"; {', '.join(files[:3])} agree{'s' if len(files) == 1 else ''}"
    return tuple(replace(field, source=field.source + agreed) for field in best.fields)


def _agree(question: str, one: _Claim, other: _Claim) -> bool:
    mine = {field.key: field.value for field in one.fields}
    theirs = {field.key: field.value for field in other.fields}
    if question == "values":
        first, second = _affine(mine), _affine(theirs)
        return first is not None and second is not None and same(first, second, tolerance=0.01)
    if question == "geometry":
        return all(theirs[key] == value for key, value in mine.items() if key in theirs) and (
            ("resize.mode" in mine) == ("resize.mode" in theirs)
        )
    return mine == theirs


def _affine(values: dict[str, Json]) -> Affine | None:
    """The mapping in RGB order, three entries; None for one that is quantized or written in another way."""
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
    answers: Sequence[_Claim], layout: str, prefer: str, notes: list[str], conflicts: list[str]
) -> tuple[DraftField, ...]:
    """Axis by axis: a fixed length over an open one, that of the model file for the batch."""
    known = [claim for claim in answers if claim.strength]
    if len(known) < 2 or not layout:
        return _decide("shape", answers, prefer, notes, conflicts)
    sides = [_by_axis(claim, layout) for claim in known]
    if not all(sides):
        return _decide("shape", answers, prefer, notes, conflicts)
    order = sorted(range(len(known)), key=lambda index: (-known[index].strength, known[index].draft.role != "model"))
    chosen = _preferred(known, prefer)
    if chosen is not None:
        order.sort(key=lambda index: known[index] is not chosen)
    joined: list[Json] = []
    sources: list[str] = []
    for axis in layout:
        fixed = [index for index in order if isinstance(sides[index].get(axis), int)]
        lengths = {sides[index][axis] for index in fixed}
        first = fixed[0] if fixed else next((index for index in order if axis in sides[index]), order[0])
        if axis == "N":
            first = next((index for index in order if known[index].draft.role == "model"), first)
        elif len(lengths) > 1 and chosen is None:
            rivals = [index for index in fixed if sides[index][axis] != sides[first][axis]]
            if any(not _gives_way("size", known[index], known[first]) for index in rivals):
                return _decide("shape", answers, prefer, notes, conflicts)
        joined.append(sides[first].get(axis, axis))
        sources.append(known[first].fields[0].source)
    source = "; ".join(dict.fromkeys(sources))
    return (replace(known[order[0]].fields[0], value=joined, source=source),)


def _by_axis(claim: _Claim, layout: str) -> dict[str, Json]:
    """Length of each axis, by the layout of the claim's own draft, or the decided one."""
    value = claim.fields[0].value
    own = claim.draft.values().get("layout", layout)
    if not isinstance(value, list) or not isinstance(own, str) or len(own) != len(value):
        return {}
    return dict(zip(own, value, strict=True))
