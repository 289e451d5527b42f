"""A spec as an importer reads it: each field with its value, source and certainty."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from sm_imgcheck.core.frozen import frozen
from sm_imgcheck.core.json_types import Json
from sm_imgcheck.spec.importers._source_file import SourceFile

__all__ = ["REQUIRED_KEYS", "Certainty", "Draft", "DraftBuilder", "DraftField", "Role", "key_order"]

Certainty = Literal["stated", "inferred", "default", "assumed", "unknown"]
"""stated: the file contains it; inferred: follows from what the file states; default: of the class or format where the
key is absent; assumed: convention of the format; unknown: not stated."""
Role = Literal["model", "pixels", "spec"]
"""model: shape, dtype and layout of a model's input; pixels: preprocessing; spec: a spec of this program."""

REQUIRED_KEYS = ("shape", "layout", "dtype", "channel_order", "value_range", "resize")
"""Fields that a draft either contains or lists as unknown; ``value_range`` includes ``normalize``, ``resize`` includes
``geometry``."""
_TOP_ORDER = (
    "name",
    "description",
    "source",
    "shape",
    "layout",
    "dtype",
    "channel_order",
    "value_range",
    "normalize",
    "quantize",
    "decode",
    "resize",
    "geometry",
    "payload",
)


@frozen
class DraftField:
    """One line of the spec that is written."""

    key: str
    """Dotted place in the spec language: ``normalize.mean``, ``resize.size``; a step is ``geometry[0]``."""
    value: Json
    """In the spec language; None where unknown."""
    source: str
    """File and key, or the rule that gives a value where the key is absent."""
    certainty: Certainty

    @property
    def top(self) -> str:
        """The key of the top level."""
        return self.key.partition(".")[0].partition("[")[0]


@frozen
class Draft:
    """What one file states of a model's input."""

    file: str
    """As messages name it."""
    vocabulary: str
    """Title of the importer."""
    role: Role
    fields: tuple[DraftField, ...]
    """In the order of the spec language."""
    notes: tuple[str, ...] = ()
    """Properties that the spec language cannot express, and traps of the vocabulary."""

    def values(self) -> dict[str, Json]:
        """Known fields by dotted key."""
        return {field.key: field.value for field in self.fields if field.certainty != "unknown"}

    def mapping(self) -> dict[str, object]:
        """Known fields as a mapping of the spec language."""
        nested: dict[str, object] = {}
        for field in self.fields:
            if field.certainty == "unknown":
                continue
            if field.key.startswith("geometry["):
                steps = nested.setdefault("geometry", [])
                assert isinstance(steps, list)
                steps.append(field.value)
                continue
            top, _, inner = field.key.partition(".")
            if inner:
                group = nested.setdefault(top, {})
                assert isinstance(group, dict)
                group[inner] = field.value
            else:
                nested[top] = field.value
        return nested


def key_order(key: str) -> tuple[int, int]:
    """Sort key: order of the spec language; steps of ``geometry`` by their number."""
    top, _, rest = key.partition("[")
    number = int(rest.rstrip("]")) if rest.rstrip("]").isdigit() else 0
    top = top.partition(".")[0]
    return (_TOP_ORDER.index(top) if top in _TOP_ORDER else len(_TOP_ORDER)), number


class DraftBuilder:
    """Collects fields; the first value of a key is kept."""

    def __init__(self, file: SourceFile) -> None:
        self.file = file.name
        self.base = file.base
        self.fields: dict[str, DraftField] = {}
        self.notes: list[str] = []

    def state(self, key: str, value: Json, where: str) -> None:
        """Add a field that the file contains. where: its key in the file."""
        self._add(key, value, f"{self.base}: {where}", "stated")

    def infer(self, key: str, value: Json, reason: str) -> None:
        """Add a field that follows from what the file contains."""
        self._add(key, value, f"{self.base}: {reason}", "inferred")

    def default(self, key: str, value: Json, reason: str) -> None:
        """Add the default of a class or format for a key that the file does not contain."""
        self._add(key, value, reason, "default")

    def assume(self, key: str, value: Json, reason: str) -> None:
        """Add the convention of the format for a value that the file does not state."""
        self._add(key, value, reason, "assumed")

    def unknown(self, key: str, reason: str) -> None:
        """Add a field without a known value."""
        self._add(key, None, reason, "unknown")

    def geometry(self, steps: Sequence[tuple[Json, str]], *, problem: str, absent: str) -> None:
        """Add steps of the spec language, each with its evidence in the file.

        problem: why they are unknown; empty: they are known. absent: the evidence where the file has no step.
        """
        if problem:
            self.unknown("resize", problem)
            return
        if not steps:
            self.infer("resize.mode", "none", absent)
        for index, (step, where) in enumerate(steps):
            self.state(f"geometry[{index}]", step, where)

    def note(self, text: str) -> None:
        """Add a remark, once."""
        if text not in self.notes:
            self.notes.append(text)

    def add(self, key: str, value: Json, source: str, certainty: Certainty) -> None:
        """Add a field of any certainty; the file is named where the value comes from it."""
        full_source = f"{self.base}: {source}" if certainty in ("stated", "inferred") else source
        self._add(key, value, full_source, certainty)

    def _add(self, key: str, value: Json, source: str, certainty: Certainty) -> None:
        self.fields.setdefault(key, DraftField(key=key, value=value, source=source, certainty=certainty))

    def build(self, vocabulary: str, role: Role, *, missing: str = "") -> Draft:
        """The draft; required fields that are absent become unknown, with ``missing`` as the reason."""
        tops = {field.top for field in self.fields.values()}
        reason = missing or f"not stated in {self.base}"
        for key in REQUIRED_KEYS:
            alternatives = {"value_range": {"value_range", "normalize"}, "resize": {"resize", "geometry"}}
            if not tops & alternatives.get(key, {key}):
                self.unknown(key, reason)
        sorted_fields = sorted(self.fields.values(), key=lambda field: key_order(field.key))
        return Draft(
            file=self.file, vocabulary=vocabulary, role=role, fields=tuple(sorted_fields), notes=tuple(self.notes)
        )
