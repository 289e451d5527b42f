"""This process, one candidate after the other."""

from __future__ import annotations

from collections.abc import Generator, Iterable

from sm_imgcheck.run.work import Chunk, Done, Job, flow, prepare

__all__ = ["run_chunks"]


def run_chunks(job: Job, chunks: Iterable[Chunk], jobs: int = 1) -> Generator[Done, None, None]:  # noqa: ARG001 - as every engine
    """Yield what was done as it is done."""
    prepare()
    yield from flow(job, (one for chunk in chunks for one in chunk.items))
