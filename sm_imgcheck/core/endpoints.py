"""What the serving stacks take without code of the user's: content types and forms of body, as data.

Measured; what each stack does with a body is in its module of ``stacks``.
"""

from __future__ import annotations

from collections.abc import Mapping

from sm_imgcheck.core.frozen import frozen

__all__ = ["ENDPOINTS", "ENVELOPES", "STACKS", "Endpoint", "Limit", "Serving"]

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


@frozen
class Serving:
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


@frozen
class Limit:
    """How many bytes a body may have."""

    bytes: int
    severity: str
    """error: more is refused; warning: more may be, documents differ."""
    source: str
    remedy: str
    """How a larger body gets through."""
    inline: bool = False
    """Of a body that goes with the request itself, not of one that lies in S3."""


@frozen
class Endpoint:
    """One kind of endpoint."""

    limits: tuple[Limit, ...]
    """The narrowest first."""
    seconds: int
    """How long the container may take to answer."""


_MODEL = "service model sagemaker-runtime 2017-05-13 (botocore 1.44.5)"
_HOSTING = "AWS documentation, Model Hosting FAQs"
_BATCH = "service model sagemaker 2017-07-24, CreateTransformJob"
_MB = 1_000_000

ENDPOINTS: dict[str, Endpoint] = {
    "realtime": Endpoint(
        limits=(
            Limit(
                bytes=6_291_456,
                severity="warning",
                source=f"{_MODEL}, BodyBlob",
                remedy="AWS's newer text allows 25 MB: try it before you rely on it",
            ),
            Limit(bytes=25 * _MB, severity="error", source=_HOSTING, remedy="an async endpoint takes 1 GB by S3"),
        ),
        seconds=60,
    ),
    "serverless": Endpoint(
        limits=(
            Limit(
                bytes=4 * _MB,
                severity="error",
                source="AWS documentation, Invoke a serverless endpoint",
                remedy="a real-time endpoint takes more",
            ),
        ),
        seconds=60,
    ),
    "async": Endpoint(
        limits=(
            Limit(
                bytes=128_000,
                severity="warning",
                source=f"{_MODEL}, inline Body of InvokeEndpointAsync",
                remedy="upload it to S3 and name it with InputLocation",
                inline=True,
            ),
            Limit(bytes=1000 * _MB, severity="error", source=_HOSTING, remedy="send fewer images at once"),
        ),
        seconds=3600,
    ),
    "batch": Endpoint(
        limits=(
            Limit(
                bytes=6 * _MB,
                severity="warning",
                source=f"{_BATCH}, MaxPayloadInMB unless it is set",
                remedy="MaxPayloadInMB, up to 100",
            ),
            Limit(
                bytes=100 * _MB,
                severity="error",
                source=f"{_BATCH}, the largest MaxPayloadInMB",
                remedy="send fewer images at once",
            ),
        ),
        seconds=3600,
    ),
}
