"""A spec from example tensors and their photographs: candidates by ``identify`` that explain every example."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from sm_imgcheck.core.errors import CandidateError, ImgcheckError
from sm_imgcheck.core.escape import for_terminal
from sm_imgcheck.core.frozen import frozen
from sm_imgcheck.core.json_types import Json
from sm_imgcheck.core.types import Options, Origin, Spec
from sm_imgcheck.core.value_mapping import quantized_target
from sm_imgcheck.features.identify import find
from sm_imgcheck.features.spec_import.origin_spec import has_orientation, origin_mapping
from sm_imgcheck.pipeline.process import process
from sm_imgcheck.spec.importers._draft import Certainty, Draft, DraftField, key_order
from sm_imgcheck.spec.parse import parse
from sm_imgcheck.spec.yaml import flow

__all__ = ["Example", "identified_draft"]

_NOISE = 0.02
"""Gray levels by which float arithmetic of libraries differs."""
_ONE_LEVEL = 1.02
_FEW = 0.001
"""Share of the values that may differ by one level."""
_MOST_CANDIDATES = 40
_GROUPS = ("values", "geometry", "decode")


@frozen
class Example:
    """A photograph and its tensor."""

    name: str
    """Name of the photograph, printable."""
    image: bytes
    tensor: Any
    """An array of numbers: HWC, CHW, NHWC, NCHW, HW or NHW."""


@frozen
class _Candidate:
    mapping: Mapping[str, Json]
    """In the spec language; the shape has open sides where the examples differ."""
    spec: Spec


def identified_draft(examples: Sequence[Example], source: str, vocabulary: str) -> Draft:
    """The draft of the pipeline that produces every tensor from its photograph.

    source: origin of the tensors, as messages name it. Raises ImgcheckError if no known pipeline produces all of them.
    """
    candidates: dict[str, _Candidate] = {}
    nearest = ""
    for example in examples:
        origins = _origins(example)
        exact = [origin for origin in origins if origin.exact]
        nearest = nearest or _nearest_text(example, origins)
        for origin in exact[:_MOST_CANDIDATES]:
            _add(candidates, origin, examples, example)
    valid = [candidate for candidate in candidates.values() if all(_explains(candidate, each) for each in examples)]
    if not valid:
        raise ImgcheckError(
            f"{for_terminal(source)}: pipeline: no known pipeline produces all {len(examples)} tensors"
            f"{nearest}; see sm-imgcheck identify TENSOR --source PHOTO"
        )
    return _draft(valid, examples, source, vocabulary)


def _origins(example: Example) -> tuple[Origin, ...]:
    array = np.asarray(example.tensor)
    if array.dtype.kind not in "fiu" or array.size == 0 or not np.isfinite(array).all():
        raise ImgcheckError(f"{example.name}: tensor: got {array.dtype} {list(array.shape)}, expected finite numbers")
    try:
        return find(array, example.image)
    except CandidateError as error:
        raise ImgcheckError(f"{example.name}: {error}") from None


def _nearest_text(example: Example, origins: Sequence[Origin]) -> str:
    if not origins:
        return f" ({example.name}: the tensor is not recognized as this image)"
    if origins[0].exact:
        return ""
    return f" ({example.name}: nearest pipeline {origins[0].mean_difference:.2g} gray levels away)"


def _add(candidates: dict[str, _Candidate], origin: Origin, examples: Sequence[Example], example: Example) -> None:
    """Add the specs of an origin; where an example has an EXIF orientation, one for each treatment of it."""
    mapping = origin_mapping(origin, [np.shape(each.tensor) for each in examples], example.image)
    if mapping is None:
        return
    decode = mapping.get("decode")
    treatments: tuple[dict[str, Json], ...] = ({},)
    if any(has_orientation(each.image) for each in examples):
        treatments = ({"exif": "apply"}, {"exif": "ignore"})
    for treatment in treatments:
        keys: dict[str, Json] = {**(decode if isinstance(decode, dict) else {}), **treatment}
        complete: dict[str, Json] = {**mapping, "decode": keys} if keys else mapping
        try:
            spec = parse(complete)
        except ImgcheckError:
            return
        candidates.setdefault(spec.sha256, _Candidate(mapping=complete, spec=spec))


def _explains(candidate: _Candidate, example: Example) -> bool:
    """Whether the spec produces the tensor from the photograph, up to arithmetic."""
    result = process(example.image, candidate.spec, Options(want_array=True))
    tensor = np.asarray(example.tensor)
    if result.array is None or result.array.shape[-tensor.ndim :] != tensor.shape:
        return False
    output = np.asarray(result.array, np.float64).reshape(tensor.shape)
    contract = candidate.spec.contract
    scale = min(abs(entry) for entry in quantized_target(contract, contract.channel_order).scale)
    step = max(1.0, 1 / scale) if tensor.dtype.kind in "iu" else 1.0
    gaps = np.abs(output - tensor) / scale
    return float((gaps > _NOISE).mean()) <= _FEW and float(gaps.max()) <= _ONE_LEVEL * step


def _draft(valid: Sequence[_Candidate], examples: Sequence[Example], source: str, vocabulary: str) -> Draft:
    best = valid[0]
    reason = f"identified from {len(examples)} image{'s' * (len(examples) != 1)}"
    notes = [f"{source}: {reason}; the tensors are explained in every value, up to arithmetic"]
    ambiguities = {group: _alternatives(valid, group) for group in _GROUPS}
    fields: list[DraftField] = []
    for key, value, group in _flat(best.mapping):
        certainty: Certainty = "assumed" if ambiguities.get(group) else "inferred"
        reason_of_field = (
            f"{reason}; not distinguished from others, see the notes" if ambiguities.get(group) else reason
        )
        fields.append(DraftField(key=key, value=value, source=reason_of_field, certainty=certainty))
    for group, texts in ambiguities.items():
        if texts:
            more = "" if len(examples) > 2 else "; photographs of other shapes may separate them (--source)"
            notes.append(f"{group}: also explained by {'; '.join(texts[:6])}{more}")
    if "decode" not in best.mapping or "exif" not in _group(best.mapping, "decode"):
        reason_of_field = "no photograph has an EXIF orientation, so that its treatment is not known"
        fields.append(DraftField(key="decode.exif", value="apply", source=reason_of_field, certainty="assumed"))
    if not best.spec.geometry:
        fields.append(DraftField(key="resize.mode", value="none", source=reason, certainty="inferred"))
    return Draft(
        file=source,
        vocabulary=vocabulary,
        role="pixels",
        fields=tuple(sorted(fields, key=lambda field: key_order(field.key))),
        notes=tuple(notes),
    )


def _group(mapping: Mapping[str, Json], group: str) -> dict[str, Json]:
    """The part of a mapping that belongs to one group."""
    keys = {"values": ("value_range", "normalize", "quantize"), "geometry": ("geometry",)}.get(group, (group,))
    entries: dict[str, Json] = {}
    for key in keys:
        inner = mapping.get(key)
        if group == "decode" and isinstance(inner, dict):
            entries |= inner
        elif inner is not None:
            entries[key] = inner
    return entries


def _alternatives(valid: Sequence[_Candidate], group: str) -> list[str]:
    """Values of the other candidates for a group, without duplicates."""
    first = _group(valid[0].mapping, group)
    others = [_group(candidate.mapping, group) for candidate in valid[1:]]
    return list(dict.fromkeys(_changes(first, other) for other in others if other != first))


def _changes(first: Mapping[str, Json], other: Mapping[str, Json]) -> str:
    """The entries that differ, as short YAML."""
    left, right = first.get("geometry"), other.get("geometry")
    if isinstance(left, list) and isinstance(right, list) and len(left) == len(right):
        changes = [
            _step_change(left_step, right_step)
            for left_step, right_step in zip(left, right, strict=True)
            if left_step != right_step
        ]
        if all(changes):
            return ", ".join(changes)
    return flow({key: value for key, value in other.items() if first.get(key) != value} or dict(other))


def _step_change(left_step: Json, right_step: Json) -> str:
    """Keys of one step that differ; empty for two different steps."""
    if not isinstance(left_step, dict) or not isinstance(right_step, dict) or left_step.keys() != right_step.keys():
        return ""
    (name,) = left_step
    left, right = left_step[name], right_step[name]
    if not isinstance(left, dict) or not isinstance(right, dict):
        return ""
    keys = [key for key in {**left, **right} if left.get(key) != right.get(key)]
    return f"{name}.{', '.join(f'{key}: {flow(right.get(key))}' for key in keys)}"


def _flat(mapping: Mapping[str, Json]) -> list[tuple[str, Json, str]]:
    """Dotted keys with their values and groups."""
    entries: list[tuple[str, Json, str]] = []
    for key, value in mapping.items():
        group = {"value_range": "values", "normalize": "values", "quantize": "values"}.get(key, key)
        if key == "geometry" and isinstance(value, list):
            entries += [(f"geometry[{index}]", step, group) for index, step in enumerate(value)]
        elif isinstance(value, dict):
            entries += [(f"{key}.{inner}", entry, group) for inner, entry in value.items()]
        else:
            entries.append((key, value, group))
    return entries
