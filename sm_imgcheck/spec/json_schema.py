"""The JSON Schema of the language, for editors and for tools that validate YAML before they run anything."""

from __future__ import annotations

import sys
from collections.abc import Callable

from sm_imgcheck.core.plugins import DescribedPlugin, Registry
from sm_imgcheck.serving.envelopes import ENVELOPES
from sm_imgcheck.serving.stacks import STACKS
from sm_imgcheck.spec.dtypes import DTYPES, any_case, spellings
from sm_imgcheck.spec.json_schema_rules import complete_rules, rules
from sm_imgcheck.spec.keys import MAX_SIDE, Key
from sm_imgcheck.spec.language import TOP
from sm_imgcheck.spec.language_image import STEP_KEYS

__all__ = ["schema"]

_LONGEST_TEXT, _MOST_ENTRIES = 4000, 1000
_NOT_PRINTABLE = r"\u0000-\u001f\u007f-\u00a0\u00ad\u2000-\u200f\u2028-\u202f\u205f-\u206f\u3000\ue000-\uf8ff\ufeff"
_SHAPE_ENTRY = r"^\s*([nNhHwWcC?*]|{words}|0*[1-9][0-9]{{0,4}}\.\.([0-9]{{1,9}})?|\.\.0*[1-9][0-9]{{0,4}})\s*$".format(
    words="|".join(any_case(word) for word in ("batch", "batch_size", "height", "width", "channels", "any", "none"))
)


def schema() -> dict[str, object]:
    """Return the JSON Schema, draft 2020-12, of a spec.

    It accepts every spec that ``load`` accepts. Some specs that it accepts are errors for ``load``: a layout that does
    not fit the values of ``shape``, steps that do not produce the size of ``shape``, values that the dtype cannot hold,
    a ``value_range`` with low >= high, and keys that ``extends`` inherits.
    """
    root = _object(TOP)
    required_keys = root.pop("required")
    extends = {"required": ["extends"], "properties": {"extends": {"not": {"type": "null"}}}}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "urn:sm-imgcheck:spec:1",
        "title": "sm-imgcheck spec",
        "description": "The input tensor of an image model",
        **root,
        "allOf": rules(),
        "if": {"not": extends},
        "then": {"required": required_keys, "allOf": complete_rules()},
    }


def _object(keys: tuple[Key, ...]) -> dict[str, object]:
    """Return the schema of a mapping of these keys and no others."""
    required_keys = [key.name for key in keys if key.required]
    return {
        "type": "object",
        "properties": {key.name: _property(key) for key in keys},
        "additionalProperties": False,
        **({"required": required_keys} if required_keys else {}),
    }


def _property(key: Key) -> dict[str, object]:
    """Return the schema of one key. A null is a key that is not given, except for a required key."""
    value = _KINDS[key.kind](key)
    if not key.required:
        value = _or_null(value)
    return {
        "description": f"{key.doc} (default: {key.rule})" if key.rule else key.doc,
        **({} if key.default is None else {"default": key.default}),
        "examples": list(key.choices) or [key.example],
        **value,
    }


def _or_null(value: dict[str, object]) -> dict[str, object]:
    """Return a schema that accepts null too: one type more, so that an error lists all types."""
    kinds = value.get("type")
    if kinds is None:
        return value
    return {**value, "type": [*(kinds if isinstance(kinds, list) else [kinds]), "null"]}


def _number_type(kind: str, key: Key) -> dict[str, object]:
    """Return the schema of a number. Infinity, which YAML can write, is out of the bounds."""
    low = key.low if key.low is not None else -sys.float_info.max if key.above is None else None
    high = sys.float_info.max if key.high is None else key.high
    bounds = {"minimum": low, "maximum": high, "exclusiveMinimum": key.above}
    return {"type": kind, **{name: bound for name, bound in bounds.items() if bound is not None}}


def _list(items: dict[str, object], shortest: int, longest: int) -> dict[str, object]:
    return {"type": "array", "items": items, "minItems": shortest, "maxItems": longest}


def _number_or_list(number: dict[str, object], shortest: int, longest: int) -> dict[str, object]:
    """Return the schema of a number or a list of them, without ``anyOf``, so that one mistake is one clear error."""
    array = _list(number, shortest, longest)
    return {**number, **array, "type": [number["type"], "array"]}


def _axes(_key: Key) -> dict[str, object]:
    length: dict[str, object] = {
        "type": ["integer", "string", "null"],
        "minimum": -1,
        "not": {"const": 0},
        "maximum": MAX_SIDE,
        "if": {"type": "string", "not": {"pattern": _SHAPE_ENTRY}},
        "then": {"enum": ["N", "H", "W", "C", "32..1024"]},
    }
    return _list(length, 2, 4)


def _choice(key: Key) -> dict[str, object]:
    """Return the schema of a word in any case. Errors and completion show the canonical case."""
    return _any_spelling("|".join(any_case(word) for word in key.choices), key)


def _any_spelling(spellings: str, key: Key) -> dict[str, object]:
    return {
        "type": "string",
        "if": {"not": {"pattern": rf"^({spellings})$"}},
        "then": {"enum": list(key.choices)},
    }


def _steps(_key: Key) -> dict[str, object]:
    step = {"type": "object", "minProperties": 1, "maxProperties": 1, "additionalProperties": False}
    forms = {name: _or_null(_object(keys)) for name, keys in STEP_KEYS.items()}
    return {"type": "array", "items": {**step, "properties": forms}, "maxItems": _MOST_ENTRIES}


def _entries(key: Key) -> dict[str, object]:
    return {"type": "array", "items": _object(key.keys), "maxItems": _MOST_ENTRIES}


def _numbers(key: Key) -> dict[str, object]:
    """Return the schema of a number for all channels, or a list of 1, 3 or 4."""
    two = {"type": "array", "minItems": 2, "maxItems": 2}
    return {**_number_or_list(_number_type("number", key), 1, 4), "if": two, "then": {"minItems": 3}}


def _integers(key: Key) -> dict[str, object]:
    assert isinstance(key.example, list)
    return _list(_number_type("integer", key), len(key.example), len(key.example))


def _mapping(key: Key) -> dict[str, object]:
    """Return the schema of a mapping; its words are the only texts allowed instead of it."""
    value = _object(key.keys)
    if key.words:
        value |= {"type": ["object", "string"], "pattern": f"^({'|'.join(map(any_case, key.words))})$"}
    return value


def _text(key: Key) -> dict[str, object]:
    """Return the schema of a text; names in a registry are listed with their descriptions."""
    registries: dict[str, Registry[DescribedPlugin]] = {"stack": STACKS, "envelope": ENVELOPES}
    if key.name in registries:
        registry = registries[key.name]
        names = registry.by_rank()
        summaries = [*(registry[name].summary for name in names), "not given"]
        return {"enum": [*names, None], "enumDescriptions": summaries, "markdownEnumDescriptions": summaries}
    text: dict[str, object] = {"type": "string", "maxLength": _LONGEST_TEXT}
    return text if key.name == "description" else {**text, "pattern": f"^[^{_NOT_PRINTABLE}]*$"}


_KINDS: dict[str, Callable[[Key], dict[str, object]]] = {
    "axes": _axes,
    "choice": _choice,
    "dtype": lambda key: _any_spelling("|".join(map(spellings, DTYPES)), key),
    "entries": _entries,
    "flag": lambda _: {"type": "boolean"},
    "mapping": _mapping,
    "number": lambda key: _number_type("number", key),
    "numbers": _numbers,
    "pair": lambda key: _list(_number_type("number", key), 2, 2),
    "size": lambda key: _number_or_list(_number_type("integer", key), 2, 2),
    "steps": _steps,
    "text": _text,
    "whole": lambda key: _number_type("integer", key),
    "wholes": _integers,
}
