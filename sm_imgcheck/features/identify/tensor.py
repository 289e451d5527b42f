"""The facts of one tensor, and its pipeline where its source image is given: what the command ``identify`` reports."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from sm_imgcheck.core.assumptions import validate_assumptions
from sm_imgcheck.core.errors import ImgcheckError
from sm_imgcheck.core.escape import for_terminal
from sm_imgcheck.core.types import Options, Result, Spec
from sm_imgcheck.features.identify.source import trace_origins
from sm_imgcheck.pipeline.process import CandidateLike, evaluate_candidate, measure_candidate, read_candidate

__all__ = ["identify_tensor"]


@np.errstate(all="ignore")  # extreme values are findings; NumPy would print its source lines as warnings
def identify_tensor(what: CandidateLike, spec: Spec | None, options: Options) -> Result:
    """The facts of a tensor, and its origins where ``options.source`` is given; with a spec its findings and plan too.

    what: as for ``process``. A tensor that cannot be used is a finding. Raises ImgcheckError for an image, and for a
    source that is not an image.
    """
    validate_assumptions(options.assume)
    candidate = read_candidate(what, spec, replace(options, headers_only=True))
    if candidate.header is not None:
        raise ImgcheckError(
            f"{for_terminal(candidate.path)}: got an image, expected a tensor; check images with validate"
        )
    candidate = measure_candidate(candidate, spec, options, trace_origins)
    if spec is not None:
        return evaluate_candidate(candidate, spec, options)
    findings = () if candidate.problem is None else (candidate.problem,)
    return Result(candidate=candidate if options.keep_arrays else candidate.without_arrays(), findings=findings)
