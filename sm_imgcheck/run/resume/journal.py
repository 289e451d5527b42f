"""The journal of a run, so that it can resume after any interruption: small files below the output folder.

Every file is written atomically, to a disk or a store: gzip members in sequence, in each a line with the fingerprint of
the outputs, then a line for each candidate. A later line about a candidate replaces an earlier one. Candidates are
added when their outputs are complete, and the files are flushed to disk before they are used. Outputs that a power
failure damages, and those that another program changes, are detected by size and time when the run resumes. One run at
a time writes to a folder: a lock that the system releases when its process ends or crashes.
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
"""Most candidates in a file: the loss after a kill, in addition to those in progress."""
_SECONDS = 2.0
"""After which a file is written with what there is."""
_FILES_TO_MERGE = 128
"""This number of small files is merged into one: ten million candidates are hundreds of files, not 150,000."""
LARGEST = 32 << 20
"""Largest file of the journal, in bytes; it is read completely."""
_NAME = re.compile(r"\d{8,18}\.gz", re.ASCII)


@frozen
class Record:
    """The record of one processed candidate."""

    path: str
    output: str
    output_size: int
    output_time: str
    size: int
    tag: str
    """SHA-256 of the input; empty where it must be processed again in any case."""
    sha256: str
    result: list[str] = field(repr=False)
    """As ``records.texts`` made it."""

    def to_outcome(self, item: Item, place: str) -> Outcome:
        """Return the outcome as recorded; location: of the output, as displayed. Raises ValueError for others."""
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
            output_time=self.output_time,
            kept=True,
        )


@frozen
class PackRecord:
    """One file that holds the tensors of several candidates."""

    number: int
    size: int
    """In bytes."""
    modification_time: str
    """Time of its last change; empty in a store."""
    digest: str
    """Digest of its members: the candidates in their order, and the content of each."""


def is_final(outcome: Outcome) -> bool:
    """Return whether it is final: False where the tool, the disk or the location of the output was the cause."""
    return bool(outcome.tag and outcome.sha256) and not outcome.refused and not outcome.result.bug


class Journal:
    """The incomplete journal of one shard of a run."""

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
        """Start after the existing files. A run that does everything again deletes them when it is complete."""
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

    def note(self, outcome: Outcome) -> None:
        """Add a candidate whose output is complete, or which has none."""
        key = [outcome.tag, outcome.sha256] if is_final(outcome) else ["", ""]
        output = [outcome.output, outcome.output_size, outcome.output_time]
        what = [outcome.item.path, *output, outcome.size, *key]
        self._add("\t".join([dumps(what), *texts(outcome.result)]))  # JSON has no tabs

    def pack(self, pack: PackRecord) -> None:
        """Add a complete pack. Then the journal is flushed to disk, so that its parts can be deleted."""
        self._add(dumps(flat(pack)))
        self.flush()

    def _add(self, line: str) -> None:
        self._pending.append(line)
        if len(self._pending) >= _EVERY or monotonic() >= self._due:
            self.flush()

    def flush(self) -> None:
        """Flush all added records to disk. Raises OutputError."""
        self._due = monotonic() + _SECONDS
        if self._pending:
            lines = [dumps(self.fingerprint.to_json()), *self._pending]
            body = gzip.compress("\n".join(lines).encode(), 1, mtime=0)
            name = f"{self._number:08}.gz"
            self._number += 1
            self._write(name, (body,))
            self._small.append((name, len(body)))
            self._pending.clear()
        if len(self._small) >= _FILES_TO_MERGE:
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
        """Merge files: the last of a group becomes all of them, and then the others are deleted."""
        groups: list[list[tuple[str, int]]] = []
        for file in files:
            if not groups or sum(size for _, size in groups[-1]) + file[1] > LARGEST:
                groups.append([])
            groups[-1].append(file)
        return [self._join_files(group) for group in groups]

    def _join_files(self, group: list[tuple[str, int]]) -> tuple[str, int]:
        name, size = group[-1][0], sum(size for _, size in group)
        if len(group) > 1:
            self._write(name, [self._store.read(join(self.folder, file_name), LARGEST) for file_name, _ in group])
            for file_name, _ in group[:-1]:
                self._store.remove(join(self.folder, file_name))
        return name, size


def _sync(place: str) -> None:
    """Flush a file and its name to disk, as far as the system supports that."""
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
    """Return the lock of a folder on a disk; None where no such locks exist (Windows, some shares)."""

    def __init__(self, folder: str, message: str) -> None:
        """Raise OutputError with ``message`` where another run has the lock."""
        self._handle = -1
        if sys.platform == "win32" or not folder:
            return
        from fcntl import LOCK_EX, LOCK_NB, flock

        with suppress(OSError):
            self._handle = os.open(folder, os.O_RDONLY)
            try:
                flock(self._handle, LOCK_EX | LOCK_NB)
            except BlockingIOError:
                self.release()
                raise OutputError(message) from None

    def release(self) -> None:
        """Another run may have it. Idempotent."""
        if self._handle >= 0:
            os.close(self._handle)
            self._handle = -1
