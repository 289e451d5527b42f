"""Tensor candidates: ``.npy``, an array of an ``.npz``, and the JSON object ``{"shape", "dtype", "data"}``.

Sizes are checked against the bytes that are there before anything is allocated, and nothing pickled is ever loaded.
"""

from __future__ import annotations

import mmap
import zipfile
import zlib
from array import array
from io import BytesIO
from math import prod
from typing import IO, Any

import numpy as np

from sm_imgcheck.errors import CandidateError
from sm_imgcheck.model import Candidate
from sm_imgcheck.pixels.quiet import quietly
from sm_imgcheck.source.tensor_json import is_json_tensor, read_json

__all__ = ["array_candidate", "is_tensor", "map_npy", "tensor_candidate"]

NPY_MAGIC = b"\x93NUMPY"
MAX_UNPACKED_BYTES = 512 << 20
"""What one array of an archive may take: 890 float32 images of 224x224x3, far above any request."""
MAX_DIRECTORY_BYTES = 1 << 20
"""Of an archive's table of contents, which is read whole: some 10,000 names."""
MAX_HEADER_BYTES = 10_000
"""NumPy's own limit for the text that says shape and dtype."""


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


def check_numbers(dtype: np.dtype[Any]) -> None:
    """Raise CandidateError for a dtype that holds no plain numbers."""
    if dtype.hasobject:
        raise CandidateError("SRC151", "holds Python objects, stored as a pickle, which can run code when it is loaded")
    if dtype.kind not in "biufc":
        hint = " (perhaps bfloat16, which NumPy cannot name: save it as float32)" if dtype == np.dtype("V2") else ""
        raise CandidateError("SRC150", f"holds {dtype} elements, not numbers{hint}")


def parsed_header(file: IO[bytes]) -> Any:
    """Shape, Fortran order and dtype. Raises CandidateError, or whatever NumPy's parser runs into."""
    version = np.lib.format.read_magic(file)
    if version not in ((1, 0), (2, 0)):
        raise CandidateError("SRC150", f"is .npy format version {version[0]}.{version[1]}; 1.0 and 2.0 are read")
    reader = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
    return reader(file, max_header_size=MAX_HEADER_BYTES)


def npy_header(file: IO[bytes]) -> tuple[tuple[int, ...], bool, np.dtype[Any], int]:
    """Shape, Fortran order, dtype and the offset of the values. Raises CandidateError."""
    try:
        (shape, fortran, dtype), _ = quietly(lambda: parsed_header(file))
    except CandidateError as problem:
        if problem.code == "SRC150":
            raise
        wanted = "expected {'descr', 'fortran_order', 'shape'}, as numpy.save writes them"
        raise CandidateError("SRC150", f"has a damaged .npy header: {wanted}") from None
    check_numbers(dtype)
    lengths = [length or 1 for length in shape]
    if any(isinstance(length, bool) or length < 0 for length in shape) or len(shape) > 32 or prod(lengths) >= 1 << 59:
        raise CandidateError("SRC150", f"declares the impossible shape {shape}")
    return shape, fortran, dtype, file.tell()


def check_bytes(shape: tuple[int, ...], dtype: np.dtype[Any], there: int) -> int:
    """How many bytes an array takes. Raises CandidateError where fewer are there."""
    wanted = prod(shape) * dtype.itemsize
    if wanted > there:
        claim = f"declares {list(shape)} {dtype.name}, {wanted} bytes"
        raise CandidateError("SRC152", f"{claim}, but only {there} are there")
    return wanted


def read_npy(body: bytes) -> tuple[np.ndarray[Any, Any], int]:
    """The array of a ``.npy`` file's bytes, which are not copied, and how many follow it. Raises CandidateError."""
    shape, fortran, dtype, start = npy_header(BytesIO(body[: MAX_HEADER_BYTES + 64]))
    rest = len(body) - start - check_bytes(shape, dtype, len(body) - start)
    return np.ndarray(shape, dtype, buffer=body, offset=start, order="F" if fortran else "C"), rest


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


def read_npz(body: bytes, member: str) -> tuple[np.ndarray[Any, Any], int]:
    """One array of an archive, and how many bytes follow it in its member.

    Raises CandidateError; where no or a wrong name is given, with those that there are.
    """
    tail = body.rfind(b"PK\x05\x06")
    if tail < 0 or int.from_bytes(body[tail + 12 : tail + 16], "little") > MAX_DIRECTORY_BYTES:
        raise CandidateError("SRC150", "is a damaged archive: its table of contents is missing or far too long")
    try:
        with zipfile.ZipFile(BytesIO(body)) as archive:
            return unpack(archive, chosen(archive.infolist(), member))
    except CandidateError:
        raise
    except Exception as problem:  # noqa: BLE001 - zipfile raises whatever its parsing runs into
        said = " ".join(str(problem).split())[:200]
        telling = isinstance(problem, (zipfile.BadZipFile, zlib.error)) and said
        raise CandidateError("SRC150", f"is a damaged archive{f': {said}' if telling else ''}") from None


def chosen(members: list[zipfile.ZipInfo], member: str) -> zipfile.ZipInfo:
    """The member that is meant, of a kind that can be unpacked piece by piece. Raises CandidateError."""
    names = {info.filename.removesuffix(".npy"): info for info in members}
    if len(names) < len(members):
        raise CandidateError("SRC150", "is a damaged archive: two of its arrays have the same name")
    name = member.removesuffix(".npy") or (next(iter(names)) if len(names) == 1 else "")
    if name not in names:
        listed = ", ".join(sorted(names)[:20]) + (" ..." if len(names) > 20 else "")
        said = f"has no array {member!r}" if member else f"holds {len(names)} arrays"
        raise CandidateError("SRC153", f"{said}; name one of them as FILE.npz::NAME: {listed}")
    info = names[name]
    if info.flag_bits & 1:
        raise CandidateError("SRC150", f"is an encrypted archive: {name!r} needs a password; numpy.savez writes none")
    if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        # zipfile unpacks bzip2 and LZMA in one go, whatever comes out; NumPy writes neither.
        raise CandidateError("SRC150", f"holds {name!r} in a compression that numpy.savez never uses; save it again")
    return info


def unpack(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> tuple[np.ndarray[Any, Any], int]:
    """One array of an open archive, and how many bytes follow it.

    Raises CandidateError before it unpacks more than it should.
    """
    if info.file_size > MAX_UNPACKED_BYTES:
        size = f"{info.file_size} bytes from {info.compress_size}"
        raise CandidateError("SRC154", f"unpacks to {size}; {MAX_UNPACKED_BYTES} are allowed")
    with archive.open(info) as file:
        head = file.read(MAX_HEADER_BYTES + 64)
        shape, fortran, dtype, start = npy_header(BytesIO(head))
        wanted = check_bytes(shape, dtype, info.file_size - start)
        room = bytearray(wanted)
        known = head[start : start + wanted]
        room[: len(known)] = known
        filled = len(known)
        while filled < wanted:
            piece = file.read(min(1 << 20, wanted - filled))
            if not piece:
                raise CandidateError("SRC152", f"ends after {filled} of {wanted} bytes")
            room[filled : filled + len(piece)] = piece
            filled += len(piece)
    rest = info.file_size - start - wanted
    return np.ndarray(shape, dtype, buffer=room, order="F" if fortran else "C"), rest
