"""The JSON Schema of the language, for editors and for tools that check YAML before they run anything."""

from __future__ import annotations

from collections.abc import Callable

from sm_imgcheck.spec.keys import MAX_SIDE, Key
from sm_imgcheck.spec.language import TOP
from sm_imgcheck.spec.language_image import STEP_KEYS

__all__ = ["schema"]

_PAIRS = (("value_range", "normalize"), ("resize", "geometry"))
"""Keys of which a spec has one at most."""


def schema() -> dict[str, object]:
    """JSON Schema, draft 2020-12, of a spec in its canonical spelling.

    What the rules between keys refuse (a layout that does not fit the shape) a schema cannot tell.
    """
    whole = _object(TOP)
    required = whole.pop("required")
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "sm-imgcheck spec",
        "description": "What the tensor that an image model takes must be",
        **whole,
        "if": {"not": {"required": ["extends"]}},
        "then": {"required": required},
        "allOf": [{"not": {"required": list(pair), "properties": dict.fromkeys(pair, _GIVEN)}} for pair in _PAIRS],
    }


_GIVEN = {"not": {"type": "null"}}


def _object(keys: tuple[Key, ...]) -> dict[str, object]:
    """A mapping of these keys and no others."""
    required = [key.name for key in keys if key.required]
    return {
        "type": "object",
        "properties": {key.name: _property(key) for key in keys},
        "additionalProperties": False,
        **({"required": required} if required else {}),
    }


def _property(key: Key) -> dict[str, object]:
    """A null counts as not given, which a required key cannot be."""
    value = _KINDS[key.kind](key)
    if key.words:
        value = {"anyOf": [{"enum": list(key.words)}, value]}
    return {
        "description": f"{key.doc} (default: {key.rule})" if key.rule else key.doc,
        **({} if key.default is None else {"default": key.default}),
        "examples": [key.example],
        **(value if key.required else {"anyOf": [value, {"type": "null"}]}),
    }


def _bounded(kind: str, key: Key) -> dict[str, object]:
    bounds = {"minimum": key.low, "maximum": key.high, "exclusiveMinimum": key.above}
    return {"type": kind, **{name: bound for name, bound in bounds.items() if bound is not None}}


def _list(items: dict[str, object], least: int, most: int) -> dict[str, object]:
    return {"type": "array", "items": items, "minItems": least, "maxItems": most}


def _axes(_key: Key) -> dict[str, object]:
    length: dict[str, object] = {
        "anyOf": [{"type": "integer", "minimum": 1, "maximum": MAX_SIDE}, {"enum": [-1, None]}, {"type": "string"}]
    }
    return _list(length, 2, 4)


def _steps(_key: Key) -> dict[str, object]:
    step = {"type": "object", "minProperties": 1, "maxProperties": 1, "additionalProperties": False}
    forms = {name: {"anyOf": [_object(keys), {"type": "null"}]} for name, keys in STEP_KEYS.items()}
    return {"type": "array", "items": {**step, "properties": forms}}


def _several(key: Key) -> dict[str, object]:
    one = _bounded("number", key)
    return {"anyOf": [one, _list(one, 1, 4)]}


def _size(key: Key) -> dict[str, object]:
    edge = _bounded("integer", key)
    return {"anyOf": [edge, _list(edge, 2, 2)]}


def _wholes(key: Key) -> dict[str, object]:
    assert isinstance(key.example, list)
    return _list(_bounded("integer", key), len(key.example), len(key.example))


_KINDS: dict[str, Callable[[Key], dict[str, object]]] = {
    "axes": _axes,
    "choice": lambda key: {"enum": list(key.choices)},
    "dtype": lambda key: {"anyOf": [{"enum": list(key.choices)}, {"type": "string"}]},
    "entries": lambda key: {"type": "array", "items": _object(key.keys)},
    "flag": lambda _: {"type": "boolean"},
    "mapping": lambda key: _object(key.keys),
    "number": lambda key: _bounded("number", key),
    "numbers": _several,
    "pair": lambda key: _list(_bounded("number", key), 2, 2),
    "size": _size,
    "steps": _steps,
    "text": lambda _: {"type": "string"},
    "whole": lambda key: _bounded("integer", key),
    "wholes": _wholes,
}
