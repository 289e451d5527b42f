"""Gather the source text of functions and of everything in the package that they name.

What is generated is what is executed: the text is read from the modules that run, so the two cannot drift apart.
It runs on older Python versions than the package: ``OLDEST_PYTHON`` binds what the functions use. Dataclasses become
named tuples, which need neither slots (Python 3.10) nor the module in ``sys.modules``: SageMaker's TensorFlow Serving
container loads ``inference.py`` without, and there ``dataclass`` fails on annotations that are text.
"""

from __future__ import annotations

import ast
import inspect
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from typing import TypeGuard

from sm_imgcheck.core.errors import Bug, ImgcheckError

__all__ = ["OLDEST_PYTHON", "bundle"]

OLDEST_PYTHON = (3, 8)
"""The oldest version that runs the text; SageMaker's image ``pytorch-inference:1.12.1-cpu-py38`` has it."""
_PACKAGE = __name__.partition(".")[0]
_CHANGED = '''def changed(record: NamedTuple, **fields: Any) -> Any:
    """The same with other values in some fields."""
    return record._replace(**fields)'''


@dataclass(frozen=True, slots=True)
class _Definition:
    """A module-level name: its text, the names that the text uses, and whether it is an import."""

    text: str
    uses: frozenset[str]
    elsewhere: str | None = None
    """The module of the package that it is imported from."""
    imported: bool = False


def bundle(functions: Iterable[tuple[str, str]]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The import lines and the definitions, in an order in which they can be executed.

    functions: (module, name) of each function that the caller wants to call.
    Raises ImgcheckError where the package's own source is not there (a frozen application).
    """
    found: dict[tuple[str, str], _Definition | None] = {}
    for module, name in functions:
        _gather(module, name, found)
    definitions = [one for one in found.values() if one is not None]
    own = [name for (_, name), one in found.items() if one is not None and not one.imported]
    if twins := {name for name in own if own.count(name) > 1}:
        raise Bug(f"two modules define {', '.join(sorted(twins))}: one would hide the other")
    imports = sorted(
        {one.text for one in definitions if one.imported}, key=lambda line: (line.startswith("from"), line)
    )
    # A line that defines several names stands once.
    return tuple(imports), tuple(dict.fromkeys(one.text for one in definitions if not one.imported))


def _gather(module: str, name: str, found: dict[tuple[str, str], _Definition | None]) -> None:
    """Depth first, so that what a definition needs at import time stands before it."""
    if (module, name) in found:
        return
    definition = _own(module, name) or _definitions(module).get(name)
    if definition is None:  # a builtin, a parameter, a local name
        return
    if definition.elsewhere is not None:
        _gather(definition.elsewhere, name, found)
        return
    found[module, name] = None  # a cycle of calls ends here
    for used in sorted(definition.uses):
        _gather(module, used, found)
    del found[module, name]
    found[module, name] = definition


@cache
def _definitions(module: str) -> dict[str, _Definition]:
    try:
        text = inspect.getsource(import_module(module))
    except OSError as error:
        raise ImgcheckError(f"the source text of {module} is not there, so no code can be made from it") from error
    lines = text.splitlines()
    return {name: definition for node in _top(ast.parse(text)) for name, definition in _of(node, lines)}


def _top(tree: ast.Module) -> Iterator[ast.stmt]:
    """The statements of a module; imports for the type checker count, because annotations name them."""
    for node in tree.body:
        if isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING":
            yield from node.body
        else:
            yield node


def _of(node: ast.stmt, lines: list[str]) -> Iterator[tuple[str, _Definition]]:
    if isinstance(node, ast.ImportFrom) and node.module is not None and node.module.split(".")[0] == _PACKAGE:
        for alias in node.names:
            yield alias.name, _Definition("", frozenset(), elsewhere=node.module)
    elif isinstance(node, (ast.Import, ast.ImportFrom)):
        for alias in node.names:
            one = ast.Import([alias]) if isinstance(node, ast.Import) else ast.ImportFrom(node.module, [alias], 0)
            yield alias.asname or alias.name, _imported(ast.unparse(one))
    elif _is_dataclass(node):
        yield node.name, _record(node, lines)
    elif isinstance(node, (ast.FunctionDef, ast.ClassDef)):
        start = min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])
        yield node.name, _Definition("\n".join(lines[start - 1 : node.end_lineno]), _uses(node))
    elif isinstance(node, (ast.Assign, ast.AnnAssign)):
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        names = [name.id for target in targets for name in ast.walk(target) if isinstance(name, ast.Name)]
        for name in names:
            if name != "__all__":
                yield name, _Definition(_with_comment(node, lines), _uses(node))


def _imported(line: str) -> _Definition:
    return _Definition(line, frozenset(), imported=True)


def _own(module: str, name: str) -> _Definition | None:
    """What the module has of its own, in place of what dataclasses need."""
    if name in {"Any", "NamedTuple"}:
        return _imported(f"from typing import {name}")
    if (module, name) == (f"{_PACKAGE}.core.frozen", "changed"):
        return _Definition(_CHANGED, frozenset({"Any", "NamedTuple"}))
    return None


def _is_dataclass(node: ast.stmt) -> TypeGuard[ast.ClassDef]:
    return isinstance(node, ast.ClassDef) and any(
        isinstance(one, ast.Name) and one.id == "frozen" for one in node.decorator_list
    )


def _record(node: ast.ClassDef, lines: list[str]) -> _Definition:
    """A dataclass as a named tuple: its fields, defaults, docstrings and methods."""
    head = f"class {node.name}(NamedTuple):"
    body = lines[node.body[0].lineno - 1 : node.end_lineno]
    return _Definition("\n".join([head, *body]), _uses(ast.Module(node.body, [])) | {"NamedTuple"})


def _with_comment(node: ast.stmt, lines: list[str]) -> str:
    """The lines of an assignment with the comment above it, which says where the number comes from."""
    start = node.lineno - 1
    while start > 0 and lines[start - 1].startswith("#"):
        start -= 1
    return "\n".join(lines[start : node.end_lineno])


def _uses(node: ast.AST) -> frozenset[str]:
    return frozenset(name.id for name in ast.walk(node) if isinstance(name, ast.Name))
