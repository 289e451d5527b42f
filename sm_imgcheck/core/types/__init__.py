"""The words of sm-imgcheck as types: frozen values, standard library only.

Sizes are pixels, height before width. Pixel values are grey levels: 0..255 stands for black..white whatever the
file's bit depth. ``Any`` is an array, since this floor does not know NumPy, or a parameter of an op.
"""

from __future__ import annotations

from sm_imgcheck.core.types.facts import Candidate, Channel, Facts, Golden, Header, Ideal, Origin, Plan
from sm_imgcheck.core.types.finding import Certainty, Finding, Severity
from sm_imgcheck.core.types.request import Handled, Limit, Payload, Received, Refused, Request
from sm_imgcheck.core.types.result import FailOn, Options, Report, Result, Status
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
    "Dim",
    "Facts",
    "FailOn",
    "Finding",
    "Golden",
    "Handled",
    "Header",
    "Ideal",
    "Limit",
    "Loss",
    "Options",
    "Origin",
    "Payload",
    "PayloadKeys",
    "Plan",
    "Probe",
    "Quantize",
    "Received",
    "Refused",
    "Report",
    "Request",
    "Result",
    "Severity",
    "Spec",
    "Status",
    "Step",
    "Values",
]
