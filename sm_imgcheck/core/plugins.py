"""A folder of modules as a registry: one new file adds one thing."""

from __future__ import annotations

import os
import sys
from importlib import import_module
from types import ModuleType
from typing import Generic, Protocol, TypeVar

__all__ = ["DescribedPlugin", "RankedPlugin", "Registry", "load", "names"]


def names(package: ModuleType) -> tuple[str, ...]:
    """Names of the public modules in ``package``, sorted; none of them is imported.

    A module whose name starts with an underscore is shared code of the folder, not an entry; so is a folder in it.
    """
    entries = [entry for path in package.__path__ if os.path.isdir(path) for entry in os.listdir(path)]  # noqa: PTH112, PTH208
    modules = {entry.removesuffix(".py") for entry in entries if entry.endswith(".py")}
    if not modules:  # an archive, or an application without source files
        import pkgutil  # 0.7 ms

        modules = {module.name for module in pkgutil.iter_modules(package.__path__) if not module.ispkg}
    return tuple(sorted(name for name in modules if not name.startswith("_")))


def load(package: ModuleType, name: str) -> ModuleType:
    """Import module ``name`` of ``package``. Raises ModuleNotFoundError for a name that does not exist."""
    return import_module(f"{package.__name__}.{name}")


class RankedPlugin(Protocol):
    """An object that a module of a registry defines."""

    @property
    def rank(self) -> int:
        """Position in lists."""
        ...


class DescribedPlugin(RankedPlugin, Protocol):
    """A plugin with a description."""

    @property
    def summary(self) -> str:
        """One line for editors; empty where none is given."""
        ...


T_co = TypeVar("T_co", bound=RankedPlugin, covariant=True)


class Registry(Generic[T_co]):
    """The objects that the modules of a package define under one name, such as ``STACK``.

    A module's name with hyphens is the object's: ``tensorflow_serving`` is ``tensorflow-serving``.
    """

    def __init__(self, package: str, constant: str) -> None:
        self._package, self._constant = package, constant
        self._names: tuple[str, ...] = ()

    def names(self) -> tuple[str, ...]:
        """All names, sorted; the folder is listed once, and no module is imported."""
        self._names = self._names or tuple(name.replace("_", "-") for name in names(sys.modules[self._package]))
        return self._names

    def __contains__(self, name: object) -> bool:
        return name in self.names()

    def by_rank(self) -> tuple[str, ...]:
        """All names in the order of ``rank``; every module is imported."""
        return tuple(sorted(self.names(), key=lambda name: (self[name].rank, name)))

    def __getitem__(self, name: str) -> T_co:
        """The object of a name. Raises ModuleNotFoundError."""
        entry: T_co = getattr(load(sys.modules[self._package], name.replace("-", "_")), self._constant)
        return entry
