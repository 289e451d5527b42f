"""A run: a listing cut into chunks, worked on by an engine, taken back in order. Memory stays bounded throughout."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import count, islice

from sm_imgcheck.engine.claims import Claims, clash
from sm_imgcheck.engine.engines import here
from sm_imgcheck.engine.job import Chunk, Done, Job
from sm_imgcheck.engine.listing import Item
from sm_imgcheck.engine.outputs import Outputs

__all__ = ["chunked", "run"]

_CHUNK = 32
"""Candidates in a chunk. The first ones are smaller: work begins with the first file, and all workers have some."""


def run(items: Iterable[Item | Done], job: Job) -> Iterator[Done]:
    """Yield what became of each candidate, in the order of the listing.

    Raises ImgcheckError where the job as a whole cannot be done: a list that cannot be read, a disk that is full.
    """
    return here.done(job, chunked(_claimed(items, job)))


def chunked(items: Iterable[Item | Done]) -> Iterator[Chunk]:
    """Cut the listing: 1, 2, 4 ... candidates, then as many as a chunk has."""
    left = iter(items)
    for number in count():
        some = tuple(islice(left, min(_CHUNK, 1 << number)))
        if not some:
            return
        yield Chunk(number=number, items=some)


def _claimed(items: Iterable[Item | Done], job: Job) -> Iterator[Item | Done]:
    """The same; of two that would be written to one place the second is refused it, whoever works on them."""
    if not isinstance(job.sink, Outputs):
        yield from items
        return
    claims = Claims()
    for one in items:
        item = one.item if isinstance(one, Done) else one
        refused = "" if item.problem else clash(claims, job.sink.place(item), item.path)
        yield replace(item, refused=refused) if refused else one
