"""Validate images and tensors against the input spec of a model, and convert them.

    from sm_imgcheck import convert, load_spec, validate

    spec = load_spec("torchvision-imagenet")
    for finding in validate("cat.jpg", spec).findings:
        print(finding.code, finding.message)
    tensor = convert("cat.jpg", spec)

Names are imported when they are first used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from sm_imgcheck.core import __version__ as __version__

if TYPE_CHECKING:
    from sm_imgcheck.api import (
        build_payload,
        convert,
        draw,
        identify,
        plan,
        process,
        validate,
        validate_golden,
        validate_handler,
        validate_paths,
    )
    from sm_imgcheck.core.errors import (
        CandidateError,
        ImgcheckError,
        InternalError,
        OutputError,
        PayloadError,
        PlanError,
        Problem,
        SendError,
        SpecError,
        StoreError,
    )
    from sm_imgcheck.core.types import (
        Candidate,
        Contract,
        Facts,
        Finding,
        Header,
        Options,
        Payload,
        Plan,
        Report,
        Result,
        Spec,
        Step,
    )
    from sm_imgcheck.features.codegen import to_python
    from sm_imgcheck.spec.load import load as load_spec

__all__ = [
    "Candidate",
    "CandidateError",
    "Contract",
    "Facts",
    "Finding",
    "Header",
    "ImgcheckError",
    "InternalError",
    "Options",
    "OutputError",
    "Payload",
    "PayloadError",
    "Plan",
    "PlanError",
    "Problem",
    "Report",
    "Result",
    "SendError",
    "Spec",
    "SpecError",
    "Step",
    "StoreError",
    "build_payload",
    "convert",
    "draw",
    "identify",
    "load_spec",
    "plan",
    "process",
    "to_python",
    "validate",
    "validate_golden",
    "validate_handler",
    "validate_paths",
]

_HOMES = {
    "api": (
        "build_payload",
        "convert",
        "draw",
        "identify",
        "plan",
        "process",
        "validate",
        "validate_golden",
        "validate_handler",
        "validate_paths",
    ),
    "features.codegen": ("to_python",),
    "core.errors": (
        "CandidateError",
        "ImgcheckError",
        "InternalError",
        "OutputError",
        "PayloadError",
        "PlanError",
        "Problem",
        "SendError",
        "SpecError",
        "StoreError",
    ),
    "core.types": (
        "Candidate",
        "Contract",
        "Facts",
        "Finding",
        "Header",
        "Options",
        "Payload",
        "Plan",
        "Report",
        "Result",
        "Spec",
        "Step",
    ),
    "spec.load": ("load_spec",),
}
_HOME = {name: module for module, names in _HOMES.items() for name in names}


def __getattr__(name: str) -> object:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    home = import_module(f"{__name__}.{_HOME[name]}")
    value = globals()[name] = getattr(home, "load" if name == "load_spec" else name)
    return value


def __dir__() -> list[str]:
    return __all__
