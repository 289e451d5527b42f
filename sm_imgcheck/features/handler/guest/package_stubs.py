"""Stubs of the packages of servers whose classes and functions the user's file needs, such as Triton's."""

from __future__ import annotations

import importlib.util
import os
import sys
import types
from importlib import import_module
from typing import TYPE_CHECKING, Any

from .loaders import StubFinder
from .source_imports import imports

if TYPE_CHECKING:
    from .recorder import ModelRecorder

__all__ = ["install_packages"]

_ALWAYS = {
    "gradio": "it would wait for users",
    "streamlit": "it would wait for users",
    "modal": "it would run the file elsewhere",
}
"""Packages with a module of stubs under their name, and why they are always replaced."""
_SERVERS = {
    "mlserver": "mlserver_stub",
    "azure.functions": "azure_functions_stub",
    "google.cloud.aiplatform": "vertex_ai_stub",
    "functions_framework": "functions_framework_stub",
}
_SERVICES = ("litserve", "bentoml", "ray", "cog")
_KSERVE = {
    "kserve": ("kserve.model", "kserve.protocol.infer_type", "kserve.errors"),
    "kfserving": ("kfserving.kfmodel",),
}
"""Modules of KServe, under its name now and under its name before version 0.7."""


def install_packages(source: str, recorder: ModelRecorder) -> set[type]:
    """Add stubs of the packages that the source mentions and that are not installed. Returns their classes."""
    classes: set[type] = set()
    if imports(source, "ts") and not _is_installed("ts"):
        from .torchserve_stub import HANDLERS, torchserve_modules

        for name, handlers in torchserve_modules().items():
            _add(name, handlers)
        classes.update(HANDLERS)
    if "triton_python_backend_utils" in source and not _is_installed("triton_python_backend_utils"):
        from .triton_stub import members

        _add("triton_python_backend_utils", members(recorder))
    for package, modules in _KSERVE.items():
        if package in source and not _is_installed(package):
            from .kserve_stub import members as kserve_members

            for name in (package, *modules):
                _add(name, kserve_members())
            recorder.note(f"{package} is not installed for this Python (--python selects another): a stub was used")
    _install_services(source, recorder)
    _install_others(source, recorder)
    return classes


def _install_others(source: str, recorder: ModelRecorder) -> None:
    """Packages that run programs elsewhere are always replaced, servers where they are not installed."""
    for package, why in _ALWAYS.items():
        if imports(source, package):
            stub = import_module(f".{package}_stub", __package__)
            for name in getattr(stub, "MODULES", (package,)):
                _add(name, stub.members())
            recorder.note(f"{package} was replaced by a stub: {why}")
    for package, stub_name in _SERVERS.items():
        if imports(source, package) and not _is_installed(package):
            for name, members in import_module(f".{stub_name}", __package__).modules().items():
                _add(name, members)
            recorder.note(f"{package} is not installed for this Python (--python selects another): a stub was used")
    if (imports(source, "django") or imports(source, "rest_framework")) and _is_installed("django"):
        _configure_django()


def _configure_django() -> None:
    """Settings for views alone; those of ``DJANGO_SETTINGS_MODULE`` where it is set."""
    import django
    from django.conf import settings

    if not settings.configured and "DJANGO_SETTINGS_MODULE" not in os.environ:
        apps = ["django.contrib.contenttypes", "django.contrib.auth"]  # the anonymous user of Django REST framework
        settings.configure(ALLOWED_HOSTS=["*"], SECRET_KEY="-", INSTALLED_APPS=apps)  # noqa: S106 - of no session
    django.setup()


def _install_services(source: str, recorder: ModelRecorder) -> None:
    missing = [name for name in _SERVICES if imports(source, name) and not _is_installed(name)]
    if missing:
        from .service_stubs import service_modules

        modules = service_modules(recorder)
        for package in missing:
            for name, members in modules[package].items():
                _add(name, members)
            recorder.note(f"{package} is not installed for this Python (--python selects another): a stub was used")


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
