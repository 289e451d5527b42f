"""Stub of ``kfserving``, the name of ``kserve`` before version 0.7."""

from __future__ import annotations

from typing import Any

from . import PackageStub
from .kserve import members

__all__ = ["STUB"]


def _modules(_: object) -> dict[str, dict[str, Any]]:
    return dict.fromkeys(("kfserving", "kfserving.kfmodel"), members())


STUB = PackageStub("kfserving", _modules)
