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
from sm_imgcheck.features.handler.findings import explained, import_failed, problem
from sm_imgcheck.features.handler.request import HandlerRequest, make_request
from sm_imgcheck.features.handler.runner import HandlerAnswer, HandlerRunner
from sm_imgcheck.pipeline import read
from sm_imgcheck.pipeline.read import MAX_FILE_BYTES, open_file
from sm_imgcheck.pipeline.read_request import request_candidate
from sm_imgcheck.rules.handler import HND105, HND107, HND120, HND121, HND122, HND123, HND124, HND130
from sm_imgcheck.serving.stacks import STACKS

if TYPE_CHECKING:
    from sm_imgcheck.core.json_types import JsonObject

__all__ = ["call_handler"]

_GUEST_RULES = {rule.code: rule for rule in (HND120, HND121, HND122, HND123)}
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
    unread = read.from_bytes(body, name, spec.decode, headers_only=True)
    request = make_request(body, unread, run.how.content_type, spec)
    if request is None:
        return unread, None
    answer = run(request.body, request.content_type, image=request.is_image, explicit=request.explicit)
    _refuse_missing(run)
    return _candidate(unread, answer, run, spec, request), request.image


def _read(name: str) -> bytes:
    with open_file(name) as (file, size):
        if size > MAX_FILE_BYTES:
            raise CandidateError("SRC101", f"file size: got {size} bytes, expected at most {MAX_FILE_BYTES}")
        return file.read()


def _refuse_missing(run: HandlerRunner) -> None:
    told = run.loaded.told if run.loaded is not None else {}
    if isinstance(missing := told.get("missing"), str):
        defined = [name for name in _list(told, "defined") if isinstance(name, str)]
        there = f" (it defines {', '.join(defined[:12])})" if defined else ""
        file = for_terminal(run.how.file)
        raise ImgcheckError(
            for_terminal(f"{file}: {missing}{there}; name the function that makes the tensor with --function")
        )


def _candidate(
    unread: Candidate, answer: HandlerAnswer, run: HandlerRunner, spec: Spec, request: HandlerRequest
) -> Candidate:
    loaded = run.loaded.told if run.loaded is not None else {}
    function, failed = _word(answer.told, "step") or _word(loaded, "function"), answer is run.loaded
    handled = HandlerRun(
        file=run.how.file,
        function=function,
        content_type=_word(answer.told, "sent") or request.content_type,
        made=_word(answer.told, "made"),
        dtype=_word(answer.told, "dtype"),
        at_model=answer.told.get("at_model") is True,
        uncertainties=tuple(text[:300] for text in _list(answer.told, "uncertainties") if isinstance(text, str)),
        findings=(*_once(loaded, answer.told, function, run), *(() if failed else _findings(answer.told))),
    )
    why = problem(answer, run.how, run.file, function, request)
    if failed and why is not None and not run.first_time("import"):
        return replace(unread, handled=handled, problem=import_failed(run.file), data=None)
    handled = replace(handled, findings=(*handled.findings, *explained(answer)))
    if why is not None:
        return replace(unread, handled=handled, problem=why, data=None)
    assert answer.body is not None
    if answer.told.get("form") == "text":
        return _posted(answer.body, unread.path, handled, spec)
    made = read.from_bytes(answer.body, unread.path, spec.decode)
    if made.kind != "tensor":
        return replace(unread, handled=handled, problem=HND105.finding(f"{function} returned no array"), data=None)
    return replace(made, handled=handled)


def _posted(body: bytes, path: str, handled: HandlerRun, spec: Spec) -> Candidate:
    """How the model's server reads the body that the handler posts: TensorFlow Serving, or the spec's stack."""
    none = Candidate(path=path, kind="tensor", handled=handled)
    stack = str(spec.payload.get("stack") or "tensorflow-serving")
    if stack == "tensorflow-serving" and not any(key in body for key in (b'"instances"', b'"inputs"')):
        why = f'{handled.function} request: expected {{"instances": ...}} or {{"inputs": ...}} for TensorFlow Serving'
        return replace(none, problem=HND105.finding(why))
    received = STACKS[stack if stack in STACKS else "custom"].receive(body, "application/json", spec)
    if isinstance(received, RejectedRequest):
        server = "TensorFlow Serving" if stack == "tensorflow-serving" else stack
        why = f"{handled.function} request: rejected by {server}: {received.finding.message or received.text}"
        return replace(none, problem=HND105.finding(why))
    if received.form == "image":
        return replace(request_candidate(body, path, "application/json", spec), handled=handled)
    if received.form != "array":
        return replace(none, problem=_no_numbers(received, handled))
    findings = tuple(
        HND124.finding(finding.message, expected=finding.expected, actual=finding.actual)
        for finding in received.findings
    )
    made = read.array_candidate(received.data, path)
    return replace(made, handled=replace(handled, findings=handled.findings + findings))


def _no_numbers(received: DecodedRequest, handled: HandlerRun) -> Finding:
    """Why a body without a tensor is wrong; several images, or a body that is not examined, are not checked."""
    flaws = [finding for finding in received.findings if finding.severity == "error"]
    if flaws:
        return HND105.finding(f"{handled.function} request: {flaws[0].message}")
    return HND107.finding(f"{handled.function} request: got {received.what or 'no numbers'}; not checked")


def _once(loaded: JsonObject, told: JsonObject, function: str, run: HandlerRunner) -> Iterator[Finding]:
    """What is noted of the file and of its calls: each text once a run."""
    for finding in _findings(loaded):
        if run.first_time(finding.message):
            yield finding
    for note in [*_list(loaded, "notes"), *(_list(told, "notes") if told is not loaded else ())]:
        if isinstance(note, str) and run.first_time(note):
            yield HND130.finding(f"{function}: {note}" if function else note)


def _findings(told: JsonObject) -> tuple[Finding, ...]:
    """Those that are four texts: the child's process is the user's too, and may send anything."""
    findings = []
    for flaw in _list(told, "flaws"):
        if isinstance(flaw, list) and len(flaw) == 4 and all(isinstance(text, str) for text in flaw):
            code, message, expected, actual = flaw
            if code in _GUEST_RULES:
                findings.append(_GUEST_RULES[code].finding(message, expected=expected, actual=actual))
    return tuple(findings)


def _list(told: JsonObject, key: str) -> Sequence[object]:
    value = told.get(key)
    return value[:20] if isinstance(value, list) else []


def _word(told: JsonObject, key: str) -> str:
    value = told.get(key)
    return value[:200] if isinstance(value, str) else ""
