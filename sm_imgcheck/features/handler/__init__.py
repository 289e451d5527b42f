"""The user's own handler: run in a child process of its own interpreter, and its tensor checked like any other.

It runs the user's code, with the user's rights: limits of time and memory keep a run whole, they are no sandbox.
``guest_main.py`` and ``guest`` are what runs there: plain Python, which needs NumPy at most.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from sm_imgcheck import rules
from sm_imgcheck.core.errors import CandidateError, ImgcheckError
from sm_imgcheck.core.escape import for_terminal
from sm_imgcheck.core.media_types import BODY_TYPES
from sm_imgcheck.core.types import Candidate, Finding, HandlerRun, RejectedRequest, Spec
from sm_imgcheck.features.handler.findings import explained, problem
from sm_imgcheck.features.handler.runner import Handler, HandlerAnswer, HandlerRunner
from sm_imgcheck.pipeline import read
from sm_imgcheck.pipeline.read import MAX_FILE_BYTES, open_file
from sm_imgcheck.rules.handler import HND105, HND120, HND121, HND122, HND123, HND124, HND130
from sm_imgcheck.serving.stacks import STACKS

if TYPE_CHECKING:
    from sm_imgcheck.core.json_types import JsonObject

__all__ = ["Handler", "HandlerRunner", "call_handler"]

_GUEST_RULES = {rule.code: rule for rule in (HND120, HND121, HND122, HND123)}
"""Rules of findings that the child process makes, which cannot import them."""


def call_handler(
    what: str | os.PathLike[str] | bytes | Candidate, run: HandlerRunner, spec: Spec
) -> tuple[Candidate, bytes | None]:
    """Send a file, or its bytes, to the handler. Returns the candidate, and the image that it was made of, if any.

    A candidate with a problem is returned as it is. Raises ImgcheckError where there is no function to be called.
    """
    if isinstance(what, Candidate):
        return what, None
    name = "bytes" if isinstance(what, bytes) else os.fsdecode(what)
    try:
        body = what if isinstance(what, bytes) else _read(name)
    except CandidateError as error:
        return Candidate(path=name, kind="unknown", problem=rules.make_finding(error)), None
    seen = read.from_bytes(body, name, spec.decode, headers_only=True)
    if seen.header is None and run.how.content_type is None and seen.kind != "tensor":
        return seen, None
    content_type = _content_type(seen, run, spec)
    answer = run(body, content_type, spec.name)
    _refuse_missing(run)
    return _candidate(seen, answer, run, spec, content_type), body if seen.header is not None else None


def _read(name: str) -> bytes:
    with open_file(name) as (file, size):
        if size > MAX_FILE_BYTES:
            raise CandidateError("SRC101", f"file size: got {size} bytes, expected at most {MAX_FILE_BYTES}")
        return file.read()


def _content_type(seen: Candidate, run: HandlerRunner, spec: Spec) -> str:
    """As asked for; of an image as the spec sends it, else by what it is."""
    if run.how.content_type is not None:
        return run.how.content_type
    if seen.header is None:
        return BODY_TYPES.get(os.path.splitext(seen.path.partition("::")[0])[1].lower(), "application/x-npy")  # noqa: PTH122
    sent = spec.payload.get("content_type") if spec.payload.get("envelope") == "image" else None
    return str(sent or f"image/{seen.header.format.lower()}")


def _refuse_missing(run: HandlerRunner) -> None:
    told = run.loaded.told if run.loaded is not None else {}
    if isinstance(missing := told.get("missing"), str):
        defined = [one for one in _list(told, "defined") if isinstance(one, str)]
        there = f" (it defines {', '.join(defined[:12])})" if defined else ""
        file = for_terminal(run.how.file)
        raise ImgcheckError(
            for_terminal(f"{file}: {missing}{there}; name the function that makes the tensor with --function")
        )


def _candidate(seen: Candidate, answer: HandlerAnswer, run: HandlerRunner, spec: Spec, content_type: str) -> Candidate:
    loaded = run.loaded.told if run.loaded is not None else {}
    function = _word(loaded, "function")
    notes = [*_list(loaded, "notes"), *_list(answer.told, "notes")]
    told = HandlerRun(
        file=run.how.file,
        function=function,
        content_type=content_type,
        made=_word(answer.told, "made"),
        dtype=_word(answer.told, "dtype"),
        findings=(
            *_findings(loaded),
            *(_findings(answer.told) if answer is not run.loaded else ()),
            *(HND130.finding(f"{function}: {note}") for note in notes if isinstance(note, str)),
            *explained(answer),
        ),
    )
    why = problem(answer, run.how, run.file, function, content_type)
    if why is not None:
        return replace(seen, handled=told, problem=why, data=None)
    assert answer.body is not None
    if answer.told.get("form") == "text":
        return _posted(answer.body, seen.path, told, spec)
    made = read.from_bytes(answer.body, seen.path, spec.decode)
    if made.kind != "tensor":
        return replace(seen, handled=told, problem=HND105.finding(f"{function} returned no array"), data=None)
    return replace(made, handled=told)


def _posted(body: bytes, path: str, told: HandlerRun, spec: Spec) -> Candidate:
    """What TensorFlow Serving makes of the text that its handler posts."""
    none = Candidate(path=path, kind="tensor", handled=told)
    if not any(key in body for key in (b'"instances"', b'"inputs"')):
        why = f'{told.function} request: expected {{"instances": ...}} or {{"inputs": ...}} for TensorFlow Serving'
        return replace(none, problem=HND105.finding(why))
    received = STACKS["tensorflow-serving"].receive(body, "application/json", spec)
    if isinstance(received, RejectedRequest):
        why = f"{told.function} request: rejected by TensorFlow Serving: {received.finding.message or received.text}"
        return replace(none, problem=HND105.finding(why))
    if received.form != "array":
        why = f"{told.function} request: got {received.what or 'no numbers'}, expected a tensor"
        return replace(none, problem=HND105.finding(why))
    findings = tuple(
        HND124.finding(finding.message, expected=finding.expected, actual=finding.actual)
        for finding in received.findings
    )
    made = read.array_candidate(received.data, path)
    return replace(made, handled=replace(told, findings=told.findings + findings))


def _findings(told: JsonObject) -> tuple[Finding, ...]:
    """Those that are four texts: the child's process is the user's too, and may tell anything."""
    findings = []
    for flaw in _list(told, "flaws"):
        if isinstance(flaw, list) and len(flaw) == 4 and all(isinstance(one, str) for one in flaw):
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
