"""Locations of sources and outputs: the local disk, S3, and other stores of fsspec, with one interface.

A location is a string, so that any process can use it: a path, or ``scheme://bucket/key``. Names below a location have
``/`` between their parts, on every system. Connections are opened in the process that first needs them.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from typing import Protocol

from sm_imgcheck.core.errors import OutputError, StoreError
from sm_imgcheck.core.escape import for_terminal
from sm_imgcheck.core.frozen import frozen

Chunk = bytes | memoryview
"""Some bytes of a file that is written."""


@frozen
class Stat:
    """The state of one file."""

    size: int
    """In bytes."""
    tag: str
    """Differs when the content does: times of the last change on a disk, the ETag of an object."""
    modification_time: str = ""
    """Time of the last change of the content, on a disk; a copy that keeps times has the same."""


@frozen
class StoreObject:
    """The result of one read."""

    body: bytes
    tag: str
    """As in ``Stat``, for the content that was read."""


class LocationError(StoreError):
    """A location cannot be read, independent of all others: ``str()`` is the clause of a finding."""


class FileSizeError(LocationError):
    """A file of more bytes than were allowed for."""

    def __init__(self, size: int, limit: int) -> None:
        self.size = size
        self.limit = limit
        super().__init__(size, limit)

    def __str__(self) -> str:
        return f"has {self.size} bytes; more than {self.limit} are not read"


class OutputRefused(OutputError):
    """An output is not possible under this name or of this type. A retry cannot help; the run continues."""


__all__ = [
    "Chunk",
    "FileSizeError",
    "LocationError",
    "OutputRefused",
    "Stat",
    "Store",
    "StoreObject",
    "file_of",
    "inside",
    "is_below",
    "is_remote",
    "join",
    "same",
    "scheme_of",
    "store",
    "strip_file_scheme",
]

_SCHEME = re.compile(r"([a-zA-Z][a-zA-Z0-9+.-]+)://")
"""At least two characters: ``C://x`` is a drive of Windows."""


class Store(Protocol):
    """Interface of every store; each is a module of this folder. Locations are complete, as returned by ``join``."""

    def stat(self, location: str) -> Stat | None:
        """Return size and tag of a file; None where it does not exist. Raises StoreError."""

    def read(self, location: str, limit: int) -> bytes:
        """All of a file. Raises Unreadable, StoreError; FileTooLarge for more than ``limit`` bytes."""
        ...

    def fetch(self, location: str, limit: int) -> StoreObject:
        """Return the same, with a tag that changes with the content. Raises as ``read``."""
        ...

    def head(self, location: str, length: int) -> bytes:
        """The first ``length`` bytes of a file, or all of a shorter one. Raises Unreadable, StoreError."""
        ...

    def below(self, location: str) -> Iterator[tuple[str, Stat]]:
        """Yield name and state of every file below a folder, in one order; no entry for a folder that does not exist.

        Raises Unreadable where the folder cannot be listed, StoreError where the listing is interrupted.
        """
        ...

    def write(self, location: str, chunks: Iterable[Chunk], *, force: bool = False) -> None:
        """Write a file atomically; chunks are written one by one, so that any length needs little memory.

        An existing file with the same content does not change. Raises OutputError for an existing file that differs,
        unless ``force``, and for every error of the store.
        """

    def remove(self, location: str) -> None:
        """Remove a file, where there is one. Raises OutputError."""

    def make_folder(self, folder: str, inside: str) -> None:
        """Create a folder, where the store has folders, that is inside of ``inside`` after all links are resolved.

        Raises OutputError; OutputRefused for a folder outside, before it is created.
        """

    def contain(self, folder: str, inside: str) -> None:
        """Raise OutputRefused where links of a folder, existing or not, point outside of ``inside``."""


def scheme_of(location: str) -> str:
    """``s3`` of ``s3://bucket/key``, in lower case; empty for a path."""
    match = _SCHEME.match(location)
    return match[1].lower() if match else ""


def strip_file_scheme(location: str) -> str:
    """Return the same location; for a ``file://`` address the path."""
    return location.partition("://")[2] if scheme_of(location) in {"file", "local"} else location


def is_remote(location: str) -> bool:
    """Return whether a location is on no disk of this machine."""
    return scheme_of(location) not in {"", "file", "local"}


def store(location: str) -> Store:
    """Return the store of a location. Raises StoreError where its packages are not installed."""
    if not is_remote(location):
        from sm_imgcheck.io.stores import local

        return local
    if scheme_of(location) in {"s3", "s3a"}:
        from sm_imgcheck.io.stores import s3

        return s3
    from sm_imgcheck.io.stores import fsspec_store

    return fsspec_store


def file_of(location: str) -> tuple[str, str]:
    """Return file and member of a location: ``x.npz::a`` is two unless a file has exactly this name."""
    if is_remote(location):
        file, match, member = location.rpartition(".npz::")
        return (f"{file}.npz", member) if match and member else (location, "")
    file, _, member = location.rpartition("::")
    return (file, member) if file and member and not os.path.lexists(location) else (location, "")


def same(first: str, second: str) -> bool:
    """Return whether two locations are one file or folder, as far as the store can determine it."""
    if is_remote(first) or is_remote(second):
        return _split_location(first) == _split_location(second)
    try:
        return os.path.samefile(first, second)
    except (OSError, ValueError):
        return False


def inside(location: str, folder: str) -> bool:
    """Return whether a location in a store is below another location of it."""
    (first, name), (second, prefix) = _split_location(location), _split_location(folder)
    return is_remote(location) and first == second and name.startswith(f"{prefix}/" if prefix else "")


def _split_location(location: str) -> tuple[str, str]:
    scheme = scheme_of(location)
    return ("s3" if scheme == "s3a" else scheme, location.partition("://")[2].rstrip("/"))


def is_below(name: str) -> bool:
    """Whether a name with ``/`` between its parts stays below any folder: no part is empty, ``.`` or ``..``.

    Windows: no part has a backslash or a colon either, which start another folder, another drive or a stream
    (https://learn.microsoft.com/windows/win32/fileio/naming-a-file).
    """
    signs = "\0\\:" if os.name == "nt" else "\0"
    return not {"", ".", ".."} & set(name.split("/")) and not any(sign in name for sign in signs)


def join(folder: str, *names: str) -> str:
    """Return the location of a name below a folder. Raises OutputRefused for a name that ``is_below`` rejects."""
    parts = [part for name in names for part in name.split("/")]
    if not all(map(is_below, names)):
        name = for_terminal("/".join(names))
        raise OutputRefused(
            f"output name: got {name}, expected names of folders and a file below {for_terminal(folder)}"
        )
    if is_remote(folder):
        return "/".join([folder.rstrip("/") if folder.rpartition("://")[2] else folder[:-1], *parts])
    return os.path.join(folder, *parts)
