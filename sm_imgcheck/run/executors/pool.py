"""Worker processes on this machine. A decoder that crashes loses one candidate; all others are processed.

Each worker has a pipe, with one chunk in work and one waiting.
"""

from __future__ import annotations

import pickle
import signal
from collections import deque
from collections.abc import Generator, Iterable
from contextlib import suppress
from dataclasses import field
from multiprocessing import Pipe
from multiprocessing.connection import Connection, wait
from multiprocessing.util import Finalize
from time import monotonic
from typing import TYPE_CHECKING

from sm_imgcheck.core.errors import ImgcheckError
from sm_imgcheck.core.frozen import mutable
from sm_imgcheck.run.executors import _processes, _worker
from sm_imgcheck.run.executors._window import AHEAD, Task, TaskWindow
from sm_imgcheck.run.executors._worker import Receiver, last_index, skip_indices
from sm_imgcheck.run.work import Chunk, Outcome, RunJob, load_modules

if TYPE_CHECKING:
    from multiprocessing.process import BaseProcess

__all__ = ["run_chunks"]

_QUEUE_LENGTH = 2
"""Chunks that a worker has: while one is in work, the next waits in the pipe."""
_LONGEST = 300.0
"""Seconds for one candidate. The largest supported images need a few seconds."""
_TICK = 5.0
"""Seconds between two checks of the clock. A pause of the whole machine counts as one of them, not as a worker's."""
_LONGEST_STOP = 15.0
"""Seconds without a message from a worker that a signal has stopped; it may never continue."""
_PATIENCE = 2.0
"""Seconds that workers have to finish an image when the run is stopped."""
_FAILED_STARTS = 3
"""Workers in a row that crashed before they began a candidate: the cause is the machine, not a candidate."""


def run_chunks(job: RunJob, chunks: Iterable[Chunk], jobs: int) -> Generator[Outcome, None, None]:
    """Yield results in the order of the chunks, each as soon as all before it are available.

    Raises ImgcheckError when the complete job is impossible; the results before it in the listing come first.
    """
    workers: list[_Worker] = []
    # Called at the exit of a program that abandons this generator too, before multiprocessing waits for its processes;
    # and in the process that started them only.
    close = Finalize(None, _close, (workers,), exitpriority=0)
    try:
        _processes.prepare(jobs)
        for _ in range(jobs):
            workers.append(_start_worker(job, workers))
        window = TaskWindow(job, chunks)  # after the workers: it has a thread
        yield from window.results(_Pool(job, window, workers))
    finally:
        close()


@mutable
class _Worker:
    process: BaseProcess
    link: Connection
    begun: Connection
    """The pipe with the index of each candidate that the worker begins: read at the end of its chunk, or after a crash.

    A pipe, because shared memory needs /dev/shm, which AWS Lambda and read-only containers do not have
    (https://docs.python.org/3/library/multiprocessing.shared_memory.html).
    """
    receiver: Receiver = field(default_factory=Receiver)
    tasks: deque[Task] = field(default_factory=deque)
    silent: float = 0.0
    """Seconds since its last message."""
    stopped: bool = False
    """A signal has stopped it (SIGSTOP, a debugger)."""


class _Pool:
    def __init__(self, job: RunJob, window: TaskWindow, workers: list[_Worker]) -> None:
        self.job = job
        self.window = window
        self.failed_starts = 0
        self.workers = workers

    def submit_tasks(self) -> None:
        """Give each worker tasks, first one each, then one that waits."""
        for index in range(_QUEUE_LENGTH):
            for worker in self.workers:
                if len(worker.tasks) <= index and (task := self.window.next_task(AHEAD)) is not None:
                    worker.tasks.append(task)
                    worker.silent = 0
                    _send(worker, task.chunk)

    def wait_for_results(self) -> None:
        """Wait until a worker sends a message, crashes or exceeds its time; replace crashed workers."""
        start = monotonic()
        room = self.window.has_room(AHEAD) and any(len(worker.tasks) < _QUEUE_LENGTH for worker in self.workers)
        bells = [self.window.feed.bell] if room else []
        ready = set(wait([*bells, *(worker.link for worker in self.workers)], _TICK))
        waiting_time = min(monotonic() - start, _TICK)
        for at, worker in enumerate(self.workers):
            if worker.link not in ready:
                worker.silent += waiting_time if worker.tasks else 0
                # Not again after the kill: a process that is ending is no longer stopped.
                worker.stopped |= worker.silent > _LONGEST_STOP and _is_stopped(worker.process.pid)
                if worker.stopped or worker.silent > _LONGEST:
                    worker.process.kill()
            elif not self._receive(worker):
                self._handle_crash(worker)
                self.workers[at] = _start_worker(self.job, self.workers[:at] + self.workers[at + 1 :])

    def _receive(self, worker: _Worker) -> bool:
        """Receive a message; False: the worker has crashed and sends none."""
        try:
            message = worker.receiver.unpack(worker.link.recv_bytes())
        except (EOFError, OSError):
            return False
        records, is_last, failure = message
        worker.silent, self.failed_starts, task = 0, 0, worker.tasks[0]
        task.receive(records)
        if failure is not None:
            self.window.fail(task, failure)
        elif is_last:
            skip_indices(worker.begun, len(task.indices) + 1)
        if is_last:
            worker.tasks.popleft()
        return True

    def _handle_crash(self, worker: _Worker) -> None:
        """Report the candidate that a crashed worker had begun as the cause; retry the rest of its tasks."""
        worker.link.close()
        worker.process.join(_PATIENCE)
        worker.process.kill()
        worker.process.join()
        cause = _cause(worker)
        at = last_index(worker.begun)
        worker.begun.close()
        if worker.tasks and 0 <= at < len(worker.tasks[0].indices):
            task = worker.tasks[0]
            if worker.stopped and not task.crashes:
                task.crashes = 1  # once: the candidate itself may stop its process each time
            elif at >= task.received:
                self.window.mark_as_cause(task, task.indices[at], cause)
        else:
            self.failed_starts += 1
        if self.failed_starts >= _FAILED_STARTS:
            raise ImgcheckError(f"worker processes crash at their start ({cause}): -j 1 works without them")
        for task in worker.tasks:
            self.window.retry(task, tuple(place for place in task.remaining if place not in task.slot.records))


def _start_worker(job: RunJob, others: Iterable[_Worker]) -> _Worker:
    """Start a worker process. Raises ImgcheckError."""
    link, child_end = Pipe()
    begin_reader, begins = Pipe(duplex=False)
    parent_ends = [end for worker in others for end in (worker.link, worker.begun)]
    process = _processes.start(_worker.serve, (child_end, begins), [link, begin_reader, *parent_ends], load_modules)
    child_end.close()
    begins.close()
    worker = _Worker(process=process, link=link, begun=begin_reader)
    _send(worker, job)
    return worker


def _close(workers: Iterable[_Worker]) -> None:
    """Let the workers finish the image that they are at, and end them."""
    for worker in workers:
        worker.link.close()
    end = monotonic() + _PATIENCE
    for worker in workers:
        worker.process.join(max(0.0, end - monotonic()))
    for worker in workers:
        worker.process.kill()
        worker.process.join()
        worker.begun.close()


def _is_stopped(pid: int | None) -> bool:
    """Return whether a signal has stopped a process, where the system reports that (Linux, proc_pid_stat(5))."""
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:
            return file.read().rpartition(b")")[2].split()[0] in {b"T", b"t"}
    except (OSError, IndexError):
        return False


def _send(worker: _Worker, message: RunJob | Chunk) -> None:
    with suppress(OSError):  # the worker has crashed, which the next read of its pipe reports
        worker.link.send_bytes(pickle.dumps(message, pickle.HIGHEST_PROTOCOL))


def _cause(worker: _Worker) -> str:
    """Describe how a worker ended."""
    if worker.stopped:
        return "SIGSTOP"
    if worker.silent > _LONGEST:
        return f"no end after {_LONGEST:.0f} s"
    code = worker.process.exitcode
    if code is None or code >= 0:
        return f"exit code {code}"
    try:
        return signal.Signals(-code).name
    except ValueError:
        return f"signal {-code}"
