"""One candidate from a file, bytes or an array. An invalid one is a candidate with a problem, never an exception.

``read_guarded`` converts an exception that no input should cause into a finding as well.
"""

from __future__ import annotations

import math
import mmap
import os
import stat
import sys
from array import array
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from io import BytesIO
from typing import IO, Literal

import numpy as np

from sm_imgcheck import rules
from sm_imgcheck.core.errors import CandidateError, ImgcheckError, InternalError
from sm_imgcheck.core.escape import for_terminal
from sm_imgcheck.core.frozen import frozen, replace_fields
from sm_imgcheck.core.types import Candidate, Decode, Depth
from sm_imgcheck.io import stores
from sm_imgcheck.io.images.content import image_format
from sm_imgcheck.io.images.decode import decode_with_header
from sm_imgcheck.io.images.decode_jpeg import undamaged_preview
from sm_imgcheck.io.images.header import read_header
from sm_imgcheck.io.numpy_files import (
    MAX_HEADER_BYTES,
    MAX_MAPPED_VALUES,
    NPY_MAGIC,
    check_bytes,
    check_numbers,
    npy_header,
    read_npy,
    read_npz,
)
from sm_imgcheck.io.stores.local import MAX_FILE_BYTES, NO_SIZE
from sm_imgcheck.io.tensors.json import is_json_tensor, read_json
from sm_imgcheck.rules.source_file import SRC108, SRC120, SRC150, SRC153

__all__ = [
    "MAX_FILE_BYTES",
    "WITH_TRACEBACK",
    "FileContent",
    "array_candidate",
    "clause",
    "fetch_file",
    "from_bytes",
    "image_candidate",
    "is_tensor",
    "load_npy",
    "open_file",
    "read",
    "read_guarded",
    "tensor_candidate",
]


@contextmanager
def open_file(path: str) -> Iterator[tuple[IO[bytes], int]]:
    """Open a regular file for reading, and return its size in bytes. Raises CandidateError, also while it is read.

    Opened without waiting: a FIFO without a writer would block.
    """
    if not path:
        raise CandidateError("SRC101", "empty file name")
    try:
        handle = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    except (OSError, ValueError) as problem:
        reason = getattr(problem, "strerror", None) or str(problem)
        folder = os.path.isdir(path)  # noqa: PTH112 - Path.is_dir raises for a name that is too long
        what = "got a folder, expected a file" if folder else f"cannot be opened: {reason}"
        raise CandidateError("SRC101", what) from None
    status = os.fstat(handle)
    if not stat.S_ISREG(status.st_mode):
        os.close(handle)
        kind = "a folder" if stat.S_ISDIR(status.st_mode) else "a device, a pipe or a socket"
        raise CandidateError("SRC101", f"got {kind}, expected a file")
    with os.fdopen(handle, "rb") as file:
        try:
            yield file, status.st_size
        except OSError as problem:
            raise CandidateError("SRC101", f"cannot be read: {problem.strerror or problem}") from None


def fetch_file(place: str) -> bytes:
    """Return a complete file of a store. Raises CandidateError; StoreError for a store that cannot be reached."""
    try:
        return stores.store(place).read(place, MAX_FILE_BYTES)
    except stores.LocationError as problem:
        raise CandidateError("SRC101", str(problem)) from None


def image_candidate(body: bytes, path: str, decode: Decode, *, depth: Depth, gray: bool) -> Candidate:
    """Read the header, then the data as far as ``depth``, and keep the results of both. Never raises."""
    header = pixels = preview = problem = None
    try:
        header = read_header(body, max_pixels=decode.max_pixels)
        icc = "srgb" if decode.icc == "srgb" else "ignore"
        if depth == "damage" and icc == "ignore":
            preview = undamaged_preview(body, header)
        if depth != "header" and preview is None:
            pixels, header = decode_with_header(
                body, header, dct=decode.dct, gray=gray, truncated=decode.truncated, icc=icc
            )
    except CandidateError as error:
        problem = rules.make_finding(error)
    except MemoryError:
        problem = SRC120.finding("out of memory")
    kind: Literal["image", "unknown"] = "image" if header is not None or image_format(body) else "unknown"
    return Candidate(path=path, kind=kind, header=header, problem=problem, data=body, pixels=pixels, preview=preview)


def is_tensor(body: bytes) -> bool:
    """Return whether the bytes are those of a tensor file, valid or not."""
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
        return Candidate(path=path, kind="tensor", problem=rules.make_finding(problem))
    return array_candidate(data, path, trailing_bytes=rest)


def array_candidate(values: object, path: str = "array", *, trailing_bytes: int = 0) -> Candidate:
    """Return an array, or any object that NumPy can convert, as a candidate. Raises TypeError for other objects."""
    check_arrayish(values)
    try:
        data = np.asarray(fill_mask(values))
        check_numbers(data.dtype, in_memory=True)
    except CandidateError as problem:
        return Candidate(path=path, kind="tensor", problem=rules.make_finding(problem))
    except Exception as problem:  # noqa: BLE001 - an object's own __array__ raises what it likes
        said = " ".join(str(problem).split())[:200]
        return Candidate(path=path, kind="tensor", problem=SRC150.finding(f"cannot be converted to numbers: {said}"))
    return Candidate(path=path, kind="tensor", data=data, trailing_bytes=trailing_bytes)


def check_arrayish(what: object) -> None:
    """Raise TypeError for objects that NumPy would wrap, or convert to unintended values.

    A Pillow image is rejected, also in a list: its palette's indices would pass for gray levels, its EXIF orientation
    would be lost.
    """
    kinds = {type(what), *(map(type, what) if isinstance(what, (list, tuple)) else ())}
    if any(base.__module__.partition(".")[0] == "PIL" for kind in kinds for base in kind.__mro__):
        raise TypeError('a Pillow image was given: pass np.asarray(image.convert("RGB")), or the bytes of its file')
    arrays = ("__array__", "__array_interface__", "__array_struct__")
    if not isinstance(what, (list, tuple, array, memoryview)) and not any(hasattr(what, name) for name in arrays):
        hint = ": pass what its read() returns" if hasattr(what, "read") else ""
        raise TypeError(f"expected a path, the bytes of a file, or an array, not {type(what).__name__}{hint}")


def fill_mask(values: object) -> object:
    """The same without its mask. Raises CandidateError where the mask hides anything."""
    masked_arrays = sys.modules.get("numpy.ma")  # before its import, which takes 10 ms, no array is masked
    if masked_arrays is None or not isinstance(values, masked_arrays.MaskedArray):
        return values
    masked_count = int(np.sum(masked_arrays.getmask(values)))
    if masked_count:
        what = f"is a masked array, {masked_count} of its values are hidden"
        raise CandidateError("SRC150", f"{what}; fill masked values first (array.filled(0))")
    return masked_arrays.getdata(values)


def load_npy(file: IO[bytes], size: int) -> tuple[np.ndarray, int]:
    """The read-only array of an open ``.npy`` file of ``size`` bytes, and how many follow it.

    One of more than 512 MiB is mapped: a process that reads it while another program shortens it is killed by SIGBUS.
    A smaller one is read, which takes 0.37 s more for 500 MiB, and as much memory. Raises CandidateError.
    """
    file.seek(0)
    if size <= MAX_FILE_BYTES:
        return read_npy(file.read(size))
    shape, fortran, dtype, start = npy_header(BytesIO(file.read(MAX_HEADER_BYTES + 64)))
    size_in_bytes = check_bytes(shape, dtype, size - start)
    if math.prod(shape) > MAX_MAPPED_VALUES:
        got = f"{math.prod(shape):,} values ({list(shape)} {dtype.name})"
        raise CandidateError(
            "SRC101", f"tensor data: got {got}, expected at most {MAX_MAPPED_VALUES:,}; split the batch"
        )
    order: Literal["F", "C"] = "F" if fortran else "C"
    if not size_in_bytes:
        return np.empty(shape, dtype, order), size - start
    mapping = mmap.mmap(file.fileno(), start + size_in_bytes, access=mmap.ACCESS_READ)
    return np.ndarray(shape, dtype, buffer=mapping, offset=start, order=order), size - start - size_in_bytes


def read(path: str | os.PathLike[str], decode: Decode, *, depth: Depth = "pixels", gray: bool = False) -> Candidate:
    """Read a candidate by its path; ``file.npz::name`` names one array of an archive.

    depth: how far an image is read. gray: pixels are decoded as the op ``decode`` does with ``gray`` (the model is gray
    and ``to_gray`` is ``y_plane``). Never raises for an invalid candidate; StoreError for an unreachable store.
    """
    name = os.fsdecode(path)
    file, member = stores.file_of(name)
    try:
        body = read_file(file)
        if isinstance(body, bytes):
            return _of_bytes(body, name, member, decode, depth=depth, gray=gray)
        array, rest = body
        return _nameless(name, member) if member else array_candidate(array, name, trailing_bytes=rest)
    except CandidateError as problem:
        return Candidate(path=name, kind="unknown", problem=rules.make_finding(problem))


@frozen
class FileContent:
    """The content of a path that is already fetched."""

    path: str
    body: bytes
    unsupported_suffix: bool = False
    from_memory: bool = False
    """As in ``Candidate``."""


def from_bytes(body: bytes, path: str, decode: Decode, *, depth: Depth = "pixels", gray: bool = False) -> Candidate:
    """The same from bytes in memory; ``path`` is their name in messages."""
    member = path.rpartition("::")[2] if ".npz::" in path else ""
    return _of_bytes(body, path, member, decode, depth=depth, gray=gray)


def _of_bytes(body: bytes, path: str, member: str, decode: Decode, *, depth: Depth, gray: bool) -> Candidate:
    if member and not body.startswith(b"PK"):
        return _nameless(path, member)
    if is_tensor(body):
        return tensor_candidate(body, path, member)
    return image_candidate(body, path, decode, depth=depth, gray=gray)


def _nameless(path: str, member: str) -> Candidate:
    clause = f"array {member[:80]!r}: the file is not an .npz archive; omit ::NAME"
    return Candidate(path=path, kind="unknown", problem=SRC153.finding(clause))


def read_file(path: str) -> bytes | tuple[np.ndarray, int]:
    """The bytes of a file, or of a ``.npy`` on a disk the array and how many bytes follow it.

    Raises CandidateError, StoreError.
    """
    if stores.is_remote(path):
        return fetch_file(path)
    with open_file(path) as (file, size):
        return read_open(file, size)


def read_open(file: IO[bytes], size: int) -> bytes | tuple[np.ndarray, int]:
    """As ``read_file``, of an open file of ``size`` bytes."""
    if file.read(6) == b"\x93NUMPY":
        return load_npy(file, size)
    if size > MAX_FILE_BYTES:
        raise CandidateError("SRC101", f"file size: got {size} bytes, expected at most {MAX_FILE_BYTES}")
    file.seek(0)
    body = file.read(size)
    if not size and file.read(1):
        raise CandidateError("SRC101", NO_SIZE)
    return body


WITH_TRACEBACK = "SM_IMGCHECK_TRACEBACK"
"""Environment variable: where it is set, an unexpected exception is raised with its traceback and ends the run."""


def read_guarded(candidate: Candidate, read: Callable[[], Candidate]) -> Candidate:
    """Return what ``read`` returns; where it raises, ``candidate`` with the exception as its problem (SRC108).

    Expected errors (ImgcheckError) and a closed output pipe pass through.
    """
    try:
        return read()
    except (ImgcheckError, InternalError, BrokenPipeError):
        raise
    except MemoryError:
        return replace_fields(candidate, problem=SRC120.finding("out of memory"))
    except Exception as error:
        if os.environ.get(WITH_TRACEBACK):
            raise
        what = f"not checked: sm-imgcheck failed with {clause(error)}"
        return replace_fields(candidate, problem=SRC108.finding(what, actual=type(error).__name__))


def clause(error: BaseException) -> str:
    """Return an unexpected exception and its location in the code, in one line."""
    last = error.__traceback__
    while last is not None and last.tb_next is not None:
        last = last.tb_next
    file = "" if last is None else last.tb_frame.f_code.co_filename.rpartition(os.sep)[2]
    place = "" if last is None else f" ({file}:{last.tb_lineno})"
    return for_terminal(f"{type(error).__name__}: {error}{place}")
