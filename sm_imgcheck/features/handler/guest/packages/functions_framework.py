"""Stub of ``functions_framework``: decorators that return the function unchanged."""

from __future__ import annotations

from typing import Any

from . import PackageStub

__all__ = ["STUB"]


def _modules(_: object) -> dict[str, dict[str, Any]]:
    """Modules of the package, and their members."""
    return {
        "functions_framework": {
            "http": lambda function: function,
            "cloud_event": lambda function: function,
            "typed": lambda *_: lambda function: function,
        }
    }


STUB = PackageStub("functions_framework", _modules)
