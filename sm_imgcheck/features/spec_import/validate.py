"""Fields that make no valid spec become unknown, with the problem as their source."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from sm_imgcheck.core.channels import CHANNELS, ORDERS
from sm_imgcheck.core.errors import SpecError
from sm_imgcheck.core.types import Spec
from sm_imgcheck.spec.importers._draft import Draft, DraftField, key_order
from sm_imgcheck.spec.parse import parse

__all__ = ["placeholder_spec", "placeholders", "valid_draft", "with_placeholders"]

_ROUNDS = 8
_GROUPS = {"normalize": "value_range", "geometry": "resize"}
"""Keys of the spec language that a draft lists as unknown under another name."""


def placeholders(draft: Draft) -> dict[str, object]:
    """The draft's mapping with neutral values for required fields that are unknown, so that the rest can be parsed."""
    return with_placeholders(draft.mapping())


def placeholder_spec(mapping: Mapping[str, object]) -> Spec:
    """The spec of a mapping that may lack required fields."""
    return parse(with_placeholders(mapping), source="imported")


def with_placeholders(given_fields: Mapping[str, object]) -> dict[str, object]:
    """The mapping with neutral values for required fields that it lacks."""
    mapping = dict(given_fields)
    mapping.setdefault("dtype", "float32")
    count = CHANNELS.get(str(mapping.get("channel_order")), 3)
    mapping.setdefault("shape", ["N", count, "H", "W"] if mapping.get("layout") != "NHWC" else ["N", "H", "W", count])
    if "channel_order" not in mapping:
        mapping["channel_order"] = ORDERS.get(_channels(mapping), ("RGB",))[0]
    if "value_range" not in mapping and "normalize" not in mapping:
        low = -128 if mapping["dtype"] == "int8" else 0
        mapping["value_range"] = [low, low + 255]
    if "resize" not in mapping and "geometry" not in mapping:
        mapping["resize"] = "none"
    return mapping


def _channels(mapping: dict[str, object]) -> int:
    shape, layout = mapping["shape"], mapping.get("layout")
    if isinstance(shape, list) and isinstance(layout, str) and "C" in layout and len(layout) == len(shape):
        channels = shape[layout.index("C")]
        return channels if isinstance(channels, int) else 3
    return 3


def valid_draft(draft: Draft) -> Draft:
    """The draft without fields that the spec language refuses."""
    for _ in range(_ROUNDS):
        try:
            parse(placeholders(draft), source="imported")
        except SpecError as error:
            errors = {problem.place.partition(".")[0].partition("[")[0]: problem.message for problem in error.problems}
            draft = _without(draft, errors)
        else:
            return draft
    return _without(draft, {field.top: "not valid in this combination" for field in draft.fields})


def _without(draft: Draft, errors: dict[str, str]) -> Draft:
    """With the refused groups unknown. A problem of no known field refuses the sizes."""
    known_tops = {field.top for field in draft.fields if field.certainty != "unknown"}
    if not known_tops & errors.keys():
        errors = {key: next(iter(errors.values())) for key in ("resize", "geometry", "shape")}
    remaining = [field for field in draft.fields if field.top not in errors]
    unknown_groups = {_GROUPS.get(top, top): message for top, message in errors.items() if top in known_tops}
    present = {field.key for field in remaining}
    fields = remaining + [
        DraftField(key=key, value=None, source=f"{draft.file}: not valid: {message}", certainty="unknown")
        for key, message in unknown_groups.items()
        if key not in present
    ]
    return replace(draft, fields=tuple(sorted(fields, key=lambda field: key_order(field.key))))
