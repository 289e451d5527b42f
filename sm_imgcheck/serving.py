"""What the serving stacks take without code of the user's: content types and forms of body, as data.

Measured; what each stack does with a body is in its module of ``stacks``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sm_imgcheck.value import Value

__all__ = ["ENVELOPES", "STACKS", "Serving"]

ENVELOPES = (
    "npy",
    "npz",
    "raw",
    "array",
    "instances",
    "inputs",
    "instances-b64",
    "hf-inputs-b64",
    "kserve-v2",
    "triton-binary",
    "csv",
    "jsonlines",
    "image",
)
_IMAGES = ("image/jpeg", "image/png", "image/tiff", "image/bmp", "image/gif", "image/webp", "image/x-image")
_LIMIT = 6_553_500
"""Bytes: the default of ``max_request_size`` of multi-model-server and TorchServe; one more is a 413."""
_MEGABYTES = "SAGEMAKER_MAX_PAYLOAD_IN_MB"
_TOOLKIT = ("application/x-npy", "application/json", "text/csv", "application/x-npz")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class Serving(Value):
    """What a stack takes without code of the user's; measured, see the stack's own module."""

    types: tuple[str, ...] = ()
    """Content types, compared as the stack does it; empty: any."""
    envelopes: tuple[str, ...]
    """The best first."""
    body_limit: int | None = None
    """Bytes that its server takes; None: none is known (Triton and MLflow took 20 MB, TensorFlow Serving's nginx sets
    none)."""
    limit_setting: str = ""
    """What raises it."""


STACKS: Mapping[str, Serving] = {
    "toolkit": Serving(types=_TOOLKIT, envelopes=("npy", "array", "csv"), body_limit=_LIMIT, limit_setting=_MEGABYTES),
    "pytorch": Serving(
        types=_TOOLKIT, envelopes=("npy", "array", "csv"), body_limit=_LIMIT, limit_setting="TS_MAX_REQUEST_SIZE"
    ),
    "huggingface": Serving(
        types=(*_IMAGES, "application/json", "application/x-npy", "text/csv"),
        envelopes=("image", "hf-inputs-b64", "inputs"),
        body_limit=_LIMIT,
        limit_setting=_MEGABYTES,
    ),
    "tensorflow-serving": Serving(
        types=("application/json", "application/jsonlines", "application/jsons", "text/csv"),
        envelopes=("instances", "inputs", "array", "jsonlines", "instances-b64", "csv"),
    ),
    "triton": Serving(envelopes=("triton-binary", "kserve-v2")),
    "mlflow": Serving(
        types=("text/csv", "application/json", "application/vnd.apache.parquet"), envelopes=("instances", "inputs")
    ),
    "mlserver": Serving(types=("application/json",), envelopes=("kserve-v2",)),
    "builtin-image-classification": Serving(
        types=("application/x-image", "image/jpeg", "image/png"), envelopes=("image",)
    ),
    "custom": Serving(envelopes=ENVELOPES),
}
