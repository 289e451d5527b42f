"""One candidate through the handler: the request, and the tensor or the finding that results."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from sm_imgcheck import rules
from sm_imgcheck.core.errors import CandidateError, ImgcheckError
from sm_imgcheck.core.escape import for_terminal
from sm_imgcheck.core.types import Candidate, DecodedRequest, Finding, HandlerRun, RejectedRequest, Spec
from sm_imgcheck.features.handler.findings import import_failed, known_errors, problem
from sm_imgcheck.features.handler.request import HandlerRequest, make_request
from sm_imgcheck.features.handler.runner import HandlerReply, HandlerRunner
from sm_imgcheck.pipeline import read
from sm_imgcheck.pipeline.read import MAX_FILE_BYTES, open_file
from sm_imgcheck.pipeline.read_request import request_candidate
from sm_imgcheck.rules.handler import HND105, HND107, HND120, HND121, HND122, HND123, HND124, HND130
from sm_imgcheck.serving.stacks import STACKS

if TYPE_CHECKING:
    from sm_imgcheck.core.json_types import JsonObject

__all__ = ["call_handler"]

_CHILD_RULES = {rule.code: rule for rule in (HND120, HND121, HND122, HND123)}
"""Rules of findings that the child process makes, which cannot import them."""


def call_handler(
    what: str | os.PathLike[str] | bytes | Candidate, run: HandlerRunner, spec: Spec
) -> tuple[Candidate, bytes | None]:
    """Send a file, or its bytes, to the handler. Returns the candidate, and its source image, if there is one.

    A candidate with a problem is returned unchanged. Raises ImgcheckError where the file lacks an entry point.
    """
    if isinstance(what, Candidate):
        return what, None
    name = "bytes" if isinstance(what, bytes) else os.fsdecode(what)
    try:
        body = what if isinstance(what, bytes) else _read(name)
    except CandidateError as error:
        return Candidate(path=name, kind="unknown", problem=rules.make_finding(error)), None
    source = read.from_bytes(body, name, spec.decode, depth="header")
    request = make_request(body, source, run.settings.content_type, spec)
    if request is None:
        return source, None
    reply = run(request.body, request.content_type, image=request.is_image, explicit=request.explicit)
    _refuse_missing(run)
    return _candidate(source, reply, run, spec, request), request.image


def _read(name: str) -> bytes:
    with open_file(name) as (file, size):
        if size > MAX_FILE_BYTES:
            raise CandidateError("SRC101", f"file size: got {size} bytes, expected at most {MAX_FILE_BYTES}")
        return file.read()


def _refuse_missing(run: HandlerRunner) -> None:
    message = run.load_reply.message if run.load_reply is not None else {}
    if isinstance(missing := message.get("missing"), str):
        names = [name for name in _list(message, "defined") if isinstance(name, str)]
        listing = f" (it defines {', '.join(names[:12])})" if names else ""
        file = for_terminal(run.settings.file)
        raise ImgcheckError(
            for_terminal(f"{file}: {missing}{listing}; name the function that makes the tensor with --function")
        )


def _candidate(
    source: Candidate, reply: HandlerReply, run: HandlerRunner, spec: Spec, request: HandlerRequest
) -> Candidate:
    load_message = run.load_reply.message if run.load_reply is not None else {}
    function, is_load_failure = _word(reply.message, "step") or _word(load_message, "function"), reply is run.load_reply
    own_findings = () if is_load_failure else _findings(reply.message)
    handled = HandlerRun(
        file=run.settings.file,
        function=function,
        content_type=_word(reply.message, "sent") or request.content_type,
        made=_word(reply.message, "made"),
        dtype=_word(reply.message, "dtype"),
        at_model=reply.message.get("at_model") is True,
        uncertainties=tuple(text[:300] for text in _list(reply.message, "uncertainties") if isinstance(text, str)),
        findings=(
            *_once(load_message, reply.message, function, run),
            *own_findings,
        ),
    )
    why = problem(reply, run.settings, run.file, function, request)
    if is_load_failure and why is not None and not run.first_time("import"):
        return replace(source, handled=handled, problem=import_failed(run.file), data=None)
    handled = replace(handled, findings=(*handled.findings, *known_errors(reply)))
    if why is not None:
        return replace(source, handled=handled, problem=why, data=None)
    assert reply.body is not None
    if reply.message.get("form") == "text":
        return _read_posted(reply.body, source.path, handled, spec, _word(reply.message, "posted_type"))
    tensor = read.from_bytes(reply.body, source.path, spec.decode)
    if tensor.kind != "tensor":
        return replace(source, handled=handled, problem=HND105.finding(f"{function} returned no array"), data=None)
    return replace(tensor, handled=handled)


def _read_posted(body: bytes, path: str, handled: HandlerRun, spec: Spec, content_type: str) -> Candidate:
    """How the model's server reads the body that the handler posts: the spec's stack, else TensorFlow Serving.

    content_type: of a body for a SageMaker endpoint, whose stack is unknown without the spec's; empty: of another.
    """
    none = Candidate(path=path, kind="tensor", handled=handled)
    stack = str(spec.payload.get("stack") or ("custom" if content_type else "tensorflow-serving"))
    content_type = content_type or "application/json"
    if stack == "tensorflow-serving" and not any(key in body for key in (b'"instances"', b'"inputs"')):
        why = f'{handled.function} request: expected {{"instances": ...}} or {{"inputs": ...}} for TensorFlow Serving'
        return replace(none, problem=HND105.finding(why))
    request_data = STACKS[stack if stack in STACKS else "custom"].receive(body, content_type, spec)
    if isinstance(request_data, RejectedRequest):
        server = "TensorFlow Serving" if stack == "tensorflow-serving" else stack
        why = f"{handled.function} request: rejected by {server}: {request_data.finding.message or request_data.text}"
        return replace(none, problem=HND105.finding(why))
    if request_data.form == "image":
        return replace(request_candidate(body, path, content_type, spec), handled=handled)
    if request_data.form != "array":
        return replace(none, problem=_without_tensor(request_data, handled))
    findings = tuple(
        HND124.finding(finding.message, expected=finding.expected, actual=finding.actual)
        for finding in request_data.findings
    )
    tensor = read.array_candidate(request_data.data, path)
    return replace(tensor, handled=replace(handled, findings=handled.findings + findings))


def _without_tensor(request_data: DecodedRequest, handled: HandlerRun) -> Finding:
    """Why a body without a tensor is wrong; several images, or a body that is not examined, are not checked."""
    flaws = [finding for finding in request_data.findings if finding.severity == "error"]
    if flaws:
        return HND105.finding(f"{handled.function} request: {flaws[0].message}")
    return HND107.finding(f"{handled.function} request: got {request_data.what or 'no array'}; not checked")


def _once(load_message: JsonObject, message: JsonObject, function: str, run: HandlerRunner) -> Iterator[Finding]:
    """What is noted of the file and of its calls: each text once a run."""
    for finding in _findings(load_message):
        if run.first_time(finding.message):
            yield finding
    for note in [*_list(load_message, "notes"), *(_list(message, "notes") if message is not load_message else ())]:
        if isinstance(note, str) and run.first_time(note):
            yield HND130.finding(f"{function}: {note}" if function else note)


def _findings(message: JsonObject) -> tuple[Finding, ...]:
    """Those that are four texts: the child's process is the user's too, and may send anything."""
    findings = []
    for flaw in _list(message, "flaws"):
        if isinstance(flaw, list) and len(flaw) == 4 and all(isinstance(part, str) for part in flaw):
            code, text, expected, actual = flaw
            if code in _CHILD_RULES:
                findings.append(_CHILD_RULES[code].finding(text, expected=expected, actual=actual))
    return tuple(findings)


def _list(message: JsonObject, key: str) -> Sequence[object]:
    value = message.get(key)
    return value[:20] if isinstance(value, list) else []


def _word(message: JsonObject, key: str) -> str:
    value = message.get(key)
    return value[:200] if isinstance(value, str) else ""
