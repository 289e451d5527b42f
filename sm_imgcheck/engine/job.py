"""What a run does with each candidate: the one function that this process, a worker process and a cluster call.

A run is a lazy listing, cut into chunks; an engine (``engines/``) has ``work`` done on each chunk somewhere, and hands
the small records of what was done back in the order of the listing. Arrays never travel: ``work`` writes a tensor to
its place and lets it go.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from hashlib import sha256
from time import perf_counter
from typing import TYPE_CHECKING, Any, Protocol

from sm_imgcheck.engine.listing import Item, file_of
from sm_imgcheck.engine.outputs import Refused, Written
from sm_imgcheck.errors import ImgcheckError, StoreError
from sm_imgcheck.escape import for_terminal
from sm_imgcheck.model import Candidate, Options, Result, Spec
from sm_imgcheck.processing import process
from sm_imgcheck.source import MAX_FILE_BYTES
from sm_imgcheck.stores import store

if TYPE_CHECKING:
    import numpy as np

__all__ = ["Chunk", "Done", "Job", "Sink", "clause", "handed", "look", "lost", "prepare", "work"]


class Sink(Protocol):
    """Where tensors go: ``outputs.Outputs``, ``outputs.Stream``."""

    def write(self, item: Item, array: np.ndarray[Any, Any]) -> Written:
        """Write one tensor and say where it is. Raises Refused, or OutputError where none can be written."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """All that a worker must know: it travels once to each, so whatever is in it can be pickled."""

    spec: Spec
    options: Options
    sink: Sink | None = None
    """Where tensors are written; None: none are made. Anything but ``Stream`` works from any process."""
    recorded: bool = False
    """Note which bytes were read, for a journal or a manifest: costs one more look at each file."""
    raise_bugs: bool = False
    """Let a bug at one candidate end the run with its traceback, instead of counting it and going on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """What became of one candidate: small, without its array."""

    item: Item
    result: Result
    """Without ``array``; ``emitted`` says where the tensor was written."""
    size: int = 0
    """Of the file that was read, in bytes; 0 where there is none."""
    tag: str = ""
    """Of that file as it was before it was read (``stores.Stat``); empty where that is not recorded."""
    sha256: str = ""
    """Of that file, in hexadecimal; empty where that is not recorded, or where it cannot be read."""
    output: str = ""
    """Where the tensor is, below the output folder, with ``/`` between names; empty: there is none."""
    output_size: int = 0
    """Of that file, in bytes."""
    row: int | None = None
    """Which one of that file it is, counted from 0, where one file holds several."""
    kept: bool = False
    """Done by an earlier run, and up to date."""
    seconds: float = 0.0
    """From its path to its tensor in place."""
    refused: bool = False
    """Its tensor was made, and cannot go where it was to; ``result.skipped`` says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Chunk:
    """Some tens of candidates that follow each other in the listing: what an engine hands out at a time."""

    number: int
    """Counted from 0 through the listing."""
    items: tuple[Item | Done, ...]
    """What is known already (from an earlier run) takes its place in the order and costs nothing."""


def prepare() -> None:
    """Make a process fit for much work; each engine calls it once in each of its processes.

    glibc gives the memory of one picture to the next instead of handing it back to the kernel each time. It learns
    from the largest block that it has seen freed, up to 32 MiB (mallopt(3), M_MMAP_THRESHOLD): without this one 400
    JPEGs cost 180,000 page faults, with it 8,000, which is a quarter of all time. Elsewhere it does nothing.
    """
    import numpy as np

    np.empty(31 << 20, np.uint8)  # never touched: it takes no memory


def work(job: Job, chunk: Chunk) -> Iterator[Done]:
    """Look at each candidate of a chunk in turn; its tensor, where one is wanted, is in its place when it is yielded.

    The same bytes wherever it runs, and however often. A tensor that is refused and a bug at one candidate are told in
    its result, and the work goes on. Raises OutputError where the place of all tensors is at fault.
    """
    for item in chunk.items:
        yield item if isinstance(item, Done) else _done(job, item)


def _done(job: Job, item: Item) -> Done:
    start = perf_counter()
    try:
        seen = _seen(item, recorded=job.recorded)
        result, refused, place = _handed_over(look(item, job.spec, job.options), item, job.sink)
    except (ImgcheckError, BrokenPipeError):
        raise
    except Exception as bug:
        if job.raise_bugs:
            raise
        # Whatever it is, the other candidates are none the worse for it.
        return Done(
            item=item,
            result=Result(path=item.path, kind="unknown", bug=clause(bug)),
            size=_size(item),
            seconds=perf_counter() - start,
        )
    return Done(item=item, result=result, seconds=perf_counter() - start, refused=refused, **seen, **place)


def lost(job: Job, item: Item, cause: str) -> Done:
    """What is said of a candidate at which its worker process died: ``cause`` names the signal, or the time it took."""
    said = f"ended the process that read it: {cause}"
    if cause == "SIGKILL":
        said += " (by the system, for want of memory, unless somebody else did)"
    candidate = Candidate(path=item.path, kind="unknown", problem=("SRC107", said))
    return Done(item=item, result=process(candidate, job.spec, job.options), size=_size(item))


def _handed_over(result: Result, item: Item, sink: Sink | None) -> tuple[Result, bool, dict[str, Any]]:
    """The result without its array, which is written; whether that was refused; where it is."""
    if sink is None or result.array is None:
        return replace(result, array=None), False, {}
    if item.refused:
        return replace(result, array=None, skipped=item.refused), True, {}
    try:
        written = sink.write(item, result.array)
    except Refused as error:
        return replace(result, array=None, skipped=str(error)), True, {}
    place = {"output": written.output, "output_size": written.size}
    return replace(result, array=None, emitted=written.place), False, place


def _seen(item: Item, *, recorded: bool) -> dict[str, Any]:
    """What is known of the file before it is read: if it changes meanwhile, the next run sees that."""
    if item.stdin or item.problem:
        return {"size": 0}
    file = file_of(item.path)[0]
    try:
        state = (kind := store(file)).stat(file)
        if state is None or not recorded:
            return {"size": state.size if state else 0}
        digest = sha256(kind.read(file, MAX_FILE_BYTES)).hexdigest()
    except (StoreError, ValueError):  # whoever reads it reports that
        return {"size": 0}
    return {"size": state.size, "tag": state.tag, "sha256": digest}


def _size(item: Item) -> int:
    size: int = _seen(item, recorded=False)["size"]
    return size


def clause(error: BaseException) -> str:
    """What went wrong in the tool and where, in one line."""
    last = error.__traceback__
    while last is not None and last.tb_next is not None:
        last = last.tb_next
    place = "" if last is None else f" ({os.path.basename(last.tb_frame.f_code.co_filename)}:{last.tb_lineno})"
    return for_terminal(f"{type(error).__name__}: {error}{place}")


def look(item: Item, spec: Spec, options: Options) -> Result:
    """Process one candidate, under the name by which it was listed."""
    return replace(process(handed(item), spec, options), path=item.path)


def handed(item: Item) -> str | bytes | Candidate:
    """What ``process`` takes for it: its path, what stands on standard input, or why there is nothing to be taken."""
    if item.problem:
        return Candidate(path=item.path, kind="unknown", problem=("SRC101", item.problem))
    return _stdin(item.path) if item.stdin else item.path


def _stdin(name: str) -> bytes | Candidate:
    """All of standard input, unless it is more than a file may hold."""
    body = sys.stdin.buffer.read(MAX_FILE_BYTES + 1)
    if len(body) <= MAX_FILE_BYTES:
        return body
    return Candidate(path=name, kind="unknown", problem=("SRC101", f"has more than {MAX_FILE_BYTES} bytes: not read"))
