"""The kinds of SageMaker endpoint in front of a container, and their limits."""

from __future__ import annotations

from dataclasses import dataclass

from sm_imgcheck.value import Value

__all__ = ["ENDPOINTS", "Endpoint", "Limit"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class Limit(Value):
    """How many bytes a body may have."""

    bytes: int
    severity: str
    """error: more is refused; warning: more may be, documents differ."""
    source: str
    remedy: str
    """How a larger body gets through."""
    inline: bool = False
    """Of a body that goes with the request itself, not of one that lies in S3."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class Endpoint(Value):
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
