"""``{"image": [[...]]}``: the tensor as nested lists under a key of your choice, ``payload.key``."""

from __future__ import annotations

from collections.abc import Iterator

from sm_imgcheck.core.types import Payload, Spec
from sm_imgcheck.io.lazy_imports import np
from sm_imgcheck.io.tensors.json import nested
from sm_imgcheck.serving.envelopes import TensorEnvelope, check_values, pack_records
from sm_imgcheck.serving.envelopes._json import around_key, array_of, at_key, loads, nested_size

__all__ = ["ENVELOPE"]

CONTENT_TYPE = "application/json"


def build(array: np.ndarray, spec: Spec) -> Payload:
    """Numbers in the fewest digits that read back to the same dtype's value. Raises PayloadError."""
    return pack_records(_document(check_values(array, "json"), spec), "json", CONTENT_TYPE, spec)


def _document(values: np.ndarray, spec: Spec) -> Iterator[bytes | memoryview]:
    before, after = around_key(spec)
    yield before
    yield from nested(values)
    yield after


def parse(body: bytes, content_type: str, spec: Spec) -> np.ndarray:  # noqa: ARG001
    """The numbers under the key, in the spec's dtype. Raises PayloadError."""
    return array_of(at_key(loads(body), spec), spec.contract.dtype)


def size(shape: tuple[int, ...], dtype: str, spec: Spec) -> tuple[int, bool]:
    """At most: every number as long as its dtype can get."""
    return nested_size(shape, dtype) + sum(map(len, around_key(spec))), False


ENVELOPE = TensorEnvelope(
    rank=13,
    summary="application/json: nested list under the key payload.key",
    content_type=CONTENT_TYPE,
    build=build,
    parse=parse,
    size=size,
)
