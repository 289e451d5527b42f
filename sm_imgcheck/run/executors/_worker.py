"""The code of a worker process of the pool: it receives chunks and sends records of its results."""

from __future__ import annotations

import os
import pickle
import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from functools import partial
from io import BytesIO
from multiprocessing.connection import Connection
from queue import SimpleQueue
from threading import Thread
from time import monotonic
from typing import Any

from sm_imgcheck.core import gc_policy
from sm_imgcheck.core.errors import ImgcheckError, InternalError
from sm_imgcheck.core.types.result import SHARED
from sm_imgcheck.pipeline.read import clause
from sm_imgcheck.run.work import Chunk, Outcome, RunJob, prepare, process_items

__all__ = ["Message", "Receiver", "Sender", "last_index", "serve", "skip_indices"]

_MOST = 1024
"""Number of values that both ends cache; then both clear their caches."""


class _Pickler(pickle.Pickler):
    def __init__(self, file: BytesIO, values: dict[int, tuple[object, int]]) -> None:
        super().__init__(file, pickle.HIGHEST_PROTOCOL)
        self.sent = values

    def reducer_override(self, value: Any) -> Any:
        """As the number under which it was sent; the first time with its fields."""
        if type(value) not in SHARED:
            return NotImplemented
        if position := self.sent.get(id(value)):
            return _recall, (position[1],)
        number = len(self.sent)
        self.sent[id(value)] = value, number  # held, so that no other value gets its address
        make, fields = value.__reduce__()
        return _learn, (number, make, fields)


class Sender:
    """The end that sends."""

    def __init__(self) -> None:
        self._sent: dict[int, tuple[object, int]] = {}

    def pack(self, message: Message) -> bytes:
        """The bytes of a message; they have to be unpacked in the order in which they were packed."""
        if len(self._sent) > _MOST:
            self._sent.clear()
        file = BytesIO()
        _Pickler(file, self._sent).dump(message)
        return file.getvalue()


def _recall(number: int) -> object:
    """Replacement for the receiver's function."""
    raise NotImplementedError(number)


def _learn(number: int, make: Callable[..., object], fields: tuple[object, ...]) -> object:
    """Replacement for the receiver's function."""
    raise NotImplementedError(number, make, fields)


class _Unpickler(pickle.Unpickler):
    def __init__(self, file: BytesIO, functions: dict[str, Callable[..., object]]) -> None:
        super().__init__(file)
        self.functions = functions

    def find_class(self, module: str, name: str) -> object:
        """The functions that recall and learn are those of this connection."""
        return self.functions[name] if module == __name__ else super().find_class(module, name)


class Receiver:
    """The end that receives."""

    def __init__(self) -> None:
        values: dict[int, object] = {}
        # No method of the unpickler, which would be in its own memo: Python 3.11.2 does not collect that cycle, and 2.6
        # kB of each image stay in memory.
        self._functions: dict[str, Callable[..., object]] = {
            _recall.__name__: values.__getitem__,
            _learn.__name__: partial(_learn_value, values),
        }

    def unpack(self, body: bytes) -> Message:
        """The message; from a process that this one started, never from outside."""
        message: Message = _Unpickler(BytesIO(body), self._functions).load()
        return message


def _learn_value(
    values: dict[int, object], number: int, make: Callable[..., object], fields: tuple[object, ...]
) -> object:
    values[number] = value = make(*fields)
    return value


Message = tuple[list[Outcome], bool, Exception | None]
"""Records of the chunk in work, in the order of its items; whether it is finished; what ended it before its time."""
_PAUSE = 0.1
"""Seconds between two messages: fast results are sent in groups, slow results one by one. With 0.02 the receiver needed
0.1 s CPU for 2,000 candidates."""


def serve(link: Connection, begins: Connection, parent_ends: Sequence[Connection]) -> None:
    """Process the messages of ``link``, first the job, then chunks, until it is closed.

    begins: gets the index of each item of a chunk before it is processed, and -1 when the chunk is finished. The parent
    of a crashed process reads there which candidate crashed it. parent_ends: copies of the parent's ends of pipes; a
    pipe is open until the last copy is closed.
    """
    for end in parent_ends:
        end.close()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Windows; elsewhere it is blocked already
    _end_with_parent()
    prepare()
    gc_policy.freeze_imports()
    with suppress(EOFError, OSError):  # the receiver has exited: no further work
        sender = Sender()
        job = pickle.loads(link.recv_bytes())  # noqa: S301 - from the process that started this one
        for body in _receive_bodies(link):
            chunk = pickle.loads(body)  # noqa: S301
            for message in _messages(job, chunk, begins):
                if message[1]:
                    _begin(begins, -1)  # before the message: the parent may already send the next chunk
                link.send_bytes(sender.pack(message))


def _receive_bodies(link: Connection) -> Iterator[bytes]:
    """Yield messages until the connection ends.

    A thread receives them, independent of the work: paths may be long, and if both ends wrote more than a pipe holds (8
    KiB on macOS) before they read, both would wait.
    """
    waiting: SimpleQueue[bytes | None] = SimpleQueue()

    def receive() -> None:
        with suppress(EOFError, OSError):
            while True:
                waiting.put(link.recv_bytes())
        waiting.put(None)

    Thread(target=receive, daemon=True).start()
    while (body := waiting.get()) is not None:
        yield body


def _messages(job: RunJob, chunk: Chunk, begins: Connection) -> Iterator[Message]:
    records: list[Outcome] = []
    due = monotonic() + _PAUSE
    try:
        for number, record in enumerate(process_items(job, chunk.items, partial(_begin, begins)), 1):
            records.append(record)
            if monotonic() >= due and number < len(chunk.items):
                yield records, False, None
                records = []
                due = monotonic() + _PAUSE
    except ImgcheckError as error:
        yield records, True, error
    except Exception as error:  # noqa: BLE001 - a bug: the process that asked tells it
        yield records, True, InternalError(clause(error))
    else:
        yield records, True, None


_INDEX_BYTES = 8
_IS_MESSAGE = sys.platform == "win32"
"""Whether each index is a message. Elsewhere the parent reads all of a chunk in one call: 10 us less for each."""


def _begin(begins: Connection, place: int) -> None:
    index = b"%*d" % (_INDEX_BYTES, place)
    if _IS_MESSAGE:
        begins.send_bytes(index)
    else:
        os.write(begins.fileno(), index)  # short enough to be written completely


def skip_indices(begin_reader: Connection, count: int) -> None:
    """Remove the indices of a finished chunk from the pipe."""
    if _IS_MESSAGE:
        for _ in range(count):
            begin_reader.recv_bytes()
        return
    missing = count * _INDEX_BYTES
    while missing:
        missing -= len(os.read(begin_reader.fileno(), missing))


def last_index(begin_reader: Connection) -> int:
    """Return the index of the candidate that a crashed worker had begun; -1: none."""
    indices = b""
    with suppress(EOFError, OSError):
        while part := begin_reader.recv_bytes() if _IS_MESSAGE else os.read(begin_reader.fileno(), 4096):
            indices += part
    return int(indices[-_INDEX_BYTES:]) if indices else -1


def _end_with_parent() -> None:
    """On Linux: be killed when the process that this one was forked from ends, also in the middle of an image.

    On other systems the next message finds the pipe closed.
    """
    if sys.platform == "linux":
        import ctypes

        set_death_signal = 1  # PR_SET_PDEATHSIG, prctl(2)
        ctypes.CDLL(None).prctl(set_death_signal, signal.SIGKILL)
