"""What in a module's text Python 3.8 does not have: syntax, and what the standard library gained later."""

import ast
import shutil
import subprocess
from collections.abc import Iterator
from functools import cache

GENERICS = {"Callable", "Iterable", "Iterator", "Mapping", "Sequence", "dict", "frozenset", "list", "set", "tuple"}
"""Subscripts of these are for annotations only (PEP 585, Python 3.9)."""
NEW_NAMES = {
    *("Self", "StrEnum", "TypeAlias", "ParamSpec", "aclosing", "assert_never", "batched", "bit_count", "cache"),
    *("file_digest", "is_relative_to", "pairwise", "randbytes", "removeprefix", "removesuffix"),
    *("to_thread", "with_stem"),
}
NEW_ARGUMENTS = {"dataclass": {"slots", "kw_only", "match_args", "weakref_slot"}, "zip": {"strict"}}


def newer_than_38(text: str) -> list[str]:
    """Each thing that Python 3.8 does not have, with its line. Annotations count as text, by the future import."""
    try:
        tree = ast.parse(text, feature_version=(3, 8))
    except SyntaxError as error:
        return [f"{error.lineno}: {error.msg}"]
    lazy = any(isinstance(node, ast.ImportFrom) and node.module == "__future__" for node in tree.body)
    nodes = list(ast.walk(tree))
    annotations = {id(node) for part in nodes for node in _annotation_nodes(part)} if lazy else set()
    found = [(node.lineno, new) for node in nodes if id(node) not in annotations for new in _newer(node)]
    found += [(node.lineno, "with (...)") for node in nodes if _has_bracketed_items(node, text)]
    return [f"{line}: {new}" for line, new in found]


def _has_bracketed_items(node: ast.AST, text: str) -> bool:
    """Whether brackets hold the items of a ``with``, which Python 3.13 accepts under each ``feature_version``."""
    if not isinstance(node, ast.With):
        return False
    last = node.items[-1].optional_vars or node.items[-1].context_expr
    rest = "\n".join(text.splitlines()[last.end_lineno - 1 :]).encode()[last.end_col_offset :]
    several = len(node.items) > 1 or node.items[-1].optional_vars is not None
    return several and rest.lstrip(b" \t\n,").startswith(b")")


def _annotation_nodes(node: ast.AST) -> Iterator[ast.AST]:
    for name in ("annotation", "returns"):
        if (hint := getattr(node, name, None)) is not None:
            yield from ast.walk(hint)


def _newer(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.Attribute) and node.attr in NEW_NAMES:
        yield node.attr
    if isinstance(node, ast.alias) and node.name in NEW_NAMES:
        yield node.name
    if isinstance(node, ast.Subscript) and isinstance(node.value, ast.Name) and node.value.id in GENERICS:
        yield f"{node.value.id}[...]"
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
        new = NEW_ARGUMENTS.get(node.func.id, set())
        yield from (f"{node.func.id}({one.arg}=...)" for one in node.keywords if one.arg in new)
        if node.func.id == "isinstance" and isinstance(node.args[1], ast.BinOp):
            yield "isinstance(..., A | B)"


@cache
def interpreter(version: str) -> str | None:
    """The python of this version on the PATH that has NumPy and Pillow; None without one."""
    found = shutil.which(f"python{version}")
    if found is None:
        return None
    ready = subprocess.run([found, "-c", "import numpy, PIL"], capture_output=True, check=False, timeout=60)
    return found if ready.returncode == 0 else None
