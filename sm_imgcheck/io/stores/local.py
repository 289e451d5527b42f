"""The local disk."""

from __future__ import annotations

import errno
import os
import stat as modes
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from io import BufferedReader

from sm_imgcheck.core.errors import OutputError
from sm_imgcheck.core.escape import for_terminal
from sm_imgcheck.io.stores import Chunk, Fetched, FileTooLarge, OutputRefused, Stat, Unreadable

__all__ = [
    "MAX_FILE_BYTES",
    "NO_SIZE",
    "below",
    "contain",
    "fetch",
    "head",
    "make_folder",
    "no_file",
    "opened",
    "read",
    "remove",
    "stat",
    "write",
]

MAX_FILE_BYTES = 512 << 20
"""Larger files are not read: 178,956,970 pixels, Pillow's limit, are 512 MiB of RGB even when nothing is compressed."""


NO_SIZE = "declares 0 bytes and holds more, as files of /proc do: copy it to an ordinary file"
"""What is said of a file whose size is not known before it is read."""
_PATIENCE = 60.0
"""Seconds that a named pipe may take to its first byte: a path in somebody else's spec must not stop a run for good."""


def opened(path: str, *, pipes: bool = True) -> BufferedReader:
    """A file, open for reading bytes. Raises OSError, whose ``strerror`` is a clause, for what cannot be one.

    Of a pipe what its writer sends is read, as a shell's ``<(command)`` wants it. A device has no end and is no file.
    pipes: whether a pipe is opened at all.
    """
    try:
        handle = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    except ValueError as error:  # a null byte in the name
        raise OSError(errno.EINVAL, str(error)) from None
    try:
        mode = os.fstat(handle).st_mode
        if pipes and modes.S_ISFIFO(mode):
            _wait_for_writer(handle, path)
    except BaseException:
        os.close(handle)
        raise
    if modes.S_ISREG(mode) or (pipes and modes.S_ISFIFO(mode)):
        return os.fdopen(handle, "rb")
    os.close(handle)
    other = "a device or a socket" if pipes else "a device, a pipe or a socket"
    raise OSError(errno.EINVAL, f"it is {'a folder' if modes.S_ISDIR(mode) else other}, not a file")


def _wait_for_writer(handle: int, path: str) -> None:
    """Return when a pipe has data or its writer has closed it; raise OSError where neither comes.

    The descriptor does not block while nobody has opened a named pipe for writing, and a read would find it empty.
    What has no name, such as ``/dev/fd/63``, has its writer from the start, who may take any time.
    """
    import select

    waiting = select.poll()
    waiting.register(handle, select.POLLIN)
    named = os.path.exists(os.path.realpath(path))
    if not waiting.poll(_PATIENCE * 1000 if named else None):
        raise OSError(errno.ETIMEDOUT, f"it is a pipe, and nothing was written to it within {_PATIENCE:.0f} s")
    os.set_blocking(handle, True)


def stat(place: str) -> Stat | None:
    try:
        state = os.stat(place)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (OSError, ValueError) as error:
        raise Unreadable(f"cannot be looked at: {_reason(error)}") from None
    return _stat(state) if modes.S_ISREG(state.st_mode) else None


def read(place: str, limit: int) -> bytes:
    return fetch(place, limit).body


def fetch(place: str, limit: int) -> Fetched:
    try:
        with opened(place, pipes=False) as file:
            there = _stat(os.fstat(file.fileno()))
            if there.size > limit:
                raise FileTooLarge(there.size, limit)
            # Not ``limit``: room for 512 MiB, taken and given back, costs 0.1 ms.
            body = file.read(there.size)
            if not there.size and file.read(1):
                raise Unreadable(NO_SIZE)
            return Fetched(body=body, tag=there.tag)
    except OSError as error:
        raise Unreadable(f"cannot be read: {_reason(error)}") from None


def head(place: str, length: int) -> bytes:
    try:
        with opened(place, pipes=False) as file:
            return file.read(length)
    except OSError as error:
        raise Unreadable(f"cannot be read: {_reason(error)}") from None


def below(place: str) -> Iterator[tuple[str, Stat]]:
    try:
        with os.scandir(place) as found:
            entries = sorted(found, key=lambda entry: entry.name + "/" * entry.is_dir(follow_symlinks=False))
    except (FileNotFoundError, NotADirectoryError):
        return
    except OSError as error:
        raise Unreadable(f"is a folder that cannot be read: {_reason(error)}") from None
    for entry in entries:
        if entry.is_dir(follow_symlinks=False):
            yield from ((f"{entry.name}/{name}", state) for name, state in below(entry.path))
        elif (state := stat(entry.path)) is not None:
            yield entry.name, state


def write(place: str, chunks: Iterable[Chunk], *, force: bool = False, aside: str = "") -> None:
    """As every store does. aside: a folder on the same disk for what is not finished; empty: that of the place."""
    shown = for_terminal(place)
    if os.path.lexists(place):
        if what := no_file(place):
            raise OutputError(f"{shown} is {what}, which is not replaced: remove it, or name another place")
        # What comes once and is to be written anyway is not spent on a comparison.
        if (not force or isinstance(chunks, Sequence)) and _holds(place, chunks):
            return
        if not force:
            raise OutputError(f"{shown} exists and is not what would be written: --force replaces it")
    # A random name: containers that share a disk all run as process 1, and nobody can put a link in its way.
    temporary = os.path.join(aside or os.path.dirname(place), f".sm-imgcheck-{os.urandom(8).hex()}.tmp")
    try:
        with open(temporary, "xb") as file:  # O_CREAT | O_EXCL: a link of that name is not followed (open(2))
            file.writelines(chunks)
        os.replace(temporary, place)
    except BaseException as error:  # Ctrl-C too leaves nothing behind
        with suppress(OSError):
            os.unlink(temporary)
        if isinstance(error, OSError):
            kind = OutputRefused if error.errno == errno.ENAMETOOLONG else OutputError
            raise kind(f"{shown} cannot be written: {_reason(error)}") from error
        raise


def remove(place: str) -> None:
    try:
        os.unlink(place)
    except FileNotFoundError:
        return
    except OSError as error:
        raise OutputError(f"{for_terminal(place)} cannot be removed: {_reason(error)}") from error


def make_folder(folder: str, inside: str) -> None:
    contain(folder, inside)
    try:
        os.makedirs(folder or ".", exist_ok=True)
    except OSError as error:
        kind = OutputRefused if error.errno == errno.ENAMETOOLONG else OutputError
        if isinstance(error, FileExistsError | NotADirectoryError):
            while not os.path.lexists(folder) and os.path.dirname(folder):  # the file may stand for a parent folder
                folder = os.path.dirname(folder)
            raise kind(f"{for_terminal(folder)}: got a file, expected a folder or a new name") from error
        raise kind(f"{for_terminal(folder)}: the folder cannot be made: {_reason(error)}") from error


def contain(folder: str, inside: str) -> None:
    try:
        top, real = os.path.realpath(inside or "."), os.path.realpath(folder or ".")
    except (OSError, ValueError) as error:
        raise OutputRefused(f"{for_terminal(folder)} cannot be looked at: {_reason(error)}") from error
    if real != top and not real.startswith(os.path.join(top, "")):
        raise OutputRefused(
            f"{for_terminal(folder)} leads to {for_terminal(real)}, outside of {for_terminal(inside)}: "
            "remove that link, or name another folder"
        )


def no_file(place: str) -> str:
    """What stands at a place, or at the end of the link there, where that is nothing to be replaced."""
    try:
        mode = os.stat(place).st_mode
    except OSError:  # a link that leads nowhere
        return ""
    if modes.S_ISDIR(mode):
        return "a folder"
    return "" if modes.S_ISREG(mode) else "a device, a pipe or a socket"


def _holds(place: str, chunks: Iterable[Chunk]) -> bool:
    """Whether a file is there, a regular one, and has this content."""
    try:
        if not os.path.isfile(place) or os.path.islink(place):
            return False
        with open(place, "rb") as file:
            return all(file.read(len(chunk)) == chunk for chunk in chunks) and not file.read(1)
    except OSError:
        return False


def _stat(state: os.stat_result) -> Stat:
    return Stat(size=state.st_size, tag=f"{state.st_mtime_ns:x}-{state.st_ctime_ns:x}")


def _reason(error: Exception) -> str:
    return getattr(error, "strerror", None) or str(error)
