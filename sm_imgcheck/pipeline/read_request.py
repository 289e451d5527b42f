"""A request body as a candidate: its bytes, and what the spec's serving stack makes of them."""

from __future__ import annotations

import os
from dataclasses import replace
from functools import partial

from sm_imgcheck import rules
from sm_imgcheck.core.errors import CandidateError
from sm_imgcheck.core.types import Candidate, Finding, Received, Request, Spec
from sm_imgcheck.io.stores import is_remote
from sm_imgcheck.pipeline.read import MAX_FILE_BYTES, fetched, guarded, image_candidate, opened
from sm_imgcheck.rules.payload_request import PAY120
from sm_imgcheck.serving.endpoints import ENDPOINTS
from sm_imgcheck.serving.stacks import STACKS, complete_findings

__all__ = ["as_sent", "read_request", "request_candidate"]


def read_request(
    path: str | os.PathLike[str], content_type: str, spec: Spec, *, headers_only: bool = False
) -> Candidate:
    """The body in a file. One that is too large is judged by its size alone. Never raises."""
    name = os.fsdecode(path)
    try:
        if is_remote(name):
            return request_candidate(fetched(name), name, content_type, spec, headers_only=headers_only)
        with opened(name) as (file, size):
            if size <= MAX_FILE_BYTES:
                return request_candidate(file.read(), name, content_type, spec, headers_only=headers_only)
    except CandidateError as problem:
        return Candidate(path=name, kind="request", problem=rules.make_finding(problem))
    why = f"a body of {size:,} bytes is not read; {MAX_FILE_BYTES:,} are: only its size is judged"
    request = _asked(content_type, size, spec)
    return Candidate(
        path=name,
        kind="request",
        request=replace(request, findings=(*request.findings, PAY120.finding(why, actual=str(size)))),
    )


def request_candidate(
    body: bytes, path: str, content_type: str, spec: Spec, *, headers_only: bool = False
) -> Candidate:
    """The body as the spec's stack receives it; with no stack named, by its content type alone. Never raises.

    An array is the candidate's ``data``; of a picture, its header is read, and its pixels are decoded for damage.
    """
    unjudged = Candidate(path=path, kind="request", request=_asked(content_type, len(body), spec))
    found = guarded(unjudged, partial(_judged, unjudged, body, spec))
    outcome, data = found.request.outcome if found.request else None, found.data
    found = replace(found, data=None)
    if isinstance(outcome, Received) and outcome.form == "array":
        return replace(found, data=data)
    if isinstance(outcome, Received) and outcome.form == "image" and data is not None:
        picture = image_candidate(data, path, spec.decode, headers_only=headers_only, gray=False)
        return replace(found, header=picture.header, problem=picture.problem)
    return found


def as_sent(picture: Candidate, spec: Spec) -> Candidate:
    """An image, which is itself the request where the spec's envelope is ``image``. It has a header and its bytes."""
    assert picture.header is not None
    content_type = spec.payload.get("content_type") or f"image/{picture.header.format.lower()}"
    request = _asked(content_type, len(picture.data), spec)
    unjudged = Candidate(
        path=picture.path, kind="request", header=picture.header, request=request, problem=picture.problem
    )
    sent = _judged(unjudged, picture.data, spec)
    return replace(sent, data=picture.data, pixels=picture.pixels)


def _judged(candidate: Candidate, body: bytes, spec: Spec) -> Candidate:
    """With what the stack makes of the body; what that is an array or a picture of is ``data``."""
    request = candidate.request
    assert request is not None
    outcome = complete_findings(STACKS[request.stack or "custom"].receive(body, request.content_type, spec), spec)
    data = None
    if isinstance(outcome, Received):
        data = outcome.data
        outcome = replace(outcome, data=None, findings=outcome.findings or _not_examined(outcome))
    return replace(candidate, request=replace(request, outcome=outcome), data=data)


def _asked(content_type: str, size: int, spec: Spec) -> Request:
    name = spec.payload.get("stack", "")
    taken = STACKS[name].envelopes if name in STACKS else ()
    return Request(
        content_type=content_type,
        size=size,
        stack=name,
        findings=() if name else (_no_stack(),),
        limits=ENDPOINTS[spec.payload.get("endpoint", "realtime")].limits,
        envelope=taken[0] if taken else "",
    )


def _no_stack() -> Finding:
    return PAY120.finding(
        "the spec names no stack (payload.stack), so the body is judged by its content type alone: whether the server "
        "takes this type and form, what it makes of the dtype, and its own size limit are not checked",
        actual="no stack",
    )


def _not_examined(outcome: Received) -> tuple[Finding, ...]:
    if outcome.form != "object":
        return ()
    message = f"not examined: {outcome.what}; only a tensor or a single image is: check each image by itself"
    return (PAY120.finding(message, actual=outcome.what),)
