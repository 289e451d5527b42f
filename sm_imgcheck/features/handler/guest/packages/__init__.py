"""Stubs of packages that the user's file imports, such as those of servers; one module each, a new module adds one.

A module has the dotted name of its package with underscores, and defines ``STUB``: it is imported only for a file that
imports the package.
"""

from __future__ import annotations

import importlib.util
import os
import pkgutil
import sys
import types
from importlib import import_module
from typing import TYPE_CHECKING, Any, NamedTuple

from ..loaders import StubFinder
from ..source_imports import imported_names, imports

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..recorder import ModelRecorder

__all__ = ["PackageStub", "install_packages"]


class PackageStub(NamedTuple):
    """Stub of one package."""

    package: str
    """Its dotted name, as files import it."""
    modules: Callable[[ModelRecorder], dict[str, dict[str, Any]]]
    """Its modules, and their members."""
    why_always: str = ""
    """Why an installed package is replaced too; empty: it is not."""
    is_part_of_server: bool = False
    """It exists in its server alone, so that its absence is not noted."""
    classes: tuple[type, ...] = ()
    """Base classes of the user's that it replaces."""


def install_packages(source: str, recorder: ModelRecorder) -> set[type]:
    """Add stubs of the packages that the source imports and that are not installed. Returns their base classes."""
    classes: set[type] = set()
    for stub in _stubs(source):
        if not stub.why_always and _is_installed(stub.package):
            continue
        for name, members in stub.modules(recorder).items():
            _add(name, members)
        classes.update(stub.classes)
        if stub.why_always:
            recorder.note(f"{stub.package} was replaced by a stub: {stub.why_always}")
        elif not stub.is_part_of_server:
            text = f"{stub.package} is not installed for this Python (--python selects another): a stub was used"
            recorder.note(text)
    if (imports(source, "django") or imports(source, "rest_framework")) and _is_installed("django"):
        _configure_django()
    return classes


def _stubs(source: str) -> list[PackageStub]:
    names = {name.replace(".", "_") for name in imported_names(source)}
    modules = [entry.name for entry in pkgutil.iter_modules(__path__)]
    near = [module for module in modules if any(f"{name}_".startswith(f"{module}_") for name in names)]
    stubs: list[PackageStub] = [import_module(f"{__name__}.{module}").STUB for module in near]
    return [stub for stub in stubs if imports(source, stub.package)]


def _configure_django() -> None:
    """Settings for views alone; those of ``DJANGO_SETTINGS_MODULE`` where it is set."""
    import django
    from django.conf import settings

    if not settings.configured and "DJANGO_SETTINGS_MODULE" not in os.environ:
        apps = ["django.contrib.contenttypes", "django.contrib.auth"]  # the anonymous user of Django REST framework
        settings.configure(ALLOWED_HOSTS=["*"], SECRET_KEY="-", INSTALLED_APPS=apps)  # noqa: S106 - of no session
    django.setup()


def _is_installed(name: str) -> bool:
    try:
        spec = importlib.util.find_spec(name)
    except (ImportError, ValueError):
        return False
    return spec is not None and not isinstance(spec.loader, StubFinder)


def _is_imported(name: str) -> bool:
    """Import an installed package, such as the ``google`` that several packages share."""
    try:
        import_module(name)
    except ImportError:
        return False
    return True


def _add(name: str, members: dict[str, Any]) -> None:
    parts = name.split(".")
    for length in range(1, len(parts) + 1):
        path = ".".join(parts[:length])
        if path not in sys.modules and not (length < len(parts) and _is_imported(path)):
            module = types.ModuleType(path)
            module.__dict__["__path__"] = []  # so that what is below it can be imported
            module.__dict__["__sm_imgcheck_stub__"] = True  # for messages about what it lacks
            sys.modules[path] = module
            if length > 1:
                setattr(sys.modules[".".join(parts[: length - 1])], parts[length - 1], module)
    sys.modules[name].__dict__.update(members)
