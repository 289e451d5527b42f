"""The chunks of a listing as they come: whoever waits for workers as well must not wait for a slow disk or a pipe."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from contextlib import suppress
from multiprocessing import Pipe
from threading import Semaphore, Thread

from sm_imgcheck.run.work import Chunk

__all__ = ["ChunkFeed"]

_LISTED = 8
"""Chunks that are listed before anybody asks for them."""


class ChunkFeed:
    """A thread that lists, a few chunks ahead."""

    def __init__(self, chunks: Iterable[Chunk]) -> None:
        self.bell, self._rope = Pipe(duplex=False)
        """``bell`` can be waited for: there is something to take."""
        self.ended = False
        """Everything was taken."""
        self._chunks = chunks
        self._ready: deque[Chunk | BaseException | None] = deque()
        self._room = Semaphore(_LISTED)
        self._closed = False
        Thread(target=self._run, daemon=True).start()  # a daemon: it may be waiting for a pipe that nobody writes to

    def _run(self) -> None:
        try:
            for chunk in self._chunks:
                self._put(chunk)
                self._room.acquire()
                if self._closed:
                    return
            self._put(None)
        except BaseException as error:  # noqa: BLE001 - raised where it is taken
            self._put(error)

    def _put(self, what: Chunk | BaseException | None) -> None:
        self._ready.append(what)
        with suppress(OSError):  # closed
            self._rope.send_bytes(b"!")

    def take(self) -> Chunk | None:
        """The next chunk where one is there. Raises what the listing raised."""
        if self.ended or not self._ready:
            return None
        self.bell.recv_bytes()
        what = self._ready.popleft()
        self._room.release()
        if isinstance(what, Chunk):
            return what
        self.ended = True
        if what is not None:
            raise what
        return None

    def close(self) -> None:
        """List no further."""
        self.ended = self._closed = True
        self._room.release()
        self.bell.close()
        self._rope.close()
