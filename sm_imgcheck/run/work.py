"""The work on each candidate: the one function that this process, a worker process and a cluster call.

A run is a lazy listing, cut into chunks; an executor (``executors/``) has each chunk processed somewhere, and yields
small records of the results in the order of the listing. Arrays are never sent: a tensor is written to its output and
released.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Generator, Iterable
from functools import partial
from importlib import import_module
from itertools import tee
from time import perf_counter
from typing import TYPE_CHECKING, Any, Self

from sm_imgcheck.core.digests import sha256_of
from sm_imgcheck.core.errors import ImgcheckError, StoreError
from sm_imgcheck.core.frozen import frozen, replace_fields
from sm_imgcheck.core.types import Candidate, Options, Result, Spec
from sm_imgcheck.io.stores import (
    LocationError,
    OutputRefused,
    StoreObject,
    file_of,
    is_remote,
    local,
    store,
    strip_file_scheme,
)
from sm_imgcheck.io.stores._connect import allow_redirects
from sm_imgcheck.io.stores.local import MAX_FILE_BYTES
from sm_imgcheck.io.stores.prefetch import ahead
from sm_imgcheck.pipeline.read import clause
from sm_imgcheck.rules.source_file import SRC101, SRC107
from sm_imgcheck.run import malloc
from sm_imgcheck.run.inputs.item import Item
from sm_imgcheck.run.inputs.prefetch import Content, contents

if TYPE_CHECKING:
    from sm_imgcheck.features.pictures.thumbnails import Thumbnail
    from sm_imgcheck.pipeline.process import Trace
    from sm_imgcheck.pipeline.read import FileContent
    from sm_imgcheck.run.illustrate import Illustrator
    from sm_imgcheck.run.outputs.sink import Sink

__all__ = [
    "Chunk",
    "Outcome",
    "RunJob",
    "load_modules",
    "prepare",
    "process_custom_item",
    "process_item",
    "process_items",
    "report_crash",
    "resolve_input",
]

_MODULES = ("PIL.Image", "simplejpeg", *(f"sm_imgcheck.pipeline.{name}" for name in ("apply", "measure", "process")))
_ROOM = 64 << 20
"""Bytes of tensors that are written to a store at a time."""
_UNKNOWN = Result(candidate=Candidate(path="", kind="unknown"))


@frozen
class RunJob:
    """The input of a worker: sent once to each, so all values can be pickled."""

    spec: Spec
    options: Options
    specs: tuple[Spec, ...] = ()
    """The specs of a run with several, for ``Item.spec``; empty: ``spec`` is the only one."""
    specs_sha256: str = ""
    """Digest of several specs and of their selection."""
    sink: Sink | None = None
    """Output of tensors; None: none are produced. Every type except ``Stream`` works from any process."""
    recorded: bool = False
    """Record digest and state of each file, for a journal or a manifest: costs one more read of its state."""
    allow_remote: bool = False
    """Open remote locations that a spec names, and follow redirects to private addresses."""
    raise_bugs: bool = False
    """Let a bug at one candidate end the run with its traceback, instead of counting it and continuing."""
    illustrator: Illustrator | None = None
    """Draws representatives for a page."""
    sample_levels: bool = False
    """Sample the gray levels of images, for statistics."""

    def spec_of(self, item: Item) -> Spec:
        """Return the spec of a candidate."""
        return self.specs[item.spec] if self.specs else self.spec


@frozen
class Outcome:
    """What became of one candidate: small, without its array."""

    item: Item
    result: Result
    """Without ``array``; ``emitted`` is the name of the written tensor."""
    size: int = 0
    """Size of the file that was read, in bytes; 0 without one."""
    tag: str = ""
    """State of that file before it was read (``stores.Stat``); empty where that is not recorded."""
    sha256: str = ""
    """SHA-256 of that file, in hexadecimal; empty where that is not recorded, or where it cannot be read."""
    output: str = ""
    """Name of the tensor, below the output folder, with ``/`` between names; empty without one."""
    output_size: int = 0
    """Size of that file, in bytes."""
    output_time: str = ""
    """Time of its last change; empty where that is not recorded, as in a store."""
    row: int | None = None
    """Which one of that file it is, counted from 0, where one file holds several."""
    kept: bool = False
    """Done by an earlier run, and up to date."""
    seconds: float = 0.0
    """From its path to its tensor in place."""
    refused: bool = False
    """Its tensor was produced, and cannot be written; ``result.skipped`` is the reason."""
    thumbnails: tuple[Thumbnail, ...] = ()
    """Thumbnails of a representative."""
    levels: bytes = b""
    """A sample of the gray levels (``features.pictures.levels``); empty without ``RunJob.sample_levels``."""


@frozen
class Chunk:
    """About ten candidates in sequence in the listing: the unit that an engine distributes."""

    number: int
    """Counted from 0 through the listing."""
    items: tuple[Item | Outcome, ...]
    """Known outcomes (from an earlier run) are yielded in order and cost no work."""


def load_modules() -> None:
    """Import what most candidates need and commands import late. OpenCV is not among it: few specs need it."""
    for name in _MODULES:
        import_module(name)
    import_module("sm_imgcheck.rules").all_rules()


def prepare() -> None:
    """Make a process fit for much work; each executor calls it once in each of its processes."""
    malloc.keep_freed_blocks()
    import_module("sm_imgcheck.pipeline.process")


def process_items(
    job: RunJob, items: Iterable[Item | Outcome], begin: Callable[[int], None] = lambda _: None
) -> Generator[Outcome, None, None]:
    """Process each candidate in order; its tensor, where one is requested, is written when its outcome is yielded.

    items: read when needed. begin: called with the index of a candidate before it is decoded; another may be yielded
    next, as objects in a store are fetched ahead and tensors are written later, several at a time.

    The same bytes on every machine, and for every repetition. A tensor that is rejected and a bug at one candidate are
    in its outcome, and the work continues. Raises OutputError where no tensor can be written, StoreError where a store
    cannot be reached.
    """
    allow_redirects(private=job.allow_remote)
    items, to_fetch = tee(items)
    fetched_contents = contents(item for item in to_fetch if isinstance(item, Item))
    outcomes = (
        item if isinstance(item, Outcome) else process_item(job, *next(fetched_contents), partial(begin, place))
        for place, item in enumerate(items)
    )
    if job.sink is not None and is_remote(job.sink.folder):
        yield from ahead(partial(_write_output, job), outcomes, room=_ROOM, weigh=_tensor_bytes)
    else:
        yield from map(partial(_write_output, job), outcomes)


def process_item(
    job: RunJob, item: Item, content: Content | None = None, begin: Callable[[], None] = lambda: None
) -> Outcome:
    """Process one candidate; a tensor that is made is still in its result.

    content: what was fetched from a store. begin: called before anything is read.
    """
    # Imported late: 0.1 s at each start of a process that only distributes work.
    from sm_imgcheck.pipeline.process import evaluate_candidate, examine_candidate

    begin()
    with _Attempt(job, item) as attempt:
        content = content or _fetch_local(item)
        state = _file_state(item, content, record_state=job.recorded)
        spec = job.spec_of(item)
        candidate = examine_candidate(resolve_input(item, content), spec, job.options, _trace(job.options))
        result = evaluate_candidate(candidate, spec, job.options).with_path(item.path)
        attempt.outcome = Outcome(item=item, result=result, **state, **_illustrate(job, item, result, candidate))
    return attempt.outcome


def _illustrate(job: RunJob, item: Item, result: Result, candidate: Candidate) -> dict[str, Any]:
    """Fields of an outcome that need the arrays of its candidate."""
    fields: dict[str, Any] = {}
    if job.sample_levels:
        from sm_imgcheck.features.pictures.levels import sample_levels

        fields["levels"] = sample_levels(candidate)
    if job.illustrator is not None:
        fields["thumbnails"] = job.illustrator.draw(result, candidate, job.spec_of(item), job.options)
    return fields


def _trace(options: Options) -> Trace | None:
    """Return the search for the pipeline from a source image to its tensor, where there is a source."""
    if options.source is None:
        return None
    from sm_imgcheck.features.identify.source import trace_origins

    return trace_origins


def process_custom_item(job: RunJob, item: Item, check: Callable[[Item, Options], Result]) -> Outcome:
    """The outcome of a candidate that another function than ``process`` checks."""
    is_drawn = job.illustrator is not None
    with _Attempt(job, item) as attempt:
        options = replace_fields(job.options, keep_arrays=True) if is_drawn else job.options
        result = check(item, options).with_path(item.path)
        fields = _illustrate(job, item, result, result.candidate)
        if is_drawn and not job.options.keep_arrays:
            result = result.without_arrays()
        attempt.outcome = Outcome(item=item, result=result, size=_file_size(item), **fields)
    return attempt.outcome


class _Attempt:
    """Return the time for one candidate; and a bug in it as its outcome: the other candidates continue."""

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
    """Read a file on a disk once for its state, its digest and its content: all are of the same bytes.

    None for a file that is too large, and for one that cannot be read: its next reader maps it or reports the reason.
    """
    if item.stdin or item.problem or "::" in item.path:
        return None
    try:
        return local.fetch(strip_file_scheme(item.path), MAX_FILE_BYTES)
    except (LocationError, ValueError):
        return None


def _write_output(job: RunJob, outcome: Outcome) -> Outcome:
    """The same, after the tensor is written and released."""
    if outcome.result.array is None:
        return outcome
    with _Attempt(job, outcome.item, outcome.seconds) as attempt:
        attempt.outcome = _write_tensor(job, outcome)
    return attempt.outcome


def _write_tensor(job: RunJob, outcome: Outcome) -> Outcome:
    sink, item, result, array = job.sink, outcome.item, outcome.result, outcome.result.array
    if sink is None or array is None:
        return replace_fields(outcome, result=replace_fields(result, array=None))
    if item.refused:
        return replace_fields(outcome, result=replace_fields(result, array=None, skipped=item.refused), refused=True)
    try:
        output = sink.write(item, array)
    except OutputRefused as error:
        return replace_fields(outcome, result=replace_fields(result, array=None, skipped=str(error)), refused=True)
    result = replace_fields(result, array=None, emitted=output.place)
    time = output.modification_time if job.recorded else ""
    return replace_fields(outcome, result=result, output=output.output, output_size=output.size, output_time=time)


def _tensor_bytes(outcome: Outcome) -> int:
    """Size of a record while its tensor is written, in bytes."""
    return 0 if outcome.result.array is None else int(outcome.result.array.nbytes)


def report_crash(job: RunJob, item: Item, cause: str) -> Outcome:
    """Return the finding for a candidate that crashed its worker: ``cause`` is the signal, or the time limit."""
    said = f"ended the process that read it: {cause}"
    if cause == "SIGKILL":
        said += " (by the system, probably out of memory)"
    from sm_imgcheck.pipeline.process import process

    candidate = Candidate(path=item.path, kind="unknown", problem=SRC107.finding(said))
    return Outcome(item=item, result=process(candidate, job.spec_of(item), job.options), size=_file_size(item))


def _file_state(item: Item, content: Content | None, *, record_state: bool) -> dict[str, Any]:
    """Return the state of the file before it is read: if it changes meanwhile, the next run detects that."""
    if isinstance(content, StoreObject):
        digest = sha256_of(content.body) if record_state else ""
        return {"size": len(content.body), "tag": content.tag if record_state else "", "sha256": digest}
    if item.stdin or item.problem or content is not None:
        return {"size": 0}
    file = file_of(item.path)[0]
    try:
        state = (kind := store(file)).stat(file)
        if state is None or not record_state:
            return {"size": state.size if state else 0}
        digest = sha256_of(kind.read(file, MAX_FILE_BYTES))
    except (StoreError, ValueError):  # its reader reports that
        return {"size": 0}
    return {"size": state.size, "tag": state.tag, "sha256": digest}


def _file_size(item: Item) -> int:
    if item.state is not None:
        return item.state.size
    size: int = _file_state(item, None, record_state=False)["size"]
    return size


def resolve_input(item: Item, content: Content | None = None) -> str | bytes | FileContent | Candidate:
    """Return the input of ``process``: the path, the content, or the reason why the content is missing."""
    if isinstance(content, StoreObject):
        from sm_imgcheck.pipeline.read import FileContent

        return FileContent(path=item.path, body=content.body, unsupported_suffix=item.unsupported)
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
