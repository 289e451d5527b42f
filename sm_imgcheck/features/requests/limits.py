"""How large a body may be on its way: the stack's own limit, the endpoint's, and the spec's."""

from __future__ import annotations

from sm_imgcheck.core.frozen import frozen
from sm_imgcheck.core.types import Finding, Severity
from sm_imgcheck.features.requests import RequestTarget
from sm_imgcheck.serving.endpoints import ENDPOINTS
from sm_imgcheck.serving.stacks import stack

__all__ = ["Bound", "bounds", "narrowest", "too_large"]


@frozen
class Bound:
    """One limit."""

    bytes: int
    severity: Severity
    """error: more is refused; warning: more may be."""
    source: str
    remedy: str
    """What lets a larger body through."""


def bounds(route: RequestTarget) -> tuple[Bound, ...]:
    """Every limit, the narrowest first. ``payload.max_bytes`` overrides the others: they only warn then."""
    found = [
        Bound(bytes=limit.bytes, severity="error" if limit.severity == "error" else "warning", **_texts(limit))
        for limit in ENDPOINTS[route.endpoint].limits
        if not limit.inline
    ]
    serving = stack(route.stack) if route.stack else None
    if serving is not None and serving.body_limit is not None:
        remedy = f"{serving.limit_setting} raises it"
        found.append(Bound(bytes=serving.body_limit, severity="error", source=f"{route.stack}'s own", remedy=remedy))
    own = route.spec.payload.get("max_bytes")
    if own is not None:
        found = [Bound(bytes=one.bytes, severity="warning", source=one.source, remedy=one.remedy) for one in found]
        found.append(
            Bound(bytes=own, severity="error", source="payload.max_bytes of the spec", remedy="change it there")
        )
    return tuple(sorted(found, key=lambda one: (one.bytes, one.source)))


def _texts(limit: object) -> dict[str, str]:
    return {key: getattr(limit, key) for key in ("source", "remedy")}


def narrowest(found: tuple[Bound, ...], severity: Severity = "warning") -> int:
    """Bytes that a body may have without an error; with ``warning``, without a warning either."""
    return min(one.bytes for one in found if severity == "warning" or one.severity == "error")


def too_large(route: RequestTarget, size: int) -> tuple[Finding, ...]:
    """A finding for every limit that a body of this size is over, as the check of bodies words it."""
    return tuple(
        Finding(
            code="PAY114",
            name="too-large-body",
            severity=one.severity,
            message=f"the body has {size:,} bytes; {one.source} takes {one.bytes:,}: {one.remedy}",
            expected=f"at most {one.bytes}",
            actual=str(size),
        )
        for one in bounds(route)
        if size > one.bytes
    )
