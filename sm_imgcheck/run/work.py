"""What a run does with each candidate: the one function that this process, a worker process and a cluster call.

A run is a lazy listing, cut into chunks; an executor (``executors/``) has each chunk processed somewhere, and
hands the small records of what was done back in the order of the listing. Arrays never travel: a tensor is
written to its place and let go.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Generator, Iterable
from functools import partial
from hashlib import sha256
from importlib import import_module
from itertools import tee
from time import perf_counter
from typing import TYPE_CHECKING, Any, Protocol, Self

from sm_imgcheck.core import gc_policy
from sm_imgcheck.core.errors import ImgcheckError, StoreError
from sm_imgcheck.core.frozen import frozen, replace_fields
from sm_imgcheck.core.types import Candidate, Options, Result, Spec
from sm_imgcheck.io.stores import LocationError, StoreObject, file_of, is_remote, local, store, strip_file_scheme
from sm_imgcheck.io.stores._connect import allow_redirects
from sm_imgcheck.io.stores.local import MAX_FILE_BYTES
from sm_imgcheck.io.stores.prefetch import ahead
from sm_imgcheck.pipeline.read import clause
from sm_imgcheck.rules.source_file import SRC101, SRC104, SRC107
from sm_imgcheck.run import malloc
from sm_imgcheck.run.inputs.item import Item
from sm_imgcheck.run.inputs.prefetch import Found, contents
from sm_imgcheck.run.outputs.tensors import OutputFile, OutputRefused, Outputs

if TYPE_CHECKING:
    import numpy as np

    from sm_imgcheck.pipeline.process import Trace
    from sm_imgcheck.pipeline.read import FileContent

__all__ = [
    "Chunk",
    "Outcome",
    "RunJob",
    "Sink",
    "prepare",
    "process_custom_item",
    "process_item",
    "process_items",
    "report_crash",
    "resolve_input",
]

_ROOM = 64 << 20
"""Bytes of tensors that are on their way to a store at a time."""
_UNKNOWN = Result(candidate=Candidate(path="", kind="unknown"))


class Sink(Protocol):
    """Where tensors go: ``outputs.Outputs``, ``outputs.Stream``."""

    def write(self, item: Item, array: np.ndarray) -> OutputFile:
        """Write one tensor and say where it is. Raises OutputRefused, or OutputError where none can be written."""
        ...


@frozen
class RunJob:
    """All that a worker must know: it travels once to each, so whatever is in it can be pickled."""

    spec: Spec
    options: Options
    sink: Sink | None = None
    """Where tensors are written; None: none are made. Anything but ``Stream`` works from any process."""
    recorded: bool = False
    """Note which bytes were read, for a journal or a manifest: costs one more look at each file."""
    allow_remote: bool = False
    """Open remote places that a spec names, and follow redirects to private addresses."""
    raise_bugs: bool = False
    """Let a bug at one candidate end the run with its traceback, instead of counting it and going on."""


@frozen
class Outcome:
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


@frozen
class Chunk:
    """Some tens of candidates that follow each other in the listing: what an engine hands out at a time."""

    number: int
    """Counted from 0 through the listing."""
    items: tuple[Item | Outcome, ...]
    """What is known already (from an earlier run) takes its place in the order and costs nothing."""


def prepare() -> None:
    """Make a process fit for much work; each executor calls it once in each of its processes."""
    malloc.keep_freed_blocks()
    import_module("sm_imgcheck.pipeline.process")
    gc_policy.freeze_imports()


def process_items(
    job: RunJob, items: Iterable[Item | Outcome], begin: Callable[[int], None] = lambda _: None
) -> Generator[Outcome, None, None]:
    """Process each candidate in turn; its tensor, where one is wanted, is in its place when its outcome is yielded.

    items: taken as they are needed. begin: called with the place of a candidate before it is decoded, which is not
    always the next to be yielded: objects in a store are fetched ahead, and tensors written behind, several at a time.

    The same bytes wherever it runs, and however often. A tensor that is refused and a bug at one candidate are in its
    outcome, and the work goes on. Raises OutputError where the place of all tensors is at fault, StoreError where a
    store is out of reach.
    """
    allow_redirects(private=job.allow_remote)
    items, fetched = tee(items)
    found = contents(item for item in fetched if isinstance(item, Item))
    outcomes = (
        item if isinstance(item, Outcome) else process_item(job, *next(found), partial(begin, place))
        for place, item in enumerate(items)
    )
    if isinstance(job.sink, Outputs) and is_remote(job.sink.folder):
        yield from ahead(partial(_write_output, job), outcomes, room=_ROOM, weigh=_tensor_bytes)
    else:
        yield from map(partial(_write_output, job), outcomes)


def process_item(
    job: RunJob, item: Item, content: Found | None = None, begin: Callable[[], None] = lambda: None
) -> Outcome:
    """Process one candidate; a tensor that is made is still in its result.

    content: what was fetched from a store. begin: called before anything is read.
    """
    from sm_imgcheck.pipeline.process import process  # 0.1 s at each start of a process that only hands out work

    begin()
    with _Attempt(job, item) as attempt:
        content = content or _fetch_local(item)
        state = _file_state(item, content, recorded=job.recorded)
        candidate = resolve_input(item, content)
        result = process(candidate, job.spec, job.options, trace=_trace(job.options)).with_path(item.path)
        result = _unsupported_as_warning(result) if item.unsupported else result
        attempt.outcome = Outcome(item=item, result=result, **state)
    return attempt.outcome


def _unsupported_as_warning(result: Result) -> Result:
    """Report an unsupported format as a warning: a folder of photographs may contain some."""
    findings = tuple(
        replace_fields(finding, severity="warning") if finding.code == SRC104.code else finding
        for finding in result.findings
    )
    return replace_fields(result, findings=findings)


def _trace(options: Options) -> Trace | None:
    """The search for how a tensor was made of its source image, where there is one."""
    if options.source is None:
        return None
    from sm_imgcheck.features.identify.source import trace_origins

    return trace_origins


def process_custom_item(job: RunJob, item: Item, judge: Callable[[Item], Result]) -> Outcome:
    """What becomes of a candidate that is judged in another way than ``process`` does by itself."""
    with _Attempt(job, item) as attempt:
        attempt.outcome = Outcome(item=item, result=judge(item).with_path(item.path), size=_file_size(item))
    return attempt.outcome


class _Attempt:
    """The time that work on one candidate takes; and a bug in it as its outcome: the other candidates go on."""

    def __init__(self, job: RunJob, item: Item, seconds: float = 0.0) -> None:
        self.outcome = Outcome(item=item, result=_UNKNOWN)
        self._raise_bugs, self._start = job.raise_bugs, perf_counter() - seconds

    def __enter__(self) -> Self:
        return self

    def __exit__(self, _: object, bug: BaseException | None, __: object) -> bool:
        expected = bug is None or isinstance(bug, ImgcheckError | BrokenPipeError) or not isinstance(bug, Exception)
        if bug is not None and (expected or self._raise_bugs):
            return False
        if bug is not None:
            item = self.outcome.item
            result = Result(candidate=Candidate(path=item.path, kind="unknown"), bug=clause(bug))
            self.outcome = Outcome(item=item, result=result, size=_file_size(item))
        self.outcome = replace_fields(self.outcome, seconds=perf_counter() - self._start)
        return True


def _fetch_local(item: Item) -> StoreObject | None:
    """A file on a disk, read once for its state, its digest and what is in it: all are of the same bytes.

    None for what is mapped rather than read, and for what cannot be read: whoever tries next says why.
    """
    if item.stdin or item.problem or "::" in item.path or item.path.endswith(".npy"):
        return None
    try:
        return local.fetch(strip_file_scheme(item.path), MAX_FILE_BYTES)
    except (LocationError, ValueError):
        return None


def _write_output(job: RunJob, done: Outcome) -> Outcome:
    """The same, the tensor written and let go."""
    if done.result.array is None:
        return done
    with _Attempt(job, done.item, done.seconds) as attempt:
        attempt.outcome = _write_tensor(job.sink, done)
    return attempt.outcome


def _write_tensor(sink: Sink | None, done: Outcome) -> Outcome:
    item, result, array = done.item, done.result, done.result.array
    if sink is None or array is None:
        return replace_fields(done, result=replace_fields(result, array=None))
    if item.refused:
        return replace_fields(done, result=replace_fields(result, array=None, skipped=item.refused), refused=True)
    try:
        written = sink.write(item, array)
    except OutputRefused as error:
        return replace_fields(done, result=replace_fields(result, array=None, skipped=str(error)), refused=True)
    result = replace_fields(result, array=None, emitted=written.place)
    return replace_fields(done, result=result, output=written.output, output_size=written.size)


def _tensor_bytes(done: Outcome) -> int:
    """What a record takes while its tensor is written, in bytes."""
    return 0 if done.result.array is None else int(done.result.array.nbytes)


def report_crash(job: RunJob, item: Item, cause: str) -> Outcome:
    """What is said of a candidate at which its worker process died: ``cause`` names the signal, or the time it took."""
    said = f"ended the process that read it: {cause}"
    if cause == "SIGKILL":
        said += " (by the system, for want of memory, unless somebody else did)"
    from sm_imgcheck.pipeline.process import process

    candidate = Candidate(path=item.path, kind="unknown", problem=SRC107.finding(said))
    return Outcome(item=item, result=process(candidate, job.spec, job.options), size=_file_size(item))


def _file_state(item: Item, content: Found | None, *, recorded: bool) -> dict[str, Any]:
    """What is known of the file before it is read: if it changes meanwhile, the next run sees that."""
    if isinstance(content, StoreObject):
        digest = sha256(content.body).hexdigest() if recorded else ""
        return {"size": len(content.body), "tag": content.tag if recorded else "", "sha256": digest}
    if item.stdin or item.problem or content is not None:
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


def _file_size(item: Item) -> int:
    if item.seen is not None:
        return item.seen.size
    size: int = _file_state(item, None, recorded=False)["size"]
    return size


def resolve_input(item: Item, content: Found | None = None) -> str | bytes | FileContent | Candidate:
    """What ``process`` takes for it: its path, its content, or why there is nothing to be taken."""
    if isinstance(content, StoreObject):
        from sm_imgcheck.pipeline.read import FileContent

        return FileContent(path=item.path, body=content.body)
    if problem := item.problem or str(content or ""):
        return Candidate(path=item.path, kind="unknown", problem=SRC101.finding(problem))
    return _stdin(item.path) if item.stdin else item.path


def _stdin(name: str) -> bytes | Candidate:
    """All of standard input, unless it is more than a file may hold."""
    body = sys.stdin.buffer.read(MAX_FILE_BYTES + 1)
    if len(body) <= MAX_FILE_BYTES:
        return body
    return Candidate(
        path=name, kind="unknown", problem=SRC101.finding(f"standard input: got more than {MAX_FILE_BYTES} bytes")
    )
