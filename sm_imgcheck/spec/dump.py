"""Writing the spec language as YAML, without YAML's library: a spec uses a small part of it.

What is written reads back as the same values under YAML 1.2, and under 1.1 too.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

__all__ = ["document", "entry", "flow"]

_BARE = re.compile(r"[A-Za-z_][\w./+-]*(?: [\w./+-]+)*", re.ASCII)
_NOT_TEXT = {"null", "true", "false", "yes", "no", "on", "off"}
"""Words that some version of YAML takes for something else."""


def flow(value: Any) -> str:
    """One line of YAML: ``[N, 224, 224, 3]``, ``{mode: stretch}``."""
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, Mapping):
        return f"{{{', '.join(f'{_text(key)}: {flow(inner)}' for key, inner in value.items())}}}"
    if isinstance(value, Sequence):
        return f"[{', '.join(flow(inner) for inner in value)}]"
    # YAML 1.1 takes 1e-05 for text: it wants a point before the exponent.
    return re.sub(r"^(-?\d+)e", r"\1.0e", repr(value))


def entry(key: str, value: Any) -> list[str]:
    """The lines of one key of the top level."""
    if isinstance(value, Mapping) and value:
        return [f"{key}:", *(f"  {_text(name)}: {flow(inner)}" for name, inner in value.items())]
    if isinstance(value, Sequence) and value and isinstance(value[0], Mapping):
        return [f"{key}:", *(f"  - {flow(inner)}" for inner in value)]
    return [f"{key}: {flow(value)}"]


def document(mapping: Mapping[str, Any]) -> str:
    """A whole spec, its keys in the order in which they come."""
    return "".join(f"{line}\n" for key, value in mapping.items() for line in entry(key, value))


def _text(text: str) -> str:
    if _BARE.fullmatch(text) and text.lower() not in _NOT_TEXT:
        return text
    return f'"{"".join(map(_escaped, text))}"'


def _escaped(char: str) -> str:
    if char in '"\\':
        return f"\\{char}"
    if char.isprintable():
        return char
    code = ord(char)
    return {"\n": "\\n", "\t": "\\t"}.get(char) or (f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}")
