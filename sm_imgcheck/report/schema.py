"""The JSON Schema of reports, from the types of their values: a key for each field, described by its docstring."""

from __future__ import annotations

import ast
import inspect
import re
import sys
from collections.abc import Iterator, Mapping
from functools import cache
from itertools import pairwise
from types import NoneType, UnionType
from typing import Any, Literal, NotRequired, get_args, get_origin, get_type_hints

from sm_imgcheck.report import _records
from sm_imgcheck.report._record_types import LastLine, ReportDocument, ResultRecord

__all__ = ["COMMANDS", "schema"]

COMMANDS = ("validate", "convert", "handler", "spec test")
"""Commands whose JSON reports the schema describes."""
_BASIC: Mapping[Any, dict[str, object]] = {
    str: {"type": "string"},
    int: {"type": "integer"},
    bool: {"type": "boolean"},
    float: {"type": ["number", "null"]},  # JSON has no NaN and no infinity
    NoneType: {"type": "null"},
    Any: {},
}


def schema() -> dict[str, object]:
    """Return the JSON Schema, draft 2020-12, of the document of ``--format json`` and of each line of ``jsonl``."""
    definitions: dict[str, dict[str, object]] = {}
    document, result, last = (_value(kind, definitions) for kind in (ReportDocument, ResultRecord, LastLine))
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"urn:sm-imgcheck:report:{_records.VERSION}",
        "title": "sm-imgcheck report",
        "description": f"JSON document or line of JSON Lines of sm-imgcheck {', '.join(COMMANDS)}",
        "if": {"required": ["results"]},
        "then": document,
        "else": {"if": {"required": ["summary"]}, "then": last, "else": result},
        "$defs": definitions,
    }


def _value(hint: Any, definitions: dict[str, dict[str, object]]) -> dict[str, object]:
    """Return the schema of a type; an object's is added to the definitions, once."""
    if hint in _BASIC:
        return dict(_BASIC[hint])
    origin, arguments = get_origin(hint), get_args(hint)
    if origin is Literal:
        return {"enum": list(arguments)}
    if origin is UnionType:
        return _union([_value(argument, definitions) for argument in arguments])
    if origin is tuple:
        return {"type": "array", "items": _value(arguments[0], definitions)}
    if origin is Mapping:
        return {"type": "object", "additionalProperties": _value(arguments[1], definitions)}
    if hint.__name__ not in definitions:
        definitions[hint.__name__] = {}  # first: an object precedes those in it
        definitions[hint.__name__] |= _object(hint, definitions)
    return {"$ref": f"#/$defs/{hint.__name__}"}


def _union(members: list[dict[str, object]]) -> dict[str, object]:
    """Return the schema of a value of any of these types: a list of types where possible, for clear errors."""
    types = [member["type"] for member in members if member.keys() == {"type"}]
    if len(types) < len(members):
        return {"anyOf": members}
    names = [name for each in types for name in (each if isinstance(each, list) else [each])]
    return {"type": list(dict.fromkeys(names))}


def _object(kind: type, definitions: dict[str, dict[str, object]]) -> dict[str, object]:
    """Return the schema of an object with a key for each field of the type, and no other."""
    hints = get_type_hints(kind, include_extras=True)
    optional = {name: get_args(hint)[0] for name, hint in hints.items() if get_origin(hint) is NotRequired}
    texts = dict(_docstrings(_classes(kind.__module__), kind.__name__))
    return {
        "type": "object",
        "description": texts[""],
        "properties": {
            name: {"description": texts[name], **_value(optional.get(name, hint), definitions)}
            for name, hint in hints.items()
        },
        "required": [name for name in hints if name not in optional],
        "additionalProperties": False,
    }


@cache
def _classes(module: str) -> dict[str, ast.ClassDef]:
    tree = ast.parse(inspect.getsource(sys.modules[module]))
    return {node.name: node for node in tree.body if isinstance(node, ast.ClassDef)}


def _docstrings(classes: Mapping[str, ast.ClassDef], name: str) -> Iterator[tuple[str, str]]:
    """Yield each field of a class and of its bases with the docstring below it; the class's own has an empty name."""
    node = classes[name]
    for base in node.bases:
        if isinstance(base, ast.Name) and base.id in classes:
            yield from _docstrings(classes, base.id)
    yield "", _text(ast.get_docstring(node) or "")
    for field, below in pairwise(node.body):
        match field, below:
            case ast.AnnAssign(target=ast.Name(id=key)), ast.Expr(value=ast.Constant(value=str(text))):
                yield key, _text(text)


def _text(docstring: str) -> str:
    """Return a docstring as one line in the terms of JSON."""
    return re.sub(r"\b(None|True|False)\b", lambda word: _JSON[word[0]], " ".join(docstring.split()).replace("``", "`"))


_JSON = {"None": "null", "True": "true", "False": "false"}
