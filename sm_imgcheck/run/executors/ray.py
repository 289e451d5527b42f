"""The nodes of a Ray cluster: at RAY_ADDRESS, else an instance on this machine for the duration of the run.

Workers receive names of candidates and return small records; tensors are written by the workers, so outputs must be in
a location of all nodes, and pixels never pass through Ray's object store. A chunk whose node or worker crashes is
retried on another node, this time by a process of a pool there: if the decoder crashed, that one image is identified.
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
from sm_imgcheck.core.errors import ImgcheckError, InternalError
from sm_imgcheck.core.escape import for_terminal
from sm_imgcheck.core.frozen import frozen
from sm_imgcheck.io.stores import file_of, is_remote
from sm_imgcheck.pipeline.read import MAX_FILE_BYTES, clause
from sm_imgcheck.run.cpus import usable
from sm_imgcheck.run.executors import _ray_cluster, pool
from sm_imgcheck.run.executors._window import AHEAD, Task, TaskWindow
from sm_imgcheck.run.inputs.item import Item
from sm_imgcheck.run.outputs.tensors import Outputs
from sm_imgcheck.run.resume.fingerprint import libraries
from sm_imgcheck.run.threads import one_thread_each
from sm_imgcheck.run.work import Chunk, Outcome, RunJob, prepare, process_items

if TYPE_CHECKING:
    from sm_imgcheck.run.executors._ray_cluster import Ray, Reference

__all__ = ["RayTaskInput", "RayTaskResult", "do", "run_chunks"]

_QUEUE_LENGTH = 2
"""Tasks for each processor of the cluster: while one is in work, the next waits for it."""
_MOST = 1024
"""Tasks in flight, however large the cluster is."""
_TICK = 0.1
"""Seconds between two checks of a slow listing, while tasks are in flight."""
_LIMIT_AGE = 5.0
"""Seconds between two checks of the number of processors: nodes join and leave."""
_CRASHES = 5
"""Crashes of worker processes at a candidate that is alone in its task: then it is the cause."""
_SHOWING = 5.0
"""Seconds until an output must be visible here: network file systems cache for some time that a name does not exist
(nfs(5))."""


def run_chunks(job: RunJob, chunks: Iterable[Chunk], jobs: int) -> Generator[Outcome, None, None]:
    """Yield results in the order of the chunks, each as soon as all before it are available.

    jobs: tasks in flight; 0: as many as the cluster can use. Raises ImgcheckError when the complete job is impossible;
    the results before it in the listing come first.
    """
    with _ray_cluster.connect_ray(jobs or usable()) as (ray, check_signals):
        window = TaskWindow(job, chunks)
        try:
            yield from window.results(_Cluster(ray, job, jobs, window, check_signals))
            check_signals()
        except ConnectionError as problem:
            reason = _ray_cluster.reason(problem)
            raise ImgcheckError(f"the Ray cluster cannot be reached ({reason}): start again when it is back") from None
        finally:
            window.feed.close()


class _Cluster:
    def __init__(self, ray: Ray, job: RunJob, jobs: int, window: TaskWindow, check_signals: Callable[[], None]) -> None:
        self.ray, self.job, self.jobs, self.window, self.check_signals = ray, job, jobs, window, check_signals
        context = RayTaskInput(job=job, folder=os.getcwd(), libraries=libraries())
        self.context = pickle.dumps(context, pickle.HIGHEST_PROTOCOL)
        # Crashes are handled here: Ray would retry without analyzing the cause.
        self.do = ray.remote(num_cpus=1, max_retries=0)(do)
        self.in_flight: dict[Reference, Task] = {}
        """By Ray's reference; to drop a reference frees the memory that it holds."""
        self.checked_nodes: set[str] = set()
        """Machines whose outputs are visible here."""
        self.has_result = False
        self.limit, self.limit_time = 0, -_LIMIT_AGE

    def submit_tasks(self) -> None:
        """Submit tasks up to the limit of the cluster."""
        while (room := self._task_limit()) > len(self.in_flight) and (task := self.window.next_task(room + AHEAD)):
            self.in_flight[self.do.remote(self.context, task.chunk, task.crashes > 0)] = task

    def _task_limit(self) -> int:
        if not self.jobs and monotonic() - self.limit_time > _LIMIT_AGE:
            processors = ceil(self.ray.cluster_resources().get("CPU", 0))
            self.limit, self.limit_time = max(_QUEUE_LENGTH, min(_QUEUE_LENGTH * processors, _MOST)), monotonic()
        return self.jobs or self.limit

    def wait_for_results(self) -> None:
        """Wait until a task ends, or the listing continues."""
        if self.in_flight:
            listing = not self.window.feed.ended and len(self.in_flight) < self._task_limit()
            ready, _ = self.ray.wait(list(self.in_flight), timeout=_TICK if listing else _LIMIT_AGE)
            for reference in ready:
                self._receive(self.in_flight.pop(reference), reference)
        elif self.window.is_empty() and not self.window.feed.ended:
            wait([self.window.feed.bell])
        self.check_signals()

    def _receive(self, task: Task, reference: Reference) -> None:
        errors = self.ray.exceptions
        try:
            message = cast("RayTaskResult", self.ray.get(reference))
        except (errors.RayTaskError, errors.RuntimeEnvSetupError, errors.TaskUnschedulableError) as problem:
            raise ImgcheckError(
                f"a node of the Ray cluster cannot do the work: {_ray_cluster.reason(problem)}; sm-imgcheck has to be "
                "installed on all nodes, in the same version"
            ) from None
        except errors.RayError as problem:
            task.crashes += 1
            self._handle_crash(task, type(problem).__name__)
            return
        self.has_result = True
        for record in message.records:
            self._check_visibility(record, message.host)
        task.receive(message.records)
        if message.failure is not None:
            self.window.fail(task, message.failure)

    def _handle_crash(self, task: Task, cause: str) -> None:
        """Retry the task of a crashed process or node, then each candidate alone; then the candidate is the cause."""
        if len(task.indices) > 1 and task.crashes > 1:
            for place in task.indices:
                self.window.retry(task, (place,))
        elif task.crashes < _CRASHES:
            self.window.retry(task, task.indices)
        elif not self.has_result:
            raise ImgcheckError(f"worker processes of the Ray cluster crash at their start ({cause})")
        else:
            self.window.mark_as_cause(task, task.indices[0], f"{cause}, {task.crashes} times")

    def _check_visibility(self, record: Outcome, host: str) -> None:
        """Raise ImgcheckError when a node cannot see the files of this machine, or this machine those of the node."""
        output = record.result.emitted
        if output and isinstance(self.job.sink, Outputs) and not is_remote(output) and host not in self.checked_nodes:
            _wait_for(output, host)
            self.checked_nodes.add(host)
        if any(finding.code == "SRC101" for finding in record.result.findings) and _is_readable(record.item):
            raise ImgcheckError(
                f"{host} cannot read {for_terminal(record.item.path)}, which can be read here: use a location that "
                "all nodes can read (NFS, EFS, FSx, s3://)"
            )


def _wait_for(output: str, host: str) -> None:
    end = monotonic() + _SHOWING
    while not os.path.exists(output):
        if monotonic() > end:
            raise ImgcheckError(
                f"{host} wrote {for_terminal(output)}, which does not exist here: outputs need a location "
                "that all nodes can write (NFS, EFS, FSx, s3://)"
            )
        sleep(_TICK)


def _is_readable(item: Item) -> bool:
    file = file_of(item.path)[0]
    ordinary = not (item.problem or is_remote(file)) and os.path.isfile(file) and os.access(file, os.R_OK)
    return ordinary and os.path.getsize(file) <= MAX_FILE_BYTES


_LONGEST = 300.0
"""Seconds for one candidate, as in a pool: then the process exits, in any state."""


@frozen
class RayTaskInput:
    """The context of every task of a run: some kilobytes, sent with each."""

    job: RunJob
    folder: str
    """Base folder of relative names."""
    libraries: dict[str, str]
    """That make the pixels, by name with their versions: other ones may make other pixels."""


@frozen
class RayTaskResult:
    """The result of a task."""

    records: tuple[Outcome, ...]
    """In the order of the chunk."""
    failure: Exception | None
    """What keeps the rest of the chunk, and the whole run, from being done."""
    host: str
    """The machine that it ran on."""


def do(context: bytes, chunk: Chunk, careful: bool) -> RayTaskResult:
    """Process a chunk; its tensors are written when it returns.

    careful: a worker process crashed on this chunk before. Then a process of a pool does the work, so that the cause of
    the crash and its candidate are known.
    """
    records: list[Outcome] = []
    failure: Exception | None = None
    try:
        job = _open_job(context, any(map(_is_relative, chunk.items)))
        records.extend(pool.run_chunks(job, [chunk], 1) if careful else _run_watched(job, chunk))
    except ImgcheckError as error:
        failure = error
    except Exception as error:  # noqa: BLE001 - a bug: the process that asked tells it
        failure = InternalError(clause(error))
    return RayTaskResult(records=tuple(records), failure=failure, host=socket.gethostname())


def _run_watched(job: RunJob, chunk: Chunk) -> Iterator[Outcome]:
    """The work, in this process. A decoder that never ends holds every lock: only a thread of C ends it."""
    try:
        yield from process_items(
            job, chunk.items, lambda _: faulthandler.dump_traceback_later(_LONGEST, exit=True, file=2)
        )
    finally:
        faulthandler.cancel_dump_traceback_later()


def _open_job(context: bytes, relative: bool) -> RunJob:
    read = _read(context)
    sink = read.job.sink
    relative = relative or (isinstance(sink, Outputs) and not (is_remote(sink.folder) or os.path.isabs(sink.folder)))
    if relative and os.getcwd() != read.folder:
        _enter(read.folder)
    return read.job


@cache
def _read(context: bytes) -> RayTaskInput:
    """Unpack a context once, and prepare this process for its work. Raises ImgcheckError where that is impossible."""
    one_thread_each()
    read: RayTaskInput = pickle.loads(context)  # noqa: S301 - from the process that runs this task
    if (local := libraries()) != read.libraries:
        other = [name for name in sorted(local) if local[name] != read.libraries.get(name)]
        said = ", ".join(f"{name} {local[name]} instead of {read.libraries.get(name)}" for name in other)
        raise ImgcheckError(f"{socket.gethostname()} has {said}: its pixels may differ; install the same everywhere")
    prepare()
    gc_policy.freeze_imports()
    return read


def _is_relative(item: object) -> bool:
    path = getattr(item, "path", "")
    return not (is_remote(path) or os.path.isabs(path))


def _enter(folder: str) -> None:
    try:
        os.chdir(folder)
    except OSError as error:
        raise ImgcheckError(
            f"{socket.gethostname()} has no folder {for_terminal(folder)} ({error.strerror}), the base of "
            "relative names: use absolute paths that all nodes can read, or a store"
        ) from None
