"""One run at a time in one place: a lock that the system takes back when its process ends, however it ends."""

from __future__ import annotations

import os
import sys
from contextlib import suppress

from sm_imgcheck.core.errors import OutputError

__all__ = ["Lock"]


class Lock:
    """Of a folder on a disk; of none where the system or the disk has no such locks (Windows, some shares)."""

    def __init__(self, folder: str, told: str) -> None:
        """Raise OutputError, saying ``told``, where another run has it."""
        self._handle = -1
        if sys.platform == "win32" or not folder:
            return
        from fcntl import LOCK_EX, LOCK_NB, flock

        with suppress(OSError):
            self._handle = os.open(folder, os.O_RDONLY)
            try:
                flock(self._handle, LOCK_EX | LOCK_NB)
            except BlockingIOError:
                self.let_go()
                raise OutputError(told) from None

    def let_go(self) -> None:
        """Another run may have it. Idempotent."""
        if self._handle >= 0:
            os.close(self._handle)
            self._handle = -1
