"""Apply a plan, and compare its result with the contract before it is returned."""

from __future__ import annotations

import math

import numpy as np

from sm_imgcheck import rules
from sm_imgcheck.core.errors import ImgcheckError, InternalError
from sm_imgcheck.core.frozen import replace_fields
from sm_imgcheck.core.identity_cache import IdentityCache
from sm_imgcheck.core.layouts import describe
from sm_imgcheck.core.types import Candidate, Finding, Plan, Spec
from sm_imgcheck.core.value_mapping import domain, overshoot
from sm_imgcheck.ops.combined import apply_all
from sm_imgcheck.rules.value_content import VAL108

__all__ = ["make_tensor", "run", "verify"]

_CACHE_SIZE = 16
_known_bounds: IdentityCache[tuple[float, float]] = IdentityCache(_CACHE_SIZE)


def make_tensor(plan: Plan, candidate: Candidate, spec: Spec) -> tuple[np.ndarray | None, tuple[Finding, ...], str]:
    """Return the tensor that matches the contract; without one, the findings and the reason."""
    try:
        array, bounds = _run(plan, candidate)
    except ImgcheckError as error:
        return None, (), str(error)
    except MemoryError:
        return None, (), "its tensor out of memory"
    if spec.contract.expect_range is not None:
        result = replace_fields(
            plan.after[-1] if plan.after else plan.before, low=float(array.min()), high=float(array.max())
        )
        tensor = Candidate(path=candidate.path, kind="tensor", facts=replace_fields(result, domain=False))
        findings = tuple(finding for finding in rules.run(tensor, spec) if finding.code == VAL108.code)
        if findings:
            return None, findings, findings[0].message
    verify(array, spec, bounds)
    return array, (), ""


def run(plan: Plan, candidate: Candidate) -> np.ndarray:
    """Return the plan's tensor for the candidate. The candidate's array is never modified."""
    return _run(plan, candidate)[0]


def _run(plan: Plan, candidate: Candidate) -> tuple[np.ndarray, tuple[float, float] | None]:
    """The same with limits of its values where the steps determine them."""
    array, steps = candidate.data, plan.steps
    if steps and steps[0].op == "decode" and candidate.pixels is not None:
        array, steps = candidate.pixels, steps[1:]  # decoded already, to be checked
    array, bounds = apply_all(steps, array)
    return np.ascontiguousarray(array), bounds


def verify(array: np.ndarray, spec: Spec, bounds: tuple[float, float] | None = None) -> None:
    """Raise InternalError unless the tensor matches the contract: shape, dtype, finite, range of its pixels.

    bounds: limits of its values, where they are known; the values are read where these are not inside the range.
    """
    contract = spec.contract
    is_matching_shape = array.ndim == len(contract.shape) and all(
        dim.allows(length) for dim, length in zip(contract.shape, array.shape, strict=True)
    )
    if not is_matching_shape or array.dtype != np.dtype(contract.dtype):
        expected = "[" + ", ".join(str(dim) for dim in contract.shape) + f"] {contract.layout} {contract.dtype}"
        raise InternalError(
            f"the fixed tensor is {describe(array.shape, contract.layout)} {array.dtype}, not {expected}"
        )
    low, high = _known_bounds.get((spec,)) or _known_bounds.put((spec,), _bounds(spec))
    if bounds is not None and low <= bounds[0] and bounds[1] <= high:  # not for NaN
        return
    least, most = float(array.min()), float(array.max())  # NumPy would round the bounds to the array's dtype
    if not (math.isfinite(least) and math.isfinite(most) and low <= least and most <= high):
        raise InternalError(f"the fixed tensor spans {least:.6g}..{most:.6g}, not {low:.6g}..{high:.6g}")


def _bounds(spec: Spec) -> tuple[float, float]:
    """The range of the finished tensor, with what float arithmetic, resize filters and pads may add to it."""
    low, high = domain(spec.contract, overshoot(spec.geometry))
    for step in spec.geometry:
        if step.params.get("units") == "final":
            low, high = min(low, *step.params["fill"]), max(high, *step.params["fill"])
    slack = (high - low) * 2e-3  # float16 holds 3 digits
    return low - slack, high + slack
