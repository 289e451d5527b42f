"""The chunks of a listing, read in a thread: a slow disk or a pipe must not block the executor."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from contextlib import suppress
from multiprocessing import Pipe
from threading import Semaphore, Thread

from sm_imgcheck.run.work import Chunk

__all__ = ["ChunkFeed"]

_QUEUE_LENGTH = 8
"""Chunks that are listed in advance."""


class ChunkFeed:
    """A thread that lists, a few chunks ahead."""

    def __init__(self, chunks: Iterable[Chunk]) -> None:
        self.bell, self._rope = Pipe(duplex=False)
        """``bell`` can be waited for: there is something to take."""
        self.ended = False
        """All chunks were consumed."""
        self._chunks = chunks
        self._ready: deque[Chunk | BaseException | None] = deque()
        self._room = Semaphore(_QUEUE_LENGTH)
        self._closed = False
        Thread(target=self._run, daemon=True).start()  # a daemon: it may be waiting for a pipe without a writer

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
        """Return the next chunk if one is available. Raises the exception of the listing."""
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
