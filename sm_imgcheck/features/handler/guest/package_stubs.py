"""Stubs of the packages of servers whose classes and functions the user's file needs, such as Triton's."""

from __future__ import annotations

import importlib.util
import re
import sys
import types
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .recorder import ModelRecorder

__all__ = ["install_packages"]

_SERVICES = ("litserve", "bentoml", "ray", "cog")
_KSERVE = {
    "kserve": ("kserve.model", "kserve.protocol.infer_type", "kserve.errors"),
    "kfserving": ("kfserving.kfmodel",),
}
"""Modules of KServe, under its name now and under its name before version 0.7."""


def install_packages(source: str, recorder: ModelRecorder) -> set[type]:
    """Add stubs of the packages that the source mentions and that are not installed. Returns their classes."""
    classes: set[type] = set()
    if re.search(r"^\s*(?:import|from)\s+ts\b", source, re.MULTILINE) and not _is_installed("ts"):
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
    if re.search(r"^\s*(?:import|from)\s+gradio\b", source, re.MULTILINE):
        from . import gradio_stub

        for name in gradio_stub.MODULES:
            _add(name, gradio_stub.members())
        recorder.note("gradio was replaced by a stub: it would wait for users")
    _install_services(source, recorder)
    return classes


def _install_services(source: str, recorder: ModelRecorder) -> None:
    packages = [name for name in _SERVICES if re.search(rf"^\s*(?:import|from)\s+{name}\b", source, re.MULTILINE)]
    missing = [name for name in packages if not _is_installed(name)]
    if missing:
        from .service_stubs import service_modules

        modules = service_modules(recorder)
        for package in missing:
            for name, members in modules[package].items():
                _add(name, members)
            recorder.note(f"{package} is not installed for this Python (--python selects another): a stub was used")


def _is_installed(name: str) -> bool:
    try:
        return importlib.util.find_spec(name) is not None
    except (ImportError, ValueError):
        return False


def _add(name: str, members: dict[str, Any]) -> None:
    parts = name.split(".")
    for length in range(1, len(parts) + 1):
        path = ".".join(parts[:length])
        if path not in sys.modules:
            module = types.ModuleType(path)
            module.__dict__["__path__"] = []  # so that what is below it can be imported
            sys.modules[path] = module
            if length > 1:
                setattr(sys.modules[".".join(parts[: length - 1])], parts[length - 1], module)
    sys.modules[name].__dict__.update(members)
