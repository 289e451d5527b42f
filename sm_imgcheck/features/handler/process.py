"""The child process: start, requests, limits and end."""

from __future__ import annotations

import json
import os
import queue
import signal
import subprocess
import time
from collections import deque
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from threading import Thread
from typing import IO, TYPE_CHECKING, Literal

from sm_imgcheck.features.handler.guest import processes

if TYPE_CHECKING:
    from sm_imgcheck.core.json_types import JsonObject

__all__ = ["MOST_PROCESSES", "HandlerLost", "HandlerProcess"]

MOST_PROCESSES = 512
"""That a handler may start: far more than loaders have workers, and few enough to be ended."""
_SCRIPT = Path(__file__).with_name("child_main.py")
_LOOK_EVERY = 0.05  # seconds between two measurements of memory
_TO_POLL = 0.1  # seconds in which the keeper has mostly ended
_TO_END = 8.0  # seconds: the keeper chases processes for up to five
_LONGEST_LINE = 4096
_MOST_PIECES = 200  # last lines of the output, of at most _LONGEST_LINE bytes each
_WAITING = 64  # notices that were not read yet; there is one request at a time
_MOST_NOISE = 65_536  # bytes that are not notices, in the pipe of notices
_MARK = "SM_IMGCHECK_HANDLER"


class HandlerLost(Exception):
    """The child has ended without a reply."""

    def __init__(
        self, cause: Literal["ended", "too slow", "too large", "too many", "flooded"], status: int = 0
    ) -> None:
        self.cause, self.status = cause, status
        """ended: with this exit code, or minus the number of a signal. Every other cause: it was terminated.

        flooded: it wrote other bytes to the pipe of notices.
        """
        super().__init__(cause)


class HandlerProcess:
    """A process in which the user's code runs, and all that it starts."""

    def __init__(
        self, python: str, folder: Path, environment: Mapping[str, str], cwd: str, worker: Path | None = None
    ) -> None:
        """worker: the Python file whose ``serve_requests`` runs in the child; None: that of handlers."""
        self.mark = f"{_MARK}={os.urandom(12).hex()}"
        name, _, value = self.mark.partition("=")
        self._noise = 0
        self.said: deque[bytes] = deque(maxlen=_MOST_PIECES)
        self._notices: queue.Queue[JsonObject | None] = queue.Queue(_WAITING)
        self._process = subprocess.Popen(  # noqa: S603 - the user's code is run on purpose
            [python, str(_SCRIPT), str(folder), *([] if worker is None else [str(worker)])],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            cwd=cwd,
            env={**environment, name: value},
            start_new_session=os.name == "posix",
        )
        streams = (self._listen, self._process.stdout), (self._collect_output, self._process.stderr)
        self._readers = [Thread(target=read, args=(stream,), daemon=True) for read, stream in streams]
        for reader in self._readers:
            reader.start()

    def send(self, request: Mapping[str, object]) -> None:
        """Send a request, of JSON values; a child that has ended does not get it."""
        self.said.clear()
        stdin = self._process.stdin
        assert stdin is not None
        with suppress(OSError):
            stdin.write(json.dumps(request).encode() + b"\n")
            stdin.flush()

    def wait(self, number: int, *, seconds: float, most_bytes: int) -> None:
        """Return when the reply ``number`` is complete. Raises HandlerLost, after which the child must be ended."""
        until, pause = time.monotonic() + seconds, _LOOK_EVERY
        while True:
            left = until - time.monotonic()
            if left <= 0:
                self._dump()
                raise HandlerLost("too slow")
            with suppress(queue.Empty):
                notice = self._notices.get(timeout=min(pause, left))
                if notice is None:
                    raise HandlerLost("flooded") if self._noise > _MOST_NOISE else HandlerLost("ended", self._status())
                if "ended" in notice:
                    raise HandlerLost("ended", _number(notice, "ended"))
                if _number(notice, "number") == number:
                    return
                continue
            start = time.monotonic()
            self._look(most_bytes)
            pause = max(_LOOK_EVERY, 10 * (time.monotonic() - start))  # a tenth of one core at most

    def end(self) -> None:
        """End the child and every process that it has started."""
        process = self._process
        assert process.stdin is not None
        with suppress(OSError):
            process.stdin.close()  # then the keeper ends all of them and itself
        self._readers[0].join(_TO_POLL)  # its pipe ends with it; ``wait`` sleeps longer after each look
        if os.name == "posix":
            with suppress(subprocess.TimeoutExpired):
                process.wait(_TO_END)
        self._kill_rest()
        process.kill()
        process.wait()
        for reader in self._readers:
            reader.join(1)  # immediately, unless a process that could not be ended has the other end

    def _status(self) -> int:
        """Exit status of the keeper, if it has not reported that of the worker."""
        try:
            return self._process.wait(1)
        except subprocess.TimeoutExpired:  # it has closed its streams and is running
            return 0

    def _kill_rest(self) -> None:
        """What the keeper could not end, because the user's code had killed or stopped it."""
        if os.name != "posix":
            return
        table = processes.table() if self._process.poll() is None else {}
        for _ in range(20):
            left = [*processes.below(self._process.pid, table), *processes.find_marked_processes(self.mark.encode())]
            if not left:
                return
            processes.kill([pid for pid in left if pid != self._process.pid])
            self._process.kill()
            table = {}
            time.sleep(0.01)

    def _dump(self) -> None:
        """Let the worker print the line at which it hangs: faulthandler does on SIGABRT."""
        if os.name != "posix":
            return
        for pid in processes.below(self._process.pid, processes.table())[:1]:
            with suppress(OSError):
                os.kill(pid, signal.SIGABRT)
        with suppress(queue.Empty):
            self._notices.get(timeout=0.5)

    def _look(self, most_bytes: int) -> None:
        """Raise Lost where the child and all that it has started are too large, or too many."""
        if os.name != "posix":
            return
        table = processes.table()
        pids = processes.below(self._process.pid, table)
        if len(pids) > MOST_PROCESSES:
            raise HandlerLost("too many")
        if processes.memory(pids, table, most_bytes) > most_bytes:
            raise HandlerLost("too large")

    def _listen(self, stream: IO[bytes]) -> None:
        """Read notices. Other output of the user's code is ignored up to a limit."""
        with suppress(OSError), stream:
            while self._noise <= _MOST_NOISE and (line := stream.readline(_LONGEST_LINE)):
                notice = _object(line)
                self._noise += len(line) if notice is None else 0
                if notice is not None and not self._notices.full():
                    self._notices.put(notice)
        self._notices.put(None)

    def _collect_output(self, stream: IO[bytes]) -> None:
        """Keep the end of what is printed."""
        with suppress(OSError), stream:
            while piece := stream.readline(_LONGEST_LINE):
                self.said.append(piece)


def _object(line: bytes) -> JsonObject | None:
    with suppress(ValueError, RecursionError):
        notice = json.loads(line)
        if isinstance(notice, dict):
            return notice
    return None


def _number(notice: JsonObject | None, key: str) -> int:
    value = (notice or {}).get(key)
    return value if isinstance(value, int) else 0
