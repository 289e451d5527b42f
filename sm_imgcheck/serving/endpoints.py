"""Limits of AWS endpoints by kind: bytes of a body, seconds of an answer."""

from __future__ import annotations

from sm_imgcheck.core.frozen import frozen
from sm_imgcheck.core.types import Limit

__all__ = ["ENDPOINTS", "Endpoint"]


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
