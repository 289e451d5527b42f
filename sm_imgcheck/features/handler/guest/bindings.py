"""What each name of a file is bound to, by the syntax tree."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["CONTEXT", "Bindings"]

CONTEXT = ast.expr()
"""The binding of ``with ... as NAME``."""
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)


class Bindings:
    """Names of a file, each in the innermost function around it that binds the name, else in the module."""

    def __init__(self, tree: ast.Module) -> None:
        self._scopes: dict[ast.AST, ast.AST] = {}
        """The function, or the module, around each node."""
        self._values: dict[tuple[ast.AST, str], list[ast.expr | None]] = {}
        """Expressions; None for what is not one, such as the item of a loop or a parameter."""
        waiting: list[tuple[ast.AST, ast.AST]] = [(tree, tree)]
        while waiting:
            node, scope = waiting.pop()
            self._scopes[node] = scope
            inner = node if isinstance(node, _FUNCTIONS) else scope
            waiting += [(child, inner) for child in ast.iter_child_nodes(node)]
        readable = {id(name): value for node in self._scopes for name, value in _read(node)}
        shared = {name for node in self._scopes if isinstance(node, (ast.Global, ast.Nonlocal)) for name in node.names}
        for node, scope in self._scopes.items():
            if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
                where = tree if node.id in shared else scope
                self._values.setdefault((where, node.id), []).append(readable.get(id(node)))
            elif isinstance(node, ast.arg):
                self._values.setdefault((scope, node.arg), []).append(None)

    def find(self, name: ast.Name) -> tuple[ast.AST, list[ast.expr | None]]:
        """The function or module that binds a name, and the expressions there; an unbound name has none."""
        scope = self._scopes[name]
        while (scope, name.id) not in self._values and scope is not self._scopes[scope]:
            scope = self._scopes[scope]
        return scope, self._values.get((scope, name.id), [])

    def nodes(self) -> list[ast.AST]:
        """Every node of the file."""
        return [*self._scopes]


def _read(node: ast.AST) -> Iterator[tuple[ast.AST, ast.expr]]:
    """The names that a statement binds to expressions that can be followed."""
    if isinstance(node, ast.withitem) and node.optional_vars is not None:
        yield node.optional_vars, CONTEXT
    elif isinstance(node, ast.AnnAssign) and node.value is not None:
        yield node.target, node.value
    elif isinstance(node, ast.Assign) and len(node.targets) == 1:
        target = node.targets[0]
        if not isinstance(target, (ast.Tuple, ast.List)):
            yield target, node.value
        elif not any(isinstance(name, ast.Starred) for name in target.elts):
            for at, name in enumerate(target.elts):
                yield name, ast.Subscript(node.value, ast.Constant(at), ast.Load())
