"""This process, one candidate after the other."""

from __future__ import annotations

from collections.abc import Generator, Iterable

from sm_imgcheck.run.work import Chunk, Outcome, RunJob, prepare, process_items

__all__ = ["run_chunks"]


def run_chunks(job: RunJob, chunks: Iterable[Chunk], jobs: int = 1) -> Generator[Outcome, None, None]:  # noqa: ARG001 - as every engine
    """Yield what was done as it is done."""
    prepare()
    yield from process_items(job, (one for chunk in chunks for one in chunk.items))
