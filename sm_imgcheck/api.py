"""The verbs of the command line as functions: bytes, paths and arrays in; results, plans and arrays out."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Literal

from sm_imgcheck.errors import CandidateError, ImgcheckError, PlanError
from sm_imgcheck.model import Candidate, Options, Plan, Result, Spec
from sm_imgcheck.processing import process

if TYPE_CHECKING:
    import numpy as np

    What = str | os.PathLike[str] | bytes | bytearray | memoryview | np.ndarray[Any, Any] | Candidate
    AnySpec = Spec | str | os.PathLike[str] | Mapping[str, Any]

__all__ = ["convert", "plan", "validate"]


def validate(
    what: What,
    spec: AnySpec,
    *,
    decoded_by: Literal["pillow", "opencv"] = "pillow",
    assume: Mapping[str, str] | None = None,
    headers_only: bool = False,
) -> Result:
    """Check one candidate: its ``findings`` are the mismatches, and its ``plan`` is what mends them.

    what: a path (``file.npz::name`` for one array of several), the bytes of a file, or an array of any shape (what has
    ``__array__``, nested lists). An image of Pillow is neither: pass ``np.asarray(image.convert("RGB"))``, or the bytes
    of its file, which are decoded as the spec says. An image is compared as ``decoded_by`` would naively decode it.
    spec: as loaded, or a path, a preset's name or a mapping of the spec language.
    A bad candidate is a finding; raises SpecError for a bad spec, TypeError for arguments of another type.
    """
    if decoded_by not in ("pillow", "opencv"):
        raise ImgcheckError(f"decoded_by={decoded_by!r}: expected pillow or opencv")
    options = Options(decoded_by=decoded_by, assume=_assumed(assume), headers_only=headers_only)
    return process(what, spec, options)


def plan(
    what: What,
    spec: AnySpec,
    *,
    assume: Mapping[str, str] | None = None,
    allow_guess: bool = False,
) -> Plan:
    """Derive the steps from what is there to what the spec asks for; nothing is decoded.

    Arguments as for ``validate``; allow_guess: take steps that rest on a guess. Raises CandidateError where the
    candidate cannot be used, PlanError where no lawful steps lead to the spec.
    """
    options = Options(assume=_assumed(assume), allow_guess=allow_guess, headers_only=True)
    result = process(what, spec, options)
    if result.plan is None:
        raise _refusal(result)
    return result.plan


def convert(
    what: What,
    spec: AnySpec,
    *,
    assume: Mapping[str, str] | None = None,
    allow_guess: bool = False,
) -> np.ndarray[Any, Any]:
    """Make the tensor that the model takes: shape, layout, dtype and values of the spec's contract, in C order.

    Arguments and errors as for ``plan``. The tensor has been held against the contract before it is returned; it is
    the caller's to write to, and shares no memory with ``what``.
    """
    options = Options(want_array=True, assume=_assumed(assume), allow_guess=allow_guess)
    result = process(what, spec, options)
    if result.array is None:
        raise _refusal(result)
    # Where nothing needs mending it is the caller's own array, or a file that is mapped to be read.
    lent = result.kind == "tensor" or isinstance(what, Candidate) or not result.array.flags.writeable
    array: np.ndarray[Any, Any] = result.array.copy() if lent else result.array
    return array


def _assumed(assume: Any) -> Mapping[str, str]:
    if assume is not None and not isinstance(assume, Mapping):
        raise TypeError(f'expected facts to assume such as {{"channel_order": "BGR"}}, not {type(assume).__name__}')
    return assume or {}


def _refusal(result: Result) -> CandidateError | PlanError:
    """Why there is no plan or no tensor, as the error to raise."""
    if result.facts is None and result.findings:
        return CandidateError(result.findings[0].code, f"{result.path}: {result.findings[0].message}")
    return PlanError(f"{result.path}: {result.skipped}")
