"""A request body as a candidate: its bytes, and how the spec's serving stack decodes them."""

from __future__ import annotations

import os
from dataclasses import replace
from functools import partial

from sm_imgcheck import rules
from sm_imgcheck.core.errors import CandidateError
from sm_imgcheck.core.types import Candidate, DecodedRequest, Depth, Finding, Request, Spec
from sm_imgcheck.io.stores import is_remote
from sm_imgcheck.pipeline.read import MAX_FILE_BYTES, fetch_file, image_candidate, open_file, read_guarded
from sm_imgcheck.rules.payload_request import PAY120
from sm_imgcheck.serving.endpoints import ENDPOINTS
from sm_imgcheck.serving.stacks import STACKS, complete_findings, endpoint_of

__all__ = ["as_sent", "read_request", "request_candidate"]


def read_request(path: str | os.PathLike[str], content_type: str, spec: Spec, *, depth: Depth = "damage") -> Candidate:
    """Read the body from a file. A body that is too large is checked by its size alone. Never raises."""
    name = os.fsdecode(path)
    try:
        if is_remote(name):
            return request_candidate(fetch_file(name), name, content_type, spec, depth=depth)
        with open_file(name) as (file, size):
            if size <= MAX_FILE_BYTES:
                return request_candidate(file.read(), name, content_type, spec, depth=depth)
    except CandidateError as problem:
        return Candidate(path=name, kind="request", problem=rules.make_finding(problem))
    why = f"body of {size:,} bytes not read, at most {MAX_FILE_BYTES:,} are: only its size is checked"
    request = _describe_request(content_type, size, spec)
    return Candidate(
        path=name,
        kind="request",
        request=replace(request, findings=(*request.findings, PAY120.finding(why, actual=str(size)))),
    )


def request_candidate(body: bytes, path: str, content_type: str, spec: Spec, *, depth: Depth = "damage") -> Candidate:
    """Decode the body as the spec's stack does; without a stack, by its content type alone. Never raises.

    An array is the candidate's ``data``; for an image, its header is read, and its data is read as far as ``depth``.
    """
    candidate = Candidate(path=path, kind="request", request=_describe_request(content_type, len(body), spec))
    result = read_guarded(candidate, partial(_decode_request, candidate, body, spec))
    outcome, data = result.request.outcome if result.request else None, result.data
    result = replace(result, data=None)
    if isinstance(outcome, DecodedRequest) and outcome.form == "array":
        return replace(result, data=data)
    if isinstance(outcome, DecodedRequest) and outcome.form == "image" and data is not None:
        image = image_candidate(data, path, spec.decode, depth=depth, gray=False)
        return replace(result, header=image.header, problem=image.problem)
    return result


def as_sent(image: Candidate, spec: Spec) -> Candidate:
    """An image, which is itself the request where the spec's envelope is ``image``. It has a header and its bytes."""
    assert image.header is not None
    content_type = spec.payload.get("content_type") or f"image/{image.header.format.lower()}"
    request = _describe_request(content_type, len(image.data), spec)
    candidate = Candidate(path=image.path, kind="request", header=image.header, request=request, problem=image.problem)
    result = _decode_request(candidate, image.data, spec)
    return replace(result, data=image.data, pixels=image.pixels, preview=image.preview)


def _decode_request(candidate: Candidate, body: bytes, spec: Spec) -> Candidate:
    """Return the candidate with the stack's result; an array or image in it is ``data``."""
    request = candidate.request
    assert request is not None
    outcome = complete_findings(STACKS[request.stack or "custom"].receive(body, request.content_type, spec), spec)
    data = None
    if isinstance(outcome, DecodedRequest):
        data = outcome.data
        outcome = replace(outcome, data=None, findings=outcome.findings or _not_examined(outcome))
    return replace(candidate, request=replace(request, outcome=outcome), data=data)


def _describe_request(content_type: str, size: int, spec: Spec) -> Request:
    name = spec.payload.get("stack", "")
    envelopes = STACKS[name].envelopes if name in STACKS else ()
    return Request(
        content_type=content_type,
        size=size,
        stack=name,
        findings=() if name else (_no_stack(),),
        limits=ENDPOINTS[endpoint_of(spec.payload)].limits,
        envelope=envelopes[0] if envelopes else "",
    )


def _no_stack() -> Finding:
    return PAY120.finding(
        "the spec names no stack (payload.stack), so the body is checked by its content type alone: content type, "
        "form, dtype and size limit of the server are not checked",
        actual="no stack",
    )


def _not_examined(outcome: DecodedRequest) -> tuple[Finding, ...]:
    if outcome.form != "object":
        return ()
    message = f"not examined: {outcome.what}; only a tensor or a single image is: check each image separately"
    return (PAY120.finding(message, actual=outcome.what),)
