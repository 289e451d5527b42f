"""``application/json``, the bare nested list: ``[[[[0.1, ...]]]]``."""

from __future__ import annotations

from sm_imgcheck.core.errors import PayloadError
from sm_imgcheck.core.types import Payload, Spec
from sm_imgcheck.io.lazy_imports import np
from sm_imgcheck.io.tensors.json import nested
from sm_imgcheck.serving.envelopes import TensorEnvelope, check_values, format_value, pack_records
from sm_imgcheck.serving.envelopes._json import array_of, loads, nested_size

__all__ = ["ENVELOPE"]

CONTENT_TYPE = "application/json"


def build(array: np.ndarray, spec: Spec) -> Payload:
    """Numbers in the fewest digits that read back to the same dtype's value. Raises PayloadError."""
    return pack_records(nested(check_values(array, "array")), "array", CONTENT_TYPE, spec)


def parse(body: bytes, content_type: str, spec: Spec) -> np.ndarray:  # noqa: ARG001
    """The numbers in the spec's dtype. Raises PayloadError."""
    document = loads(body)
    if not isinstance(document, list):
        raise PayloadError(f"the body is {format_value(document)}, not a bare nested list")
    return array_of(document, spec.contract.dtype)


def size(shape: tuple[int, ...], dtype: str, spec: Spec) -> tuple[int, bool]:  # noqa: ARG001
    """At most: every number as long as its dtype can get."""
    return nested_size(shape, dtype), False


ENVELOPE = TensorEnvelope(
    rank=3, summary="application/json: nested list", content_type=CONTENT_TYPE, build=build, parse=parse, size=size
)
