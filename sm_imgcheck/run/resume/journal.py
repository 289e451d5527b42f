"""What a run has done, and of what, so that it can go on after any end: small files below the output folder.

Every file is written whole, to a disk or a store alike: gzip members one behind the other, in each a line that says
what the outputs are made by, then a line for each candidate. A later line about a candidate replaces an earlier one.
Candidates are noted when their outputs are in place, and the files are brought to the disk before anybody relies on
them. What a loss of power takes from the outputs themselves is found by their sizes when the run goes on.
One run at a time writes to a folder: a lock that the system takes back when its process ends, however it ends.
"""

from __future__ import annotations

import gzip
import os
import re
import sys
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import field, replace
from json import dumps
from time import monotonic

from sm_imgcheck.core.errors import OutputError
from sm_imgcheck.core.frozen import frozen
from sm_imgcheck.io.stores import is_remote, join, store
from sm_imgcheck.run.inputs.item import Item
from sm_imgcheck.run.resume.codec import flat, result_of, texts
from sm_imgcheck.run.resume.fingerprint import FOLDER, RunFingerprint
from sm_imgcheck.run.work import Outcome

__all__ = ["LARGEST", "FolderLock", "Journal", "PackRecord", "Record", "is_final"]

_EVERY = 256
"""Candidates in a file, at most: what a kill may cost, beside those under work."""
_SECONDS = 2.0
"""After which a file is written with what there is."""
_GATHERED = 128
"""So many small files become one: ten million candidates are some hundreds of files, not 150,000."""
LARGEST = 32 << 20
"""Of a file of the journal, in bytes; it is read whole."""
_NAME = re.compile(r"\d{8,18}\.gz", re.ASCII)


@frozen
class Record:
    """What the journal says of one candidate that is done."""

    path: str
    output: str
    output_size: int
    size: int
    tag: str
    """Of the input; empty where it is to be done again in any case."""
    sha256: str
    result: list[str] = field(repr=False)
    """As ``records.texts`` made it."""

    def done(self, item: Item, place: str) -> Outcome:
        """The same as when it was done; place: of the output, as it is shown. Raises ValueError for what is none."""
        result = result_of(self.result)
        if result.path != item.path or result.array is not None or result.bug:
            raise ValueError(result.path)  # ``note`` writes no such record
        return Outcome(
            item=item,
            result=replace(result, emitted=place if self.output else None),
            size=self.size,
            tag=self.tag,
            sha256=self.sha256,
            output=self.output,
            output_size=self.output_size,
            kept=True,
        )


@frozen
class PackRecord:
    """One file that holds the tensors of several candidates."""

    number: int
    size: int
    """In bytes."""
    digest: str
    """Of what it is made of: the candidates in their order, and the content of each."""


def is_final(done: Outcome) -> bool:
    """Whether it need not be done again: not where the tool, the disk or the place of the output was at fault."""
    return bool(done.tag and done.sha256) and not done.refused and not done.result.bug


class Journal:
    """The journal of one shard of a run, in the making."""

    def __init__(self, out: str, shard: str, fingerprint: RunFingerprint) -> None:
        self.fingerprint = fingerprint
        self.folder = join(out, FOLDER, "journal", shard)
        self._store = store(self.folder)
        self._out = out
        self._number = 0
        self._pending: list[str] = []
        self._old: list[str] = []
        self._files: list[tuple[str, int]] = []
        self._small: list[tuple[str, int]] = []
        self._due = monotonic() + _SECONDS

    def start(self, *, resume: bool) -> None:
        """Begin behind what is there. A run that does all anew leaves nothing of it when it is done."""
        self._store.make_folder(self.folder, self._out)
        for name, state in list(self._store.below(self.folder)):
            if not _NAME.fullmatch(name):
                self._store.remove(join(self.folder, name))  # of a process that was killed as it wrote
                continue
            self._number = max(self._number, int(name.partition(".")[0]) + 1)
            if resume:
                self._files.append((name, state.size))
            else:
                self._old.append(name)

    def note(self, done: Outcome) -> None:
        """Take in a candidate whose output is in place, or which has none."""
        seen = [done.tag, done.sha256] if is_final(done) else ["", ""]
        what = [done.item.path, done.output, done.output_size, done.size, *seen]
        self._add("\t".join([dumps(what), *texts(done.result)]))  # JSON has no tabs

    def pack(self, pack: PackRecord) -> None:
        """Take in a pack that is in place. Then the journal is brought to the disk: its parts may go."""
        self._add(dumps(flat(pack)))
        self.flush()

    def _add(self, line: str) -> None:
        self._pending.append(line)
        if len(self._pending) >= _EVERY or monotonic() >= self._due:
            self.flush()

    def flush(self) -> None:
        """Bring what was taken in to the disk. Raises OutputError."""
        self._due = monotonic() + _SECONDS
        if self._pending:
            lines = [dumps(self.fingerprint.to_json()), *self._pending]
            body = gzip.compress("\n".join(lines).encode(), 1, mtime=0)
            name = f"{self._number:08}.gz"
            self._number += 1
            self._write(name, (body,))
            self._small.append((name, len(body)))
            self._pending.clear()
        if len(self._small) >= _GATHERED:
            self._small = self._merge_files(self._small)
            self._files += self._small
            self._small = []

    def finish(self) -> None:
        """At the end of a run: as few files as can be."""
        self.flush()
        self._files = self._merge_files([*self._files, *self._small])
        for name in self._old:
            self._store.remove(join(self.folder, name))

    def _write(self, name: str, chunks: Iterable[bytes]) -> None:
        place = join(self.folder, name)
        self._store.write(place, chunks, force=True)
        _sync(place)

    def _merge_files(self, files: list[tuple[str, int]]) -> list[tuple[str, int]]:
        """Fewer and larger files: the last of some becomes all of them, and then the others go."""
        groups: list[list[tuple[str, int]]] = []
        for file in files:
            if not groups or sum(size for _, size in groups[-1]) + file[1] > LARGEST:
                groups.append([])
            groups[-1].append(file)
        return [self._join_files(group) for group in groups]

    def _join_files(self, group: list[tuple[str, int]]) -> tuple[str, int]:
        name, size = group[-1][0], sum(size for _, size in group)
        if len(group) > 1:
            self._write(name, [self._store.read(join(self.folder, one), LARGEST) for one, _ in group])
            for one, _ in group[:-1]:
                self._store.remove(join(self.folder, one))
        return name, size


def _sync(place: str) -> None:
    """Bring a file and its name to the disk, as far as the system does that."""
    if is_remote(place):
        return
    for name, flags in ((place, os.O_RDWR), (os.path.dirname(place), os.O_RDONLY)):
        with suppress(OSError):  # not every file system does it; Windows opens no folder
            handle = os.open(name, flags)
            try:
                os.fsync(handle)
            finally:
                os.close(handle)


class FolderLock:
    """Of a folder on a disk; of none where the system or the disk has no such locks (Windows, some shares)."""

    def __init__(self, folder: str, told: str) -> None:
        """Raise OutputError, saying ``told``, where another run has it."""
        self._handle = -1
        if sys.platform == "win32" or not folder:
            return
        from fcntl import LOCK_EX, LOCK_NB, flock

        with suppress(OSError):
            self._handle = os.open(folder, os.O_RDONLY)
            try:
                flock(self._handle, LOCK_EX | LOCK_NB)
            except BlockingIOError:
                self.let_go()
                raise OutputError(told) from None

    def let_go(self) -> None:
        """Another run may have it. Idempotent."""
        if self._handle >= 0:
            os.close(self._handle)
            self._handle = -1
