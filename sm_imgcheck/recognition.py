"""What can be said of a tensor that somebody else made: by its numbers, by its source image, against a spec."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from sm_imgcheck import checks, source
from sm_imgcheck.assumptions import checked
from sm_imgcheck.errors import CandidateError, ImgcheckError
from sm_imgcheck.escape import for_terminal
from sm_imgcheck.model import Candidate, Decode, Options, Result, Spec
from sm_imgcheck.pixels.measure import measure
from sm_imgcheck.processing import process
from sm_imgcheck.provenance import traced

__all__ = ["recognised", "tensor_of"]


@np.errstate(all="ignore")  # numbers beyond all measure are told; NumPy would print its own source lines
def recognised(what: Any, spec: Spec | None, options: Options) -> Result:
    """The facts of a tensor, and its origins where ``options.source`` is given; with a spec its findings and plan too.

    what: as for ``process``. A tensor that cannot be used is a finding. Raises ImgcheckError for an image, and for a
    source that is none.
    """
    checked(options.assume)
    candidate = tensor_of(what)
    if candidate.header is not None:
        raise ImgcheckError(
            f"{for_terminal(candidate.path)}: is an image; a tensor is identified, an image is validated"
        )
    if spec is not None:
        return process(candidate, spec, options)
    if candidate.problem is None:
        try:
            candidate = replace(candidate, facts=measure(candidate.data, None, options.assume))
        except CandidateError as error:
            candidate = replace(candidate, problem=(error.code, error.problem))
    if candidate.problem is not None:
        return Result(path=candidate.path, kind=candidate.kind, findings=(checks.unusable(candidate),))
    if options.source is not None:
        candidate = traced(candidate, None, options)
    return Result(
        path=candidate.path,
        kind=candidate.kind,
        facts=candidate.facts,
        origins=candidate.origins,
        ideal=candidate.ideal,
    )


def tensor_of(what: Any) -> Candidate:
    """What ``recognised`` takes, as a candidate: its array, or why there is none; an image with its header alone."""
    if isinstance(what, Candidate):
        return what
    if isinstance(what, (bytes, bytearray, memoryview)):
        return source.from_bytes(bytes(what), "bytes", Decode(), headers_only=True)
    if isinstance(what, str) or hasattr(what, "__fspath__"):
        return source.read(what, Decode(), headers_only=True)
    return source.from_array(what)
