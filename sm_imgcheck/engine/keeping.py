"""What a run keeps of its work, so that it can be cut short at any moment and go on: around the engine, on both sides.

Before it, candidates that the journal proves up to date take their place among the others as they are. Behind it, what
is done is noted in the journal, packed where that is asked for, and listed in the manifest.
"""

from __future__ import annotations

from collections.abc import Generator, Iterable, Iterator
from contextlib import closing, suppress
from dataclasses import dataclass, replace
from hashlib import sha256
from shutil import rmtree

from sm_imgcheck.engine.job import Done, Job
from sm_imgcheck.engine.journal import Journal, Record
from sm_imgcheck.engine.known import Known
from sm_imgcheck.engine.libraries import libraries
from sm_imgcheck.engine.listing import Item
from sm_imgcheck.engine.manifest import Lines, line_of
from sm_imgcheck.engine.origin import FOLDER, Origin, claim
from sm_imgcheck.engine.outputs import Outputs
from sm_imgcheck.engine.shard import Shard
from sm_imgcheck.errors import ImgcheckError, StoreError
from sm_imgcheck.source import MAX_FILE_BYTES
from sm_imgcheck.stores import file_of, is_remote, join, store

__all__ = ["Keeping", "Wanted", "keeping"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What is asked for, beside the work itself."""

    shard: Shard = Shard()  # noqa: RUF009 - frozen
    manifest: str = ""
    """A file; empty: none."""
    journaled: bool = False
    """Whether the output folder keeps a journal."""
    resume: bool = False
    force: bool = False


def keeping(job: Job, wanted: Wanted) -> Keeping | None:
    """What keeps a run; None where nothing is to be kept. Raises OutputError, StoreError."""
    sink = job.sink if wanted.journaled and isinstance(job.sink, Outputs) and not job.sink.file else None
    if sink is None and not wanted.manifest:
        return None
    anew = wanted.resume or wanted.force
    origin = Origin(
        spec_name=job.spec.name,
        spec_sha256=job.spec.sha256,
        options=job.options,
        form=sink.form if sink is not None else "",
        libraries=libraries(),
    )
    keep = Keeping(origin=origin, shard=wanted.shard)
    if sink is not None:
        claim(sink.folder, origin, anew=anew)
        keep.sink = replace(sink, aside=_emptied(sink.folder, wanted.shard))
        keep.journal = Journal(sink.folder, wanted.shard.name, origin)
        if wanted.resume:
            keep.known = Known(origin)
            keep.known.read(sink.folder, wanted.shard)
        keep.journal.start(resume=wanted.resume)
    if wanted.manifest:
        aside = keep.sink.aside if keep.sink is not None else ""
        keep.manifest = Lines(wanted.manifest, aside=aside, force=anew)
    return keep


def _emptied(out: str, shard: Shard) -> str:
    """The folder for the unfinished files of a shard, without those of a process that was killed; none in a store."""
    if is_remote(out):
        return ""
    folder = join(out, FOLDER, "tmp", shard.name)
    store(out).make_folder(folder, out)
    for name, _ in list(store(out).below(folder)):
        store(out).remove(join(folder, name))
    return folder


@dataclass(slots=True, kw_only=True)
class Keeping:
    """What is kept of one run."""

    origin: Origin
    shard: Shard
    sink: Outputs | None = None
    journal: Journal | None = None
    known: Known | None = None
    """What earlier runs have done; None: everything is done anew."""
    manifest: Lines | None = None
    kept: int = 0
    """Candidates that were up to date."""

    def before(self, items: Iterable[Item | Done]) -> Iterator[Item | Done]:
        """The candidates, those that are up to date as they were done."""
        for item in items:
            yield item if isinstance(item, Done) or self.known is None else self._looked_up(item, self.known)

    def _looked_up(self, item: Item, known: Known) -> Item | Done:
        assert self.sink is not None
        output = self.sink.name(item)
        found = known.record(item.path)
        if found is not None:
            record, fresh = found
            if fresh and not item.refused and record.output in {"", output} and self._is_there(record):
                with suppress(ValueError):
                    if unchanged(item, record):
                        return record.done(item, self.sink.place(item))
            if record.output.startswith("/".join(item.output) + "."):
                return replace(item, replaces=record.output)
        return replace(item, replaces=output) if known.owns(output) else item

    def _is_there(self, record: Record) -> bool:
        """Whether its output is in its place, where there was one."""
        assert self.sink is not None
        if not record.output:
            return True
        with suppress(StoreError):
            state = store(self.sink.folder).stat(join(self.sink.folder, record.output))
            return state is not None and state.size == record.output_size
        return False

    def behind(self, records: Generator[Done, None, None]) -> Generator[Done, None, None]:
        """The records; each is noted before it is passed on. Raises OutputError."""
        with closing(records):
            try:
                for done in records:
                    self._note(done)
                    yield done
            except BaseException:
                with suppress(ImgcheckError):  # what is done need not be done again
                    if self.journal is not None:
                        self.journal.flush()
                raise
        if self.manifest is not None:
            self.manifest.finish()
        if self.journal is not None:
            self.journal.finish()
        if self.sink is not None and self.sink.aside:
            rmtree(self.sink.aside, ignore_errors=True)

    def _note(self, done: Done) -> None:
        self.kept += done.kept
        if self.journal is not None and not done.kept:
            self._remove_older(done)
            self.journal.note(done)
        if self.manifest is not None:
            self.manifest.add(line_of(done, self.origin, self.shard))

    def _remove_older(self, done: Done) -> None:
        """An output of an earlier run that is none of this one: of another form, or of what can't be converted now."""
        old = done.item.replaces
        if self.sink is not None and old and done.output != old and not done.refused and not done.result.bug:
            store(self.sink.folder).remove(join(self.sink.folder, old))


def unchanged(item: Item, record: Record) -> bool:
    """Whether the file is the one that the record is of: by its state, and where that differs by its content."""
    if item.problem or item.stdin:
        return False
    place = file_of(item.path)[0]
    kind = store(place)
    with suppress(StoreError):
        state = item.seen or kind.stat(place)
        if state is None or state.size != record.size:
            return False
        return state.tag == record.tag or sha256(kind.read(place, MAX_FILE_BYTES)).hexdigest() == record.sha256
    return False
