"""``application/x-npy``: the bytes that ``numpy.save`` writes. Dtype and shape travel with the values."""

from __future__ import annotations

from math import prod
from typing import Any

import numpy as np

from sm_imgcheck import arrayfile
from sm_imgcheck.errors import CandidateError, PayloadError
from sm_imgcheck.model import Payload, Spec
from sm_imgcheck.payload._shared import checked, packed
from sm_imgcheck.tensors import npy

__all__ = ["BATCHES", "CONTENT_TYPE", "LOSSLESS", "build", "parse", "size"]

CONTENT_TYPE = "application/x-npy"
LOSSLESS = True
BATCHES = True


def build(array: np.ndarray[Any, Any], spec: Spec) -> Payload:
    """Little-endian, in C order, format version 1.0. Raises PayloadError."""
    return packed(npy.encode(checked(array, "npy")), "npy", CONTENT_TYPE, spec)


def parse(body: bytes, content_type: str, spec: Spec) -> np.ndarray[Any, Any]:  # noqa: ARG001
    """The array as saved, its byte order too, without a copy; never a pickle. Raises PayloadError."""
    if not body.startswith(arrayfile.NPY_MAGIC):
        raise PayloadError(f"the body is no .npy file: it begins with {body[:8]!r}, not {arrayfile.NPY_MAGIC!r}")
    try:
        return arrayfile.read_npy(body)[0]
    except CandidateError as problem:
        raise PayloadError(f"the body {problem}") from None


def size(shape: tuple[int, ...], dtype: str, spec: Spec) -> tuple[int, bool]:  # noqa: ARG001
    """Exact: a header of a few lines and the values."""
    header = len(npy.head(shape, np.dtype(dtype)))
    return header + prod(shape) * np.dtype(dtype).itemsize, True
