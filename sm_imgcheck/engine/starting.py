"""How a run that keeps its work is started: what is asked for, and whether the output folder allows it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from sm_imgcheck import packing
from sm_imgcheck.engine.items import Item
from sm_imgcheck.engine.job import Chunk, Done, Job, work
from sm_imgcheck.engine.journal import Journal
from sm_imgcheck.engine.keeping import Keeping
from sm_imgcheck.engine.known import Known
from sm_imgcheck.engine.libraries import libraries
from sm_imgcheck.engine.lock import Lock
from sm_imgcheck.engine.manifest import Lines
from sm_imgcheck.engine.origin import FOLDER, Origin, check, note
from sm_imgcheck.engine.outputs import Outputs
from sm_imgcheck.engine.packs import Packing, Packs, Parts
from sm_imgcheck.engine.shard import Shard
from sm_imgcheck.errors import ImgcheckError
from sm_imgcheck.escape import for_terminal
from sm_imgcheck.model import Spec
from sm_imgcheck.request.joining import one_by_one
from sm_imgcheck.stores import is_remote, join, plain, store

__all__ = ["Wanted", "keeping"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What is asked for, beside the work itself."""

    shard: Shard = field(default_factory=Shard)
    manifest: str = ""
    """A file; empty: none."""
    journaled: bool = False
    """Whether the output folder keeps a journal."""
    packing: Packing | None = None
    """How tensors are put together in files; None: a file for each."""
    resume: bool = False
    force: bool = False


def keeping(job: Job, wanted: Wanted) -> Keeping | None:
    """What keeps a run; None where nothing is to be kept.

    Raises OutputError, StoreError where the output folder cannot be gone on with, ImgcheckError where the spec's
    tensors cannot be packed as wanted.
    """
    sink = job.sink if wanted.journaled and isinstance(job.sink, Outputs) and not job.sink.file else None
    if sink is None and not wanted.manifest:
        return None
    origin = Origin(
        spec_name=job.spec.name,
        spec_sha256=job.spec.sha256,
        options=job.options,
        form=str(wanted.packing or "") or (sink.form if sink is not None else ""),
        packed=wanted.packing is not None,
        libraries=libraries(),
    )
    keep = Keeping(job=replace(job, recorded=True), origin=origin, shard=wanted.shard)
    try:
        if sink is not None:
            _journal(keep, sink, wanted)
        if wanted.manifest:
            keep.manifest = Lines(plain(wanted.manifest), force=wanted.resume or wanted.force)
    except BaseException:
        keep.let_go()
        raise
    return keep


def _journal(keep: Keeping, sink: Outputs, wanted: Wanted) -> None:
    """Keep a journal too, and make packs where they are wanted."""
    spec = keep.job.spec if wanted.packing is None else _packable(keep.job.spec, wanted.packing)
    check(sink.folder, keep.origin, anew=wanted.resume or wanted.force)
    keep.lock, aside = _emptied(sink.folder, wanted.shard)
    keep.sink = sink = replace(sink, aside=aside)
    note(sink, keep.origin)
    keep.journal = Journal(sink.folder, wanted.shard.name, keep.origin)
    earlier = None
    if wanted.resume or (wanted.force and wanted.packing is not None):
        earlier = Known(keep.origin)
        earlier.read(sink.folder, wanted.shard)
    keep.known = earlier if wanted.resume else None
    keep.journal.start(resume=wanted.resume)
    if wanted.packing is not None:
        keep.packs = _packs(keep, sink, spec, earlier, wanted)
        keep.sink = keep.packs.parts
    keep.job = replace(keep.job, spec=spec, sink=keep.sink)


def _packable(spec: Spec, wanted: Packing) -> Spec:
    """The spec of each tensor before it is packed. Raises ImgcheckError."""
    kind = packing.load(wanted.kind)
    kind.check(spec)
    batch = spec.contract.dim("N")
    if not kind.BATCH:
        return spec
    if batch is not None and not batch.allows(wanted.size):
        raise ImgcheckError(
            f"the spec's batch is {batch}, and --batch-size {wanted.size} makes another: N in its shape allows any"
        )
    return one_by_one(spec)


def _packs(keep: Keeping, sink: Outputs, spec: Spec, earlier: Known | None, wanted: Wanted) -> Packs:
    assert wanted.packing is not None
    assert keep.journal is not None
    name = wanted.shard.name
    whole = wanted.shard.of == 1
    parts = Parts(
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

    def make(item: Item) -> Done:
        return next(work(job, Chunk(number=0, items=(item,))))

    return Packs(
        packing=wanted.packing,
        out=out,
        prefix="" if whole else f"{name}/",
        parts=parts,
        batch=keep.job.spec.contract.dim("N"),
        journal=keep.journal,
        earlier=earlier,
        resume=wanted.resume,
        make=make,
        index=Lines(join(out.folder, "index.jsonl"), force=out.force),
    )


def _emptied(out: str, shard: Shard) -> tuple[Lock, str]:
    """The folder for the unfinished files of a shard, without those of a process that was killed; none in a store.

    It is locked: the files of a process that lives are not removed. Raises OutputError where there is one.
    """
    if is_remote(out):
        return Lock("", ""), ""
    folder = join(out, FOLDER, "tmp", shard.name)
    store(out).make_folder(folder, out)
    shown = for_terminal(out)
    lock = Lock(folder, f"another run writes into {shown}: let it end, or name another folder")
    for name, _ in list(store(out).below(folder)):
        store(out).remove(join(folder, name))
    return lock, folder
