"""Tensor candidates: ``.npy``, an array of an ``.npz``, and the JSON object ``{"shape", "dtype", "data"}``.

Sizes are checked against the bytes that are there before anything is allocated, and nothing pickled is ever loaded.
"""

from __future__ import annotations

import mmap
from io import BytesIO
from typing import IO, Any

import numpy as np

from sm_imgcheck.arrayfile import (
    MAX_HEADER_BYTES,
    NPY_MAGIC,
    check_bytes,
    check_numbers,
    npy_header,
    read_npy,
    read_npz,
)
from sm_imgcheck.errors import CandidateError
from sm_imgcheck.model import Candidate
from sm_imgcheck.source.tensor_json import is_json_tensor, read_json

__all__ = ["array_candidate", "is_tensor", "map_npy", "tensor_candidate"]


def is_tensor(body: bytes) -> bool:
    """Whether the bytes are those of a tensor file, whatever is wrong inside."""
    archive = body[:4] == b"PK\x03\x04" and body[30 : 30 + int.from_bytes(body[26:28], "little")].endswith(b".npy")
    return body.startswith(NPY_MAGIC) or archive or is_json_tensor(body)


def tensor_candidate(body: bytes, path: str, member: str) -> Candidate:
    """The tensor in ``body``; ``member`` names the array of an archive. Never raises."""
    try:
        if body.startswith(NPY_MAGIC):
            data = read_npy(body)
        else:
            data = read_npz(body, member) if body[:2] == b"PK" else read_json(body)
    except CandidateError as problem:
        return Candidate(path=path, kind="tensor", problem=(problem.code, problem.problem))
    return array_candidate(data, path)


def array_candidate(array: Any, path: str) -> Candidate:
    """An array as a candidate. Never raises."""
    try:
        data = np.asanyarray(array)
        check_numbers(data.dtype)
    except CandidateError as problem:
        return Candidate(path=path, kind="tensor", problem=(problem.code, problem.problem))
    except (ValueError, TypeError) as problem:
        return Candidate(path=path, kind="tensor", problem=("SRC150", f"is no array of numbers: {problem}"))
    return Candidate(path=path, kind="tensor", data=data)


def map_npy(file: IO[bytes], size: int) -> np.ndarray[Any, Any]:
    """The array of an open ``.npy`` file of ``size`` bytes, mapped read-only. Raises CandidateError."""
    file.seek(0)
    shape, fortran, dtype, start = npy_header(BytesIO(file.read(MAX_HEADER_BYTES + 64)))
    wanted = check_bytes(shape, dtype, size - start)
    order: Any = "F" if fortran else "C"
    if not wanted:
        return np.empty(shape, dtype, order)
    mapped = mmap.mmap(file.fileno(), start + wanted, access=mmap.ACCESS_READ)
    return np.ndarray(shape, dtype, buffer=mapped, offset=start, order=order)
