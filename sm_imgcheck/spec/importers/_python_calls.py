"""Python text read as data: calls and literals by the syntax tree. Code is never executed."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from operator import add, mul, sub, truediv

from sm_imgcheck.core.frozen import frozen
from sm_imgcheck.core.json_types import Json

__all__ = ["PythonCall", "call_of", "dotted_name", "last_name", "literal", "parse_call", "parse_module"]

_LONGEST_LINE = 2_000
_LONGEST_FILE = 1 << 20
_DEEPEST = 200
_LARGEST = 1e15
_LONGEST_LIST = 64
"""Entries of a repeated list; means and sizes have up to 4."""


@frozen
class PythonCall:
    """``Name(argument, key=value)``."""

    name: str
    """The last part of a dotted name."""
    arguments: Mapping[str, Json]
    """By keyword; those by position under their number."""


def parse_call(text: str) -> PythonCall | None:
    """The call that a line contains; None for anything else."""
    if len(text) > _LONGEST_LINE or not text.endswith(")"):
        return None
    tree = _parse(text, "eval")
    node = tree.body if isinstance(tree, ast.Expression) else None
    return call_of(node) if isinstance(node, ast.Call) else None


def call_of(node: ast.Call, names: Mapping[str, Json] | None = None) -> PythonCall:
    """The name and the arguments of a call; names: values of names in its arguments."""
    positional = {str(index): literal(value, names) for index, value in enumerate(node.args)}
    keywords = {keyword.arg: literal(keyword.value, names) for keyword in node.keywords if keyword.arg is not None}
    return PythonCall(name=last_name(node.func), arguments={**positional, **keywords})


def parse_module(text: str) -> ast.Module | None:
    """The syntax tree of a Python file; None for invalid, too long or too deeply nested code."""
    if len(text) > _LONGEST_FILE:
        return None
    tree = _parse(text, "exec")
    return tree if isinstance(tree, ast.Module) else None


def _parse(text: str, mode: str) -> ast.AST | None:
    if max(text.count("("), text.count("["), text.count("{")) > 20_000 or _deepest(text) > _DEEPEST:
        return None
    try:
        tree = ast.parse(text, mode=mode)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    return tree if _is_flat(tree) else None


def _is_flat(tree: ast.AST) -> bool:
    """Whether functions that follow the tree by recursion end: long sums and chains of attributes are deep too."""
    level: list[ast.AST] = [tree]
    for _ in range(_DEEPEST):
        level = [child for node in level for child in ast.iter_child_nodes(node)]
        if not level:
            return True
    return False


def _deepest(text: str) -> int:
    """How deep brackets and signs are nested: Python's own parser is recursive."""
    depth = deepest = run = 0
    for char in text:
        depth += (char in "([{") - (char in ")]}")
        run = run + 1 if char in "-+~" else 0
        deepest = max(deepest, depth, run)
    return deepest


def literal(node: ast.AST, names: Mapping[str, Json] | None = None) -> Json:
    """A constant, list, mapping, ``dict(...)`` or arithmetic; a name is its value in ``names``, or text."""
    if isinstance(node, ast.Constant):
        return node.value if isinstance(node.value, bool | int | float | str) else None
    if isinstance(node, ast.List | ast.Tuple | ast.Set):
        return [literal(entry, names) for entry in node.elts]
    if isinstance(node, ast.Dict):
        pairs = zip(node.keys, node.values, strict=True)
        return {str(literal(key, names)): literal(value, names) for key, value in pairs if key is not None}
    if isinstance(node, ast.Call):
        return _keywords(node, names) if dotted_name(node.func) == "dict" else _entries(node, names)
    if isinstance(node, ast.BinOp | ast.UnaryOp | ast.Subscript):
        return _expression(node, names)
    name = dotted_name(node)
    return names[name] if names is not None and name in names else name or None


def _entries(node: ast.Call, names: Mapping[str, Json] | None) -> Json:
    """The list in ``tensor([...])`` or ``array([...])`` of floats; None for any other call."""
    if last_name(node.func) not in ("tensor", "array", "asarray") or len(node.args) != 1:
        return None
    types = [keyword.arg == "dtype" and "float" in dotted_name(keyword.value) for keyword in node.keywords]
    value = literal(node.args[0], names)
    is_float = isinstance(value, list) and any(isinstance(entry, float) for entry in value)
    return value if all(types) and (types or is_float) else None


def _keywords(node: ast.Call, names: Mapping[str, Json] | None) -> dict[str, Json]:
    """The arguments of ``dict(...)``, with those of ``**name``."""
    result: dict[str, Json] = {}
    for keyword in node.keywords:
        value = literal(keyword.value, names)
        if keyword.arg is not None:
            result[keyword.arg] = value
        elif isinstance(value, Mapping):
            result.update(value)
    return result


def _expression(node: ast.BinOp | ast.UnaryOp | ast.Subscript, names: Mapping[str, Json] | None) -> Json:
    """An item, a repeated list of numbers, or arithmetic; None for anything else."""
    if isinstance(node, ast.Subscript):
        holder, key = literal(node.value, names), literal(node.slice, names)
        if isinstance(holder, Mapping):
            return holder.get(str(key))
        is_index = isinstance(holder, list) and isinstance(key, int) and -len(holder) <= key < len(holder)
        return holder[key] if is_index else None  # type: ignore[index]
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mult) and isinstance(node.left, ast.List | ast.Tuple):
        count = literal(node.right, names)
        entries = [literal(entry, names) for entry in node.left.elts[:_LONGEST_LIST]]
        is_numeric = all(isinstance(entry, int | float) for entry in entries)
        is_short = isinstance(count, int) and 1 <= count <= _LONGEST_LIST // max(len(node.left.elts), 1)
        return entries * count if is_numeric and is_short else None  # type: ignore[operator]
    return _arithmetic(node, names)


_OPERATIONS = {ast.Div: truediv, ast.Mult: mul, ast.Add: add, ast.Sub: sub}


def _arithmetic(node: ast.BinOp | ast.UnaryOp, names: Mapping[str, Json] | None) -> Json:
    if isinstance(node, ast.UnaryOp):
        pair: tuple[Json, Json] = (0, literal(node.operand, names))
        operation = sub if isinstance(node.op, ast.USub) else None
    else:
        pair = (literal(node.left, names), literal(node.right, names))
        operation = _OPERATIONS.get(type(node.op))
    numbers = [float(entry) for entry in pair if isinstance(entry, int | float) and abs(entry) < _LARGEST]
    if operation is None or len(numbers) != len(pair):
        return None
    try:
        result = float(operation(*numbers))
    except (ZeroDivisionError, OverflowError):
        return None
    return int(result) if result.is_integer() and abs(result) < _LARGEST and operation is not truediv else result


def dotted_name(node: ast.AST) -> str:
    """A dotted name; empty for anything else."""
    parts: list[str] = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    return ".".join(reversed([*parts, node.id])) if isinstance(node, ast.Name) else ""


def last_name(node: ast.AST) -> str:
    """``b`` of ``a.b``; empty unless the expression is a dotted name."""
    return dotted_name(node).rpartition(".")[2]
