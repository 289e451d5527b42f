"""One candidate, one spec, one result: the function that everything else calls."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from functools import partial

import numpy as np

from sm_imgcheck import rules
from sm_imgcheck.core.assumptions import validate_assumptions
from sm_imgcheck.core.errors import CandidateError
from sm_imgcheck.core.frozen import replace_fields
from sm_imgcheck.core.layouts import unflatten_shape
from sm_imgcheck.core.types import Candidate, Decode, Options, Result, Spec
from sm_imgcheck.pipeline import read
from sm_imgcheck.pipeline.check import plan_and_check, select
from sm_imgcheck.pipeline.decoded import decoded_facts
from sm_imgcheck.pipeline.plan import decodes_gray
from sm_imgcheck.pipeline.read import read_guarded
from sm_imgcheck.rules.source_file import SRC150

__all__ = [
    "CandidateLike",
    "Trace",
    "evaluate_candidate",
    "examine_candidate",
    "measure_candidate",
    "process",
    "read_candidate",
]

Trace = Callable[[Candidate, Spec | None, Options], Candidate]
"""Return a measured tensor with its pipelines from ``options.source``."""
CandidateLike = str | os.PathLike[str] | bytes | bytearray | memoryview | np.ndarray | read.FileContent | Candidate
"""What is read as a candidate: a path, the bytes of a file, an array, a file that was read, a candidate."""


def process(
    what: CandidateLike,
    spec: Spec | str | os.PathLike[str] | Mapping[str, object],
    options: Options | None = None,
    *,
    trace: Trace | None = None,
) -> Result:
    """Check one candidate against a spec; with ``options.want_array`` produce the corrected tensor too.

    what: a path (``file.npz::name`` for one array of several), the bytes of a file, or an array of any shape.
    trace: finds the pipeline from ``options.source`` to a tensor; called where a source is given. An invalid candidate
    is a finding. Raises TypeError for an object that is not a candidate or a spec, SpecError for an invalid spec,
    ImgcheckError for a source that is not an image, InternalError for a bug of the tool.
    """
    if not isinstance(spec, Spec):
        from sm_imgcheck.spec.load import resolve_spec  # workers receive specs, and start 5 ms earlier without it

        spec = resolve_spec(spec)
    options = options or Options()
    return evaluate_candidate(examine_candidate(what, spec, options, trace), spec, options)


@np.errstate(all="ignore")  # infinite numbers and overflow are findings; NumPy would print its own source lines
def examine_candidate(what: CandidateLike, spec: Spec, options: Options, trace: Trace | None = None) -> Candidate:
    """Read and measure: the first half of ``process``; the candidate has its arrays. Raises as ``process``."""
    validate_assumptions(options.assume)
    return measure_candidate(read_candidate(what, spec, options), spec, options, trace)


@np.errstate(all="ignore")
def evaluate_candidate(candidate: Candidate, spec: Spec, options: Options) -> Result:
    """Plan, check and apply: the second half, for a candidate that is read and measured."""
    proposal, findings = plan_and_check(candidate, spec, options)
    result = Result(
        candidate=candidate if options.keep_arrays else candidate.without_arrays(),
        findings=findings,
        plan=proposal.plan,
        skipped=proposal.skipped,
        assumptions=proposal.assumptions,
    )
    if proposal.plan is None or not options.want_array:
        return result
    from sm_imgcheck.pipeline.apply import make_tensor

    array, refusals, skipped = make_tensor(proposal.plan, candidate, spec)
    if refusals:
        findings += tuple(select(refusals, proposal.plan, options))
    return replace_fields(result, array=array, findings=findings, skipped=skipped)


def read_candidate(what: CandidateLike, spec: Spec | None, options: Options) -> Candidate:
    """Return the candidate as read, an image decoded too. Raises TypeError for any other object.

    spec: None reads with the default decode policy.
    """
    if options.content_type is None and (not isinstance(what, _READ) or _views_array(what)):
        what = read.array_candidate(what)
    return read_guarded(_name_candidate(what, options), partial(_read, what, spec, options))


_READ = (str, os.PathLike, bytes, bytearray, memoryview, read.FileContent, Candidate)


def _views_array(what: object) -> bool:
    """Whether it is a view of an array, not of the bytes of a file."""
    return isinstance(what, memoryview) and (what.ndim != 1 or what.itemsize != 1)


def _name_candidate(what: CandidateLike, options: Options) -> Candidate:
    """What is known of a candidate before it is read: its name."""
    if isinstance(what, Candidate):
        return what
    name = "bytes"
    if isinstance(what, (str, os.PathLike)):
        name = os.fsdecode(what)
    elif isinstance(what, read.FileContent):
        name = what.path
    return Candidate(path=name, kind="unknown" if options.content_type is None else "request")


def _read(what: CandidateLike, spec: Spec | None, options: Options) -> Candidate:
    if spec is not None and options.content_type is not None and not isinstance(what, Candidate):
        return _body(what, spec, options)
    depth, gray = options.depth, spec is not None and decodes_gray(spec)
    decode = Decode() if spec is None else spec.decode
    if isinstance(what, Candidate):
        candidate = replace_fields(what, pixels=None, preview=None)  # they may come from another spec's decode policy
    elif isinstance(what, (str, os.PathLike)):
        candidate = read.read(what, decode, depth=depth, gray=gray)
    else:
        body, path = (what.body, what.path) if isinstance(what, read.FileContent) else (bytes(what), "bytes")
        candidate = read.from_bytes(body, path, decode, depth=depth, gray=gray)
        if isinstance(what, read.FileContent) and (what.unsupported_suffix or what.from_memory):
            candidate = replace_fields(
                candidate, unsupported_suffix=what.unsupported_suffix, from_memory=what.from_memory
            )
    is_request = (
        spec is not None and (options.as_sent or options.as_request) and spec.payload.get("envelope") == "image"
    )
    if spec is not None and is_request and candidate.header is not None:
        from sm_imgcheck.pipeline.read_request import as_sent

        return as_sent(candidate, spec)
    return candidate


def _body(what: CandidateLike, spec: Spec, options: Options) -> Candidate:
    """A request body under ``options.content_type``."""
    from sm_imgcheck.pipeline.read_request import read_request, request_candidate

    content_type = options.content_type or ""
    if isinstance(what, (str, os.PathLike)):
        return read_request(what, content_type, spec, depth=options.depth)
    if isinstance(what, (bytes, bytearray, memoryview)):
        return request_candidate(bytes(what), "bytes", content_type, spec, depth=options.depth)
    if isinstance(what, read.FileContent):
        return request_candidate(what.body, what.path, content_type, spec, depth=options.depth)
    return Candidate(
        path="array", kind="request", problem=SRC150.finding("request body: got an array, expected bytes or a path")
    )


def measure_candidate(
    candidate: Candidate, spec: Spec | None, options: Options, trace: Trace | None = None
) -> Candidate:
    """The candidate with the facts of its array, or of an image those of a naive decode; where it has either.

    spec: None measures without a contract. trace: adds what ``options.source`` shows of a tensor.
    """
    if candidate.problem is not None:
        return candidate
    if candidate.header is not None:
        return (
            candidate
            if candidate.kind == "request"
            else replace_fields(candidate, facts=decoded_facts(candidate.header, options))
        )
    if candidate.data is None:
        return candidate
    unknown = replace_fields(candidate, kind="request" if candidate.kind == "request" else "unknown")
    return read_guarded(unknown, partial(_measure, candidate, spec, options, trace))


def _measure(candidate: Candidate, spec: Spec | None, options: Options, trace: Trace | None) -> Candidate:
    from sm_imgcheck.pipeline.measure import measure

    contract, assume = None if spec is None else spec.contract, options.assume
    layout = assume.get("layout", "")
    shape = None if contract is None else unflatten_shape(candidate.data.shape, layout, contract)
    try:
        reread_facts = None if shape is None else measure(candidate.data.reshape(shape), contract, assume)
        facts = measure(candidate.data, contract, assume if reread_facts is None else {})
    except CandidateError as error:
        return replace_fields(candidate, problem=rules.make_finding(error))
    if candidate.handled is not None and candidate.handled.dtype and facts is not None:
        dtype = candidate.handled.dtype
        facts, reread_facts = (
            replace_fields(facts, dtype=dtype),
            reread_facts and replace_fields(reread_facts, dtype=dtype),
        )
    result = replace_fields(candidate, facts=facts, unflattened=reread_facts)
    if reread_facts is not None:  # the search compares images, and an array has no header
        return result
    return result if options.source is None or trace is None else trace(result, spec, options)
