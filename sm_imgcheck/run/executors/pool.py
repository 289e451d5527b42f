"""Worker processes on this machine. A decoder that dies takes one candidate with it; all others are looked at.

Each worker has a pipe, a chunk in work and one waiting. What comes back is put in order here: only a bounded number
of chunks is ever begun before the oldest that is not finished.
"""

from __future__ import annotations

import pickle
import signal
from collections import deque
from collections.abc import Generator, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from multiprocessing.connection import Connection, wait
from time import monotonic
from typing import Any

from sm_imgcheck.core.errors import ImgcheckError
from sm_imgcheck.run.executors import _forkserver, _worker
from sm_imgcheck.run.executors._feed import Feed
from sm_imgcheck.run.executors._worker import Receiver
from sm_imgcheck.run.inputs.item import Item
from sm_imgcheck.run.work import Chunk, Done, Job, lost, work

__all__ = ["done"]

_QUEUED = 2
"""Chunks that a worker has: while one is in work, the next waits in the pipe."""
_AHEAD = 64
"""Chunks that are begun before the oldest unfinished one is: some thousand records, however slow one picture is."""
_LONGEST = 300.0
"""Seconds that one candidate may take. The largest that are read take a few."""
_TICK = 5.0
"""Seconds between two looks at the clock. A pause of the whole machine counts as one of them, not as a worker's."""
_PATIENCE = 2.0
"""Seconds that workers have to finish a picture when the run is stopped."""
_STILLBORN = 3
"""Workers in a row that died before they had anything to do: then it is the machine, not a candidate."""


def done(job: Job, chunks: Iterable[Chunk], jobs: int) -> Generator[Done, None, None]:
    """Yield what was done, in the order of the chunks, as soon as all before it is done.

    Raises ImgcheckError where the job as a whole cannot be done; what comes before it in the listing is yielded first.
    """
    pool = _Pool(job, Feed(chunks))
    try:
        pool.hire(jobs)
        while pool.busy():
            pool.fill()
            yield from pool.ready()
            pool.listen()
    finally:
        pool.close()


@dataclass(slots=True, eq=False)
class _Task:
    """A chunk on its way."""

    chunk: Chunk
    todo: deque[int]
    """Places in the chunk of what is not done, in order."""
    records: dict[int, Done]
    """By place: what is done, and was not yet yielded."""
    shown: int = 0
    """Places that were yielded."""
    sent: tuple[int, ...] = ()
    """Places of the items that its worker got."""
    failure: Exception | None = None
    """What keeps the items that are left, and the whole run, from being done."""


@dataclass(slots=True, eq=False)
class _Worker:
    process: Any
    link: Connection
    begun: Connection
    """Through which it says which item of its chunk it begins: read when the chunk is finished, or the worker dead.

    A pipe, because shared memory needs /dev/shm, which AWS Lambda and read-only containers do not have
    (https://docs.python.org/3/library/multiprocessing.shared_memory.html).
    """
    receiver: Receiver = field(default_factory=Receiver)
    tasks: deque[_Task] = field(default_factory=deque)
    silent: float = 0.0
    """Seconds since it was last heard of."""


class _Pool:
    def __init__(self, job: Job, feed: Feed) -> None:
        self.job = job
        self.feed = feed
        self.pending: deque[_Task] = deque()
        """In the order of the listing."""
        self.again: deque[_Task] = deque()
        """Of workers that died."""
        self.stillborn = 0
        self.workers: list[_Worker] = []

    def hire(self, jobs: int) -> None:
        """Start the workers. Raises ImgcheckError."""
        _forkserver.prepare()
        for _ in range(jobs):
            self.workers.append(self._hired())

    def _hired(self) -> _Worker:
        context: Any = _forkserver.context()
        ours, theirs = context.Pipe()
        begun, begins = context.Pipe(duplex=False)
        process = context.Process(target=_worker.serve, args=(theirs, begins), daemon=True)
        with _forkserver.without_main(), _forkserver.told():
            process.start()
        theirs.close()
        begins.close()
        worker = _Worker(process, ours, begun)
        _send(worker, self.job)
        return worker

    def busy(self) -> bool:
        """Whether anything is still to come."""
        return bool(self.pending) or not self.feed.ended

    def fill(self) -> None:
        """Hand out work as far as there is room."""
        for queued in range(_QUEUED):
            for worker in self.workers:
                if len(worker.tasks) <= queued and (task := self._next()) is not None:
                    _assign(worker, task)

    def _next(self) -> _Task | None:
        if self.again:
            return self.again.popleft()
        while len(self.pending) < _AHEAD and (chunk := self._taken()) is not None:
            self.pending.append(task := self._task(chunk))
            if task.todo:
                return task
        return None

    def _taken(self) -> Chunk | None:
        try:
            return self.feed.take()
        except Exception as error:  # noqa: BLE001 - raised when all before it in the listing has been yielded
            empty = Chunk(number=-1, items=())
            self.pending.append(_Task(empty, deque(), {}, failure=error))
            return None

    def _task(self, chunk: Chunk) -> _Task:
        """What is known already stays here; and standard input, which no worker has."""
        records: dict[int, Done] = {}
        for place, one in enumerate(chunk.items):
            if isinstance(one, Done) or one.stdin:
                records[place] = next(work(self.job, Chunk(number=chunk.number, items=(one,))))
        return _Task(chunk, deque(place for place in range(len(chunk.items)) if place not in records), records)

    def ready(self) -> Iterator[Done]:
        """What can be yielded in order."""
        while self.pending:
            task = self.pending[0]
            while (record := task.records.pop(task.shown, None)) is not None:
                task.shown += 1
                yield record
            if task.shown < len(task.chunk.items) and task.failure is None:
                return
            if task.failure is not None:
                raise task.failure
            self.pending.popleft()

    def listen(self) -> None:
        """Wait until a worker has something to tell, or is dead, or has been silent for too long."""
        if not self.busy():
            return
        start = monotonic()
        room = len(self.pending) < _AHEAD and any(len(worker.tasks) < _QUEUED for worker in self.workers)
        bells = [self.feed.bell] if room and not self.feed.ended else []
        ready = set(wait([*bells, *(worker.link for worker in self.workers)], _TICK))
        passed = min(monotonic() - start, _TICK)
        for at, worker in enumerate(self.workers):
            if worker.link not in ready:
                worker.silent += passed if worker.tasks else 0
                if worker.silent > _LONGEST:
                    worker.process.kill()
            elif not self._heard(worker):
                self._mourn(worker)
                self.workers[at] = self._hired()

    def _heard(self, worker: _Worker) -> bool:
        """Take in a message. False: there is none, and will be none."""
        try:
            message: _worker.Message = worker.receiver.unpacked(worker.link.recv_bytes())
        except (EOFError, OSError):
            return False
        records, finished, failure = message
        worker.silent, self.stillborn, task = 0, 0, worker.tasks[0]
        for record in records:
            task.records[task.todo.popleft()] = record
        if failure is not None:
            task.failure = failure
            self.feed.close()
        if finished and failure is None:
            for _ in range(len(task.sent) + 1):
                worker.begun.recv_bytes()
        if finished:
            worker.tasks.popleft()
        return True

    def _mourn(self, worker: _Worker) -> None:
        """A worker died: the candidate that it was at is the cause; all else that it had is for another."""
        worker.link.close()
        worker.process.join(_PATIENCE)
        worker.process.kill()
        worker.process.join()
        cause = _cause(worker)
        at = _last_begun(worker.begun)
        if worker.tasks and 0 <= at < len(worker.tasks[0].sent):
            task = worker.tasks[0]
            place = task.sent[at]
            if place in task.todo:
                task.todo.remove(place)
                item = task.chunk.items[place]
                assert isinstance(item, Item)
                task.records[place] = lost(self.job, item, cause)
        else:
            self.stillborn += 1
        if self.stillborn >= _STILLBORN:
            raise ImgcheckError(f"worker processes die as soon as they are started ({cause}): -j 1 works without them")
        self.again.extend(task for task in worker.tasks if task.todo)

    def close(self) -> None:
        """Let the workers finish what they are at, and end them."""
        self.feed.close()
        for worker in self.workers:
            worker.link.close()
        end = monotonic() + _PATIENCE
        for worker in self.workers:
            worker.process.join(max(0.0, end - monotonic()))
        for worker in self.workers:
            worker.process.kill()
            worker.process.join()
            worker.begun.close()


def _assign(worker: _Worker, task: _Task) -> None:
    worker.tasks.append(task)
    task.sent = tuple(task.todo)
    worker.silent = 0
    _send(worker, Chunk(number=task.chunk.number, items=tuple(task.chunk.items[place] for place in task.sent)))


def _send(worker: _Worker, what: Job | Chunk) -> None:
    with suppress(OSError):  # it is dead, which the next message that does not come will tell
        worker.link.send_bytes(pickle.dumps(what, pickle.HIGHEST_PROTOCOL))


def _last_begun(begun: Connection) -> int:
    """The item that a dead worker was at; -1: none."""
    at = -1
    with suppress(EOFError, OSError):
        while True:
            at = int(begun.recv_bytes())
    begun.close()
    return at


def _cause(worker: _Worker) -> str:
    """How a worker ended."""
    if worker.silent > _LONGEST:
        return f"no end after {_LONGEST:.0f} s"
    code = worker.process.exitcode
    if code is None or code >= 0:
        return f"exit code {code}"
    try:
        return signal.Signals(-code).name
    except ValueError:
        return f"signal {-code}"
