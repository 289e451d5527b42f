"""The ordered window: chunks finish in any order in an executor, results are yielded in the order of the listing.

Both executors submit, receive and retry the same ``Task``; only their connection to a worker differs.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Generator, Iterable, Iterator
from dataclasses import field
from typing import Protocol

from sm_imgcheck.core.frozen import mutable
from sm_imgcheck.run.executors._feed import ChunkFeed
from sm_imgcheck.run.inputs.item import Item
from sm_imgcheck.run.work import Chunk, Outcome, RunJob, process_items, report_crash

__all__ = ["AHEAD", "Executor", "Task", "TaskWindow"]

AHEAD = 64
"""Chunks submitted before the oldest unfinished one ends: about a thousand records, however slow one image is."""


class Executor(Protocol):
    """Where tasks run."""

    def submit_tasks(self) -> None:
        """Submit tasks from ``Window.next_task`` while there is room for them."""
        ...

    def wait_for_results(self) -> None:
        """Wait until a task returns results or fails, or the listing continues."""
        ...


@mutable
class _ChunkSlot:
    """A chunk in the order of the listing."""

    chunk: Chunk
    records: dict[int, Outcome] = field(default_factory=dict)
    """Results by index in the chunk, until they are yielded."""
    yielded: int = 0
    """Number of results that were yielded."""
    failure: Exception | None = None
    """Error that ends the run once all results before it are yielded."""


@mutable
class Task:
    """A unit of submission: a chunk, or the part of it that has no result yet."""

    slot: _ChunkSlot
    indices: tuple[int, ...]
    """Indices in the chunk that were submitted."""
    received: int = 0
    """Number of indices with a result; results arrive in the order of the indices."""
    crashes: int = 0
    """Number of processes that crashed while they ran it."""

    @property
    def chunk(self) -> Chunk:
        """The candidates to submit."""
        return Chunk(number=self.slot.chunk.number, items=tuple(self.slot.chunk.items[index] for index in self.indices))

    @property
    def remaining(self) -> tuple[int, ...]:
        """Places without a result."""
        return self.indices[self.received :]

    def receive(self, records: Iterable[Outcome]) -> None:
        """Take the next results."""
        for record in records:
            self.slot.records[self.indices[self.received]] = record
            self.received += 1


class TaskWindow:
    """The chunks between the first one without all its results and the last one that was read from the listing."""

    def __init__(self, job: RunJob, chunks: Iterable[Chunk]) -> None:
        self.feed = ChunkFeed(chunks)
        self._job = job
        self._slots: deque[_ChunkSlot] = deque()
        self._retries: deque[Task] = deque()

    def results(self, executor: Executor) -> Generator[Outcome, None, None]:
        """Yield results in the order of the listing. Raises the exception of listing or task at its position."""
        try:
            while self._is_open():
                executor.submit_tasks()
                yield from self._in_order()
                if self._is_open():
                    executor.wait_for_results()
        finally:
            self.feed.close()

    def has_room(self, limit: int) -> bool:
        """Return whether another chunk may be read from the listing; limit: of chunks without all their results."""
        return not self.feed.ended and len(self._slots) < limit

    def is_empty(self) -> bool:
        """Return whether all results of the chunks that were read are yielded."""
        return not self._slots

    def next_task(self, limit: int) -> Task | None:
        """Return a task to submit: one to retry, else the next chunk, where the limit allows and one is listed."""
        if self._retries:
            return self._retries.popleft()
        while self.has_room(limit) and (chunk := self._next_chunk()) is not None:
            slot = _ChunkSlot(chunk=chunk, records=self._local_results(chunk))
            self._slots.append(slot)
            if indices := tuple(index for index in range(len(chunk.items)) if index not in slot.records):
                return Task(slot=slot, indices=indices)
        return None

    def retry(self, task: Task, indices: tuple[int, ...]) -> None:
        """Submit a part of a task again, before any other chunk."""
        if indices:
            self._retries.append(Task(slot=task.slot, indices=indices, crashes=task.crashes))

    def mark_as_cause(self, task: Task, index: int, cause: str) -> None:
        """Record that one candidate crashed the worker process."""
        item = task.slot.chunk.items[index]
        assert isinstance(item, Item)
        task.slot.records[index] = report_crash(self._job, item, cause)

    def fail(self, task: Task, failure: Exception) -> None:
        """End the run with this error once all results before it are yielded."""
        task.slot.failure = failure
        self.feed.close()

    def _is_open(self) -> bool:
        return bool(self._slots) or not self.feed.ended

    def _next_chunk(self) -> Chunk | None:
        try:
            return self.feed.take()
        except Exception as error:  # noqa: BLE001 - raised once all results before it in the listing are yielded
            self._slots.append(_ChunkSlot(chunk=Chunk(number=-1, items=()), failure=error))
            return None

    def _local_results(self, chunk: Chunk) -> dict[int, Outcome]:
        """Results of an earlier run, and of standard input, which no other process can read."""
        return {
            index: next(process_items(self._job, (item,)))
            for index, item in enumerate(chunk.items)
            if isinstance(item, Outcome) or item.stdin
        }

    def _in_order(self) -> Iterator[Outcome]:
        while self._slots:
            slot = self._slots[0]
            while (record := slot.records.pop(slot.yielded, None)) is not None:
                slot.yielded += 1
                yield record
            if slot.failure is not None:
                raise slot.failure
            if slot.yielded < len(slot.chunk.items):
                return
            self._slots.popleft()
