"""Stub of ``cog``. Source: replicate/cog, python/cog/base_predictor.py."""

from __future__ import annotations

import os
from typing import Any

from . import PackageStub

__all__ = ["STUB"]


class BasePredictor:
    """``cog.BasePredictor``."""

    def setup(self, *_: object) -> None:
        pass


def _modules(_: object) -> dict[str, dict[str, Any]]:
    members = {"BasePredictor": BasePredictor, "Path": os.PathLike, "BaseModel": object, "File": object}
    default = {"Input": lambda *_, **keywords: keywords.get("default"), "ConcatenateIterator": list}
    return {"cog": {**members, **default}}


STUB = PackageStub("cog", _modules)
