"""``application/octet-stream``: the values alone, little-endian, in C order. Dtype and shape are not in the body."""

from __future__ import annotations

from math import prod

from sm_imgcheck.core.errors import PayloadError
from sm_imgcheck.core.types import Payload, Spec
from sm_imgcheck.io.lazy_imports import np
from sm_imgcheck.serving.envelopes import (
    TensorEnvelope,
    check_values,
    infer_shape,
    pack_records,
    plain_dtype,
    values_of,
)

__all__ = ["ENVELOPE"]

CONTENT_TYPE = "application/octet-stream"


def build(array: np.ndarray, spec: Spec) -> Payload:
    """No header at all. Raises PayloadError."""
    return pack_records([values_of(check_values(array, "raw"))], "raw", CONTENT_TYPE, spec)


def parse(body: bytes, content_type: str, spec: Spec) -> np.ndarray:  # noqa: ARG001
    """The values in the spec's dtype and shape, without a copy. Raises PayloadError where they do not fill it."""
    kind = plain_dtype(spec.contract.dtype, "raw")
    if len(body) % kind.itemsize:
        raise PayloadError(f"body size: got {len(body)} bytes, expected a multiple of {kind.itemsize} ({kind.name})")
    values = np.frombuffer(body, kind.newbyteorder("<"))
    return values.reshape(infer_shape(spec.contract.shape, values.size))


def size(shape: tuple[int, ...], dtype: str, spec: Spec) -> tuple[int, bool]:  # noqa: ARG001
    """Exact."""
    return prod(shape) * np.dtype(dtype).itemsize, True


ENVELOPE = TensorEnvelope(
    rank=2,
    summary="application/octet-stream: values only, little-endian, C order",
    content_type=CONTENT_TYPE,
    build=build,
    parse=parse,
    size=size,
)
