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
from sm_imgcheck.io.stores.types import Chunk, FileSizeError, LocationError, OutputRefused, Stat, StoreObject

__all__ = [
    "MAX_FILE_BYTES",
    "NO_SIZE",
    "below",
    "contain",
    "fetch",
    "head",
    "make_folder",
    "no_file",
    "open_local_file",
    "read",
    "remove",
    "stat",
    "write",
]

MAX_FILE_BYTES = 512 << 20
"""Larger files are not read: 178,956,970 pixels, Pillow's limit, are 512 MiB of uncompressed RGB."""


NO_SIZE = "declares 0 bytes and holds more, as files of /proc do: copy it to an ordinary file"
"""State of a file whose size is unknown before it is read."""
_PATIENCE = 60.0
"""Seconds until the first byte of a named pipe: a path in a spec must not block a run forever."""


def open_local_file(path: str, *, pipes: bool = True) -> BufferedReader:
    """Open a file for reading bytes. Raises OSError, whose ``strerror`` is a clause, for anything else.

    A pipe is read to its end, for a shell's ``<(command)``. A device has no end and is rejected. pipes: whether a pipe
    is opened at all.
    """
    return os.fdopen(_open(path, pipes=pipes)[0], "rb")


def _open(path: str, *, pipes: bool) -> tuple[int, os.stat_result]:
    """The descriptor and the state of a file. Raises as ``open_local_file``."""
    try:
        handle = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    except ValueError as error:  # a null byte in the name
        raise OSError(errno.EINVAL, str(error)) from None
    try:
        state = os.fstat(handle)
        mode = state.st_mode
        if pipes and modes.S_ISFIFO(mode):
            _wait_for_writer(handle, path)
        if modes.S_ISREG(mode) and not state.st_size:
            _check_readable(handle)
    except BaseException:
        os.close(handle)
        raise
    if modes.S_ISREG(mode) or (pipes and modes.S_ISFIFO(mode)):
        return handle, state
    os.close(handle)
    other = "a device or a socket" if pipes else "a device, a pipe or a socket"
    raise OSError(errno.EINVAL, f"it is {'a folder' if modes.S_ISDIR(mode) else other}, not a file")


def _wait_for_writer(handle: int, path: str) -> None:
    """Return when a pipe has data or its writer has closed it; raise OSError after the time limit.

    The descriptor does not block before a writer has opened a named pipe, and a read would find it empty. A pipe
    without a name, such as ``/dev/fd/63``, has its writer from the start, which has no time limit.
    """
    import select

    waiting = select.poll()
    waiting.register(handle, select.POLLIN)
    has_name = os.path.exists(os.path.realpath(path))
    if not waiting.poll(_PATIENCE * 1000 if has_name else None):
        raise OSError(errno.ETIMEDOUT, f"it is a pipe, and no data was written to it within {_PATIENCE:.0f} s")
    os.set_blocking(handle, True)


def _check_readable(handle: int) -> None:
    """Raise OSError for a file whose read would wait, such as ``/proc/kmsg``; no file on a disk does."""
    import select

    if not hasattr(select, "poll"):  # Windows
        return
    waiting = select.poll()
    waiting.register(handle, select.POLLIN)
    if not waiting.poll(0):
        raise OSError(errno.EAGAIN, "it has no data now: it is a queue of the system, not a file")


def stat(location: str) -> Stat | None:
    try:
        state = os.stat(location)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (OSError, ValueError) as error:
        raise LocationError(f"cannot be inspected: {_reason(error)}") from None
    return _stat(state) if modes.S_ISREG(state.st_mode) else None


def read(location: str, limit: int) -> bytes:
    return fetch(location, limit).body


def fetch(location: str, limit: int) -> StoreObject:
    try:
        handle, state = _open(location, pipes=False)
        try:
            if state.st_size > limit:
                raise FileSizeError(state.st_size, limit)
            body = _read_all(handle, state.st_size)
            if not body and os.read(handle, 1):
                raise LocationError(NO_SIZE)
        finally:
            os.close(handle)
        return StoreObject(body=body, tag=_stat(state).tag)
    except OSError as error:
        raise LocationError(f"cannot be read: {_reason(error)}") from None


def _read_all(handle: int, size: int) -> bytes:
    """Read ``size`` bytes, fewer where the file ends before. One call reads less only if it is large or interrupted."""
    body = os.read(handle, size)
    if len(body) == size:
        return body
    parts = [body]
    while (missing := size - sum(map(len, parts))) and (part := os.read(handle, missing)):
        parts.append(part)
    return b"".join(parts)


def head(location: str, length: int) -> bytes:
    try:
        with open_local_file(location, pipes=False) as file:
            return file.read(length)
    except OSError as error:
        raise LocationError(f"cannot be read: {_reason(error)}") from None


def below(location: str) -> Iterator[tuple[str, Stat]]:
    try:
        with os.scandir(location) as scan:
            entries = sorted(scan, key=lambda entry: entry.name + "/" * entry.is_dir(follow_symlinks=False))
    except (FileNotFoundError, NotADirectoryError):
        return
    except OSError as error:
        raise LocationError(f"is a folder that cannot be read: {_reason(error)}") from None
    for entry in entries:
        if entry.is_dir(follow_symlinks=False):
            yield from ((f"{entry.name}/{name}", state) for name, state in below(entry.path))
        elif (state := stat(entry.path)) is not None:
            yield entry.name, state


def write(location: str, chunks: Iterable[Chunk], *, force: bool = False, aside: str = "") -> None:
    """Implements the interface. aside: a folder on the same disk for incomplete files; empty: the file's folder."""
    name = for_terminal(location)
    if os.path.lexists(location):
        if description := no_file(location):
            raise OutputError(f"{name} is {description}, which is not replaced: remove it, or name another location")
        # A stream of chunks can be read once, so it is written without a comparison.
        if (not force or isinstance(chunks, Sequence)) and _holds(location, chunks):
            return
        if not force:
            raise OutputError(f"{name} exists with other content: --force replaces it")
    # A random name: containers that share a disk all run as process 1, and an attacker cannot create a link under it.
    temporary = os.path.join(aside or os.path.dirname(location), f".sm-imgcheck-{os.urandom(8).hex()}.tmp")
    try:
        with open(temporary, "xb") as file:  # O_CREAT | O_EXCL: a link of that name is not followed (open(2))
            file.writelines(chunks)
        os.replace(temporary, location)
    except BaseException as error:  # Ctrl-C too removes the file
        with suppress(OSError):
            os.unlink(temporary)
        if isinstance(error, OSError):
            kind = OutputRefused if error.errno == errno.ENAMETOOLONG else OutputError
            raise kind(f"{name} cannot be written: {_reason(error)}") from error
        raise


def remove(location: str) -> None:
    try:
        os.unlink(location)
    except FileNotFoundError:
        return
    except OSError as error:
        raise OutputError(f"{for_terminal(location)} cannot be removed: {_reason(error)}") from error


def make_folder(folder: str, inside: str) -> None:
    contain(folder, inside)
    try:
        os.makedirs(folder or ".", exist_ok=True)
    except OSError as error:
        kind = OutputRefused if error.errno == errno.ENAMETOOLONG else OutputError
        if isinstance(error, FileExistsError | NotADirectoryError):
            while not os.path.lexists(folder) and os.path.dirname(
                folder
            ):  # a file may have the name of a parent folder
                folder = os.path.dirname(folder)
            raise kind(f"{for_terminal(folder)}: got a file, expected a folder or a new name") from error
        raise kind(f"{for_terminal(folder)}: the folder cannot be made: {_reason(error)}") from error


def contain(folder: str, inside: str) -> None:
    try:
        top, real = os.path.realpath(inside or "."), os.path.realpath(folder or ".")
    except (OSError, ValueError) as error:
        raise OutputRefused(f"{for_terminal(folder)} cannot be inspected: {_reason(error)}") from error
    if real != top and not real.startswith(os.path.join(top, "")):
        raise OutputRefused(
            f"{for_terminal(folder)} points to {for_terminal(real)}, outside of {for_terminal(inside)}: "
            "remove that link, or name another folder"
        )


def no_file(location: str) -> str:
    """Return a description of an object, or of the target of its link, that must not be replaced."""
    try:
        mode = os.stat(location).st_mode
    except OSError:  # a link without a target
        return ""
    if modes.S_ISDIR(mode):
        return "a folder"
    return "" if modes.S_ISREG(mode) else "a device, a pipe or a socket"


def _holds(location: str, chunks: Iterable[Chunk]) -> bool:
    """Return whether a regular file with this content exists."""
    try:
        if not os.path.isfile(location) or os.path.islink(location):
            return False
        with open(location, "rb") as file:
            return all(file.read(len(chunk)) == chunk for chunk in chunks) and not file.read(1)
    except OSError:
        return False


def _stat(state: os.stat_result) -> Stat:
    mtime = f"{state.st_mtime_ns:x}"
    return Stat(size=state.st_size, tag=f"{mtime}-{state.st_ctime_ns:x}", modification_time=mtime)


def _reason(error: Exception) -> str:
    return getattr(error, "strerror", None) or str(error)
