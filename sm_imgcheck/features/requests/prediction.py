"""The response of the spec's stack to a built body: notices, or a refusal before it is written."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from sm_imgcheck.core.errors import PayloadError
from sm_imgcheck.core.types import Finding, Options, Payload, RejectedRequest, Result, Spec
from sm_imgcheck.features.requests import RequestTarget
from sm_imgcheck.pipeline.process import evaluate_candidate, process, read_candidate
from sm_imgcheck.rules.payload_request import PAY114, PAY121
from sm_imgcheck.serving.stacks import STACKS

__all__ = ["with_prediction"]


def with_prediction(payload: Payload, target: RequestTarget, tensor: np.ndarray | None) -> Payload:
    """The payload with notices of what the stack changes.

    tensor: in the body, verified against the contract; None for image files. Raises PayloadError where the stack
    rejects the body. Without a stack, the payload is returned unchanged.
    """
    if not target.stack:
        return payload
    result = _check(payload, target.spec, tensor)
    if refusal := _refusal(result):
        raise PayloadError(f"as {payload.envelope}: {refusal}")
    findings = [*_notices(result, target.stack)] or [*_other_envelope(payload, target, tensor)]
    return replace(payload, findings=tuple(dict.fromkeys(findings)))


def _check(payload: Payload, spec: Spec, tensor: np.ndarray | None) -> Result:
    """The findings of the body. Values that the stack reads unchanged are not measured, which takes 20 ms an image."""
    options = Options(content_type=payload.content_type)
    candidate = read_candidate(payload.body, spec, options)
    data = candidate.data
    if data is None or tensor is None or data.dtype != tensor.dtype or not np.array_equal(data, tensor):
        return process(candidate, spec, options)
    return evaluate_candidate(candidate, spec, options)


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


def _other_envelope(payload: Payload, target: RequestTarget, tensor: np.ndarray | None) -> Iterator[Finding]:
    """A notice where ``validate`` with the spec as written reads the body in another envelope."""
    if target.given is None or payload.envelope == _written_envelope(target.given):
        return
    result = _check(payload, target.given, tensor)
    errors = [finding.message for finding in result.findings if finding.severity == "error"]
    if refusal := _refusal(result) or next(iter(errors), ""):
        message = f"validate reports an error unless the spec's payload.envelope is {payload.envelope}: {refusal}"
        yield PAY121.finding(message, expected=payload.envelope)


def _written_envelope(spec: Spec) -> str:
    """The envelope in which ``validate`` reads; empty: it depends on the body."""
    return spec.payload.get("envelope") or next(iter(STACKS[spec.payload["stack"]].envelopes), "")
