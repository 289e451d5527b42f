"""``application/x-npy``: the bytes that ``numpy.save`` writes. Dtype and shape travel with the values."""

from __future__ import annotations

from math import prod

from sm_imgcheck.core.errors import CandidateError, PayloadError
from sm_imgcheck.core.types import Payload, Spec
from sm_imgcheck.io import numpy_files
from sm_imgcheck.io.lazy_imports import np
from sm_imgcheck.io.tensors import npy
from sm_imgcheck.serving.envelopes import TensorEnvelope, check_values, pack_records

__all__ = ["ENVELOPE", "size"]

CONTENT_TYPE = "application/x-npy"


def build(array: np.ndarray, spec: Spec) -> Payload:
    """Little-endian, in C order, format version 1.0. Raises PayloadError."""
    return pack_records(npy.encode(check_values(array, "npy")), "npy", CONTENT_TYPE, spec)


def parse(body: bytes, content_type: str, spec: Spec) -> np.ndarray:  # noqa: ARG001
    """The array as saved, its byte order too, without a copy; never a pickle. Raises PayloadError."""
    if not body.startswith(numpy_files.NPY_MAGIC):
        raise PayloadError(f"body: got the first bytes {body[:8]!r}, expected those of .npy: {numpy_files.NPY_MAGIC!r}")
    try:
        return numpy_files.read_npy(body)[0]
    except CandidateError as problem:
        raise PayloadError(f"body: {problem}") from None


def size(shape: tuple[int, ...], dtype: str, spec: Spec) -> tuple[int, bool]:  # noqa: ARG001
    """Exact: a header of a few lines and the values."""
    header = len(npy.head(shape, np.dtype(dtype)))
    return header + prod(shape) * np.dtype(dtype).itemsize, True


ENVELOPE = TensorEnvelope(
    rank=0,
    summary="application/x-npy: NumPy array file",
    content_type=CONTENT_TYPE,
    build=build,
    parse=parse,
    size=size,
)
