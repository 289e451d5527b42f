"""A request to a model: its form, the body, the commands that send it, and the size limits: stack, endpoint, spec."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from sm_imgcheck.core.errors import PayloadError
from sm_imgcheck.core.frozen import frozen
from sm_imgcheck.core.types import Finding, PayloadKeys, Severity, Spec
from sm_imgcheck.serving.endpoints import ENDPOINTS
from sm_imgcheck.serving.envelopes import ENVELOPES, ImageEnvelope, TensorEnvelope
from sm_imgcheck.serving.stacks import STACKS
from sm_imgcheck.spec.parse import check_payload
from sm_imgcheck.spec.problems import ProblemList, format_value

__all__ = ["RequestTarget", "SizeLimit", "bounds", "forms", "narrowest", "resolve_target", "too_large"]

_PLAIN = "npy"
"""The form where neither spec nor stack says one: it carries dtype and shape, and every Python reads it."""


@frozen
class RequestTarget:
    """Where a request goes, and how."""

    spec: Spec
    """With its ``payload`` as it is carried out: what the command line says stands in it."""
    envelope: str
    stack: str = ""
    """Empty: the spec names none."""
    endpoint: str = "realtime"
    given: Spec | None = None
    """The spec as written, without what the command line says."""
    unchecked: tuple[str, ...] = ()
    """What could not be looked at, and what would tell."""

    @property
    def form(self) -> TensorEnvelope | ImageEnvelope:
        """The envelope itself."""
        return ENVELOPES[self.envelope]


def resolve_target(spec: Spec, *, form: str = "", content_type: str = "") -> RequestTarget:
    """Settle the way of a request. form: an envelope instead of the spec's; content_type: one instead of its own.

    Raises PayloadError for names that are not known, and for a stack, an envelope and a content type that do not go
    together.
    """
    given = spec.payload
    chosen = form or given.get("envelope") or forms(given.get("stack", ""))[0]
    # A content type of the spec belongs to the spec's own envelope.
    kept = content_type or (given.get("content_type") if chosen == given.get("envelope", chosen) else None)
    payload: PayloadKeys = {**given, "envelope": chosen}
    payload.pop("content_type", None)
    if kept is not None:
        payload["content_type"] = kept
    notes = ProblemList()
    check_payload(payload, notes)
    computed, _, number = ENVELOPES[chosen].content_type.rpartition("N") if chosen in ENVELOPES else ("", "", "")
    if kept and computed.endswith("=") and not number and not str(kept).startswith(computed):
        notes.add(
            "payload.content_type",
            f"got {format_value(kept)}, expected none: the content type of {chosen} states the length of its header",
        )
    if not (str(kept or "").isascii() and str(kept or "").isprintable()):
        notes.add("payload.content_type", f"got {format_value(kept)}, expected printable ASCII")
    if problems := notes.all():
        raise PayloadError("; ".join(str(problem).removeprefix("payload.") for problem in problems))
    return RequestTarget(
        spec=replace(spec, payload=payload),
        given=spec,
        envelope=chosen,
        stack=given.get("stack", ""),
        endpoint=given.get("endpoint", "realtime"),
        unchecked=tuple(_unchecked(given)),
    )


def forms(name: str) -> tuple[str, ...]:
    """The envelopes that go with a stack, the best first; with none, or one that takes all, a plain one first."""
    taken = STACKS[name].envelopes if name in STACKS else ()
    return taken or (_PLAIN, *(form for form in ENVELOPES.by_rank() if form != _PLAIN))


def _unchecked(given: Mapping[str, object]) -> Iterator[str]:
    if "stack" not in given:
        yield "server acceptance and limit not checked: set payload.stack in the spec"
    if "endpoint" not in given:
        yield "limits of a realtime endpoint assumed: set payload.endpoint in the spec"


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
    """Every limit, the narrowest first. ``payload.max_bytes`` overrides the others: they only warn then."""
    found = [
        SizeLimit(bytes=limit.bytes, severity="error" if limit.severity == "error" else "warning", **_texts(limit))
        for limit in ENDPOINTS[route.endpoint].limits
        if not limit.inline
    ]
    serving = STACKS[route.stack] if route.stack else None
    if serving is not None and serving.body_limit is not None:
        remedy = f"{serving.limit_setting} raises it"
        found.append(
            SizeLimit(bytes=serving.body_limit, severity="error", source=f"{route.stack}'s own", remedy=remedy)
        )
    own = route.spec.payload.get("max_bytes")
    if own is not None:
        found = [SizeLimit(bytes=one.bytes, severity="warning", source=one.source, remedy=one.remedy) for one in found]
        found.append(
            SizeLimit(bytes=own, severity="error", source="payload.max_bytes of the spec", remedy="change it there")
        )
    return tuple(sorted(found, key=lambda one: (one.bytes, one.source)))


def _texts(limit: object) -> dict[str, str]:
    return {key: getattr(limit, key) for key in ("source", "remedy")}


def narrowest(found: tuple[SizeLimit, ...], severity: Severity = "warning") -> int:
    """Bytes that a body may have without an error; with ``warning``, without a warning either."""
    return min(one.bytes for one in found if severity == "warning" or one.severity == "error")


def too_large(route: RequestTarget, size: int) -> tuple[Finding, ...]:
    """A finding for every limit that a body of this size is over, as the check of bodies words it."""
    return tuple(
        Finding(
            code="PAY114",
            name="body-too-large",
            severity=one.severity,
            message=f"body size: got {size:,} bytes, expected at most {one.bytes:,} ({one.source}); {one.remedy}",
            expected=f"at most {one.bytes}",
            actual=str(size),
        )
        for one in bounds(route)
        if size > one.bytes
    )
