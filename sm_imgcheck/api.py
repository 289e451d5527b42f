"""The verbs of the command line as functions: bytes, paths and arrays in; results, plans and arrays out."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Literal

from sm_imgcheck import specfile
from sm_imgcheck.errors import CandidateError, PayloadError, PlanError
from sm_imgcheck.model import Candidate, Options, Payload, Plan, Result, Spec
from sm_imgcheck.processing import process

if TYPE_CHECKING:
    import numpy as np

    What = str | os.PathLike[str] | bytes | np.ndarray[Any, Any] | Candidate

__all__ = ["build_payload", "convert", "plan", "validate"]


def validate(
    what: What,
    spec: Spec | str | os.PathLike[str],
    *,
    decoded_by: Literal["pillow", "opencv"] = "pillow",
    assume: Mapping[str, str] | None = None,
    headers_only: bool = False,
    content_type: str | None = None,
) -> Result:
    """Check one candidate: its ``findings`` are the mismatches, and its ``plan`` is what mends them.

    what: a path (``file.npz::name`` for one array of several), the bytes of a file, or an array of any shape. An
    image is compared as ``decoded_by`` would naively decode it. spec: as loaded, or a path or a preset's name.
    With a content_type it is a request body under that header (empty: under none), judged as the spec's stack would
    take it. A bad candidate is a finding; raises SpecError for a bad spec.
    """
    options = Options(
        decoded_by=decoded_by,
        assume=assume or {},
        headers_only=headers_only,
        content_type=content_type,
        as_sent=True,
    )
    return process(_path(what), _spec(spec), options)


def plan(
    what: What,
    spec: Spec | str | os.PathLike[str],
    *,
    assume: Mapping[str, str] | None = None,
    allow_guess: bool = False,
) -> Plan:
    """Derive the steps from what is there to what the spec asks for; nothing is decoded.

    Arguments as for ``validate``; allow_guess: take steps that rest on a guess. Raises CandidateError where the
    candidate cannot be used, PlanError where no lawful steps lead to the spec.
    """
    options = Options(assume=assume or {}, allow_guess=allow_guess, headers_only=True)
    result = process(_path(what), _spec(spec), options)
    if result.plan is None:
        raise _refusal(result)
    return result.plan


def convert(
    what: What,
    spec: Spec | str | os.PathLike[str],
    *,
    assume: Mapping[str, str] | None = None,
    allow_guess: bool = False,
) -> np.ndarray[Any, Any]:
    """Make the tensor that the model takes: shape, layout, dtype and values of the spec's contract, in C order.

    Arguments and errors as for ``plan``. The tensor has been held against the contract before it is returned.
    """
    options = Options(want_array=True, assume=assume or {}, allow_guess=allow_guess)
    result = process(_path(what), _spec(spec), options)
    if result.array is None:
        raise _refusal(result)
    array: np.ndarray[Any, Any] = result.array
    return array


def build_payload(
    candidates: What | list[What] | tuple[What, ...],
    spec: Spec | str | os.PathLike[str],
    *,
    envelope: str | None = None,
    content_type: str | None = None,
    assume: Mapping[str, str] | None = None,
    allow_guess: bool = False,
) -> Payload:
    """Make a request body: of one candidate, or of a list of them where the model's batch and the form allow it.

    Each candidate is checked and mended as by ``convert``. envelope: the form instead of the spec's
    ``payload.envelope``, else the best for its stack, else ``npy``; content_type: instead of the form's own. Errors as
    for ``plan``; besides, raises PayloadError where form and stack do not go together, where one body cannot hold all
    candidates, and for a body that is over a limit of its way.
    """
    from sm_imgcheck.request import joining
    from sm_imgcheck.request.parts import part_of
    from sm_imgcheck.request.route import route

    way = route(_spec(spec), form=envelope or "", content_type=content_type or "")
    several = candidates if isinstance(candidates, list | tuple) else [candidates]
    if len(several) != 1 and not (several and joining.joins(way)):
        raise PayloadError(f"one body as {way.envelope} takes 1 image for this model, and here are {len(several)}")
    single = replace(way, spec=joining.one_by_one(way.spec))
    options = Options(assume=assume or {}, allow_guess=allow_guess)
    parts = []
    for what in several:
        result, part = part_of(_path(what), single, options)
        if part is None:
            raise _refusal(result)
        parts.append(part)
    return joining.build(parts, way)


def _path(what: Any) -> Any:
    return os.fspath(what) if isinstance(what, os.PathLike) else what


def _spec(spec: Spec | str | os.PathLike[str]) -> Spec:
    return spec if isinstance(spec, Spec) else specfile.load(spec)


def _refusal(result: Result) -> CandidateError | PlanError:
    """Why there is no plan or no tensor, as the error to raise."""
    if result.facts is None and result.findings:
        return CandidateError(result.findings[0].code, f"{result.path}: {result.findings[0].message}")
    return PlanError(f"{result.path}: {result.skipped}")
