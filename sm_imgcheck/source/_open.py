"""Files that are no trap."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO

from sm_imgcheck import stores
from sm_imgcheck.errors import CandidateError
from sm_imgcheck.ordinary import MAX_FILE_BYTES

__all__ = ["MAX_FILE_BYTES", "fetched", "opened"]


@contextmanager
def opened(path: str) -> Iterator[tuple[IO[bytes], int]]:
    """A regular file, open for reading, and its size in bytes. Raises CandidateError, while it is read too.

    Opened without waiting: a FIFO without a writer would wait for ever.
    """
    if not path:
        raise CandidateError("SRC101", "an empty name is no file")
    try:
        handle = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    except (OSError, ValueError) as problem:
        reason = getattr(problem, "strerror", None) or str(problem)
        folder = os.path.isdir(path)  # noqa: PTH112 - Path.is_dir raises for a name that is too long
        what = "is a folder" if folder else f"cannot be opened: {reason}"
        raise CandidateError("SRC101", what) from None
    status = os.fstat(handle)
    if not stat.S_ISREG(status.st_mode):
        os.close(handle)
        kind = "a folder" if stat.S_ISDIR(status.st_mode) else "a device, a pipe or a socket"
        raise CandidateError("SRC101", f"is {kind}, not a file")
    with os.fdopen(handle, "rb") as file:
        try:
            yield file, status.st_size
        except OSError as problem:
            raise CandidateError("SRC101", f"cannot be read: {problem.strerror or problem}") from None


def fetched(place: str) -> bytes:
    """All of a file in a store. Raises CandidateError; StoreError for a store that is out of reach."""
    try:
        return stores.store(place).read(place, MAX_FILE_BYTES)
    except stores.Unreadable as problem:
        raise CandidateError("SRC101", str(problem)) from None
