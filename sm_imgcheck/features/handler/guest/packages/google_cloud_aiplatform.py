"""Stub of the part of ``google.cloud.aiplatform`` that custom predictors import.

Source: googleapis/python-aiplatform, google/cloud/aiplatform/prediction.
"""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from . import PackageStub

__all__ = ["STUB"]


class Predictor:
    """``google.cloud.aiplatform.prediction.predictor.Predictor``."""

    def preprocess(self, prediction_input: Any) -> Any:
        return prediction_input["instances"]

    def postprocess(self, prediction_results: Any) -> Any:
        return {"predictions": prediction_results}


def _modules(_: object) -> dict[str, dict[str, Any]]:
    """Modules of the package, and their members."""
    download = {"download_model_artifacts": lambda *_, **__: None}
    root = "google.cloud.aiplatform"
    return {
        f"{root}.prediction.predictor": {"Predictor": Predictor},
        f"{root}.utils.prediction_utils": download,
        f"{root}.utils": {"prediction_utils": SimpleNamespace(**download)},
    }


STUB = PackageStub("google.cloud.aiplatform", _modules)
