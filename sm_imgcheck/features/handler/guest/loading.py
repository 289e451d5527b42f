"""The user's file, imported as servers import it."""

from __future__ import annotations

import importlib
import importlib.util
import os
import sys
from typing import TYPE_CHECKING

from . import loaders
from .calls import UserFile
from .import_tail import skipped_tail
from .packages import install_packages
from .source_imports import imports

if TYPE_CHECKING:
    from types import ModuleType

    from .calls import Settings
    from .recorder import ModelRecorder

__all__ = ["import_user_file"]

_MOST_SOURCE = 1 << 20
_SERVERS = ("uvicorn", "fastapi", "flask", "starlette", "sanic", "tornado", "aiohttp")
"""Packages whose applications are imported as part of a package."""


def import_user_file(settings: Settings, recorder: ModelRecorder) -> UserFile:
    """Import the file under its own name, with its folder and ``lib`` in it on the path. Raises what it raises."""
    file = settings["file"]
    folder, stem = os.path.dirname(file), os.path.splitext(os.path.basename(file))[0]
    sys.path[:0] = [folder, *([os.path.join(folder, "lib")] if os.path.isdir(os.path.join(folder, "lib")) else [])]
    with open(file, encoding="utf-8", errors="replace") as text:
        source = text.read(_MOST_SOURCE)
    loaders.install(recorder)
    stubs = install_packages(source, recorder)
    module = _import_file(file, folder, stem, source, recorder)
    user = UserFile(module, settings, recorder, source)
    user.stubbed = stubs
    return user


def _import_file(file: str, folder: str, stem: str, source: str, recorder: ModelRecorder) -> ModuleType:
    package = os.path.basename(folder)
    if os.path.exists(os.path.join(folder, "__init__.py")) and any(imports(source, package) for package in _SERVERS):
        sys.path.insert(0, os.path.dirname(folder))
        return importlib.import_module(f"{package}.{stem}")
    name = "inference" if stem in sys.modules else stem
    spec = importlib.util.spec_from_file_location(name, file)
    if spec is None or spec.loader is None:
        raise ImportError(f"{os.path.basename(file)} is not a Python file")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except Exception as error:
        note = skipped_tail(error, file, source)
        if not note:
            raise
        recorder.note(note)
    return module
