"""The end of a user's file, which tries its handler out with what it downloads."""

from __future__ import annotations

import ast
import symtable
from typing import TYPE_CHECKING

from .environment import is_offline
from .error_lines import error_summary

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["skipped_tail"]

_DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


def skipped_tail(error: Exception, file: str, source: str) -> str:
    """What to note if the file works without the statement that raised, and those below it; empty: it does not.

    It does if only the network is missing, no function or class follows, and none reads a name that would be set there.
    """
    if type(error).__name__ == "StopScript":  # of packages.streamlit
        return "the script waits for an upload"
    if not is_offline(error):
        return ""
    line, entry = 0, error.__traceback__
    while entry is not None:
        if entry.tb_frame.f_code.co_filename == file and entry.tb_frame.f_code.co_name == "<module>":
            line = entry.tb_lineno
        entry = entry.tb_next
    statements = ast.parse(source).body
    tail = [statement for statement in statements if (statement.end_lineno or 0) >= line]
    definitions = [statement for statement in statements if isinstance(statement, _DEFINITIONS)]
    if not line or not definitions or any(isinstance(statement, _DEFINITIONS) for statement in tail):
        return ""
    if set(_names_of(tail)) & set(_globals(symtable.symtable(source, file, "exec"))):
        return ""
    return f"line {line}, below the last function, raised {error_summary(error, 120)}: what follows was not run"


def _names_of(statements: list[ast.stmt]) -> Iterator[str]:
    for node in (node for statement in statements for node in ast.walk(statement)):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.id
        elif isinstance(node, ast.alias):
            yield (node.asname or node.name).partition(".")[0]


def _globals(table: symtable.SymbolTable) -> Iterator[str]:
    """Names of the module that its functions and classes read."""
    for child in table.get_children():
        yield from (symbol.get_name() for symbol in child.get_symbols() if symbol.is_global())
        yield from _globals(child)
