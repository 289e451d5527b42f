"""The vocabulary of sm-imgcheck as types: frozen values, standard library only.

Sizes are pixels, height before width. Pixel values are gray levels: 0..255 is black..white for every bit depth of the
file. ``Any`` is an array, because this floor does not import NumPy, or a parameter of an op.
"""

from __future__ import annotations

from sm_imgcheck.core.types.facts import (
    Candidate,
    Channel,
    Facts,
    Golden,
    Header,
    Kind,
    Origin,
    Plan,
    SourceComparison,
)
from sm_imgcheck.core.types.finding import Certainty, FailOn, Finding, Severity, Suppression, is_failing
from sm_imgcheck.core.types.orientation import Orientation
from sm_imgcheck.core.types.request import DecodedRequest, Form, HandlerRun, Limit, Payload, RejectedRequest, Request
from sm_imgcheck.core.types.result import Depth, Options, Report, Result, Status
from sm_imgcheck.core.types.spec import (
    Affine,
    Contract,
    Decode,
    Dim,
    Loss,
    PayloadKeys,
    Probe,
    Quantize,
    Spec,
    Step,
    Values,
)

__all__ = [
    "Affine",
    "Candidate",
    "Certainty",
    "Channel",
    "Contract",
    "Decode",
    "DecodedRequest",
    "Depth",
    "Dim",
    "Facts",
    "FailOn",
    "Finding",
    "Form",
    "Golden",
    "HandlerRun",
    "Header",
    "Kind",
    "Limit",
    "Loss",
    "Options",
    "Orientation",
    "Origin",
    "Payload",
    "PayloadKeys",
    "Plan",
    "Probe",
    "Quantize",
    "RejectedRequest",
    "Report",
    "Request",
    "Result",
    "Severity",
    "SourceComparison",
    "Spec",
    "Status",
    "Step",
    "Suppression",
    "Values",
    "is_failing",
]
