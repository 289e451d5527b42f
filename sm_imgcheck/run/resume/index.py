"""What the journal of an output folder tells a run that goes on: looked up by path, whatever the number of candidates.

The lines are kept in a temporary SQLite database as they were written, packed: memory stays bounded.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from contextlib import suppress
from functools import lru_cache
from json import dumps, loads
from typing import Any

from sm_imgcheck.io.stores import Unreadable, is_below, join, store
from sm_imgcheck.run.database import as_blob, temporary
from sm_imgcheck.run.inputs.listing import Shard
from sm_imgcheck.run.resume.codec import shaper
from sm_imgcheck.run.resume.fingerprint import FOLDER, RunFingerprint
from sm_imgcheck.run.resume.journal import LARGEST, Pack, Record

__all__ = ["Known"]

_UNPACKED = 64 << 20
"""What one member of a journal's file may unpack to, in bytes: some hundred times what is ever written."""
_UNPACKED_AT_ONCE = 8
"""Members that are held unpacked, some 200 kB each: candidates come in the order in which they were noted."""
_HEAD = ("path", "output", "output_size", "size", "tag", "sha256")
_SHAPE = shaper(tuple[str, str, int, int, str, str])
_MOST = 2**63
"""SQLite's integers are below it."""
_NO_LINE = (ValueError, RecursionError)
"""What reading a line raises that no journal of ours has."""


class Known:
    """What is known of an output folder."""

    def __init__(self, fingerprint: RunFingerprint) -> None:
        self._said = dumps(fingerprint.to_json()).encode()
        self._base = temporary(
            "CREATE TABLE records (path BLOB PRIMARY KEY, member INT, line INT, fresh INT) WITHOUT ROWID",
            "CREATE TABLE members (number INTEGER PRIMARY KEY, body BLOB)",
            "CREATE TABLE outputs (output BLOB PRIMARY KEY) WITHOUT ROWID",
            "CREATE TABLE there (output BLOB PRIMARY KEY, size INT) WITHOUT ROWID",
            "CREATE TABLE packs (number INT PRIMARY KEY, size INT, digest TEXT, fresh INT) WITHOUT ROWID",
        )
        self._unpacked = lru_cache(_UNPACKED_AT_ONCE)(self._unpack)

    def read(self, out: str, shard: Shard) -> None:
        """Take in the journal of this shard, and of other divisions into shards: what those did may be ours now.

        Raises StoreError where it cannot be read; what is damaged counts as not there.
        """
        top = join(out, FOLDER, "journal")
        kind = store(top)
        for name, _ in kind.below(top):
            folder, _, file = name.rpartition("/")
            others = folder.endswith(f"-of-{shard.of}") and folder != shard.name
            if file.endswith(".gz") and not others:
                with suppress(Unreadable):  # gone by now, or too large to be one of ours
                    for member, text in _members(kind.read(join(top, name), LARGEST)):
                        self._take(member, text)

    def _take(self, member: bytes, text: bytes) -> None:
        head, *lines = text.split(b"\n")
        fresh = int(head == self._said)
        at = self._base.execute("INSERT INTO members (body) VALUES (?)", (member,)).lastrowid
        for number, line in enumerate(lines):
            with suppress(*_NO_LINE):  # its candidate is not done
                said = loads(line.partition(b"\t")[0])
                if isinstance(said, list) and len(said) == len(_HEAD):
                    self._take_record(said, (at, number, fresh))
                else:
                    self._take_pack(said, fresh)

    def _take_record(self, said: list[object], place: tuple[int | None, int, int]) -> None:
        """Take in a candidate. Raises ValueError for what is none."""
        path, output = _head(said)[:2]
        self._base.execute("INSERT OR REPLACE INTO records VALUES (?, ?, ?, ?)", (as_blob(path), *place))
        if output:
            self._base.execute("INSERT OR IGNORE INTO outputs VALUES (?)", (as_blob(output),))

    def _take_pack(self, said: object, fresh: int) -> None:
        """Take in a pack. Raises ValueError for what is none."""
        pack: Pack = shaper(Pack)(said)
        if not (0 <= pack.number < _MOST and 0 <= pack.size < _MOST):
            raise ValueError(f"pack {pack.number} of {pack.size} bytes")
        row = (pack.number, pack.size, pack.digest, fresh)
        self._base.execute("INSERT OR REPLACE INTO packs VALUES (?, ?, ?, ?)", row)

    def record(self, path: str) -> tuple[Record, bool] | None:
        """The last word on a candidate, and whether its output was made by what makes them now."""
        found = self._base.execute(
            "SELECT member, line, fresh FROM records WHERE path = ?", (as_blob(path),)
        ).fetchone()
        if found is None:
            return None
        member, line, fresh = found
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
        """Take in which outputs are in a store: a list of a thousand of them takes as long as one question."""
        for name, state in store(folder).below(folder):
            self._base.execute("INSERT OR REPLACE INTO there VALUES (?, ?)", (as_blob(name), state.size))

    def is_there(self, output: str, size: int) -> bool:
        """Whether an output of this size was in the list."""
        found = self._base.execute("SELECT size FROM there WHERE output = ?", (as_blob(output),)).fetchone()
        return found is not None and bool(found[0] == size)

    def pack(self, number: int) -> tuple[Pack, bool] | None:
        """The pack of this number, and whether it was made by what makes them now."""
        found = self._base.execute("SELECT * FROM packs WHERE number = ?", (number,)).fetchone()
        return None if found is None else (Pack(number=found[0], size=found[1], digest=found[2]), bool(found[3]))

    def packs_from(self, number: int) -> list[int]:
        """The numbers of the packs from this one on."""
        found = self._base.execute("SELECT number FROM packs WHERE number >= ?", (number,)).fetchall()
        return [number for (number,) in found]

    def _unpack(self, member: int) -> list[bytes]:
        (body,) = self._base.execute("SELECT body FROM members WHERE number = ?", (member,)).fetchone()
        return zlib.decompress(body, 31).split(b"\n")[1:]


def _head(said: object) -> tuple[str, str, int, int, str, str]:
    """The head of a record. Raises ValueError for other types, and for an output that is not below its folder."""
    head: tuple[str, str, int, int, str, str] = _SHAPE(said)
    if head[1] and not is_below(head[1]):
        raise ValueError(head[1])
    return head


def _members(body: bytes) -> Iterator[tuple[bytes, bytes]]:
    """The gzip members of a file, packed and unpacked; nothing from the first one on that is damaged."""
    while body:
        unpacker = zlib.decompressobj(31)
        try:
            text = unpacker.decompress(body, _UNPACKED)
        except zlib.error:
            return
        if not unpacker.eof:
            return
        yield body[: len(body) - len(unpacker.unused_data)], text
        body = unpacker.unused_data
