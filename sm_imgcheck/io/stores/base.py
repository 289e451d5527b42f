"""What stores answer, and how they say no."""

from __future__ import annotations

from sm_imgcheck.core.errors import OutputError, StoreError
from sm_imgcheck.core.frozen import frozen

__all__ = ["Chunk", "Fetched", "FileTooLarge", "OutputRefused", "Stat", "Unreadable"]

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
class Fetched:
    """What was read of a place at once."""

    body: bytes
    tag: str
    """As in ``Stat``, of the very content that was read."""


class Unreadable(StoreError):
    """One place cannot be read, whatever the others are: ``str()`` is the clause of a finding."""


class FileTooLarge(Unreadable):
    """A file of more bytes than were allowed for."""

    def __init__(self, size: int, limit: int) -> None:
        self.size = size
        self.limit = limit
        super().__init__(size, limit)

    def __str__(self) -> str:
        return f"has {self.size} bytes; more than {self.limit} are not read"


class OutputRefused(OutputError):
    """One output cannot go where, or be what, it was to. No repetition mends that: the run goes on."""
