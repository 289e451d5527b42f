"""JSON values cast by ``np.array(values, dtype)``, as MLflow and MLServer do, with the changes that raise no error."""

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

    Raises RequestRejection with NumPy's message for ragged lists, non-numeric texts, numbers out of range,
    and NaN for an integer.
    """
    try:
        with np.errstate(all="ignore"):
            array = np.array(value, dtype=dtype)
    except (OverflowError, ValueError, TypeError) as problem:
        text = str(problem)
        if "inhomogeneous" in text or "setting an array element" in text:
            refuse(text, PAY108, "body: got ragged lists, expected rows and images of equal length", actual="ragged")
        if "NaN" in text or "infinity" in text:
            refuse(text, PAY109, f"values: got NaN or Infinity, expected {dtype} numbers", expected=dtype.name)
        if isinstance(problem, OverflowError):
            refuse(text, PAY106, f"{_span(value)}; the signature's {dtype} holds less", expected=dtype.name)
        if any(looks_encoded(part) for part in texts(value)):
            message = f"values: got base64 text, expected {dtype}"
            refuse(text, PAY111, message, expected=dtype.name, actual="base64")
        refuse(text, PAY103, f"values: got non-numeric values, expected {dtype}", expected=dtype.name)
    return array, cast_findings(as_array(value), array)


def _span(value: Json) -> str:
    array = as_array(value)
    if array.dtype.kind not in "iuf" or not array.size:
        return "a value is out of range"
    return f"the values span {array.min()}..{array.max()}"


def cast_findings(values: np.ndarray, array: np.ndarray) -> tuple[Finding, ...]:
    """What a cast from the array as values to the array as array changes without an error."""
    if values.dtype.kind in "OU":
        message = f"texts or nulls are cast to {array.dtype} without an error; null becomes NaN"
        return (PAY106.finding(message, expected=array.dtype.name, actual="text or null"),)
    findings = nan_notice(values)
    if array.dtype.kind in "iu" and values.dtype.kind in "fiu" and not np.array_equal(values, array):
        zeros = "; every value becomes 0" if not array.any() else ""
        span = f"{values.min():.4g}..{values.max():.4g}"
        message = f"{span} are cut to {array.dtype} without an error{zeros}, and the response is a 200"
        return (*findings, PAY106.finding(message, expected=array.dtype.name, actual=span))
    return findings
