"""The journal of an output folder, for a resumed run: looked up by path, for any number of candidates.

The lines are stored compressed in a temporary SQLite database: memory stays bounded.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from contextlib import suppress
from functools import lru_cache
from json import dumps, loads
from typing import Any

from sm_imgcheck.io.stores import LocationError, is_below, join, store
from sm_imgcheck.run.database import as_blob, temporary
from sm_imgcheck.run.inputs.listing import Shard
from sm_imgcheck.run.resume.codec import shaper
from sm_imgcheck.run.resume.fingerprint import FOLDER, RunFingerprint
from sm_imgcheck.run.resume.journal import LARGEST, PackRecord, Record

__all__ = ["ResumeState"]

_MAX_UNPACKED = 64 << 20
"""Largest unpacked size of one member of a journal's file, in bytes: about a hundred times the usual size."""
_CACHED_MEMBERS = 8
"""Members that are cached unpacked, about 200 kB each: candidates are read in the order of the journal."""
_HEAD = ("path", "output", "output_size", "output_time", "size", "tag", "sha256")
_SHAPE = shaper(tuple[str, str, int, str, int, str, str])
_MOST = 2**63
"""SQLite's integers are below it."""
_NO_LINE = (ValueError, RecursionError)
"""Exceptions of reading a line that no journal of this program contains."""


class ResumeState:
    """What is known of an output folder."""

    def __init__(self, fingerprint: RunFingerprint) -> None:
        self._fingerprint = dumps(fingerprint.to_json()).encode()
        self._base = temporary(
            "CREATE TABLE records (path BLOB PRIMARY KEY, member INT, line INT, fresh INT) WITHOUT ROWID",
            "CREATE TABLE members (number INTEGER PRIMARY KEY, body BLOB)",
            "CREATE TABLE outputs (output BLOB PRIMARY KEY) WITHOUT ROWID",
            "CREATE TABLE there (output BLOB PRIMARY KEY, size INT) WITHOUT ROWID",
            "CREATE TABLE packs"
            " (number INT PRIMARY KEY, size INT, modification_time TEXT, digest TEXT, fresh INT) WITHOUT ROWID",
        )
        self._unpacked = lru_cache(_CACHED_MEMBERS)(self._unpack)

    def read(self, out: str, shard: Shard) -> None:
        """Add the journal of this shard, and of other divisions into shards: their candidates may be in this shard now.

        Raises StoreError where it cannot be read; damaged data counts as missing.
        """
        top = join(out, FOLDER, "journal")
        kind = store(top)
        for name, _ in kind.below(top):
            folder, _, file = name.rpartition("/")
            others = folder.endswith(f"-of-{shard.total}") and folder != shard.name
            if file.endswith(".gz") and not others:
                with suppress(LocationError):  # deleted by now, or too large for a journal of this program
                    for member, text in _members(kind.read(join(top, name), LARGEST)):
                        self._take(member, text)

    def _take(self, member: bytes, text: bytes) -> None:
        head, *lines = text.split(b"\n")
        fresh = int(head == self._fingerprint)
        at = self._base.execute("INSERT INTO members (body) VALUES (?)", (member,)).lastrowid
        for number, line in enumerate(lines):
            with suppress(*_NO_LINE):  # its candidate is not done
                said = loads(line.partition(b"\t")[0])
                if isinstance(said, list) and len(said) == len(_HEAD):
                    self._take_record(said, (at, number, fresh))
                else:
                    self._take_pack(said, fresh)

    def _take_record(self, said: list[object], place: tuple[int | None, int, int]) -> None:
        """Add a candidate. Raises ValueError for any other value."""
        path, output = _head(said)[:2]
        self._base.execute("INSERT OR REPLACE INTO records VALUES (?, ?, ?, ?)", (as_blob(path), *place))
        if output:
            self._base.execute("INSERT OR IGNORE INTO outputs VALUES (?)", (as_blob(output),))

    def _take_pack(self, said: object, fresh: int) -> None:
        """Add a pack. Raises ValueError for any other value."""
        pack: PackRecord = shaper(PackRecord)(said)
        if not (0 <= pack.number < _MOST and 0 <= pack.size < _MOST):
            raise ValueError(f"pack {pack.number} of {pack.size} bytes")
        row = (pack.number, pack.size, pack.modification_time, pack.digest, fresh)
        self._base.execute("INSERT OR REPLACE INTO packs VALUES (?, ?, ?, ?, ?)", row)

    def record(self, path: str) -> tuple[Record, bool] | None:
        """Return the last record of a candidate, and whether its output was made with the current fingerprint."""
        row = self._base.execute("SELECT member, line, fresh FROM records WHERE path = ?", (as_blob(path),)).fetchone()
        if row is None:
            return None
        member, line, fresh = row
        try:
            head, *result = self._unpacked(member)[line].decode().split("\t")
            fields: dict[str, Any] = dict(zip(_HEAD, _head(loads(head)), strict=True))
            record = Record(**fields, result=result)
        except _NO_LINE:
            return None
        return record, bool(fresh)

    def owns(self, output: str) -> bool:
        """Whether an earlier run wrote this output."""
        return self._base.execute("SELECT 1 FROM outputs WHERE output = ?", (as_blob(output),)).fetchone() is not None

    def list_there(self, folder: str) -> None:
        """Add the names of the outputs in a store: a list of a thousand of them needs the time of one request."""
        for name, state in store(folder).below(folder):
            self._base.execute("INSERT OR REPLACE INTO there VALUES (?, ?)", (as_blob(name), state.size))

    def exists(self, output: str, size: int) -> bool:
        """Whether an output of this size was in the list."""
        row = self._base.execute("SELECT size FROM there WHERE output = ?", (as_blob(output),)).fetchone()
        return row is not None and bool(row[0] == size)

    def pack(self, number: int) -> tuple[PackRecord, bool] | None:
        """The pack of this number, and whether it was made by what makes them now."""
        row = self._base.execute("SELECT * FROM packs WHERE number = ?", (number,)).fetchone()
        if row is None:
            return None
        return PackRecord(number=row[0], size=row[1], modification_time=row[2], digest=row[3]), bool(row[4])

    def packs_from(self, number: int) -> list[int]:
        """The numbers of the packs from this one on."""
        row = self._base.execute("SELECT number FROM packs WHERE number >= ?", (number,)).fetchall()
        return [number for (number,) in row]

    def _unpack(self, member: int) -> list[bytes]:
        (body,) = self._base.execute("SELECT body FROM members WHERE number = ?", (member,)).fetchone()
        return zlib.decompress(body, 31).split(b"\n")[1:]


def _head(said: object) -> tuple[str, str, int, str, int, str, str]:
    """The head of a record. Raises ValueError for other types, and for an output that is not below its folder."""
    head: tuple[str, str, int, str, int, str, str] = _SHAPE(said)
    if head[1] and not is_below(head[1]):
        raise ValueError(head[1])
    return head


def _members(body: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Yield the gzip members of a file, packed and unpacked; stop at the first one that is damaged."""
    while body:
        unpacker = zlib.decompressobj(31)
        try:
            text = unpacker.decompress(body, _MAX_UNPACKED)
        except zlib.error:
            return
        if not unpacker.eof:
            return
        yield body[: len(body) - len(unpacker.unused_data)], text
        body = unpacker.unused_data
