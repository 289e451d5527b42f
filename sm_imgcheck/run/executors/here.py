"""Process candidate by candidate, in this process."""

from __future__ import annotations

from collections.abc import Generator, Iterable

from sm_imgcheck.run.work import Chunk, Outcome, RunJob, prepare, process_items

__all__ = ["run_chunks"]


def run_chunks(job: RunJob, chunks: Iterable[Chunk], jobs: int) -> Generator[Outcome, None, None]:  # noqa: ARG001
    """Return the outcomes one by one."""
    prepare()
    return process_items(job, (item for chunk in chunks for item in chunk.items))
