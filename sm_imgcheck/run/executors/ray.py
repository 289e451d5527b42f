"""The nodes of a Ray cluster: RAY_ADDRESS names it, else one is started on this machine for the time of the run.

Names of candidates go out and small records come back; tensors are written from where they are made, so outputs must
be on a place that all nodes see, and pixels never pass through Ray's object store. A chunk whose node or worker dies is
done again elsewhere, this time by a process of a pool there: if it was the decoder, that one image is told apart.
"""

from __future__ import annotations

import faulthandler
import os
import pickle
import socket
from collections.abc import Callable, Generator, Iterable, Iterator
from functools import cache
from math import ceil
from multiprocessing.connection import wait
from time import monotonic, sleep
from typing import TYPE_CHECKING, cast

from sm_imgcheck.core import gc_policy
from sm_imgcheck.core.errors import Bug, ImgcheckError
from sm_imgcheck.core.escape import for_terminal
from sm_imgcheck.core.frozen import frozen
from sm_imgcheck.io.stores import file_of, is_remote
from sm_imgcheck.pipeline.read import MAX_FILE_BYTES, clause
from sm_imgcheck.run.cpus import usable
from sm_imgcheck.run.executors import _forkserver, _ray_cluster, pool
from sm_imgcheck.run.executors._window import AHEAD, Task, Window
from sm_imgcheck.run.inputs.item import Item
from sm_imgcheck.run.outputs.tensors import Outputs
from sm_imgcheck.run.resume.fingerprint import libraries
from sm_imgcheck.run.work import Chunk, Outcome, RunJob, prepare, process_items

if TYPE_CHECKING:
    from sm_imgcheck.run.executors._ray_cluster import Ray, Reference

__all__ = ["Message", "Ticket", "do", "run_chunks"]

_QUEUED = 2
"""Tasks for each processor of the cluster: while one is in work, the next waits for it."""
_MOST = 1024
"""Tasks in flight, however large the cluster is."""
_TICK = 0.1
"""Seconds between two checks of a slow listing, while tasks are in flight."""
_LIMIT_AGE = 5.0
"""Seconds between two checks of how many processors the cluster has: nodes come and go."""
_CRASHES = 5
"""Crashes of worker processes at a candidate that is alone in its task: then it is the cause."""
_SHOWING = 5.0
"""Seconds for an output to be seen here: network file systems remember for some that a name was not there (nfs(5))."""


def run_chunks(job: RunJob, chunks: Iterable[Chunk], jobs: int) -> Generator[Outcome, None, None]:
    """Yield results in the order of the chunks, each as soon as all before it are there.

    jobs: tasks in flight; 0: as many as the cluster has use for. Raises ImgcheckError when the job as a whole cannot
    be done; the results before it in the listing come first.
    """
    with _ray_cluster.connected(jobs or usable()) as (ray, heed):
        window = Window(job, chunks)
        try:
            yield from window.results(_Cluster(ray, job, jobs, window, heed))
            heed()
        except ConnectionError as problem:
            reason = _ray_cluster.reason(problem)
            raise ImgcheckError(f"the Ray cluster is out of reach ({reason}): start again when it is back") from None
        finally:
            window.feed.close()


class _Cluster:
    def __init__(self, ray: Ray, job: RunJob, jobs: int, window: Window, heed: Callable[[], None]) -> None:
        self.ray, self.job, self.jobs, self.window, self.heed = ray, job, jobs, window, heed
        ticket = Ticket(job=job, folder=os.getcwd(), libraries=libraries())
        self.ticket = pickle.dumps(ticket, pickle.HIGHEST_PROTOCOL)
        # Crashes are handled here: Ray would retry without a look at the cause.
        self.do = ray.remote(num_cpus=1, max_retries=0)(do)
        self.in_flight: dict[Reference, Task] = {}
        """By Ray's reference; to drop a reference frees the memory that it holds."""
        self.trusted: set[str] = set()
        """Machines whose outputs are visible here."""
        self.answered = False
        self.limit, self.limit_time = 0, -_LIMIT_AGE

    def submit_tasks(self) -> None:
        """Submit tasks up to the limit of the cluster."""
        while (room := self._task_limit()) > len(self.in_flight) and (task := self.window.next_task(room + AHEAD)):
            self.in_flight[self.do.remote(self.ticket, task.chunk, task.crashes > 0)] = task

    def _task_limit(self) -> int:
        if not self.jobs and monotonic() - self.limit_time > _LIMIT_AGE:
            processors = ceil(self.ray.cluster_resources().get("CPU", 0))
            self.limit, self.limit_time = max(_QUEUED, min(_QUEUED * processors, _MOST)), monotonic()
        return self.jobs or self.limit

    def wait_for_results(self) -> None:
        """Wait until a task ends, or the listing continues."""
        if self.in_flight:
            listing = not self.window.feed.ended and len(self.in_flight) < self._task_limit()
            ended, _ = self.ray.wait(list(self.in_flight), timeout=_TICK if listing else _LIMIT_AGE)
            for reference in ended:
                self._receive(self.in_flight.pop(reference), reference)
        elif self.window.is_empty() and not self.window.feed.ended:
            wait([self.window.feed.bell])
        self.heed()

    def _receive(self, task: Task, reference: Reference) -> None:
        errors = self.ray.exceptions
        try:
            message = cast("Message", self.ray.get(reference))
        except (errors.RayTaskError, errors.RuntimeEnvSetupError, errors.TaskUnschedulableError) as problem:
            raise ImgcheckError(
                f"a node of the Ray cluster cannot do the work: {_ray_cluster.reason(problem)}; sm-imgcheck has to be "
                "installed on all nodes, in the same version"
            ) from None
        except errors.RayError as problem:
            task.crashes += 1
            self._handle_crash(task, type(problem).__name__)
            return
        self.answered = True
        for record in message.records:
            self._check_visibility(record, message.host)
        task.receive(message.records)
        if message.failure is not None:
            self.window.fail(task, message.failure)

    def _handle_crash(self, task: Task, cause: str) -> None:
        """Retry the task of a process or node that died, then each candidate alone; then the candidate is the cause."""
        if len(task.places) > 1 and task.crashes > 1:
            for place in task.places:
                self.window.retry(task, (place,))
        elif task.crashes < _CRASHES:
            self.window.retry(task, task.places)
        elif not self.answered:
            raise ImgcheckError(f"worker processes of the Ray cluster die as soon as they are started ({cause})")
        else:
            self.window.give_up(task, task.places[0], f"{cause}, {task.crashes} times")

    def _check_visibility(self, record: Outcome, host: str) -> None:
        """Raise ImgcheckError when a node cannot see the files of this machine, or this machine those of the node."""
        output = record.result.emitted
        if output and isinstance(self.job.sink, Outputs) and not is_remote(output) and host not in self.trusted:
            _wait_for(output, host)
            self.trusted.add(host)
        if any(finding.code == "SRC101" for finding in record.result.findings) and _is_readable(record.item):
            raise ImgcheckError(
                f"{host} cannot read {for_terminal(record.item.path)}, which can be read here: name a place that all "
                "nodes see (NFS, EFS, FSx, s3://)"
            )


def _wait_for(output: str, host: str) -> None:
    end = monotonic() + _SHOWING
    while not os.path.exists(output):
        if monotonic() > end:
            raise ImgcheckError(
                f"{host} wrote {for_terminal(output)}, and it is not there: outputs have to go to a place that all "
                "nodes see (NFS, EFS, FSx, s3://)"
            )
        sleep(_TICK)


def _is_readable(item: Item) -> bool:
    file = file_of(item.path)[0]
    ordinary = not (item.problem or is_remote(file)) and os.path.isfile(file) and os.access(file, os.R_OK)
    return ordinary and os.path.getsize(file) <= MAX_FILE_BYTES


_LONGEST = 300.0
"""Seconds that one candidate may take, as in a pool: then the process ends itself, whatever it is in."""


@frozen
class Ticket:
    """What every task of a run must know: some kilobytes, sent with each."""

    job: RunJob
    folder: str
    """Where relative names lead from."""
    libraries: dict[str, str]
    """That make the pixels, by name with their versions: other ones may make other pixels."""


@frozen
class Message:
    """What a task hands back."""

    records: tuple[Outcome, ...]
    """In the order of the chunk."""
    failure: Exception | None
    """What keeps the rest of the chunk, and the whole run, from being done."""
    host: str
    """The machine that it ran on."""


def do(ticket: bytes, chunk: Chunk, careful: bool) -> Message:
    """Work on a chunk; tensors are in their places when it returns.

    careful: a worker process died of this chunk before. Then a process of a pool does the work, which is told how it
    died, and of which candidate.
    """
    records: list[Outcome] = []
    failure: Exception | None = None
    try:
        job = _open_job(ticket, any(map(_is_relative, chunk.items)))
        records.extend(pool.run_chunks(job, [chunk], 1) if careful else _run_watched(job, chunk))
    except ImgcheckError as error:
        failure = error
    except Exception as error:  # noqa: BLE001 - a bug: the process that asked tells it
        failure = Bug(clause(error))
    return Message(records=tuple(records), failure=failure, host=socket.gethostname())


def _run_watched(job: RunJob, chunk: Chunk) -> Iterator[Outcome]:
    """The work, in this process. A decoder that never ends holds every lock: only a thread of C ends it."""
    try:
        yield from process_items(
            job, chunk.items, lambda _: faulthandler.dump_traceback_later(_LONGEST, exit=True, file=2)
        )
    finally:
        faulthandler.cancel_dump_traceback_later()


def _open_job(ticket: bytes, relative: bool) -> RunJob:
    read = _read(ticket)
    sink = read.job.sink
    relative = relative or (isinstance(sink, Outputs) and not (is_remote(sink.folder) or os.path.isabs(sink.folder)))
    if relative and os.getcwd() != read.folder:
        _enter(read.folder)
    return read.job


@cache
def _read(ticket: bytes) -> Ticket:
    """Unpack a ticket once, and make this process fit for its work. Raises ImgcheckError where it cannot be."""
    _forkserver.one_thread_each()
    read: Ticket = pickle.loads(ticket)  # noqa: S301 - from the process that runs this task
    if (ours := libraries()) != read.libraries:
        other = [name for name in sorted(ours) if ours[name] != read.libraries.get(name)]
        said = ", ".join(f"{name} {ours[name]} instead of {read.libraries.get(name)}" for name in other)
        raise ImgcheckError(f"{socket.gethostname()} has {said}: its pixels may differ; install the same everywhere")
    prepare()
    gc_policy.enable_for_run()
    return read


def _is_relative(item: object) -> bool:
    path = getattr(item, "path", "")
    return not (is_remote(path) or os.path.isabs(path))


def _enter(folder: str) -> None:
    try:
        os.chdir(folder)
    except OSError as error:
        raise ImgcheckError(
            f"{socket.gethostname()} has no folder {for_terminal(folder)} ({error.strerror}), where relative names "
            "lead from: name inputs and outputs by absolute paths that all nodes see, or in a store"
        ) from None
