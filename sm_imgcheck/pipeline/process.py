"""One candidate, one spec, one result: the function that everything else calls."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from functools import lru_cache, partial
from typing import Any, Literal

import numpy as np

from sm_imgcheck import rules
from sm_imgcheck.core.assumptions import checked
from sm_imgcheck.core.errors import CandidateError, ImgcheckError
from sm_imgcheck.core.frozen import changed
from sm_imgcheck.core.types import Candidate, Facts, Finding, Header, Options, Plan, Result, Spec, Values
from sm_imgcheck.core.value_mapping import canonical
from sm_imgcheck.pipeline import read
from sm_imgcheck.pipeline.check import judgement, reported
from sm_imgcheck.pipeline.guard import guarded
from sm_imgcheck.pipeline.plan import decodes_gray
from sm_imgcheck.rules.source_file import SRC150
from sm_imgcheck.rules.values import VAL108
from sm_imgcheck.spec.load import loaded

__all__ = ["Trace", "judged", "look_at", "process"]

Trace = Callable[[Candidate, Spec, Options], Candidate]
"""Adds to a measured tensor how it was made of ``options.source``."""


@np.errstate(all="ignore")  # numbers beyond all measure are findings; NumPy would print its own source lines
def process(
    what: str | os.PathLike[str] | bytes | bytearray | memoryview | np.ndarray | read.Content | Candidate,
    spec: Spec | str | os.PathLike[str] | Mapping[str, Any],
    options: Options | None = None,
    *,
    trace: Trace | None = None,
) -> Result:
    """Check one candidate against a spec; with ``options.want_array`` make the corrected tensor too.

    what: a path (``file.npz::name`` for one array of several), the bytes of a file, or an array of any shape.
    trace: finds how a tensor was made of ``options.source``; called where there is one.
    Never raises for a bad candidate: that is a finding. Raises TypeError for what is no candidate or no spec at all,
    SpecError for a bad spec, ImgcheckError for a source that is no image, Bug where the tool breaks its own promise.
    """
    spec, options = loaded(spec), options or Options()
    checked(options.assume)
    return judged(look_at(what, spec, options, trace=trace), spec, options)


@np.errstate(all="ignore")
def judged(candidate: Candidate, spec: Spec, options: Options) -> Result:
    """What ``process`` says of a candidate that ``look_at`` has completed."""
    said = judgement(candidate, spec, options)
    plan, skipped, findings, array = said.plan, said.skipped, said.findings, None
    if plan is not None and options.want_array:
        array, more, skipped = _fixed(plan, candidate, spec)
        findings += tuple(reported(more, plan, options))
    return Result(
        path=candidate.path,
        kind=candidate.kind,
        findings=findings,
        facts=said.facts,
        header=said.header,
        request=candidate.request,
        handled=candidate.handled,
        origins=candidate.origins,
        ideal=candidate.ideal,
        plan=plan,
        skipped=skipped,
        assumptions=said.assumptions,
        array=array,
    )


def look_at(what: Any, spec: Spec, options: Options, *, trace: Trace | None = None) -> Candidate:
    """Read a candidate and complete its facts. Raises TypeError for what is no candidate."""
    if options.content_type is None and not isinstance(what, _READ):
        what = read.from_array(what)
    kind: Literal["request", "unknown"] = "unknown" if options.content_type is None else "request"
    unread = what if isinstance(what, Candidate) else Candidate(path=_name(what), kind=kind)
    return guarded(unread, partial(_examined, what, spec, options, trace))


_READ = (str, os.PathLike, bytes, bytearray, memoryview, read.Content, Candidate)


def _name(what: Any) -> str:
    """What messages call a candidate."""
    if isinstance(what, (str, os.PathLike)):
        return os.fsdecode(what)
    return what.path if isinstance(what, read.Content) else "bytes"


def _examined(what: Any, spec: Spec, options: Options, trace: Trace | None) -> Candidate:
    if options.content_type is not None and not isinstance(what, Candidate):
        return _measured(_body(what, spec, options), spec, options, trace)
    how = {"headers_only": options.headers_only, "gray": decodes_gray(spec)}
    if isinstance(what, Candidate):
        candidate = changed(what, pixels=None)  # decoded by another spec's policy, it may be
    elif isinstance(what, (str, os.PathLike)):
        candidate = read.read(what, spec.decode, **how)
    elif isinstance(what, (bytes, bytearray, memoryview)):
        candidate = read.from_bytes(bytes(what), "bytes", spec.decode, **how)
    else:
        candidate = read.from_bytes(what.body, what.path, spec.decode, **how)
    if candidate.header is not None and options.as_sent and spec.payload.get("envelope") == "image":
        from sm_imgcheck.pipeline.read_request import as_sent

        return as_sent(candidate, spec)
    if candidate.problem is not None:
        return candidate
    if candidate.header is not None and candidate.kind != "request":
        return changed(candidate, facts=_naive(candidate.header, options))
    return _measured(candidate, spec, options, trace)


def _body(what: Any, spec: Spec, options: Options) -> Candidate:
    """A request body under ``options.content_type``."""
    from sm_imgcheck.pipeline.read_request import read_request, request_candidate

    content_type = options.content_type or ""
    if isinstance(what, (str, os.PathLike)):
        return read_request(what, content_type, spec, headers_only=options.headers_only)
    if isinstance(what, (bytes, bytearray, memoryview)):
        return request_candidate(bytes(what), "bytes", content_type, spec, headers_only=options.headers_only)
    if isinstance(what, read.Content):
        return request_candidate(what.body, what.path, content_type, spec, headers_only=options.headers_only)
    return Candidate(path="array", kind="request", problem=SRC150.finding("is an array, no request body"))


def _measured(candidate: Candidate, spec: Spec, options: Options, trace: Trace | None) -> Candidate:
    """With the facts of its array, where it has one."""
    if candidate.data is None or candidate.problem is not None:
        return candidate
    from sm_imgcheck.pipeline.measure import measure

    try:
        measured = changed(candidate, facts=measure(candidate.data, spec.contract, options.assume))
    except CandidateError as error:
        return changed(candidate, problem=rules.make_finding(error))
    if candidate.handled is not None and candidate.handled.dtype and measured.facts is not None:
        measured = changed(measured, facts=changed(measured.facts, dtype=candidate.handled.dtype))
    if options.source is None or trace is None:
        return measured
    return trace(measured, spec, options)


def _naive(header: Header, options: Options) -> Facts:
    """What a handler gets that decodes and does nothing else: ``Image.open(f).convert("RGB")`` or ``cv2.imread(f)``."""
    height, width = header.height, header.width
    by_opencv = options.decoded_by == "opencv"
    turned = by_opencv or header.format == "TIFF"  # of which Pillow, too, turns the picture upright
    if turned and header.orientation >= 5:  # the orientations that exchange height and width
        height, width = width, height
    return _whole_levels(height, width, "BGR" if by_opencv else "RGB")


@lru_cache(512)
def _whole_levels(height: int, width: int, order: str) -> Facts:
    return Facts(
        shape=(height, width, 3),
        layout="HWC",
        dtype="uint8",
        channel_order=order,
        low=0,
        high=255,
        domain=True,
        values=canonical(Values(low=0, high=255), 3),
        recipe="0..255, not scaled",
        whole=True,
    )


def _fixed(plan: Plan, candidate: Candidate, spec: Spec) -> tuple[np.ndarray | None, tuple[Finding, ...], str]:
    """The tensor; where it is not handed over, the findings and the reason instead."""
    from sm_imgcheck.pipeline import apply

    try:
        array = apply.run(plan, candidate)
    except ImgcheckError as error:
        return None, (), str(error)
    except MemoryError:
        return None, (), "its tensor needs more memory than there is"
    if spec.contract.expect_range is not None:
        finished = changed(
            plan.after[-1] if plan.after else plan.before, low=float(array.min()), high=float(array.max())
        )
        seen = Candidate(path=candidate.path, kind="tensor", facts=changed(finished, domain=False))
        broken = tuple(finding for finding in rules.run(seen, spec) if finding.code == VAL108.code)
        if broken:
            return None, broken, broken[0].message
    apply.verify(array, spec)
    return array, (), ""
