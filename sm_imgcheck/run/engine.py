"""Run a job over a listing: choose the executor, reject outputs that collide, keep the journal."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Iterator
from itertools import count, islice
from typing import TYPE_CHECKING, Protocol, cast

from sm_imgcheck.core import plugins
from sm_imgcheck.core.errors import ImgcheckError
from sm_imgcheck.run import executors
from sm_imgcheck.run.inputs.item import Item
from sm_imgcheck.run.work import Chunk, Outcome, RunJob

__all__ = ["run", "split_chunks"]

if TYPE_CHECKING:
    from sm_imgcheck.run.resume.recorder import RunRecorder


_CHUNK = 32
"""Candidates in a chunk. The first ones are smaller: work begins with the first file, and all workers have some."""


class _ExecutorModule(Protocol):
    def run_chunks(self, job: RunJob, chunks: Iterable[Chunk], jobs: int) -> Generator[Outcome, None, None]: ...


def run(
    items: Iterable[Item], job: RunJob, *, jobs: int = 1, engine: str = "", keep: RunRecorder | None = None
) -> Generator[Outcome, None, None]:
    """Yield the outcome of each candidate, in the order of the listing, for any engine.

    engine: its name; empty: worker processes, or this one where one is enough. keep: journal and packs of the run.
    Raises ImgcheckError where the complete job is impossible: a list that cannot be read, a disk that is full. Close it
    if it is not exhausted.
    """
    module = cast("_ExecutorModule", plugins.load(executors, engine or ("pool" if jobs > 1 else "here")))
    if job.sink is not None:
        from sm_imgcheck.run.outputs.collisions import claim_outputs

        items = claim_outputs(items, job.sink)
    if keep is None:
        return module.run_chunks(job, split_chunks(items), jobs)
    return keep.record(module.run_chunks(job, split_chunks(keep.skip_finished(items)), jobs))


def split_chunks(items: Iterable[Item | Outcome]) -> Iterator[Chunk]:
    """Cut the listing: 1, 2, 4 ... candidates, then as many as a chunk has."""
    left = iter(items)
    for number in count():
        group: list[Item | Outcome] = []
        try:
            for item in islice(left, min(_CHUNK, 1 << number)):
                group.append(item)  # noqa: PERF402 - one by one: what came before an error is kept
        except ImgcheckError:
            yield Chunk(number=number, items=tuple(group))
            raise
        if not group:
            return
        yield Chunk(number=number, items=tuple(group))
