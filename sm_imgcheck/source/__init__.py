"""One candidate from a file, bytes or an array. A bad one is a candidate with a problem, never an exception."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import IO, Any

from sm_imgcheck import stores
from sm_imgcheck.errors import CandidateError
from sm_imgcheck.model import Candidate, Decode
from sm_imgcheck.source._open import MAX_FILE_BYTES, fetched, opened
from sm_imgcheck.source.image import image_candidate
from sm_imgcheck.source.tensor import array_candidate, is_tensor, map_npy, tensor_candidate

__all__ = ["MAX_FILE_BYTES", "Content", "from_array", "from_bytes", "read"]


def read(path: str | os.PathLike[str], decode: Decode, *, headers_only: bool = False, gray: bool = False) -> Candidate:
    """Read a candidate by its path; ``file.npz::name`` names one array of an archive.

    headers_only: decode nothing. gray: pixels are decoded as the op ``decode`` does with ``gray`` (the model is gray
    and ``to_gray`` is ``y_plane``). Never raises for a bad candidate; StoreError for a store out of reach.
    """
    name = os.fsdecode(path)
    file, member = stores.file_of(name)
    try:
        body = read_file(file)
        if isinstance(body, bytes):
            return _of_bytes(body, name, member, decode, headers_only=headers_only, gray=gray)
        array, rest = body
        return _nameless(name, member) if member else array_candidate(array, name, trailing_bytes=rest)
    except CandidateError as problem:
        return Candidate(path=name, kind="unknown", problem=(problem.code, problem.problem))


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """What stands at a path, where it has been fetched already."""

    path: str
    body: bytes


def from_bytes(body: bytes, path: str, decode: Decode, *, headers_only: bool = False, gray: bool = False) -> Candidate:
    """The same from bytes that are there already; ``path`` is what messages call them."""
    member = path.rpartition("::")[2] if ".npz::" in path else ""
    return _of_bytes(body, path, member, decode, headers_only=headers_only, gray=gray)


def from_array(array: Any, path: str = "array") -> Candidate:
    """The same from an array, or from nested lists of numbers. Raises TypeError for what is neither."""
    return array_candidate(array, path)


def _of_bytes(body: bytes, path: str, member: str, decode: Decode, *, headers_only: bool, gray: bool) -> Candidate:
    if member and not body.startswith(b"PK"):
        return _nameless(path, member)
    if is_tensor(body):
        return tensor_candidate(body, path, member)
    return image_candidate(body, path, decode, headers_only=headers_only, gray=gray)


def _nameless(path: str, member: str) -> Candidate:
    clause = (
        f"is no archive of arrays, so nothing in it is called {member[:80]!r}: leave out what follows the file's name"
    )
    return Candidate(path=path, kind="unknown", problem=("SRC153", clause))


def read_file(path: str) -> Any:
    """The bytes of a file, or of a ``.npy`` on a disk the mapped array and how many bytes follow it.

    Raises CandidateError, StoreError.
    """
    if stores.is_remote(path):
        return fetched(path)
    with opened(path) as (file, size):
        return read_open(file, size)


def read_open(file: IO[bytes], size: int) -> Any:
    """As ``read_file``, of an open file of ``size`` bytes."""
    if file.read(6) == b"\x93NUMPY":
        return map_npy(file, size)
    if size > MAX_FILE_BYTES:
        raise CandidateError("SRC101", f"has {size} bytes; more than {MAX_FILE_BYTES} are not read")
    file.seek(0)
    return file.read(size)
