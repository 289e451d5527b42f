"""The response of the spec's stack to a built body: notices, or a refusal before it is written."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from sm_imgcheck.core.errors import PayloadError
from sm_imgcheck.core.types import Finding, Options, Payload, RejectedRequest, Result, Spec
from sm_imgcheck.features.requests import RequestTarget
from sm_imgcheck.pipeline.process import process
from sm_imgcheck.rules.payload_request import PAY114, PAY121

__all__ = ["with_prediction"]


def with_prediction(payload: Payload, target: RequestTarget) -> Payload:
    """The payload with notices of what the stack changes.

    Raises PayloadError where the stack rejects the body. Without a stack, the payload is returned unchanged.
    """
    if not target.stack:
        return payload
    result = _check(payload, target.spec)
    if refusal := _refusal(result):
        raise PayloadError(f"as {payload.envelope}: {refusal}")
    findings = [*_notices(result, target.stack)] or [*_other_envelope(payload, target)]
    return replace(payload, findings=tuple(dict.fromkeys(findings)))


def _check(payload: Payload, spec: Spec) -> Result:
    return process(payload.body, spec, Options(content_type=payload.content_type))


def _refusal(result: Result) -> str:
    """Why the stack rejects the body; empty: it does not. A size limit is reported separately."""
    outcome = result.request.outcome if result.request else None
    if not isinstance(outcome, RejectedRequest) or outcome.finding.code == PAY114.code:
        return ""
    return outcome.finding.message


def _notices(result: Result, stack: str) -> Iterator[Finding]:
    for finding in result.findings:
        if finding.severity != "notice" and finding.code != PAY114.code:
            message = f"as {stack} reads this body: {finding.code}: {finding.message}"
            yield PAY121.finding(message, expected=finding.expected, actual=finding.actual)


def _other_envelope(payload: Payload, target: RequestTarget) -> Iterator[Finding]:
    """A notice where ``validate`` with the spec as written reads the body in another envelope."""
    if target.given is None or target.given.payload.get("envelope") == payload.envelope:
        return
    result = _check(payload, target.given)
    errors = [finding.message for finding in result.findings if finding.severity == "error"]
    if refusal := _refusal(result) or next(iter(errors), ""):
        message = f"validate reports an error unless the spec's payload.envelope is {payload.envelope}: {refusal}"
        yield PAY121.finding(message, expected=payload.envelope)
