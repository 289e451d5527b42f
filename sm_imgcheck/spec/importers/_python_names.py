"""Names of Python code that are bound exactly once, and where they are visible. Code is never executed."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterator

from sm_imgcheck.core.frozen import frozen
from sm_imgcheck.core.json_types import Json
from sm_imgcheck.spec.importers._python_calls import dotted_name, literal

__all__ = ["BoundNames"]

_BranchPath = tuple[tuple[int, str], ...]
_BRANCHES = (ast.If, ast.For, ast.AsyncFor, ast.While, ast.Try, ast.TryStar, ast.match_case)
_CHANGES = frozenset(
    ("append", "extend", "insert", "remove", "pop", "popitem", "clear", "reverse", "sort", "update", "setdefault")
)
"""Methods that change a list or a mapping."""
_MOST_NODES = 1_000
"""Syntax nodes of a value. Configurations have tens; lists of class names are not needed."""


@frozen
class _Binding:
    """One value of a name, and the branch that it is bound in."""

    node: ast.expr
    path: _BranchPath


class BoundNames:
    """Names with one value: a second one, a changed item, ``del`` and a method that changes it make a name unknown.

    A value that is bound in a branch is visible inside this branch only. Attributes are those of ``self`` and the
    constants of a class, as ``Class.name``.
    """

    def __init__(self, tree: ast.Module) -> None:
        self._paths = _branch_paths(tree)
        self._stores = Counter(name for node in ast.walk(tree) for name in _stores_of(node))
        self._stores.update(f"class {key}" for key in _class_names(tree))
        self._bindings = {key: binding for key, binding in self._all_bindings(tree) if self._is_single(key)}
        small = {key: entry for key, entry in self._bindings.items() if _is_small(entry.node)}
        self._values = {key: literal(entry.node) for key, entry in small.items()}
        self.definitions = {node.name for node in ast.walk(tree) if isinstance(node, ast.ClassDef | ast.FunctionDef)}
        """Classes and functions of the code."""

    def node(self, name: str, use: ast.AST) -> ast.expr | None:
        """What a dotted name is bound to, as visible at ``use``; None for anything that is not known."""
        binding = self._bindings.get(name)
        return binding.node if binding is not None and self._is_visible(binding, use) else None

    def values(self, use: ast.AST) -> dict[str, Json]:
        """Literals by dotted name, as visible at ``use``."""
        literals = {key: value for key, value in self._values.items() if value is not None}
        return {key: value for key, value in literals.items() if self._is_visible(self._bindings[key], use)}

    def _is_visible(self, binding: _Binding, use: ast.AST) -> bool:
        return self._paths.get(use, ())[: len(binding.path)] == binding.path

    def _all_bindings(self, tree: ast.Module) -> Iterator[tuple[str, _Binding]]:
        owners = {inner: node.name for node in ast.walk(tree) if isinstance(node, ast.ClassDef) for inner in node.body}
        for node in ast.walk(tree):
            if not isinstance(node, ast.Assign | ast.AnnAssign) or node.value is None:
                continue
            binding = _Binding(node=node.value, path=self._paths.get(node, ()))
            for target in node.targets if isinstance(node, ast.Assign) else [node.target]:
                name = dotted_name(target)
                if name and node in owners:
                    yield f"{owners[node]}.{name}", binding
                elif name and name.removeprefix("self.").isidentifier():
                    yield name, binding

    def _is_single(self, key: str) -> bool:
        owner, _, name = key.rpartition(".")
        if not owner:
            return self._stores[name] == 1
        in_class, on_object = self._stores[f"class {key}"], self._stores[f".{name}"]
        return on_object == 1 and not self._stores[f"class .{name}"] if owner == "self" else in_class + on_object == 1


def _branch_paths(tree: ast.Module) -> dict[ast.AST, _BranchPath]:
    """For nodes inside of branches: the branches around them, outermost first."""
    paths: dict[ast.AST, _BranchPath] = {}
    stack: list[tuple[ast.AST, _BranchPath]] = [(tree, ())]
    while stack:
        node, path = stack.pop()
        if path:
            paths[node] = path
        is_branch = isinstance(node, _BRANCHES) and not _is_main_guard(node)
        for field, value in ast.iter_fields(node):
            inner = (*path, (id(node), field)) if is_branch else path
            entries = value if isinstance(value, list) else [value]
            stack += [(entry, inner) for entry in entries if isinstance(entry, ast.AST)]
    return paths


def _is_main_guard(node: ast.AST) -> bool:
    """Whether a branch is ``if __name__ == ...``."""
    test = node.test if isinstance(node, ast.If) else None
    return isinstance(test, ast.Compare) and dotted_name(test.left) == "__name__"


def _class_names(tree: ast.Module) -> Iterator[str]:
    """Constants that class bodies bind, in branches too: as ``Class.name`` and as ``.name``."""
    for owner in ast.walk(tree):
        stack: list[ast.AST] = list(owner.body) if isinstance(owner, ast.ClassDef) else []
        while stack:
            node = stack.pop()
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Lambda):
                continue
            for name in _stores_of(node):
                yield from (f"{owner.name}.{name}", f".{name}")  # type: ignore[attr-defined]
            stack += ast.iter_child_nodes(node)


def _stores_of(node: ast.AST) -> Iterator[str]:
    """The name that a node binds, deletes or changes; an attribute with a leading dot."""
    target: ast.AST | None = None
    if isinstance(node, ast.Name | ast.Attribute | ast.Subscript) and not isinstance(node.ctx, ast.Load):
        target = node
    elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in _CHANGES:
        target = node.func.value
    while isinstance(target, ast.Subscript):
        target = target.value
    if isinstance(target, ast.Name):
        yield target.id
    elif isinstance(target, ast.Attribute):
        yield f".{target.attr}"
    elif isinstance(node, ast.arg):
        yield node.arg
    elif isinstance(node, ast.alias):
        yield node.asname or node.name
    elif isinstance(name := getattr(node, "name", None), str):
        yield name


def _is_small(node: ast.expr) -> bool:
    return sum(1 for _, _ in zip(ast.walk(node), range(_MOST_NODES + 1), strict=False)) <= _MOST_NODES
