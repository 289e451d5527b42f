"""JSON values cast by ``np.array(values, dtype)``, as MLflow and MLServer do, with what that changes in silence."""

from __future__ import annotations

from sm_imgcheck.core.json_types import Json
from sm_imgcheck.core.types import Finding
from sm_imgcheck.io.lazy_imports import np
from sm_imgcheck.rules.payload_request import PAY103, PAY111
from sm_imgcheck.rules.payload_values import PAY106, PAY108, PAY109
from sm_imgcheck.serving.stacks import refuse
from sm_imgcheck.serving.stacks._base64 import looks_encoded, texts
from sm_imgcheck.serving.stacks._json import as_array, nan_notice

__all__ = ["cast_findings", "cast_values"]


def cast_values(value: Json, dtype: np.dtype) -> tuple[np.ndarray, tuple[Finding, ...]]:
    """The array, and what the cast does to the values.

    Raises RequestRejection with NumPy's message for ragged lists, texts that are not numbers, numbers out of range,
    and NaN for an integer.
    """
    try:
        with np.errstate(all="ignore"):
            made = np.array(value, dtype=dtype)
    except (OverflowError, ValueError, TypeError) as problem:
        text = str(problem)
        if "inhomogeneous" in text or "setting an array element" in text:
            refuse(text, PAY108, "the lists are ragged: rows or images differ in length", actual="ragged")
        if "NaN" in text or "infinity" in text:
            refuse(text, PAY109, f"values: got NaN or Infinity, expected {dtype} numbers", expected=dtype.name)
        if isinstance(problem, OverflowError):
            refuse(text, PAY106, f"{_span(value)}; the signature's {dtype} holds less", expected=dtype.name)
        if any(looks_encoded(part) for part in texts(value)):
            message = f"base64 text stands where the signature takes {dtype} numbers"
            refuse(text, PAY111, message, expected=dtype.name, actual="base64")
        refuse(text, PAY103, f"values: got values that are not numbers, expected {dtype}", expected=dtype.name)
    return made, cast_findings(as_array(value), made)


def _span(value: Json) -> str:
    array = as_array(value)
    if array.dtype.kind not in "iuf" or not array.size:
        return "a value is out of range"
    return f"the values span {array.min()}..{array.max()}"


def cast_findings(given: np.ndarray, made: np.ndarray) -> tuple[Finding, ...]:
    """What a cast from the array as given to the array as made changes without an error."""
    if given.dtype.kind in "OU":
        message = f"texts or nulls are cast to {made.dtype} without an error; null becomes NaN"
        return (PAY106.finding(message, expected=made.dtype.name, actual="text or null"),)
    findings = nan_notice(given)
    if made.dtype.kind in "iu" and given.dtype.kind in "fiu" and not np.array_equal(given, made):
        zeros = "; every value becomes 0" if not made.any() else ""
        span = f"{given.min():.4g}..{given.max():.4g}"
        message = f"{span} are cut to {made.dtype} without an error{zeros}, and the answer is a 200"
        return (*findings, PAY106.finding(message, expected=made.dtype.name, actual=span))
    return findings
