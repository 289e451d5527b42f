"""Stubs of the packages of servers whose classes and functions the user's file needs: Triton, KServe, TorchServe."""

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


def install_packages(source: str, recorder: ModelRecorder) -> set[type]:
    """Add stubs of the packages that the source mentions and that are not installed. Returns their classes."""
    classes: set[type] = set()
    if "ts.torch_handler" in source and not _is_installed("ts"):
        for module in ("base_handler", "vision_handler", "image_classifier"):
            _add(f"ts.torch_handler.{module}", _torchserve())
        _add("ts.utils.util", {"list_classes_from_module": lambda *_, **__: []})
        classes.update(
            value for value in vars(sys.modules["ts.torch_handler.base_handler"]).values() if _is_class(value)
        )
    if "triton_python_backend_utils" in source and not _is_installed("triton_python_backend_utils"):
        from .triton_stub import members

        _add("triton_python_backend_utils", members(recorder))
    if "kserve" in source and not _is_installed("kserve"):
        from .kserve_stub import members as kserve_members

        for name in ("kserve", "kserve.model", "kserve.protocol.infer_type", "kserve.errors"):
            _add(name, kserve_members())
        recorder.note("kserve is not installed for this Python (--python selects another): a stub was used")
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


def _is_class(value: object) -> bool:
    return isinstance(value, type)


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


def _torchserve() -> dict[str, Any]:
    class BaseHandler:
        """Stub of TorchServe's class of the same name."""

        def __init__(self) -> None:
            self.model = self.mapping = self.context = self.manifest = self.model_pt_path = self.map_location = None
            self.device = "cpu"
            self.initialized = False
            self.explain = False
            self.target = 0

        def initialize(self, context: Any) -> None:
            self.manifest, self.context = context.manifest, context

    names = ("BaseHandler", "VisionHandler", "ImageClassifier")
    return {name: BaseHandler if name == "BaseHandler" else type(name, (BaseHandler,), {}) for name in names}
