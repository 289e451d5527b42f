"""Names of Python code that are bound exactly once, and where they are visible. Code is never executed."""

from __future__ import annotations

import ast
from collections import Counter, defaultdict
from collections.abc import Iterator
from itertools import islice

from sm_imgcheck.core.frozen import frozen
from sm_imgcheck.core.json_types import Json
from sm_imgcheck.spec.importers._python_calls import dotted_name, literal

__all__ = ["BoundNames"]

_Position = tuple[int, int]
"""Line and column."""
_BranchPath = tuple[tuple[int, str], ...]
_BRANCHES = (ast.If, ast.For, ast.AsyncFor, ast.While, ast.Try, ast.TryStar, ast.match_case)
_CHANGES = frozenset(
    ("append", "extend", "insert", "remove", "pop", "popitem", "clear", "reverse", "sort", "update", "setdefault")
)
"""Methods that change a list or a mapping."""
_MOST_ALIASES = 5
"""Steps from a changed name to the first name of the object."""
_MOST_NODES = 1_000
"""Syntax nodes of a value. Configurations have tens; lists of class names are not needed."""


@frozen
class _Binding:
    """One value of a name, and the branch that it is bound in."""

    node: ast.expr
    path: _BranchPath
    complete: _Position | None = None
    """Start of the statement that appends its last entry; None without such an entry."""


@frozen
class _Growth:
    """Entries that are appended to a list."""

    entries: list[ast.expr]
    last: _Position
    """Start of the last statement that appends."""


class BoundNames:
    """Names with one value: a second one, a changed item, ``del`` and a method that changes it make a name unknown.

    So does a change under another name that is bound to the same object. Entries that are appended one after another
    in the block of the assignment are part of the value.

    A value that is bound in a branch is visible inside this branch only. Attributes are those of ``self`` and the
    constants of a class, as ``Class.name``.
    """

    def __init__(self, tree: ast.Module) -> None:
        self._paths = _branch_paths(tree)
        self._stores = Counter(name for node in ast.walk(tree) for name in _stores_of(node))
        self._stores.update(f"class {key}" for key in _class_names(tree))
        self._parameters = {node.arg for node in ast.walk(tree) if isinstance(node, ast.arg)} - {"self", "cls"}
        self._changes = _changes(tree)
        counts = Counter(key for change in self._changes for key in _paths_of(change))
        self._grown = {key: entry for key, entry in _grown(tree).items() if counts[key] == len(entry.entries)}
        grown = {name for (name, attribute) in self._grown if not attribute}
        self._changed_through: defaultdict[str, set[str]] = defaultdict(set)
        for change in self._changes:
            for attribute in change:
                self._changed_through[attribute.removeprefix(".")] |= change
        self._changed = {name for change in self._changes for name in change} - grown
        self._bindings = {key: binding for key, binding in self._all_bindings(tree) if self._is_single(key)}
        small = {key: entry for key, entry in self._bindings.items() if not entry.complete and _is_small(entry.node)}
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

    def is_changed(self, name: str, attribute: str) -> bool:
        """Whether ``name.attribute``, of a variable or of an object's attribute, is changed after it is bound.

        A change of a parameter counts for every object: the function may be called with it.
        """
        return bool(self._changed_through[attribute] & {name, f".{name}", *self._parameters})

    def growth(self, name: str, attribute: str) -> list[ast.expr] | None:
        """Entries that ``name.attribute.append`` adds, or None: there are other changes."""
        entry = self._grown.get((name, attribute)) if self._stores[name] == 1 else None
        return None if entry is None else entry.entries

    def _is_visible(self, binding: _Binding, use: ast.AST) -> bool:
        if binding.complete is not None and isinstance(use, ast.expr | ast.stmt) and _start(use) < binding.complete:
            return False
        return self._paths.get(use, ())[: len(binding.path)] == binding.path

    def _all_bindings(self, tree: ast.Module) -> Iterator[tuple[str, _Binding]]:
        owners = {inner: node.name for node in ast.walk(tree) if isinstance(node, ast.ClassDef) for inner in node.body}
        for node in ast.walk(tree):
            if not isinstance(node, ast.Assign | ast.AnnAssign) or node.value is None:
                continue
            path = self._paths.get(node, ())
            binding = _Binding(node=node.value, path=path)
            for target in node.targets if isinstance(node, ast.Assign) else [node.target]:
                name = dotted_name(target)
                if (growth := self._grown.get((name, ""))) is not None:
                    whole = ast.List(elts=[ast.Starred(value=node.value), *growth.entries])
                    yield name, _Binding(node=whole, path=path, complete=growth.last)
                elif name and node in owners:
                    yield f"{owners[node]}.{name}", binding
                elif name and name.removeprefix("self.").isidentifier():
                    yield name, binding

    def _is_single(self, key: str) -> bool:
        owner, _, name = key.rpartition(".")
        if name in self._changed or (owner and f".{name}" in self._changed):
            return False
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
    """The name that a node binds or deletes; an attribute with a leading dot."""
    if isinstance(node, ast.Name | ast.Attribute):
        if not isinstance(node.ctx, ast.Load):
            yield next(_owners(node))
    elif isinstance(node, ast.arg):
        yield node.arg
    elif isinstance(node, ast.alias):
        yield node.asname or node.name
    elif isinstance(name := getattr(node, "name", None), str):
        yield name


def _changes(tree: ast.Module) -> list[frozenset[str]]:
    """For each change of an object: the names that it is reached by, those that are bound to the same object too."""
    changes: list[frozenset[str]] = []
    aliases: list[tuple[str, frozenset[str]]] = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute | ast.Subscript) and not isinstance(node.ctx, ast.Load):
            is_own = isinstance(node, ast.Attribute) and dotted_name(node.value) in ("self", "cls")
            changes.append(frozenset(_owners(node.value if is_own else node)))
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in _CHANGES:
            changes.append(frozenset(_owners(node.func.value)))
        elif isinstance(node, ast.Assign) and dotted_name(node.value):
            origin = frozenset(_owners(node.value))
            aliases += [(name, origin) for target in node.targets for name in islice(_owners(target), 1)]
    for _ in range(_MOST_ALIASES):
        names = {name for change in changes for name in change}
        further = {origin for name, origin in aliases if name in names} - set(changes)
        if not further:
            break
        changes += further
    return changes


def _grown(tree: ast.Module) -> dict[tuple[str, str], _Growth]:
    """Names, and attributes of names, that entries are appended to in the block that binds the name."""
    entries: dict[tuple[str, str], list[tuple[ast.expr, _Position]]] = {}
    blocks = [block for node in ast.walk(tree) for _, block in ast.iter_fields(node) if isinstance(block, list)]
    for block in blocks:
        bound: set[str] = set()
        for statement in block:
            if isinstance(statement, ast.Assign) and len(statement.targets) == 1:
                bound |= {name for name in [dotted_name(statement.targets[0])] if name.isidentifier()}
            elif isinstance(statement, ast.Expr) and (change := _append_call(statement.value)) is not None:
                owner, attribute, entry = change
                if owner in bound:
                    entries.setdefault((owner, attribute), []).append((entry, _start(statement)))
    return {key: _Growth(entries=[entry for entry, _ in values], last=values[-1][1]) for key, values in entries.items()}


def _start(node: ast.expr | ast.stmt) -> _Position:
    return node.lineno, node.col_offset


def _paths_of(change: frozenset[str]) -> Iterator[tuple[str, str]]:
    """Each name that a change reaches an object by, alone and with each attribute."""
    for name in change:
        yield name, ""
        yield from ((name, attribute[1:]) for attribute in change if attribute.startswith(".") and attribute != name)


def _append_call(node: ast.expr) -> tuple[str, str, ast.expr] | None:
    """Name, attribute or empty, and entry of ``name.attribute.append(entry)`` or ``extend(entries)``."""
    if not isinstance(node, ast.Call) or len(node.args) != 1 or node.keywords:
        return None
    owner, _, method = dotted_name(node.func).rpartition(".")
    name, _, attribute = owner.partition(".")
    if method not in ("append", "extend") or not name or "." in attribute:
        return None
    return name, attribute, ast.Starred(value=node.args[0]) if method == "extend" else node.args[0]


def _owners(target: ast.AST) -> Iterator[str]:
    """Names in a dotted expression, the last one first; an attribute with a leading dot."""
    while isinstance(target, ast.Attribute | ast.Subscript):
        if isinstance(target, ast.Attribute):
            yield f".{target.attr}"
        target = target.value
    if isinstance(target, ast.Name):
        yield target.id


def _is_small(node: ast.expr) -> bool:
    return sum(1 for _, _ in zip(ast.walk(node), range(_MOST_NODES + 1), strict=False)) <= _MOST_NODES
