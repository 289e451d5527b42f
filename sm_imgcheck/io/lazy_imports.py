"""NumPy, orjson and PyYAML, imported at the first use of one of their attributes.

Modules of ``serving`` contain the facts of a stack or an envelope and its code; the spec language and ``--help`` read
only the facts, and specs are also made without YAML text. NumPy needs 80 ms to import, PyYAML 25 ms, orjson 3 ms.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

__all__ = ["np", "orjson", "yaml"]


class LazyModule:
    """A module whose attributes are copied here at their first use."""

    def __init__(self, name: str) -> None:
        self._module = name

    def __getattr__(self, name: str) -> object:
        value = getattr(import_module(self._module), name)
        setattr(self, name, value)
        return value


if TYPE_CHECKING:
    import numpy as np
    import orjson
    import yaml
else:
    np = LazyModule("numpy")
    orjson = LazyModule("orjson")
    yaml = LazyModule("yaml")
