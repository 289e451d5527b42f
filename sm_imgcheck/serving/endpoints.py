"""Limits of endpoints by kind: bytes of a body, seconds of a response; ``direct`` is a server without SageMaker."""

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
    """Maximum response time of the container."""


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
            Limit(bytes=25 * _MB, severity="error", source=_HOSTING, remedy="an async endpoint accepts 1 GB from S3"),
        ),
        seconds=60,
    ),
    "serverless": Endpoint(
        limits=(
            Limit(
                bytes=4 * _MB,
                severity="error",
                source="AWS documentation, Invoke a serverless endpoint",
                remedy="a real-time endpoint accepts more",
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
            Limit(bytes=1000 * _MB, severity="error", source=_HOSTING, remedy="send fewer images in a request"),
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
                remedy="send fewer images in a request",
            ),
        ),
        seconds=3600,
    ),
    "direct": Endpoint(limits=(), seconds=60),
}
