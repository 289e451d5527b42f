"""A request to a model: its form, the body, the commands that send it, and the size limits: stack, endpoint, spec."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from sm_imgcheck.core.errors import PayloadError
from sm_imgcheck.core.frozen import frozen
from sm_imgcheck.core.types import Finding, PayloadKeys, Severity, Spec
from sm_imgcheck.serving.endpoints import ENDPOINTS
from sm_imgcheck.serving.envelopes import ENVELOPES, ImageEnvelope, TensorEnvelope
from sm_imgcheck.serving.stacks import STACKS, endpoint_of
from sm_imgcheck.spec.parse import check_payload
from sm_imgcheck.spec.problems import ProblemList, format_value

__all__ = ["RequestTarget", "SizeLimit", "bounds", "forms", "narrowest", "resolve_target", "too_large"]

_PLAIN = "npy"
"""The envelope if neither spec nor stack names one: it has dtype and shape, and NumPy reads it."""


@frozen
class RequestTarget:
    """The destination and the form of a request."""

    spec: Spec
    """With its ``payload`` in effect, including the options of the command line."""
    envelope: str
    stack: str = ""
    """Empty: the spec names none."""
    endpoint: str = "realtime"
    given: Spec | None = None
    """The spec as written, without the options of the command line."""
    unchecked: tuple[str, ...] = ()
    """What could not be checked, and the key of the spec that makes it checkable."""

    @property
    def form(self) -> TensorEnvelope | ImageEnvelope:
        """The envelope itself."""
        return ENVELOPES[self.envelope]


def resolve_target(spec: Spec, *, form: str = "", content_type: str = "") -> RequestTarget:
    """Return the target of a request. form: an envelope instead of the spec's; content_type: instead of the envelope's.

    Raises PayloadError for unknown names, and for a stack, an envelope and a content type that exclude each other.
    """
    keys = spec.payload
    envelope = form or keys.get("envelope") or forms(keys.get("stack", ""))[0]
    # A content type of the spec belongs to the spec's own envelope.
    request_type = content_type or (keys.get("content_type") if envelope == keys.get("envelope", envelope) else None)
    payload: PayloadKeys = {**keys, "envelope": envelope}
    payload.pop("content_type", None)
    if request_type is not None:
        payload["content_type"] = request_type
    notes = ProblemList()
    check_payload(payload, notes)
    prefix, _, number = ENVELOPES[envelope].content_type.rpartition("N") if envelope in ENVELOPES else ("", "", "")
    if request_type and prefix.endswith("=") and not number and not str(request_type).startswith(prefix):
        notes.add(
            "payload.content_type",
            f"got {format_value(request_type)}, expected none: that of {envelope} has the length of the header",
        )
    if not (str(request_type or "").isascii() and str(request_type or "").isprintable()):
        notes.add("payload.content_type", f"got {format_value(request_type)}, expected printable ASCII")
    if problems := notes.all():
        raise PayloadError("; ".join(str(problem).removeprefix("payload.") for problem in problems))
    return RequestTarget(
        spec=replace(spec, payload=payload),
        given=spec,
        envelope=envelope,
        stack=keys.get("stack", ""),
        endpoint=endpoint_of(keys),
        unchecked=tuple(_open_questions(keys)),
    )


def forms(name: str) -> tuple[str, ...]:
    """The envelopes of a stack, the best first; without a stack, or for one that accepts all, .npy first."""
    envelopes = STACKS[name].envelopes if name in STACKS else ()
    return envelopes or (_PLAIN, *(form for form in ENVELOPES.by_rank() if form != _PLAIN))


def _open_questions(payload: Mapping[str, object]) -> Iterator[str]:
    if "stack" not in payload:
        yield "server acceptance and limit not checked: set payload.stack in the spec"
    if "endpoint" not in payload and endpoint_of(payload) == "realtime":
        yield "limits of a realtime endpoint assumed: set payload.endpoint in the spec"
    stack = str(payload.get("stack", ""))
    if endpoint_of(payload) == "direct" and "max_bytes" not in payload and stack and not STACKS[stack].body_limit:
        yield f"size limit of {stack} unknown: set payload.max_bytes in the spec"


@frozen
class SizeLimit:
    """One limit."""

    bytes: int
    severity: Severity
    """error: more is refused; warning: more may be."""
    source: str
    remedy: str
    """What lets a larger body through."""


def bounds(route: RequestTarget) -> tuple[SizeLimit, ...]:
    """Every limit, the narrowest first. ``payload.max_bytes`` makes the others warnings."""
    limits = [
        SizeLimit(bytes=limit.bytes, severity="error" if limit.severity == "error" else "warning", **_texts(limit))
        for limit in ENDPOINTS[route.endpoint].limits
        if not limit.inline
    ]
    serving = STACKS[route.stack] if route.stack else None
    if serving is not None and serving.body_limit is not None:
        remedy = f"{serving.limit_setting} raises it"
        limits.append(
            SizeLimit(bytes=serving.body_limit, severity="error", source=f"{route.stack}'s own", remedy=remedy)
        )
    maximum = route.spec.payload.get("max_bytes")
    if maximum is not None:
        limits = [
            SizeLimit(bytes=limit.bytes, severity="warning", source=limit.source, remedy=limit.remedy)
            for limit in limits
        ]
        limits.append(
            SizeLimit(bytes=maximum, severity="error", source="payload.max_bytes of the spec", remedy="change it there")
        )
    return tuple(sorted(limits, key=lambda limit: (limit.bytes, limit.source)))


def _texts(limit: object) -> dict[str, str]:
    return {key: getattr(limit, key) for key in ("source", "remedy")}


_NO_LIMIT = 1 << 40
"""Bytes without a stated limit: more than any server keeps in memory."""


def narrowest(limits: tuple[SizeLimit, ...], severity: Severity = "warning") -> int:
    """Bytes that a body may have without an error; with ``warning``, without a warning either."""
    return min(
        (limit.bytes for limit in limits if severity == "warning" or limit.severity == "error"), default=_NO_LIMIT
    )


def too_large(route: RequestTarget, size: int) -> tuple[Finding, ...]:
    """A finding for every limit that a body of this size is over, as the check of bodies words it."""
    return tuple(
        Finding(
            code="PAY114",
            name="body-too-large",
            severity=limit.severity,
            message=f"body size: got {size:,} bytes, expected at most {limit.bytes:,} ({limit.source}); {limit.remedy}",
            expected=f"at most {limit.bytes}",
            actual=str(size),
        )
        for limit in bounds(route)
        if size > limit.bytes
    )
