"""The records of a run for its resumption after any interruption: around the engine, on both sides.

Before the engine, candidates that the journal proves up to date are yielded in order, unchanged. After it, results are
added to the journal, packed if requested, and listed in the manifest.
"""

from __future__ import annotations

from collections.abc import Generator, Iterable, Iterator
from contextlib import closing, suppress
from dataclasses import field, replace
from shutil import rmtree

from sm_imgcheck.core.errors import ImgcheckError
from sm_imgcheck.core.escape import for_terminal
from sm_imgcheck.core.frozen import frozen, mutable
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


@mutable
class RunRecorder:
    """What is kept of one run."""

    job: RunJob
    """As processed."""
    fingerprint: RunFingerprint
    shard: Shard
    sink: Outputs | None = None
    """The first location of the tensors."""
    journal: Journal | None = None
    known: ResumeState | None = None
    """Records of earlier runs; None: everything is processed again."""
    packs: PackWriter | None = None
    manifest: ManifestWriter | None = None
    lock: FolderLock | None = None
    """Held while the run lasts: no other writes there."""
    outputs: ResumeState | None = None
    """Outputs of earlier runs, where the output folder is an input folder too: they are not candidates."""
    kept: int = 0
    """Candidates that were up to date."""

    def skip_finished(self, items: Iterable[Item]) -> Iterator[Item | Outcome]:
        """Yield the candidates, with the records of those that are up to date."""
        if self.known is None or self.sink is None:
            return iter(items)
        return resume_candidates(items, self.known, self.sink, self.packs)

    def record(self, records: Generator[Outcome, None, None]) -> Generator[Outcome, None, None]:
        """The records; each is noted, and packed, before it is passed on. Raises OutputError."""
        outcomes = self._note(records)
        with closing(self.packs.pack_records(outcomes) if self.packs is not None else outcomes) as packed_outcomes:
            try:
                for outcome in packed_outcomes:
                    if self.manifest is not None:
                        self.manifest.add(line_of(outcome, self.fingerprint, self.shard))
                    yield outcome
                self._finish()
            except BaseException:
                self._release()
                raise
            finally:
                self.release()

    def release(self) -> None:
        """Release the folder for other runs."""
        if self.lock is not None:
            self.lock.release()

    def _note(self, records: Generator[Outcome, None, None]) -> Generator[Outcome, None, None]:
        with closing(records):
            for outcome in records:
                self.kept += outcome.kept
                if self.journal is not None and not outcome.kept:
                    self._remove_older(outcome)
                    self.journal.note(outcome)
                yield outcome

    def _finish(self) -> None:
        if self.manifest is not None:
            self.manifest.finish()
        if self.journal is not None:
            self.journal.finish()
        if self.sink is not None and self.sink.aside:
            rmtree(self.sink.aside, ignore_errors=True)

    def _release(self) -> None:
        """Make finished work permanent, and remove incomplete files."""
        with suppress(ImgcheckError):
            if self.journal is not None:
                self.journal.flush()
        for lines in (self.manifest, self.packs.index if self.packs is not None else None):
            if lines is not None:
                lines.drop()

    def _remove_older(self, outcome: Outcome) -> None:
        """Delete an output of an earlier run that this run does not have: of another form, or of a failed candidate."""
        old = outcome.item.replaces
        if self.sink is not None and old and outcome.output != old and not outcome.refused and not outcome.result.bug:
            self.sink.remove(old)


@frozen
class RecorderOptions:
    """Requested records, in addition to the results."""

    shard: Shard = field(default_factory=Shard)
    manifest: str = ""
    """A file; empty: none."""
    journaled: bool = False
    """Whether the output folder keeps a journal."""
    packing: PackOptions | None = None
    """How tensors are combined in files; None: a file for each."""
    resume: bool = False
    force: bool = False
    in_place: bool = False
    """Whether the output folder is an input folder too."""


def open_recorder(job: RunJob, options: RecorderOptions) -> RunRecorder | None:
    """Return the recorder of a run; None without a journal, packs and manifest.

    Raises OutputError, StoreError where the output folder cannot be resumed, ImgcheckError where the spec's tensors
    cannot be packed as requested.
    """
    sink = job.sink if options.journaled and isinstance(job.sink, Outputs) and not job.sink.file else None
    if sink is None and not options.manifest:
        return None
    fingerprint = RunFingerprint(
        spec_name=job.spec.name,
        spec_sha256=job.specs_sha256 or job.spec.sha256,
        options=job.options,
        form=str(options.packing or "") or (sink.form if sink is not None else ""),
        packed=options.packing is not None,
        libraries=libraries(),
    )
    keep = RunRecorder(job=replace(job, recorded=True), fingerprint=fingerprint, shard=options.shard)
    try:
        if sink is not None:
            _journal(keep, sink, options)
        if options.manifest:
            keep.manifest = ManifestWriter(strip_file_scheme(options.manifest), force=options.resume or options.force)
    except BaseException:
        keep.release()
        raise
    return keep


def _journal(keep: RunRecorder, sink: Outputs, options: RecorderOptions) -> None:
    """Keep a journal too, and build packs if requested."""
    if options.packing is not None and keep.job.specs:
        raise ImgcheckError("tensors of several specs cannot share a file: omit --batch-size, or pass one spec with -s")
    spec = keep.job.spec if options.packing is None else _packable(keep.job.spec, options.packing)
    check_output_folder(sink.folder, keep.fingerprint, replace_all=options.resume or options.force)
    keep.lock, aside = _empty_folder(sink.folder, options.shard)
    keep.sink = sink = replace(sink, aside=aside)
    write_fingerprint(sink, keep.fingerprint)
    keep.journal = Journal(sink.folder, options.shard.name, keep.fingerprint)
    earlier = None
    if options.resume or options.in_place or (options.force and options.packing is not None):
        earlier = ResumeState(keep.fingerprint)
        earlier.read(sink.folder, options.shard)
    keep.known = earlier if options.resume else None
    keep.outputs = earlier if options.in_place else None
    keep.journal.start(resume=options.resume)
    if options.packing is not None:
        keep.packs = _packs(keep, sink, spec, earlier if options.resume or options.force else None, options)
        keep.sink = keep.packs.parts
    keep.job = replace(keep.job, spec=spec, sink=keep.sink)


def _packable(spec: Spec, options: PackOptions) -> Spec:
    """The spec of each tensor before it is packed. Raises ImgcheckError."""
    kind = packing.load_format(options.kind)
    kind.check_spec(spec)
    batch = spec.contract.dim("N")
    if not kind.BATCH:
        return spec
    if batch is not None and not batch.allows(options.size):
        raise ImgcheckError(
            f"the spec's batch is {batch}, and --batch-size {options.size} makes another: N in its shape allows any"
        )
    return one_by_one(spec)


def _packs(
    keep: RunRecorder, sink: Outputs, spec: Spec, earlier: ResumeState | None, options: RecorderOptions
) -> PackWriter:
    assert options.packing is not None
    assert keep.journal is not None
    name = options.shard.name
    whole = options.shard.total == 1
    parts = PartStore(
        folder=join(sink.folder, FOLDER, "parts", name),
        form="part",
        force=True,
        aside=sink.aside,
        top=sink.folder,
        kind=options.packing.kind,
        spec=spec,
    )
    out = sink if whole else replace(sink, folder=join(sink.folder, name), top=sink.folder)
    out = replace(out, force=sink.force or options.resume)
    for folder in (out.folder, parts.folder):
        store(folder).make_folder(folder, sink.folder)
    job = replace(keep.job, spec=spec, sink=parts)

    def make(item: Item) -> Outcome:
        return next(process_items(job, (item,)))

    return PackWriter(
        packing=options.packing,
        out=out,
        prefix="" if whole else f"{name}/",
        parts=parts,
        batch=keep.job.spec.contract.dim("N"),
        journal=keep.journal,
        earlier=earlier,
        resume=options.resume,
        make=make,
        index=ManifestWriter(join(out.folder, "index.jsonl"), force=out.force),
    )


def _empty_folder(out: str, shard: Shard) -> tuple[FolderLock, str]:
    """Return the folder for incomplete files of a shard, without those of a process that was killed; none in a store.

    It is locked: files of a running process are not removed. Raises OutputError for a running one.
    """
    if is_remote(out):
        return FolderLock("", ""), ""
    folder = join(out, FOLDER, "tmp", shard.name)
    store(out).make_folder(folder, out)
    printable_name = for_terminal(out)
    lock = FolderLock(folder, f"another run writes into {printable_name}: let it end, or name another folder")
    for name, _ in list(store(out).below(folder)):
        store(out).remove(join(folder, name))
    return lock, folder
