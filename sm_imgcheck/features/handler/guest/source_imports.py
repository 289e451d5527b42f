"""The packages that a program imports, read from its source."""

from __future__ import annotations

import ast
from functools import lru_cache

__all__ = ["imported_names", "imports"]


def imports(source: str, package: str) -> bool:
    """Whether a statement imports a package, such as ``azure.functions``, or something in it."""
    return any(name == package or name.startswith(f"{package}.") for name in imported_names(source))


@lru_cache(maxsize=1)
def imported_names(source: str) -> frozenset[str]:
    """Dotted names that may be modules; none where Python cannot parse the source, which its import reports."""
    try:
        nodes = list(ast.walk(ast.parse(source)))
    except (SyntaxError, ValueError, RecursionError):
        return frozenset()
    names = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    for node in nodes:
        if isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
    return frozenset(names)
