"""A folder of modules as a registry: one new file adds one thing."""

from __future__ import annotations

import pkgutil
from collections.abc import Iterable
from importlib import import_module
from types import ModuleType

__all__ = ["load", "names"]


def names(package: ModuleType) -> tuple[str, ...]:
    """Names of the public modules in ``package``, sorted; none of them is imported.

    A module whose name starts with an underscore is shared code of the folder, not an entry; so is a folder in it.
    """
    found: Iterable[pkgutil.ModuleInfo] = pkgutil.iter_modules(package.__path__)
    return tuple(sorted(module.name for module in found if not module.ispkg and not module.name.startswith("_")))


def load(package: ModuleType, name: str) -> ModuleType:
    """Import module ``name`` of ``package``. Raises ModuleNotFoundError for a name that is not there."""
    return import_module(f"{package.__name__}.{name}")
