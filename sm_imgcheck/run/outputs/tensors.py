"""Locations of corrected tensors: one for each candidate, never outside of its folder, always complete."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, BinaryIO, ClassVar

from sm_imgcheck.core.errors import OutputError, StoreError
from sm_imgcheck.core.escape import for_terminal
from sm_imgcheck.core.frozen import frozen, mutable
from sm_imgcheck.io import tensors
from sm_imgcheck.io.stores import Chunk, OutputRefused, file_of, is_remote, join, local, store
from sm_imgcheck.run.inputs.item import Item

if TYPE_CHECKING:
    import numpy as np

__all__ = ["OutputFile", "OutputRefused", "Outputs", "Stream"]


@frozen
class OutputFile:
    """One complete output."""

    place: str
    """Displayed name: the folder from the user, and the relative path below it."""
    output: str = ""
    """The way below the output folder, with ``/`` between names."""
    size: int = 0
    """In bytes."""
    modification_time: str = ""
    """Time of its last change; empty in a store."""


@mutable
class Outputs:
    """An output folder, here or in a store: a value that any process can write by."""

    ONCE: ClassVar[bool] = False
    """Whether a candidate that is listed twice is one too many."""
    folder: str
    form: str
    """One of ``tensors.formats()``."""
    force: bool = False
    """Replace an output that exists and differs."""
    file: str = ""
    """The one file to be written, for any candidate; empty: one for each candidate."""
    aside: str = ""
    """A folder on the same disk for incomplete files; empty: the folder of each output."""
    top: str = ""
    """The folder that links must not point out of; empty: ``folder``. It differs for a folder of the program below the
    user's."""
    checked: str | None = None
    """The folder below ``folder`` that was last made, and found to be inside; None: none was."""
    contained: str = ""
    """The folder that was last found to be inside, whether it exists or not."""

    def write(self, item: Item, array: np.ndarray) -> OutputFile:
        """Write the tensor of one candidate. Raises OutputRefused, or OutputError where none can be written."""
        return self.put(item, _encode(self.form, item, array), self.form)

    def put(self, item: Item, chunks: Iterable[Chunk], suffix: str, input_items: Sequence[Item] = ()) -> OutputFile:
        """Write the output of one candidate, or of several. Raises as ``write``."""
        name = self.name(item, suffix)
        target = join(self.folder, name)
        for input_item in input_items or (item,):
            _refuse_input(input_item, target)
        return self._write(name, target, chunks, replace=item.replaces == name)

    def file_in_place(self, name: str, chunks: Iterable[Chunk], *, replace: bool = False) -> OutputFile:
        """Write a file of this name below the folder atomically. replace: an existing file may be replaced.

        Raises as ``write``.
        """
        return self._write(name, join(self.folder, name), chunks, replace=replace)

    def _write(self, name: str, target: str, chunks: Iterable[Chunk], *, replace: bool) -> OutputFile:
        parent = name.rpartition("/")[0]
        if parent != self.checked:
            folder = join(self.folder, parent) if parent else self.folder
            store(target).make_folder(folder, self.top or self.folder)
            self.checked = parent
        chunks = chunks if isinstance(chunks, Sequence) else _CountingIterator(chunks)
        modification_time = ""
        if is_remote(target):
            store(target).write(target, chunks, force=self.force or replace)
        else:
            local.write(target, chunks, force=self.force or replace, aside=self.aside)
            state = local.stat(target)
            modification_time = "" if state is None else state.modification_time
        size = (
            chunks.size if isinstance(chunks, _CountingIterator) else sum(memoryview(chunk).nbytes for chunk in chunks)
        )
        return OutputFile(place=target, output=name, size=size, modification_time=modification_time)

    def remove(self, name: str) -> None:
        """Remove an output, where there is one. Raises OutputError; OutputRefused for one that is not in the folder."""
        self.contain(name)
        target = join(self.folder, name)
        store(target).remove(target)

    def contain(self, name: str) -> None:
        """Raise OutputRefused for an output that is not in the folder, by its name or by a link."""
        parent = join(self.folder, *name.split("/")[:-1])
        if parent != self.contained:
            store(parent).contain(parent, self.top or self.folder)
            self.contained = parent

    def holds(self, name: str, size: int, modification_time: str) -> bool:
        """Return whether an output of this name exists with the recorded size and time."""
        with suppress(StoreError, OutputRefused):
            self.contain(name)
            target = join(self.folder, name)
            state = store(target).stat(target)
            return state is not None and (state.size, state.modification_time) == (size, modification_time)
        return False

    def name(self, item: Item, suffix: str = "") -> str:
        """Return the name of a candidate's output below the folder.

        The process that distributes the work makes sure that no two have one name.
        """
        return self.file or "/".join((*item.output[:-1], f"{item.output[-1]}.{suffix or self.form}"))

    def place(self, item: Item, suffix: str = "") -> str:
        """The same with the folder."""
        return join(self.folder, self.name(item, suffix))


class _CountingIterator:
    """Chunks that are counted while they are read."""

    def __init__(self, chunks: Iterable[Chunk]) -> None:
        self.chunks = chunks
        self.size = 0

    def __iter__(self) -> Iterator[Chunk]:
        self.size = 0
        for chunk in self.chunks:
            self.size += memoryview(chunk).nbytes
            yield chunk


def _refuse_input(item: Item, target: str) -> None:
    """An output never replaces its input."""
    file = file_of(item.path)[0]
    with suppress(OSError, ValueError):
        if not item.stdin and (file == target or (os.path.lexists(target) and os.path.samefile(file, target))):
            raise OutputRefused(
                f"{for_terminal(target)} is the candidate itself: name another folder, inputs are never replaced"
            )


@mutable
class Stream:
    """Standard output as the location of one tensor."""

    folder: ClassVar[str] = ""
    form: str
    file: BinaryIO
    written: str = ""

    def write(self, item: Item, array: np.ndarray) -> OutputFile:
        """Write the tensor of the one candidate. Raises OutputError for a second one."""
        if self.written:
            raise OutputError(
                f"-o - writes one tensor, got two: of {for_terminal(self.written)} "
                f"and of {for_terminal(item.path)}; name a folder"
            )
        chunks = _encode(self.form, item, array)
        self.written = item.path
        try:
            self.file.writelines(chunks)
            self.file.flush()
        except BrokenPipeError:
            raise
        except OSError as error:
            raise OutputError(f"standard output cannot be written: {_reason(error)}") from error
        return OutputFile(place="-")


def _encode(form: str, item: Item, array: np.ndarray) -> Iterable[Chunk]:
    try:
        return tensors.load(form).encode(array)
    except ValueError as error:
        raise OutputRefused(f"{for_terminal(item.path)}: cannot be written as {form}: {error}") from error


def _reason(error: OSError) -> str:
    return error.strerror or str(error)
