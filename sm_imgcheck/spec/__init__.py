"""The spec language: a plain mapping becomes a ``Spec``, or a list of everything that is wrong with it.

The language stands in one table (``language``); rules between keys are small functions (``axes``, ``values``,
``sizing``, ``decoding``). Pure: no files, no YAML, no arrays. ``specfile`` reads YAML and knows the presets.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sm_imgcheck.spec.joining import join
from sm_imgcheck.spec.resolve import parse

if TYPE_CHECKING:
    from sm_imgcheck.spec.doubts import lint
    from sm_imgcheck.spec.json_schema import schema

__all__ = ["join", "lint", "parse", "schema"]

_RARELY = {"lint": "doubts", "schema": "json_schema"}
"""Names that only a command or two asks for, and the modules that they are in."""


def __getattr__(name: str) -> Any:
    if name not in _RARELY:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f"{__name__}.{_RARELY[name]}"), name)
