"""What a run keeps of its work, so that it can be cut short at any moment and go on: around the engine, on both sides.

Before it, candidates that the journal proves up to date take their place among the others as they are. Behind it, what
is done is noted in the journal, packed where that is asked for, and listed in the manifest.
"""

from __future__ import annotations

from collections.abc import Generator, Iterable, Iterator
from contextlib import closing, suppress
from dataclasses import dataclass, field, replace
from shutil import rmtree

from sm_imgcheck.core.errors import ImgcheckError
from sm_imgcheck.core.escape import for_terminal
from sm_imgcheck.core.frozen import frozen
from sm_imgcheck.core.types import Spec
from sm_imgcheck.features.requests.batch import one_by_one
from sm_imgcheck.io.stores import is_remote, join, store, strip_file_scheme
from sm_imgcheck.run.inputs.item import Item
from sm_imgcheck.run.inputs.listing import Shard
from sm_imgcheck.run.outputs import formats as packing
from sm_imgcheck.run.outputs.manifest import ManifestWriter, line_of
from sm_imgcheck.run.outputs.packs import PackOptions, PackWriter, PartStore
from sm_imgcheck.run.outputs.tensors import Outputs
from sm_imgcheck.run.resume.fingerprint import FOLDER, RunFingerprint, check_output_folder, libraries, write_fingerprint
from sm_imgcheck.run.resume.index import ResumeState
from sm_imgcheck.run.resume.journal import FolderLock, Journal
from sm_imgcheck.run.resume.select import resume_candidates
from sm_imgcheck.run.work import Outcome, RunJob, process_items

__all__ = ["RecorderOptions", "RunRecorder", "open_recorder"]


@dataclass(slots=True, kw_only=True)
class RunRecorder:
    """What is kept of one run."""

    job: RunJob
    """As it is worked on."""
    fingerprint: RunFingerprint
    shard: Shard
    sink: Outputs | None = None
    """Where the tensors go first."""
    journal: Journal | None = None
    known: ResumeState | None = None
    """What earlier runs have done; None: everything is done anew."""
    packs: PackWriter | None = None
    manifest: ManifestWriter | None = None
    lock: FolderLock | None = None
    """Held while the run lasts: no other writes there."""
    kept: int = 0
    """Candidates that were up to date."""

    def skip_finished(self, items: Iterable[Item]) -> Iterator[Item | Outcome]:
        """The candidates, those that are up to date as they were done."""
        if self.known is None or self.sink is None:
            return iter(items)
        return resume_candidates(items, self.known, self.sink, self.packs)

    def record(self, records: Generator[Outcome, None, None]) -> Generator[Outcome, None, None]:
        """The records; each is noted, and packed, before it is passed on. Raises OutputError."""
        noted = self._noted(records)
        with closing(self.packs.packed(noted) if self.packs is not None else noted) as placed:
            try:
                for done in placed:
                    if self.manifest is not None:
                        self.manifest.add(line_of(done, self.fingerprint, self.shard))
                    yield done
                self._finish()
            except BaseException:
                self._give_up()
                raise
            finally:
                self.let_go()

    def let_go(self) -> None:
        """Leave the place to other runs."""
        if self.lock is not None:
            self.lock.let_go()

    def _noted(self, records: Generator[Outcome, None, None]) -> Generator[Outcome, None, None]:
        with closing(records):
            for done in records:
                self.kept += done.kept
                if self.journal is not None and not done.kept:
                    self._remove_older(done)
                    self.journal.note(done)
                yield done

    def _finish(self) -> None:
        if self.manifest is not None:
            self.manifest.finish()
        if self.journal is not None:
            self.journal.finish()
        if self.sink is not None and self.sink.aside:
            rmtree(self.sink.aside, ignore_errors=True)

    def _give_up(self) -> None:
        """What is done need not be done again; what is begun is not left behind."""
        with suppress(ImgcheckError):
            if self.journal is not None:
                self.journal.flush()
        for lines in (self.manifest, self.packs.index if self.packs is not None else None):
            if lines is not None:
                lines.drop()

    def _remove_older(self, done: Outcome) -> None:
        """An output of an earlier run that is none of this one: of another form, or of what can't be converted now."""
        old = done.item.replaces
        if self.sink is not None and old and done.output != old and not done.refused and not done.result.bug:
            self.sink.remove(old)


@frozen
class RecorderOptions:
    """What is asked for, beside the work itself."""

    shard: Shard = field(default_factory=Shard)
    manifest: str = ""
    """A file; empty: none."""
    journaled: bool = False
    """Whether the output folder keeps a journal."""
    packing: PackOptions | None = None
    """How tensors are put together in files; None: a file for each."""
    resume: bool = False
    force: bool = False


def open_recorder(job: RunJob, wanted: RecorderOptions) -> RunRecorder | None:
    """What keeps a run; None where nothing is to be kept.

    Raises OutputError, StoreError where the output folder cannot be gone on with, ImgcheckError where the spec's
    tensors cannot be packed as wanted.
    """
    sink = job.sink if wanted.journaled and isinstance(job.sink, Outputs) and not job.sink.file else None
    if sink is None and not wanted.manifest:
        return None
    fingerprint = RunFingerprint(
        spec_name=job.spec.name,
        spec_sha256=job.spec.sha256,
        options=job.options,
        form=str(wanted.packing or "") or (sink.form if sink is not None else ""),
        packed=wanted.packing is not None,
        libraries=libraries(),
    )
    keep = RunRecorder(job=replace(job, recorded=True), fingerprint=fingerprint, shard=wanted.shard)
    try:
        if sink is not None:
            _journal(keep, sink, wanted)
        if wanted.manifest:
            keep.manifest = ManifestWriter(strip_file_scheme(wanted.manifest), force=wanted.resume or wanted.force)
    except BaseException:
        keep.let_go()
        raise
    return keep


def _journal(keep: RunRecorder, sink: Outputs, wanted: RecorderOptions) -> None:
    """Keep a journal too, and make packs where they are wanted."""
    spec = keep.job.spec if wanted.packing is None else _packable(keep.job.spec, wanted.packing)
    check_output_folder(sink.folder, keep.fingerprint, anew=wanted.resume or wanted.force)
    keep.lock, aside = _emptied(sink.folder, wanted.shard)
    keep.sink = sink = replace(sink, aside=aside)
    write_fingerprint(sink, keep.fingerprint)
    keep.journal = Journal(sink.folder, wanted.shard.name, keep.fingerprint)
    earlier = None
    if wanted.resume or (wanted.force and wanted.packing is not None):
        earlier = ResumeState(keep.fingerprint)
        earlier.read(sink.folder, wanted.shard)
    keep.known = earlier if wanted.resume else None
    keep.journal.start(resume=wanted.resume)
    if wanted.packing is not None:
        keep.packs = _packs(keep, sink, spec, earlier, wanted)
        keep.sink = keep.packs.parts
    keep.job = replace(keep.job, spec=spec, sink=keep.sink)


def _packable(spec: Spec, wanted: PackOptions) -> Spec:
    """The spec of each tensor before it is packed. Raises ImgcheckError."""
    kind = packing.load_format(wanted.kind)
    kind.check_spec(spec)
    batch = spec.contract.dim("N")
    if not kind.BATCH:
        return spec
    if batch is not None and not batch.allows(wanted.size):
        raise ImgcheckError(
            f"the spec's batch is {batch}, and --batch-size {wanted.size} makes another: N in its shape allows any"
        )
    return one_by_one(spec)


def _packs(
    keep: RunRecorder, sink: Outputs, spec: Spec, earlier: ResumeState | None, wanted: RecorderOptions
) -> PackWriter:
    assert wanted.packing is not None
    assert keep.journal is not None
    name = wanted.shard.name
    whole = wanted.shard.of == 1
    parts = PartStore(
        folder=join(sink.folder, FOLDER, "parts", name),
        form="part",
        force=True,
        aside=sink.aside,
        top=sink.folder,
        kind=wanted.packing.kind,
        spec=spec,
    )
    out = sink if whole else replace(sink, folder=join(sink.folder, name), top=sink.folder)
    out = replace(out, force=sink.force or wanted.resume)
    for folder in (out.folder, parts.folder):
        store(folder).make_folder(folder, sink.folder)
    job = replace(keep.job, spec=spec, sink=parts)

    def make(item: Item) -> Outcome:
        return next(process_items(job, (item,)))

    return PackWriter(
        packing=wanted.packing,
        out=out,
        prefix="" if whole else f"{name}/",
        parts=parts,
        batch=keep.job.spec.contract.dim("N"),
        journal=keep.journal,
        earlier=earlier,
        resume=wanted.resume,
        make=make,
        index=ManifestWriter(join(out.folder, "index.jsonl"), force=out.force),
    )


def _emptied(out: str, shard: Shard) -> tuple[FolderLock, str]:
    """The folder for the unfinished files of a shard, without those of a process that was killed; none in a store.

    It is locked: the files of a process that lives are not removed. Raises OutputError where there is one.
    """
    if is_remote(out):
        return FolderLock("", ""), ""
    folder = join(out, FOLDER, "tmp", shard.name)
    store(out).make_folder(folder, out)
    shown = for_terminal(out)
    lock = FolderLock(folder, f"another run writes into {shown}: let it end, or name another folder")
    for name, _ in list(store(out).below(folder)):
        store(out).remove(join(folder, name))
    return lock, folder
