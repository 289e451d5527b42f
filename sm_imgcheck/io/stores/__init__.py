"""Places for sources and outputs: the local disk, S3, and whatever else fsspec knows, behind one interface.

A place is a string and stays one, so that it goes into any process: a path, or ``scheme://bucket/key``. Names below a
place have ``/`` between their parts, on every system. What opens connections does so in the process that first needs
them.
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


@frozen
class StoreObject:
    """What was read of a place at once."""

    body: bytes
    tag: str
    """As in ``Stat``, of the very content that was read."""


class LocationError(StoreError):
    """One place cannot be read, whatever the others are: ``str()`` is the clause of a finding."""


class FileSizeError(LocationError):
    """A file of more bytes than were allowed for."""

    def __init__(self, size: int, limit: int) -> None:
        self.size = size
        self.limit = limit
        super().__init__(size, limit)

    def __str__(self) -> str:
        return f"has {self.size} bytes; more than {self.limit} are not read"


class OutputRefused(OutputError):
    """One output cannot go where, or be what, it was to. No repetition fixes that: the run goes on."""


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
"""Of two characters or more: ``C://x`` is a drive of Windows."""


class Store(Protocol):
    """What every kind of store can do; each is a module of this folder. Places are whole, as ``join`` makes them."""

    def stat(self, place: str) -> Stat | None:
        """Size and tag of a file; None where there is none. Raises StoreError."""

    def read(self, place: str, limit: int) -> bytes:
        """All of a file. Raises Unreadable, StoreError; FileTooLarge for more than ``limit`` bytes."""
        ...

    def fetch(self, place: str, limit: int) -> StoreObject:
        """The same, with what tells this content from any other. Raises as ``read``."""
        ...

    def head(self, place: str, length: int) -> bytes:
        """The first ``length`` bytes of a file, or all of a shorter one. Raises Unreadable, StoreError."""
        ...

    def below(self, place: str) -> Iterator[tuple[str, Stat]]:
        """Name and state of every file below a folder, in one order, lazily; of no folder, nothing.

        Raises Unreadable where the folder cannot be looked into, StoreError where that fails half-way.
        """
        ...

    def write(self, place: str, chunks: Iterable[Chunk], *, force: bool = False) -> None:
        """Write a file whole or not at all; chunks are taken as they come, so that any length needs little memory.

        One that exists with the same content is left alone. Raises OutputError for one that exists and differs,
        unless ``force``, and for whatever the store refuses.
        """

    def remove(self, place: str) -> None:
        """Remove a file, where there is one. Raises OutputError."""

    def make_folder(self, folder: str, inside: str) -> None:
        """Make a folder, where the store has such, which does not lead out of ``inside`` by any link.

        Raises OutputError; OutputRefused where it does lead out, before anything is made.
        """

    def contain(self, folder: str, inside: str) -> None:
        """Raise OutputRefused where a folder, which need not exist, leads out of ``inside`` by any link."""


def scheme_of(place: str) -> str:
    """``s3`` of ``s3://bucket/key``, in lower case; empty for a path."""
    found = _SCHEME.match(place)
    return found[1].lower() if found else ""


def strip_file_scheme(place: str) -> str:
    """The same place; a ``file://`` address as the path that it is."""
    return place.partition("://")[2] if scheme_of(place) in {"file", "local"} else place


def is_remote(place: str) -> bool:
    """Whether a place is on no disk of this machine."""
    return scheme_of(place) not in {"", "file", "local"}


def store(place: str) -> Store:
    """The kind of store in which a place is. Raises StoreError where the packages for it are not installed."""
    if not is_remote(place):
        from sm_imgcheck.io.stores import local

        return local
    if scheme_of(place) in {"s3", "s3a"}:
        from sm_imgcheck.io.stores import s3

        return s3
    from sm_imgcheck.io.stores import fsspec_store

    return fsspec_store


def file_of(place: str) -> tuple[str, str]:
    """The file and the member that a place names: ``x.npz::a`` is two unless a file has that very name."""
    if is_remote(place):
        file, found, member = place.rpartition(".npz::")
        return (f"{file}.npz", member) if found and member else (place, "")
    file, _, member = place.rpartition("::")
    return (file, member) if file and member and not os.path.lexists(place) else (place, "")


def same(one: str, other: str) -> bool:
    """Whether two places are one file or folder, as far as that can be seen."""
    if is_remote(one) or is_remote(other):
        return _spelled(one) == _spelled(other)
    try:
        return os.path.samefile(one, other)
    except (OSError, ValueError):
        return False


def inside(place: str, folder: str) -> bool:
    """Whether a place in a store lies below another one of it."""
    (one, name), (other, prefix) = _spelled(place), _spelled(folder)
    return is_remote(place) and one == other and name.startswith(f"{prefix}/" if prefix else "")


def _spelled(place: str) -> tuple[str, str]:
    scheme = scheme_of(place)
    return ("s3" if scheme == "s3a" else scheme, place.partition("://")[2].rstrip("/"))


def is_below(name: str) -> bool:
    """Whether a name with ``/`` between its parts stays below any folder: no part is empty, ``.`` or ``..``.

    Windows: no part has a backslash or a colon either, which start another folder, another drive or a stream
    (https://learn.microsoft.com/windows/win32/fileio/naming-a-file).
    """
    signs = "\0\\:" if os.name == "nt" else "\0"
    return not {"", ".", ".."} & set(name.split("/")) and not any(sign in name for sign in signs)


def join(folder: str, *names: str) -> str:
    """The place of a name below a folder. Raises OutputRefused for a name that ``is_below`` refuses."""
    parts = [part for name in names for part in name.split("/")]
    if not all(map(is_below, names)):
        shown = for_terminal("/".join(names))
        raise OutputRefused(
            f"output name: got {shown}, expected names of folders and a file below {for_terminal(folder)}"
        )
    if is_remote(folder):
        return "/".join([folder.rstrip("/") if folder.rpartition("://")[2] else folder[:-1], *parts])
    return os.path.join(folder, *parts)
