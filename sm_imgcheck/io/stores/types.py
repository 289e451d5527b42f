"""The interface of every store, and its values and errors."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Protocol

from sm_imgcheck.core.errors import OutputError, StoreError
from sm_imgcheck.core.frozen import frozen

__all__ = ["Chunk", "FileSizeError", "LocationError", "OutputRefused", "Stat", "Store", "StoreObject"]

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


class Store(Protocol):
    """Interface of every store; each is a module of this folder. Locations are complete, as returned by ``join``."""

    def stat(self, location: str) -> Stat | None:
        """Return size and tag of a file; None where it does not exist. Raises StoreError."""

    def read(self, location: str, limit: int) -> bytes:
        """All of a file. Raises LocationError, StoreError; FileSizeError for more than ``limit`` bytes."""
        ...

    def fetch(self, location: str, limit: int) -> StoreObject:
        """Return the same, with a tag that changes with the content. Raises as ``read``."""
        ...

    def head(self, location: str, length: int) -> bytes:
        """The first ``length`` bytes of a file, or all of a shorter one. Raises LocationError, StoreError."""
        ...

    def below(self, location: str) -> Iterator[tuple[str, Stat]]:
        """Yield name and state of every file below a folder, in one order; no entry for a folder that does not exist.

        Raises LocationError where the folder cannot be listed, StoreError where the listing is interrupted.
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
