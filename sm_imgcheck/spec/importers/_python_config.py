"""Top-level values of Python configuration files of OpenMMLab, and their base files. Code is never executed."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping

from sm_imgcheck.core.errors import ImgcheckError
from sm_imgcheck.core.escape import for_terminal
from sm_imgcheck.core.json_types import Json
from sm_imgcheck.spec.importers._base_files import ChainedConfig, merge, read_chain
from sm_imgcheck.spec.importers._python_calls import literal, parse_module
from sm_imgcheck.spec.importers._source_file import SourceFile

__all__ = ["read_python_config"]

_MOST_STATEMENTS = 5_000
_BASE = "_base_"
_MOST_ENTRIES = 10_000
"""Entries of one value, with those of the names in it: lists of names grow exponentially. LVIS has 1203 classes."""


def read_python_config(file: SourceFile) -> ChainedConfig:
    """The values of a configuration with those of ``_base_`` and of ``with read_base()``.

    Raises ImgcheckError for a file that is not Python.
    """
    return read_chain(file, _bases, _values)


def _statements(file: SourceFile) -> list[ast.stmt]:
    tree = parse_module(file.text)
    if tree is None:
        raise ImgcheckError(f"{for_terminal(file.name)}: Python: cannot be parsed, expected an OpenMMLab configuration")
    return tree.body[:_MOST_STATEMENTS]


def _bases(file: SourceFile) -> list[str]:
    """Relative paths: ``_base_ = [...]``, and imports inside ``with read_base()``."""
    bases: list[str] = []
    for statement in _statements(file):
        if isinstance(statement, ast.Assign) and _target(statement) == _BASE:
            value = literal(statement.value)
            bases = [entry for entry in (value if isinstance(value, list) else [value]) if isinstance(entry, str)]
        elif isinstance(statement, ast.With):
            bases += _read_base_paths(statement)
    return bases


def _read_base_paths(statement: ast.With) -> Iterator[str]:
    """``from ..base.models import *`` as ../base/models.py."""
    for inner in statement.body[:100]:
        if isinstance(inner, ast.ImportFrom) and inner.level and inner.module:
            parents = "./" if inner.level == 1 else "../" * (inner.level - 1)
            yield f"{parents}{inner.module.replace('.', '/')}.py"


def _target(statement: ast.Assign) -> str:
    target = statement.targets[0] if len(statement.targets) == 1 else None
    return target.id if isinstance(target, ast.Name) else ""


def _values(file: SourceFile, base_values: Mapping[str, Json]) -> dict[str, Json]:
    """Literals that top-level names are given, and mappings that ``name.update(...)`` changes."""
    names: dict[str, Json] = {}
    for statement in _statements(file):
        scope = {**base_values, **{f"{_BASE}.{name}": value for name, value in base_values.items()}, **names}
        if isinstance(statement, ast.Assign) and (name := _target(statement)):
            names[name] = _within_limit(literal(statement.value, scope))
        elif isinstance(statement, ast.Expr) and isinstance(call := statement.value, ast.Call):
            owner = _update_target(call)
            before = scope.get(owner)
            change = literal(call.args[0], scope) if owner and len(call.args) == 1 else None
            if isinstance(before, Mapping) and isinstance(change, Mapping):
                names[owner] = _within_limit(merge(before, change))
    return names


def _within_limit(value: Json) -> Json:
    """A value; None for one with too many entries."""
    count, stack = 0, [value]
    while stack:
        entry = stack.pop()
        inner = list(entry.values()) if isinstance(entry, dict) else entry if isinstance(entry, list) else []
        count += len(inner)
        if count > _MOST_ENTRIES:
            return None
        stack += inner
    return value


def _update_target(call: ast.Call) -> str:
    """The name whose ``update`` is called."""
    function = call.func
    if isinstance(function, ast.Attribute) and function.attr == "update" and isinstance(function.value, ast.Name):
        return function.value.id
    return ""
