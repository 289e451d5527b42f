"""The nodes of a Ray cluster: RAY_ADDRESS names it, else one is started on this machine for the time of the run.

Names of candidates go out and small records come back; tensors are written from where they are made, so outputs must
be on a place that all nodes see, and pixels never pass through Ray's object store. A chunk whose node or worker dies is
done again elsewhere, this time by a process of a pool there: if it was the decoder, that one image is told apart.
"""

from __future__ import annotations

import os
import pickle
from collections import deque
from collections.abc import Generator, Iterable, Iterator
from dataclasses import dataclass, replace
from math import ceil
from multiprocessing.connection import wait
from time import monotonic, sleep
from typing import Any

from sm_imgcheck.core.errors import ImgcheckError
from sm_imgcheck.core.escape import for_terminal
from sm_imgcheck.io.stores import file_of, is_remote
from sm_imgcheck.pipeline.read import MAX_FILE_BYTES
from sm_imgcheck.run.cpus import usable
from sm_imgcheck.run.executors import _ray_cluster, _ray_task
from sm_imgcheck.run.executors._feed import Feed
from sm_imgcheck.run.inputs.item import Item
from sm_imgcheck.run.outputs.tensors import Outputs
from sm_imgcheck.run.resume.fingerprint import libraries
from sm_imgcheck.run.work import Chunk, Done, Job, lost, work

__all__ = ["done"]

_QUEUED = 2
"""Tasks for each processor of the cluster: while one is in work, the next waits for it."""
_MOST = 1024
"""Tasks in flight, however large the cluster is."""
_AHEAD = 64
"""Chunks that may be begun, beside those in flight, before the oldest unfinished one is."""
_TICK = 0.1
"""Seconds between two looks at a slow listing, while tasks are in flight."""
_GLANCE = 5.0
"""Seconds between two looks at how many processors the cluster has: nodes come and go."""
_DEATHS = 5
"""Of worker processes, at one candidate that is alone in its task: then it is the cause."""
_SHOWING = 5.0
"""Seconds for an output to be seen here: network file systems remember for some that a name was not there (nfs(5))."""


def done(job: Job, chunks: Iterable[Chunk], jobs: int) -> Generator[Done, None, None]:
    """Yield what was done, in the order of the chunks, as soon as all before it is done.

    jobs: tasks in flight; 0: as many as the cluster has use for. Raises ImgcheckError where the job as a whole cannot
    be done; what comes before it in the listing is yielded first.
    """
    with _ray_cluster.connected(jobs or usable()) as (ray, heed):
        cluster = _Cluster(ray, job, jobs, Feed(chunks))
        try:
            while cluster.busy():
                cluster.fill()
                yield from cluster.ready()
                cluster.listen()
                heed()
        except ConnectionError as problem:
            said = _ray_cluster.reason(problem)
            raise ImgcheckError(f"the Ray cluster is out of reach ({said}): start again when it is back") from None
        finally:
            cluster.feed.close()


@dataclass(slots=True, eq=False)
class _Row:
    """A chunk in the order of the listing."""

    chunk: Chunk
    records: dict[int, Done]
    """By place in the chunk: what is done, and was not yet yielded."""
    shown: int = 0
    """Places that were yielded."""
    failure: Exception | None = None
    """What ends the run when all before it has been yielded."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Task:
    """What is asked of the cluster at a time: a chunk, or what is left of it."""

    row: _Row
    places: tuple[int, ...]
    deaths: int = 0
    """Of the processes that worked on it."""


class _Cluster:
    def __init__(self, ray: Any, job: Job, jobs: int, feed: Feed) -> None:
        self.ray, self.job, self.jobs, self.feed = ray, job, jobs, feed
        ticket = _ray_task.Ticket(job=job, folder=os.getcwd(), libraries=libraries())
        self.ticket = pickle.dumps(ticket, pickle.HIGHEST_PROTOCOL)
        # Whoever died is looked after here: Ray would try again without looking at the cause.
        self.do = ray.remote(num_cpus=1, max_retries=0)(_ray_task.do)
        self.rows: deque[_Row] = deque()
        """In the order of the listing."""
        self.flying: dict[Any, _Task] = {}
        """By Ray's reference; letting go of one frees what it holds."""
        self.again: deque[_Task] = deque()
        self.trusted: set[str] = set()
        """Machines whose outputs are seen here."""
        self.heard = False
        self.room, self.glanced = 0, -_GLANCE

    def busy(self) -> bool:
        """Whether anything is still to come."""
        return bool(self.rows) or not self.feed.ended

    def fill(self) -> None:
        """Submit tasks as far as there is room."""
        while len(self.flying) < self._limit() and (task := self._next()) is not None:
            items = tuple(task.row.chunk.items[place] for place in task.places)
            chunk = Chunk(number=task.row.chunk.number, items=items)
            self.flying[self.do.remote(self.ticket, chunk, task.deaths > 0)] = task

    def _limit(self) -> int:
        if not self.jobs and monotonic() - self.glanced > _GLANCE:
            processors = ceil(self.ray.cluster_resources().get("CPU", 0))
            self.room, self.glanced = max(_QUEUED, min(_QUEUED * processors, _MOST)), monotonic()
        return self.jobs or self.room

    def _next(self) -> _Task | None:
        if self.again:
            return self.again.popleft()
        while len(self.rows) < self._limit() + _AHEAD and (chunk := self._taken()) is not None:
            row = _Row(chunk, self._known(chunk))
            self.rows.append(row)
            if places := tuple(place for place in range(len(chunk.items)) if place not in row.records):
                return _Task(row=row, places=places)
        return None

    def _taken(self) -> Chunk | None:
        try:
            return self.feed.take()
        except Exception as error:  # noqa: BLE001 - raised when all before it in the listing has been yielded
            self.rows.append(_Row(Chunk(number=-1, items=()), {}, failure=error))
            return None

    def _known(self, chunk: Chunk) -> dict[int, Done]:
        """What is known already stays here; and standard input, which no other process has."""
        return {
            place: next(work(self.job, Chunk(number=chunk.number, items=(one,))))
            for place, one in enumerate(chunk.items)
            if isinstance(one, Done) or one.stdin
        }

    def ready(self) -> Iterator[Done]:
        """What can be yielded in order."""
        while self.rows:
            row = self.rows[0]
            while (record := row.records.pop(row.shown, None)) is not None:
                row.shown += 1
                yield record
            if row.failure is not None:
                raise row.failure
            if row.shown < len(row.chunk.items):
                return
            self.rows.popleft()

    def listen(self) -> None:
        """Wait until a task has ended, or the listing has gone on."""
        if not self.busy():
            return
        if not self.flying:
            if not self.rows and not self.feed.ended:
                wait([self.feed.bell])
            return
        listing = not self.feed.ended and len(self.flying) < self._limit()
        ended, _ = self.ray.wait(list(self.flying), timeout=_TICK if listing else _GLANCE)
        for reference in ended:
            self._end(self.flying.pop(reference), reference)

    def _end(self, task: _Task, reference: Any) -> None:
        errors = self.ray.exceptions
        try:
            message: _ray_task.Message = self.ray.get(reference)
        except (errors.RayTaskError, errors.RuntimeEnvSetupError, errors.TaskUnschedulableError) as problem:
            raise ImgcheckError(
                f"a node of the Ray cluster cannot do the work: {_ray_cluster.reason(problem)}; sm-imgcheck has to be "
                "installed on all nodes, in the same version"
            ) from None
        except errors.RayError as problem:
            self._mourn(replace(task, deaths=task.deaths + 1), type(problem).__name__)
            return
        self.heard = True
        for place, record in zip(task.places, message.records, strict=False):
            self._see(record, message.host)
            task.row.records[place] = record
        if message.failure is not None:
            task.row.failure = message.failure
            self.feed.close()

    def _mourn(self, task: _Task, cause: str) -> None:
        """A process died, or its node: another does the work, then each candidate for itself, then it is the cause."""
        if task.deaths == 1:
            self.again.append(task)
        elif len(task.places) > 1:
            self.again.extend(replace(task, places=(place,)) for place in task.places)
        elif task.deaths < _DEATHS:
            self.again.append(task)
        elif not self.heard:
            raise ImgcheckError(f"worker processes of the Ray cluster die as soon as they are started ({cause})")
        else:
            (place,) = task.places
            item = task.row.chunk.items[place]
            assert isinstance(item, Item)
            task.row.records[place] = lost(self.job, item, f"{cause}, {task.deaths} times")

    def _see(self, record: Done, host: str) -> None:
        """Raise ImgcheckError where a node does not see the files that are seen from here, or the other way round."""
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
