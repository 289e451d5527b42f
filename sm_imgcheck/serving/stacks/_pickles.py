"""What a pickle builds, read from its opcodes. No pickle is loaded: no opcode is executed."""

from __future__ import annotations

import pickletools
import re
from itertools import islice

__all__ = ["MAX_OPCODES", "describe_pickle"]

MAX_OPCODES = 100_000
"""Opcodes of a pickle that is examined, which take 0.3 s."""
_BUILTINS = {"list", "dict", "tuple", "set", "frozenset", "int", "float", "bool", "str", "bytes", "bytearray", "None"}
_NAMES = {"None": "NoneType", "long": "int", "int_or_bool": "int", "bytes_or_str": "str"}
_MAKERS = frozenset(("_reconstruct", "_frombuffer"))
"""NumPy's functions that make an array, by protocols 0 to 4 and by protocol 5."""
_NUMERIC = re.compile(r"[<>=|]?[biufcOSUVmM]\d+")
"""A dtype as NumPy pickles it, such as ``f4``."""


def describe_pickle(body: bytes) -> str | None:
    """The type of the object, such as ``list`` or ``numpy.ndarray of f4``; empty: unknown; None: no pickle.

    What follows the pickle is not read, as ``pickle.load`` does not.
    """
    try:
        return _describe(body)
    except (ValueError, IndexError, KeyError, OverflowError, RecursionError):
        return None


def _describe(body: bytes) -> str | None:
    stack: list[str] = []
    words: list[str] = []
    operations = 0
    for operation, argument, _ in islice(pickletools.genops(body), MAX_OPCODES):
        operations += 1
        if operation.name == "STOP":
            return _object(stack.pop(), words)
        if isinstance(argument, str) and len(words) < 1000:
            words += argument.split(" ")
        _apply(operation, argument, stack)
    return "" if operations == MAX_OPCODES else None


def _apply(operation: pickletools.OpcodeInfo, argument: object, stack: list[str]) -> None:
    """Carry the types of the objects over. Raises IndexError for a stack that runs empty."""
    before = [kind.name for kind in operation.stack_before]
    after = [kind.name for kind in operation.stack_after]
    if operation.name in ("DUP", "MEMOIZE", "PUT", "BINPUT", "LONG_BINPUT"):
        stack.append(stack[-1]) if operation.name == "DUP" else stack[-1]
        return
    if "mark" in before or "stackslice" in before:
        while stack.pop() != "mark":
            pass
        before = [kind for kind in before if kind not in ("mark", "stackslice")]
    target = stack[-len(before)] if before else ""
    for _ in before:
        stack.pop()
    if isinstance(argument, bool) and after == ["int_or_bool"]:
        after = ["bool"]
    stack += [target if name == "any" and operation.name == "BUILD" else name for name in after]


def _object(kind: str, words: list[str]) -> str:
    name = _NAMES.get(kind, kind)
    if name in _BUILTINS or name == "NoneType":
        return name
    if any(word.startswith("numpy") for word in words) and _MAKERS.intersection(words):
        dtype = next((word for word in words if _NUMERIC.fullmatch(word)), "")
        return f"numpy.ndarray of {dtype}".removesuffix(" of ")
    return ""
