"""Tensor candidates: ``.npy``, an array of an ``.npz``, and the JSON object ``{"shape", "dtype", "data"}``.

Sizes are checked against the bytes that are there before anything is allocated, and nothing pickled is ever loaded.
"""

from __future__ import annotations

import mmap
from array import array
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
            data, rest = read_npy(body)
        else:
            data, rest = read_npz(body, member) if body[:2] == b"PK" else (read_json(body), 0)
    except CandidateError as problem:
        return Candidate(path=path, kind="tensor", problem=(problem.code, problem.problem))
    return array_candidate(data, path, trailing_bytes=rest)


def array_candidate(values: Any, path: str, *, trailing_bytes: int = 0) -> Candidate:
    """An array, or what NumPy can make one of, as a candidate. Raises TypeError for what is no array at all."""
    check_arrayish(values)
    try:
        data = np.asarray(unmasked(values))
        check_numbers(data.dtype)
    except CandidateError as problem:
        return Candidate(path=path, kind="tensor", problem=(problem.code, problem.problem))
    except Exception as problem:  # noqa: BLE001 - an object's own __array__ raises what it likes
        said = " ".join(str(problem).split())[:200]
        return Candidate(path=path, kind="tensor", problem=("SRC150", f"is no array of numbers: {said}"))
    return Candidate(path=path, kind="tensor", data=data, trailing_bytes=trailing_bytes)


def check_arrayish(what: Any) -> None:
    """Raise TypeError for what NumPy would wrap as an object, or read as something else than is meant.

    An image of Pillow is not taken: its palette's indices would pass for gray levels, its EXIF turn would be lost.
    """
    if any(one.__module__.partition(".")[0] == "PIL" for one in type(what).__mro__):
        raise TypeError('an image of Pillow was given: pass np.asarray(image.convert("RGB")), or the bytes of its file')
    arrays = ("__array__", "__array_interface__", "__array_struct__")
    if not isinstance(what, (list, tuple, array)) and not any(hasattr(what, name) for name in arrays):
        hint = ": pass what its read() returns" if hasattr(what, "read") else ""
        raise TypeError(f"expected a path, the bytes of a file, or an array, not {type(what).__name__}{hint}")


def unmasked(values: Any) -> Any:
    """The same without its mask. Raises CandidateError where the mask hides anything."""
    hidden = int(np.sum(np.ma.getmask(values))) if isinstance(values, np.ma.MaskedArray) else 0
    if hidden:
        what = f"is a masked array, {hidden} of its values are hidden"
        raise CandidateError("SRC150", f"{what}; a model takes no mask: say what stands there (array.filled(0))")
    return np.ma.getdata(values) if isinstance(values, np.ma.MaskedArray) else values


def map_npy(file: IO[bytes], size: int) -> tuple[np.ndarray[Any, Any], int]:
    """The array of an open ``.npy`` file of ``size`` bytes, mapped read-only, and how many follow it.

    Raises CandidateError.
    """
    file.seek(0)
    shape, fortran, dtype, start = npy_header(BytesIO(file.read(MAX_HEADER_BYTES + 64)))
    wanted = check_bytes(shape, dtype, size - start)
    order: Any = "F" if fortran else "C"
    if not wanted:
        return np.empty(shape, dtype, order), size - start
    mapped = mmap.mmap(file.fileno(), start + wanted, access=mmap.ACCESS_READ)
    return np.ndarray(shape, dtype, buffer=mapped, offset=start, order=order), size - start - wanted
