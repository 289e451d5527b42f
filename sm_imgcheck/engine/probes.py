"""A spec held against all its golden tensors, one after the other."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from sm_imgcheck import golden
from sm_imgcheck.engine.items import Item
from sm_imgcheck.engine.job import Done, Job, attempt
from sm_imgcheck.model import Result
from sm_imgcheck.stores import is_remote

__all__ = ["probed"]


def probed(job: Job) -> Iterator[Done]:
    """Yield what each golden tensor says of the spec, in the order of the spec."""
    for number, probe in enumerate(job.spec.golden):
        unread = is_remote(probe["tensor"]) and not job.allow_remote
        item = Item(path=probe["tensor"], output=(), problem="is a remote place" if unread else "")
        yield attempt(job, item, partial(_judged, job, number))


def _judged(job: Job, number: int, _: Item) -> Result:
    return golden.judge(job.spec, number, job.options, allow_remote=job.allow_remote)
