"""Files for many candidates: parts are written by the workers, and packed here in listing order.

A pack is begun when all of its parts are written and added to the journal when it is complete; then its parts are
deleted. At any moment of an interruption, each tensor is in a part or in a pack, or its candidate is processed again.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable
from contextlib import closing
from dataclasses import field, replace
from hashlib import sha256
from json import dumps
from shutil import rmtree
from typing import TYPE_CHECKING, TypeVar

from sm_imgcheck.core.errors import OutputError
from sm_imgcheck.core.escape import for_terminal
from sm_imgcheck.core.frozen import frozen, mutable
from sm_imgcheck.core.types import Dim, Spec
from sm_imgcheck.features.requests.snippets import manifest
from sm_imgcheck.io.stores import LocationError, is_remote, join, store
from sm_imgcheck.io.stores.prefetch import ahead
from sm_imgcheck.report._records import name_of
from sm_imgcheck.run.inputs.item import Item
from sm_imgcheck.run.outputs import formats as packing
from sm_imgcheck.run.outputs.formats import PackFormat, Sample
from sm_imgcheck.run.outputs.manifest import ManifestWriter
from sm_imgcheck.run.outputs.tensors import OutputFile, OutputRefused, Outputs
from sm_imgcheck.run.resume.index import ResumeState
from sm_imgcheck.run.resume.journal import Journal, PackRecord
from sm_imgcheck.run.work import Outcome

if TYPE_CHECKING:
    import numpy as np

__all__ = ["PackOptions", "PackWriter", "PartStore", "digest_of"]

R = TypeVar("R")
_LARGEST = 2 << 30
"""Largest part, in bytes."""
_MOST_ZEROS = 1 << 30
"""Bytes of padding that a batch may hold if it holds more padding than tensors."""
_ROOM = 64 << 20
"""Parts that are read ahead, in bytes."""


@frozen
class PackOptions:
    """How many tensors are in one file, and what becomes of the last, smaller number."""

    kind: str
    size: int
    remainder: str = "short"
    """Last batch: ``short``, ``pad`` with zeros, or ``refuse``."""

    def __str__(self) -> str:
        return f"{self.kind} --batch-size {self.size}"


@mutable
class PartStore(Outputs):
    """Folder of tensors until their pack is full: below the output folder."""

    ONCE = True
    kind: str
    spec: Spec

    def write(self, item: Item, array: np.ndarray) -> OutputFile:
        """Write one part. Raises OutputRefused, or OutputError where none can be written."""
        try:
            chunks = packing.load_format(self.kind).encode(array, self.spec)
        except ValueError as error:
            raise OutputRefused(f"{for_terminal(item.path)}: cannot be packed as {self.kind}: {error}") from error
        return self.put(item, chunks, self.form)

    def place(self, item: Item, suffix: str = "") -> str:  # noqa: ARG002 - as of all outputs
        """What two candidates must not share."""
        return f"the sample {'/'.join(item.output)}"


@mutable
class PackWriter:
    """The incomplete packs of one run."""

    packing: PackOptions
    out: Outputs
    """The folder of the packs: the output folder, or a shard's own below it."""
    prefix: str
    """Prefix of their names below the output folder, with a slash; empty: they are the same folder."""
    parts: PartStore
    batch: Dim | None
    """Batch size of the model; None: the spec has no batch dimension."""
    journal: Journal
    earlier: ResumeState | None
    """The packs of earlier runs; None: unknown."""
    resume: bool
    make: Callable[[Item], Outcome]
    """Processes a candidate again, after its part was deleted."""
    index: ManifestWriter
    full: list[Outcome] = field(default_factory=list)
    """The known members of the next pack."""
    number: int = 0
    astray: bool = False
    """The packs differ from those of the earlier run: later candidates have other positions."""

    def pack_records(self, records: Generator[Outcome, None, None]) -> Generator[Outcome, None, None]:
        """Yield the records with their positions in packs; a full pack is complete before its last record."""
        with closing(records):
            for outcome in records:
                yield self._add(outcome) if outcome.output else outcome
        self._finish()

    def _add(self, outcome: Outcome) -> Outcome:
        name, row = self.kind.name(self.number), len(self.full)
        names = name_of("path", outcome.item.path) | name_of("key", "/".join(outcome.item.output))
        self.index.add(dumps({"file": name, "batch": self.number, "row": row, **names}))
        self.full.append(outcome)
        if row + 1 == self.packing.size:
            self._close(row + 1)
        result = replace(outcome.result, emitted=join(self.out.folder, name))
        return replace(outcome, result=result, output=f"{self.prefix}{name}", row=row)

    @property
    def kind(self) -> PackFormat:
        """The module of the file format."""
        return packing.load_format(self.packing.kind)

    def holds(self, number: int, digest: str) -> bool:
        """Return whether an earlier run has built exactly this pack, and it exists."""
        earlier_pack = (
            self.earlier.pack(number) if self.earlier is not None and self.resume and not self.astray else None
        )
        if earlier_pack is None:
            return False
        pack, fresh = earlier_pack
        return (
            fresh
            and pack.digest == digest
            and self.out.holds(self.kind.name(number), pack.size, pack.modification_time)
        )

    def _close(self, rows: int) -> None:
        """Build one pack, unless it exists. Then delete its parts."""
        digest = digest_of(((outcome.item.path, outcome.sha256) for outcome in self.full), rows)
        if not self.holds(self.number, digest):
            for outcome in self.full:
                self._ensure_part(outcome)
            file = self._write(rows)
            record = PackRecord(
                number=self.number, size=file.size, modification_time=file.modification_time, digest=digest
            )
            self.journal.pack(record)
        for _ in self._each(self._remove, self.full):
            pass
        self.full.clear()
        self.number += 1

    def _ensure_part(self, outcome: Outcome) -> None:
        """Make sure that a part exists: where its pack is built again, it may have been deleted with the older one."""
        if outcome.kept and not self.parts.holds(outcome.output, outcome.output_size, outcome.output_time):
            self.astray = True
            self.make(outcome.item)

    def _write(self, rows: int) -> OutputFile:
        """Write a pack. Raises OutputError."""
        name = self.kind.name(self.number)
        try:
            return self.out.file_in_place(name, self.kind.pack(self._each(self._read, self.full), rows))
        except (ValueError, LocationError) as error:
            printable_name = for_terminal(name)
            raise OutputError(
                f"{printable_name} cannot be made: {error}: --resume makes what is missing again"
            ) from error

    def _each(self, function: Callable[[Outcome], R], records: list[Outcome]) -> Iterable[R]:
        """Yield the result of each function, in order; in a store, which is slow to respond, several at a time."""
        if not is_remote(self.parts.folder):
            return map(function, records)
        return ahead(function, records, room=_ROOM, weigh=lambda outcome: outcome.output_size)

    def _read(self, outcome: Outcome) -> tuple[Sample, bytes]:
        body = store(self.parts.folder).read(join(self.parts.folder, outcome.output), _LARGEST)
        sample = Sample(path=outcome.item.path, key="/".join(outcome.item.output), findings=outcome.result.findings)
        return sample, body

    def _remove(self, outcome: Outcome) -> None:
        self.parts.remove(outcome.output)

    def _finish(self) -> None:
        """Write the last pack and the index, when all candidates are processed."""
        if self.full:
            self._close(self._rows_of_the_last())
        self.index.finish()
        if self.packing.kind == "jsonl" and self.number:
            names = [self.kind.name(number) for number in range(self.number)]
            replace(self.out, force=True).file_in_place("manifest.json", (manifest(names),))
        if self.earlier is not None:
            for number in self.earlier.packs_from(self.number):
                self.out.remove(self.kind.name(number))
        for name, _ in list(store(self.parts.folder).below(self.parts.folder)):
            store(self.parts.folder).remove(join(self.parts.folder, name))
        if not is_remote(self.parts.folder):
            rmtree(self.parts.folder, ignore_errors=True)

    def _rows_of_the_last(self) -> int:
        """Return the number of rows of the last pack. Raises OutputError where it must not be smaller."""
        count, size = len(self.full), self.packing.size
        if not self.kind.BATCH:
            return count
        if self.packing.remainder == "pad":
            self._check_padding(count)
            return size
        if self.packing.remainder == "refuse" or (self.batch is not None and not self.batch.allows(count)):
            first = for_terminal(self.full[0].item.path)
            others = ", the others are" if self.number else ""
            raise OutputError(
                f"the last batch has {count} of {size} candidates, from {first} on: it is not written{others}; "
                "--resume --remainder pad fills it with zeros, and short writes fewer rows where the spec allows that",
                resumable=False,
            )
        return count

    def _check_padding(self, count: int) -> None:
        """Raise OutputError where the only batch would be mostly zeros, and large: a slip in --batch-size."""
        size = self.packing.size
        zeros = (size - count) * self.full[0].output_size
        if not self.number and zeros > _MOST_ZEROS and size > 2 * count:
            raise OutputError(
                f"the only batch has {count:,} of {size:,} candidates, and padding it takes {zeros:,} bytes of zeros; "
                f"at most {_MOST_ZEROS:,} are written: take a --batch-size near {count:,}, into another folder",
                resumable=False,
            )


def digest_of(members: Iterable[tuple[str, str]], rows: int) -> str:
    """Return a digest of the members of a pack: the paths in order, the sha256 of each, and the number of rows."""
    said = sha256(b"%d" % rows)
    for member in members:
        said.update(dumps(member).encode())
    return said.hexdigest()
