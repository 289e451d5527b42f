"""``.npy`` and ``.npz`` from bytes, for files and for request bodies.

Declared sizes are compared with the available bytes before any allocation, and pickled data is never loaded.
"""

from __future__ import annotations

import zlib
from io import BytesIO
from math import prod
from typing import IO, TYPE_CHECKING

from sm_imgcheck.core.errors import CandidateError
from sm_imgcheck.io.images.quiet import quietly
from sm_imgcheck.io.lazy_imports import np

if TYPE_CHECKING:
    import zipfile

__all__ = [
    "MAX_HEADER_BYTES",
    "MAX_MAPPED_VALUES",
    "NPY_MAGIC",
    "check_bytes",
    "check_numbers",
    "npy_header",
    "read_npy",
    "read_npz",
]

NPY_MAGIC = b"\x93NUMPY"
MAX_UNPACKED_BYTES = 512 << 20
"""Largest size of one array of an archive: 890 float32 images of 224x224x3, far above any request."""
MAX_MAPPED_VALUES = 10_000_000_000
"""Most values of a ``.npy`` file on a disk: 66,000 images of 224x224x3, of which each 14,000 take about 20 s."""
MAX_DIRECTORY_BYTES = 1 << 20
"""Limit of an archive's table of contents, which is read completely: about 10,000 names."""
MAX_HEADER_BYTES = 10_000
"""NumPy's limit for the text with shape and dtype."""


def check_numbers(dtype: np.dtype, *, in_memory: bool = False) -> None:
    """Raise CandidateError for a dtype that holds no plain numbers; ``in_memory``: of an array without a file."""
    if dtype.hasobject and in_memory:
        raise CandidateError("SRC151", f"dtype: got {dtype}, expected numbers; a file would store it as a pickle")
    if dtype.hasobject:
        raise CandidateError("SRC151", "Python objects stored as a pickle, which can run code when it is loaded")
    if dtype.kind not in "biufc":
        hint = " (perhaps bfloat16, which NumPy cannot name: save it as float32)" if dtype == np.dtype("V2") else ""
        raise CandidateError("SRC150", f"dtype: got {dtype}, expected numbers{hint}")


def parsed_header(file: IO[bytes]) -> tuple[tuple[int, ...], bool, np.dtype]:
    """Return shape, Fortran order and dtype. Raises CandidateError, or any exception of NumPy's parser."""
    version = np.lib.format.read_magic(file)
    if version not in ((1, 0), (2, 0)):
        raise CandidateError("SRC150", f".npy format version: got {version[0]}.{version[1]}, expected 1.0 or 2.0")
    reader = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
    return reader(file, max_header_size=MAX_HEADER_BYTES)


def npy_header(file: IO[bytes]) -> tuple[tuple[int, ...], bool, np.dtype, int]:
    """Shape, Fortran order, dtype and the offset of the values. Raises CandidateError."""
    try:
        (shape, fortran, dtype), _ = quietly(lambda: parsed_header(file))
    except CandidateError as problem:
        if problem.code == "SRC150":
            raise
        expected = "expected {'descr', 'fortran_order', 'shape'}, as numpy.save writes them"
        raise CandidateError("SRC150", f"corrupt .npy header: {expected}") from None
    check_numbers(dtype)
    lengths = [length or 1 for length in shape]
    if any(isinstance(length, bool) or length < 0 for length in shape) or len(shape) > 32 or prod(lengths) >= 1 << 59:
        raise CandidateError("SRC150", f"shape: got {shape}, which no array can have")
    return shape, fortran, dtype, file.tell()


def check_bytes(shape: tuple[int, ...], dtype: np.dtype, available: int) -> int:
    """Return the number of bytes of an array. Raises CandidateError where fewer are available."""
    size_in_bytes = prod(shape) * dtype.itemsize
    if size_in_bytes > available:
        claim = f"declared {list(shape)} {dtype.name}"
        raise CandidateError("SRC152", f"tensor data: got {available} bytes, expected {size_in_bytes} ({claim})")
    return size_in_bytes


def read_npy(body: bytes) -> tuple[np.ndarray, int]:
    """The array of a ``.npy`` file's bytes, which are not copied, and how many follow it. Raises CandidateError."""
    shape, fortran, dtype, start = npy_header(BytesIO(body[: MAX_HEADER_BYTES + 64]))
    rest = len(body) - start - check_bytes(shape, dtype, len(body) - start)
    return np.ndarray(shape, dtype, buffer=body, offset=start, order="F" if fortran else "C"), rest


def read_npz(body: bytes, member: str) -> tuple[np.ndarray, int]:
    """One array of an archive, and how many bytes follow it in its member.

    Raises CandidateError; where no or a wrong name is given, with those that there are.
    """
    import zipfile  # 5 ms that only archives need

    tail = body.rfind(b"PK\x05\x06")
    if tail < 0 or int.from_bytes(body[tail + 12 : tail + 16], "little") > MAX_DIRECTORY_BYTES:
        raise CandidateError("SRC150", "corrupt archive: central directory missing or too long")
    try:
        with zipfile.ZipFile(BytesIO(body)) as archive:
            return unpack(archive, select_member(archive.infolist(), member))
    except CandidateError:
        raise
    except Exception as problem:  # noqa: BLE001 - zipfile raises whatever its parsing runs into
        message = " ".join(str(problem).split())[:200]
        is_readable = isinstance(problem, (zipfile.BadZipFile, zlib.error)) and message
        raise CandidateError("SRC150", f"corrupt archive{f': {message}' if is_readable else ''}") from None


def select_member(members: list[zipfile.ZipInfo], member: str) -> zipfile.ZipInfo:
    """Return the selected member, if it can be unpacked in pieces. Raises CandidateError."""
    names = {info.filename.removesuffix(".npy"): info for info in members}
    if len(names) < len(members):
        raise CandidateError("SRC150", "corrupt archive: two arrays of the same name")
    name = member.removesuffix(".npy") or (next(iter(names)) if len(names) == 1 else "")
    if name not in names:
        name_list = ", ".join(sorted(names)[:20]) + (" ..." if len(names) > 20 else "")
        message = (
            f"array {member!r} is not in the archive" if member else f"archive: got {len(names)} arrays, expected 1"
        )
        raise CandidateError("SRC153", f"{message}; select one as FILE.npz::NAME: {name_list}")
    info = names[name]
    if info.flag_bits & 1:
        raise CandidateError("SRC150", f"encrypted archive: {name!r} needs a password")
    if info.compress_type not in (0, 8):  # stored, deflated
        # zipfile unpacks bzip2 and LZMA in one step, without a limit on the output; NumPy writes neither.
        raise CandidateError("SRC150", f"array {name!r}: unsupported compression; save it again with numpy.savez")
    return info


def unpack(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> tuple[np.ndarray, int]:
    """One array of an open archive, and how many bytes follow it.

    Raises CandidateError before it unpacks more than it should.
    """
    if info.file_size > MAX_UNPACKED_BYTES:
        size = f"{info.file_size} bytes from {info.compress_size}"
        raise CandidateError("SRC154", f"unpacked size: got {size}, expected at most {MAX_UNPACKED_BYTES}")
    with archive.open(info) as file:
        head = file.read(MAX_HEADER_BYTES + 64)
        shape, fortran, dtype, start = npy_header(BytesIO(head))
        size_in_bytes = check_bytes(shape, dtype, info.file_size - start)
        room = bytearray(size_in_bytes)
        start_bytes = head[start : start + size_in_bytes]
        room[: len(start_bytes)] = start_bytes
        position = len(start_bytes)
        while position < size_in_bytes:
            piece = file.read(min(1 << 20, size_in_bytes - position))
            if not piece:
                raise CandidateError("SRC152", f"tensor data: got {position} bytes, expected {size_in_bytes}")
            room[position : position + len(piece)] = piece
            position += len(piece)
    rest = info.file_size - start - size_in_bytes
    return np.ndarray(shape, dtype, buffer=room, order="F" if fortran else "C"), rest
