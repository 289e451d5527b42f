"""Opening a file that a user named as a text to be read: never waiting for what may not come, never without an end."""

from __future__ import annotations

import errno
import os
import stat
from io import BufferedReader

__all__ = ["MAX_FILE_BYTES", "opened"]

MAX_FILE_BYTES = 512 << 20
"""Larger files are not read: 178,956,970 pixels, Pillow's limit, are 512 MiB of RGB even when nothing is compressed."""


def opened(path: str) -> BufferedReader:
    """A file, open for reading bytes. Raises OSError, whose ``strerror`` is a clause, for what cannot be one.

    Of a pipe what its writer sends is read, as a shell's ``<(command)`` wants it; one that nobody writes to is empty,
    where an ordinary open would wait for ever. A device has no end and is none.
    """
    try:
        handle = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    except ValueError as error:  # a null byte in the name
        raise OSError(errno.EINVAL, str(error)) from None
    mode = os.fstat(handle).st_mode
    if stat.S_ISREG(mode):
        return os.fdopen(handle, "rb")
    if stat.S_ISFIFO(mode) and hasattr(os, "O_NONBLOCK"):
        os.set_blocking(handle, True)
        return os.fdopen(handle, "rb")
    os.close(handle)
    raise OSError(errno.EINVAL, f"it is {'a folder' if stat.S_ISDIR(mode) else 'a device or a socket'}, not a file")
