"""What can be said of a tensor that somebody else made: by its numbers, by its source image, against a spec."""

from __future__ import annotations

import os
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np

from sm_imgcheck import rules
from sm_imgcheck.core.assumptions import checked
from sm_imgcheck.core.errors import CandidateError, ImgcheckError
from sm_imgcheck.core.escape import for_terminal
from sm_imgcheck.core.types import Candidate, Decode, Options, Result, Spec
from sm_imgcheck.features.identify.source import traced
from sm_imgcheck.pipeline import read
from sm_imgcheck.pipeline.guard import guarded
from sm_imgcheck.pipeline.measure import measure
from sm_imgcheck.pipeline.process import process

__all__ = ["recognised", "tensor_of"]


@np.errstate(all="ignore")  # numbers beyond all measure are told; NumPy would print its own source lines
def recognised(what: Any, spec: Spec | None, options: Options) -> Result:
    """The facts of a tensor, and its origins where ``options.source`` is given; with a spec its findings and plan too.

    what: as for ``process``. A tensor that cannot be used is a finding. Raises ImgcheckError for an image, and for a
    source that is none.
    """
    checked(options.assume)
    # An array is taken in outside of the guard: what is no candidate is a TypeError of the caller's.
    given = what if isinstance(what, _NAMED) else read.from_array(what)
    name = os.fsdecode(what) if isinstance(what, (str, os.PathLike)) else "bytes"
    candidate = guarded(Candidate(path=name, kind="unknown"), partial(_measured, given, spec, options))
    if candidate.header is not None:
        raise ImgcheckError(
            f"{for_terminal(candidate.path)}: is an image; a tensor is identified, an image is validated"
        )
    if spec is not None:
        return process(candidate, spec, options, trace=traced)
    if candidate.problem is not None:
        return Result(path=candidate.path, kind=candidate.kind, findings=(candidate.problem,))
    if options.source is not None:
        candidate = traced(candidate, None, options)
    return Result(
        path=candidate.path,
        kind=candidate.kind,
        facts=candidate.facts,
        origins=candidate.origins,
        ideal=candidate.ideal,
    )


_NAMED = (str, os.PathLike, bytes, bytearray, memoryview, Candidate)


def _measured(what: Any, spec: Spec | None, options: Options) -> Candidate:
    """The tensor, with its facts where no spec completes them later."""
    candidate = tensor_of(what)
    if spec is not None or candidate.problem is not None or candidate.header is not None:
        return candidate
    try:
        return replace(candidate, facts=measure(candidate.data, None, options.assume))
    except CandidateError as error:
        return replace(candidate, problem=rules.make_finding(error))


def tensor_of(what: Any) -> Candidate:
    """What ``recognised`` takes, as a candidate: its array, or why there is none; an image with its header alone."""
    if isinstance(what, Candidate):
        return what
    if isinstance(what, (bytes, bytearray, memoryview)):
        return read.from_bytes(bytes(what), "bytes", Decode(), headers_only=True)
    if isinstance(what, str) or hasattr(what, "__fspath__"):
        return read.read(what, Decode(), headers_only=True)
    return read.from_array(what)
