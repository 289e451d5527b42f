"""Stub of ``litserve``. Source: Lightning-AI/LitServe, src/litserve/api.py."""

from __future__ import annotations

import sys
from typing import Any

from . import PackageStub

__all__ = ["STUB"]


class LitAPI:
    """``litserve.LitAPI``."""

    def __init__(self, *_: object, **keywords: object) -> None:
        self.max_batch_size = keywords.get("max_batch_size", 1)
        self.device = "cpu"

    def setup(self, device: str) -> None:
        self.device = device

    def decode_request(self, request: object, **_: object) -> object:
        return request

    def batch(self, inputs: list[Any]) -> Any:
        """One stacked array or tensor of torch; a list of anything else."""
        for package, mark in (("torch", "__torch_function__"), ("numpy", "__array_interface__")):
            if hasattr(inputs[0], mark):
                return sys.modules[package].__dict__["stack"](inputs)
        return inputs

    def encode_response(self, output: object, **_: object) -> object:
        return output


class Server:
    """A server that does not listen here: ``litserve.LitServer``."""

    def __init__(self, *_: object, **__: object) -> None:
        pass

    def run(self, *_: object, **__: object) -> None:
        pass


def _modules(_: object) -> dict[str, dict[str, Any]]:
    return {"litserve": {"LitAPI": LitAPI, "LitServer": Server}}


STUB = PackageStub("litserve", _modules)
