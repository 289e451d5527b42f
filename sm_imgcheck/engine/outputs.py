"""Where corrected tensors are written: one place for each candidate, never outside its folder, never by halves."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, BinaryIO

from sm_imgcheck import tensors
from sm_imgcheck.engine.listing import Item, file_of
from sm_imgcheck.errors import OutputError
from sm_imgcheck.escape import for_terminal

if TYPE_CHECKING:
    import numpy as np

__all__ = ["Outputs", "Refused", "Stream", "write"]


class Refused(OutputError):
    """The tensor of one candidate cannot go where, or be what, it was to. No repetition mends that: the run goes on."""


@dataclass(slots=True, kw_only=True)
class Outputs:
    """An output folder: a value that any process can write by."""

    folder: str
    form: str
    """One of ``tensors.formats()``."""
    force: bool = False
    """Replace an output that exists and differs."""
    file: str = ""
    """The one file to be written, whatever the candidate is called; empty: one for each candidate."""
    checked: str = ""
    """The folder that was last found to be inside."""

    def write(self, item: Item, array: np.ndarray[Any, Any]) -> str:
        """Write the tensor of one candidate and return where. Raises Refused, or OutputError where none can be."""
        return self.put(item, _encoded(self.form, item, array), self.form)

    def put(self, item: Item, chunks: Iterable[tensors.Chunk], suffix: str, made_of: Sequence[Item] = ()) -> str:
        """Write what was made of a candidate, or of several, and return where. Raises as ``write``."""
        target = self.place(item, suffix)
        self._make_folder(os.path.dirname(target))
        if os.path.lexists(target):
            for one in made_of or (item,):
                self._refuse_input(one, target)
        write(target, chunks, force=self.force)
        return target

    def place(self, item: Item, suffix: str = "") -> str:
        """Where the output of a candidate goes; whoever hands out the work sees that no two have one place."""
        name = f"{item.output[-1]}.{suffix or self.form}"
        return os.path.join(self.folder, self.file or os.path.join(*item.output[:-1], name))

    def _make_folder(self, parent: str) -> None:
        """Make the folder of an output; it must not lead out of the output folder through a symbolic link."""
        if parent == self.checked:
            return
        try:
            os.makedirs(parent or ".", exist_ok=True)
        except OSError as error:
            raise OutputError(f"{for_terminal(parent)}: the folder cannot be made: {_reason(error)}") from error
        top, real = os.path.realpath(self.folder or "."), os.path.realpath(parent or ".")
        if real != top and not real.startswith(os.path.join(top, "")):
            raise Refused(
                f"{for_terminal(parent)} leads to {for_terminal(real)}, outside of {for_terminal(self.folder)}: "
                "remove that link, or name another folder"
            )
        self.checked = parent

    def _refuse_input(self, item: Item, target: str) -> None:
        with suppress(OSError):
            if not item.stdin and os.path.samefile(file_of(item.path)[0], target):
                raise Refused(
                    f"{for_terminal(target)} is the candidate itself: "
                    "name another folder, nothing is written over its input"
                )


@dataclass(slots=True, kw_only=True)
class Stream:
    """Standard output as the place of one tensor."""

    form: str
    file: BinaryIO
    written: str = ""

    def write(self, item: Item, array: np.ndarray[Any, Any]) -> str:
        """Write the tensor of the one candidate. Raises OutputError for a second one."""
        if self.written:
            raise OutputError(
                f"-o - takes one tensor, and there are two: of {for_terminal(self.written)} "
                f"and of {for_terminal(item.path)}; name a folder"
            )
        chunks = _encoded(self.form, item, array)
        self.written = item.path
        try:
            self.file.writelines(chunks)
            self.file.flush()
        except BrokenPipeError:
            raise
        except OSError as error:
            raise OutputError(f"standard output cannot be written: {_reason(error)}") from error
        return "-"


def _encoded(form: str, item: Item, array: np.ndarray[Any, Any]) -> Iterable[tensors.Chunk]:
    try:
        return tensors.load(form).encode(array)
    except ValueError as error:
        raise Refused(f"{for_terminal(item.path)}: cannot be written as {form}: {error}") from error


def write(target: str, chunks: Iterable[tensors.Chunk], *, force: bool = False) -> None:
    """Write a file whole or not at all. One that exists with the same content is left alone.

    Raises OutputError for one that exists and differs, unless ``force``, and for whatever the disk refuses.
    """
    shown = for_terminal(target)
    if os.path.lexists(target):
        if what := _no_file(target):
            raise OutputError(f"{shown} is {what}, which is not replaced: remove it, or name another place")
        chunks = tuple(chunks)
        if _holds(target, chunks):
            return
        if not force:
            raise OutputError(f"{shown} exists and is not what would be written: --force replaces it")
    # The name is random: containers that share a disk all run as process 1.
    temporary = os.path.join(os.path.dirname(target), f".sm-imgcheck-{os.urandom(8).hex()}.tmp")
    try:
        with open(temporary, "xb") as file:
            file.writelines(chunks)
        os.replace(temporary, target)
    except BaseException as error:  # Ctrl-C too leaves nothing behind
        with suppress(OSError):
            os.unlink(temporary)
        if isinstance(error, OSError):
            raise OutputError(f"{shown} cannot be written: {_reason(error)}") from error
        raise


def _no_file(target: str) -> str:
    """What stands at a place, or at the end of the link there, where that is nothing to be replaced."""
    try:
        mode = os.stat(target).st_mode
    except OSError:  # a link that leads nowhere
        return ""
    if stat.S_ISDIR(mode):
        return "a folder"
    return "" if stat.S_ISREG(mode) else "a device, a pipe or a socket"


def _holds(target: str, chunks: tuple[tensors.Chunk, ...]) -> bool:
    """Whether a file is there, a regular one, and has this content."""
    try:
        if not os.path.isfile(target) or os.path.islink(target):
            return False
        if os.path.getsize(target) != sum(len(chunk) for chunk in chunks):
            return False
        with open(target, "rb") as file:
            return all(file.read(len(chunk)) == chunk for chunk in chunks)
    except OSError:
        return False


def _reason(error: OSError) -> str:
    return error.strerror or str(error)
