"""Files for many candidates: parts are written by whoever makes the tensors, and packed here in listing order.

A pack is begun when all of its parts are in place and noted in the journal when it is in its own; then its parts go.
Whatever moment a run is cut short at, each tensor is in a part or in a pack, or its candidate is done again.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable
from contextlib import closing, suppress
from dataclasses import dataclass, field, replace
from hashlib import sha256
from json import dumps
from shutil import rmtree
from typing import TYPE_CHECKING, TypeVar

from sm_imgcheck.core.errors import OutputError, StoreError
from sm_imgcheck.core.escape import for_terminal
from sm_imgcheck.core.frozen import frozen
from sm_imgcheck.core.types import Dim, Spec
from sm_imgcheck.features.requests.snippets import manifest
from sm_imgcheck.io.stores import Unreadable, is_remote, join, store
from sm_imgcheck.io.stores.prefetch import ahead
from sm_imgcheck.report._records import name_of
from sm_imgcheck.run.inputs.item import Item
from sm_imgcheck.run.outputs import formats as packing
from sm_imgcheck.run.outputs.formats import Kind, Sample
from sm_imgcheck.run.outputs.manifest import Lines
from sm_imgcheck.run.outputs.tensors import OutputRefused, Outputs, Written
from sm_imgcheck.run.resume.index import Known
from sm_imgcheck.run.resume.journal import Journal, Pack
from sm_imgcheck.run.work import Outcome

if TYPE_CHECKING:
    import numpy as np

__all__ = ["Packing", "Packs", "Parts", "digest_of", "is_there"]

R = TypeVar("R")
_LARGEST = 2 << 30
"""Of a part, in bytes."""
_MOST_ZEROS = 1 << 30
"""Bytes of padding in a batch that holds more padding than tensors, where there is no other."""
_ROOM = 64 << 20
"""Of parts that are read ahead, in bytes."""


@frozen
class Packing:
    """How many tensors are in one file, and what becomes of the last, smaller number."""

    kind: str
    size: int
    remainder: str = "short"
    """Of a batch: ``short``, ``pad`` with zeros, or ``refuse``."""

    def __str__(self) -> str:
        return f"{self.kind} --batch-size {self.size}"


@dataclass(slots=True, kw_only=True)
class Parts(Outputs):
    """Where tensors are until their pack is full: a folder of ours below the output folder."""

    ONCE = True
    kind: str
    spec: Spec

    def write(self, item: Item, array: np.ndarray) -> Written:
        """Write one part. Raises OutputRefused, or OutputError where none can be written."""
        try:
            chunks = packing.load_format(self.kind).encode(array, self.spec)
        except ValueError as error:
            raise OutputRefused(f"{for_terminal(item.path)}: cannot be packed as {self.kind}: {error}") from error
        return self.put(item, chunks, self.form)

    def place(self, item: Item, suffix: str = "") -> str:  # noqa: ARG002 - as of all outputs
        """What two candidates must not share."""
        return f"the sample {'/'.join(item.output)}"


@dataclass(slots=True, kw_only=True)
class Packs:
    """The packs of one run, in the making."""

    packing: Packing
    out: Outputs
    """The folder of the packs: the output folder, or a shard's own below it."""
    prefix: str
    """Of their names below the output folder, with a slash behind it; empty: they are the same folder."""
    parts: Parts
    batch: Dim | None
    """How many images the model takes; None: the spec has no batch axis."""
    journal: Journal
    earlier: Known | None
    """What earlier runs packed; None: nothing that is known."""
    resume: bool
    make: Callable[[Item], Outcome]
    """Does a candidate once more, whose part is gone."""
    index: Lines
    full: list[Outcome] = field(default_factory=list)
    """What the next pack is made of, as far as it is known."""
    number: int = 0
    astray: bool = False
    """The packs are not those of the earlier run any more: what comes is in other places."""

    def packed(self, records: Generator[Outcome, None, None]) -> Generator[Outcome, None, None]:
        """The records, each with its place in a pack; a full pack is in place before its last record is passed on."""
        with closing(records):
            for done in records:
                yield self._taken(done) if done.output else done
        self._finish()

    def _taken(self, done: Outcome) -> Outcome:
        name, row = self.kind.name(self.number), len(self.full)
        names = name_of("path", done.item.path) | name_of("key", "/".join(done.item.output))
        self.index.add(dumps({"file": name, "batch": self.number, "row": row, **names}))
        self.full.append(done)
        if row + 1 == self.packing.size:
            self._close(row + 1)
        result = replace(done.result, emitted=join(self.out.folder, name))
        return replace(done, result=result, output=f"{self.prefix}{name}", row=row)

    @property
    def kind(self) -> Kind:
        """The module that knows the bytes."""
        return packing.load_format(self.packing.kind)

    def holds(self, number: int, digest: str) -> bool:
        """Whether an earlier run has made this very pack, and it is in its place."""
        found = self.earlier.pack(number) if self.earlier is not None and self.resume and not self.astray else None
        if found is None:
            return False
        pack, fresh = found
        with suppress(StoreError):
            state = store(self.out.folder).stat(join(self.out.folder, self.kind.name(number)))
            return fresh and pack.digest == digest and state is not None and state.size == pack.size
        return False

    def _close(self, rows: int) -> None:
        """Put one pack in its place, unless it is there. Then its parts go."""
        digest = digest_of(((done.item.path, done.sha256) for done in self.full), rows)
        if not self.holds(self.number, digest):
            for done in self.full:
                self._see_to(done)
            size = self._write(rows)
            self.journal.pack(Pack(number=self.number, size=size, digest=digest))
        for _ in self._each(self._remove, self.full):
            pass
        self.full.clear()
        self.number += 1

    def _see_to(self, done: Outcome) -> None:
        """See that a part is there: where its pack is made anew, it may have gone with the older one."""
        if done.kept and not is_there(self.parts, done.output, done.output_size):
            self.astray = True
            self.make(done.item)

    def _write(self, rows: int) -> int:
        """Write a pack; its size in bytes. Raises OutputError."""
        name = self.kind.name(self.number)
        try:
            return self.out.file_in_place(name, self.kind.pack(self._each(self._read, self.full), rows)).size
        except (ValueError, Unreadable) as error:
            shown = for_terminal(name)
            raise OutputError(f"{shown} cannot be made: {error}: --resume makes what is missing again") from error

    def _each(self, function: Callable[[Outcome], R], records: list[Outcome]) -> Iterable[R]:
        """The function of each, in order; in a store, which takes its time to answer, of several at a time."""
        if not is_remote(self.parts.folder):
            return map(function, records)
        return ahead(function, records, room=_ROOM, weigh=lambda done: done.output_size)

    def _read(self, done: Outcome) -> tuple[Sample, bytes]:
        body = store(self.parts.folder).read(join(self.parts.folder, done.output), _LARGEST)
        sample = Sample(path=done.item.path, key="/".join(done.item.output), findings=done.result.findings)
        return sample, body

    def _remove(self, done: Outcome) -> None:
        self.parts.remove(done.output)

    def _finish(self) -> None:
        """What is left when all candidates are done: the last pack, the index, nothing else."""
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
        """How many rows the last pack gets. Raises OutputError where it may not be as small as it is."""
        there, size = len(self.full), self.packing.size
        if not self.kind.BATCH:
            return there
        if self.packing.remainder == "pad":
            self._check_padding(there)
            return size
        if self.packing.remainder == "refuse" or (self.batch is not None and not self.batch.allows(there)):
            first = for_terminal(self.full[0].item.path)
            others = ", the others are" if self.number else ""
            raise OutputError(
                f"the last batch has {there} of {size} candidates, from {first} on: it is not written{others}; "
                "--resume --remainder pad fills it with zeros, and short writes it as it is where the spec allows that",
                resumable=False,
            )
        return there

    def _check_padding(self, there: int) -> None:
        """Raise OutputError where the only batch would be mostly zeros, and large: a slip in --batch-size."""
        size = self.packing.size
        zeros = (size - there) * self.full[0].output_size
        if not self.number and zeros > _MOST_ZEROS and size > 2 * there:
            raise OutputError(
                f"the only batch has {there:,} of {size:,} candidates, and padding it takes {zeros:,} bytes of zeros; "
                f"at most {_MOST_ZEROS:,} are written: take a --batch-size near {there:,}, into another folder",
                resumable=False,
            )


def digest_of(members: Iterable[tuple[str, str]], rows: int) -> str:
    """A word for what a pack is made of: the paths in their order, the sha256 of each, and how many rows it has."""
    said = sha256(b"%d" % rows)
    for member in members:
        said.update(dumps(member).encode())
    return said.hexdigest()


def is_there(outputs: Outputs, output: str, size: int) -> bool:
    """Whether an output is in its place, with this size."""
    with suppress(StoreError, OutputRefused):
        outputs.contain(output)
        state = store(outputs.folder).stat(join(outputs.folder, output))
        return state is not None and state.size == size
    return False
