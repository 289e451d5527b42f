"""Stub of ``kserve``: the base class of models, and the types of the open inference protocol.

Source: kserve/kserve, python/kserve/kserve/model.py and protocol/infer_type.py.
"""

from __future__ import annotations

import logging
from types import SimpleNamespace
from typing import Any

from . import PackageStub

__all__ = ["STUB", "members"]


class Model:
    """``kserve.Model``."""

    def __init__(self, name: str = "model", *_: object, **__: object) -> None:
        self.name = name
        self.ready = False
        self.predictor_host = "predictor"
        self.protocol = "v1"

    def load(self) -> bool:
        self.ready = True
        return True

    async def predict(self, payload: object, *_: object, **__: object) -> object:
        return payload


class KFModel(Model):
    """``kfserving.KFModel``, the class's name before version 0.7."""


class InferInput:
    """``kserve.InferInput``."""

    def __init__(self, name: str, shape: list[int], datatype: str, data: Any = None, parameters: Any = None) -> None:
        self.name, self.shape, self.datatype, self.data, self.parameters = name, shape, datatype, data, parameters

    def set_data_from_numpy(self, array: Any, *_: object, **__: object) -> None:
        self.data = array

    def as_numpy(self) -> Any:
        import numpy as np

        return self.data if isinstance(self.data, np.ndarray) else np.asarray(self.data).reshape(self.shape)


class InferRequest:
    """``kserve.InferRequest``; of a response the same fields with ``infer_outputs``."""

    def __init__(self, model_name: str = "", infer_inputs: Any = None, **keywords: Any) -> None:
        self.model_name = model_name
        self.inputs = infer_inputs or keywords.get("infer_outputs") or []
        self.id = self.parameters = None


class ModelServer:
    """``kserve.ModelServer``, which does not listen here."""

    def __init__(self, *_: object, **__: object) -> None:
        pass

    def start(self, *_: object, **__: object) -> None:
        pass


def members() -> dict[str, Any]:
    """The names of the package and of its modules."""
    errors = ("InferenceError", "InvalidInput", "ModelMissingError", "ModelNotReady")
    return {
        "Model": Model,
        "KFModel": KFModel,
        "ModelServer": ModelServer,
        "KFServer": ModelServer,
        "constants": SimpleNamespace(KSERVE_LOGLEVEL=logging.INFO, KFSERVING_LOGLEVEL=logging.INFO),
        "InferInput": InferInput,
        "InferOutput": InferInput,
        "InferRequest": InferRequest,
        "InferResponse": InferRequest,
        **{name: type(name, (Exception,), {}) for name in errors},
    }


def _modules(_: object) -> dict[str, dict[str, Any]]:
    return dict.fromkeys(("kserve", "kserve.model", "kserve.protocol.infer_type", "kserve.errors"), members())


STUB = PackageStub("kserve", _modules)
