"""What runs in a worker process of Ray: a chunk comes in, small records of what was done go out."""

from __future__ import annotations

import faulthandler
import os
import pickle
import socket
from collections.abc import Iterator
from functools import cache

from sm_imgcheck.core import gc_policy
from sm_imgcheck.core.errors import Bug, ImgcheckError
from sm_imgcheck.core.escape import for_terminal
from sm_imgcheck.core.frozen import frozen
from sm_imgcheck.io.stores import is_remote
from sm_imgcheck.pipeline.guard import clause
from sm_imgcheck.run.executors import _forkserver, pool
from sm_imgcheck.run.outputs.tensors import Outputs
from sm_imgcheck.run.resume.fingerprint import libraries
from sm_imgcheck.run.work import Chunk, Outcome, RunJob, prepare, process_items

__all__ = ["Message", "Ticket", "do"]

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
