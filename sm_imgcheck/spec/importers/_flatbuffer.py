"""Flatbuffers, read by offset within limits. https://flatbuffers.dev/internals/."""

from __future__ import annotations

import struct
from typing import BinaryIO

__all__ = ["Blob", "FlatError", "Table"]

_MOST_ENTRIES = 200_000
_MOST_BYTES = 1 << 20
_MOST_READS = 2_000_000
_MOST_STREAMED = 256 << 20


class FlatError(ValueError):
    """Invalid flatbuffer bytes, or beyond the limits."""


class Blob:
    """Random access to a file, by blocks of 64 KiB."""

    def __init__(self, stream: BinaryIO, base: int = 0) -> None:
        self._stream = stream
        self._blocks: dict[int, bytes] = {}
        self._reads = 0
        self.base = base
        if not stream.seekable():
            self._hold_all(stream)

    def _hold_all(self, stream: BinaryIO) -> None:
        count = 0
        while block := stream.read(1 << 16):
            self._blocks[count] = block
            count += 1
            if count > _MOST_STREAMED >> 16:
                raise FlatError("more than 256 MiB in an archive; name the file itself")
        self._blocks[count] = b""

    def at(self, base: int) -> Blob:
        """The same file with offsets relative to another base."""
        other = object.__new__(Blob)
        other._stream, other._blocks, other._reads, other.base = self._stream, self._blocks, 0, base
        return other

    def read(self, position: int, count: int) -> bytes:
        """Bytes from ``place``. Raises FlatError beyond the end."""
        self._reads += 1
        if self._reads > _MOST_READS:
            raise FlatError("too many values")
        start = self.base + position
        if position < 0 or count > _MOST_BYTES:
            raise FlatError("an offset outside the file")
        data = b""
        while len(data) < count:
            number, within = divmod(start + len(data), 1 << 16)
            part = self._block(number)[within : within + count - len(data)]
            if not part:
                raise FlatError("an offset outside the file")
            data += part
        return data

    def _block(self, number: int) -> bytes:
        if number not in self._blocks:
            if len(self._blocks) > 512:
                self._blocks.clear()
            try:
                self._stream.seek(number << 16)
                self._blocks[number] = self._stream.read(1 << 16)
            except (OSError, ValueError, OverflowError):
                raise FlatError("an offset outside the file") from None
        return self._blocks[number]

    def read_unsigned(self, position: int, width: int = 4) -> int:
        """An unsigned integer."""
        return int.from_bytes(self.read(position, width), "little")


class Table:
    """One table: fields by their number in the schema; absent ones have their default."""

    def __init__(self, blob: Blob, position: int) -> None:
        self._blob, self._position = blob, position
        offset = int.from_bytes(blob.read(position, 4), "little", signed=True)
        self._vtable = position - offset
        self._length = blob.read_unsigned(self._vtable, 2)
        if self._length < 4 or self._length % 2:
            raise FlatError("a table without fields")

    @classmethod
    def root(cls, blob: Blob) -> Table:
        """The table that the file begins with."""
        return cls(blob, blob.read_unsigned(0))

    def _field(self, number: int) -> int | None:
        entry = 4 + 2 * number
        if entry + 2 > self._length:
            return None
        offset = self._blob.read_unsigned(self._vtable + entry, 2)
        return self._position + offset if offset else None

    def scalar(self, number: int, width: int) -> int:
        """An unsigned integer; 0 where absent."""
        position = self._field(number)
        return 0 if position is None else self._blob.read_unsigned(position, width)

    def table(self, number: int) -> Table | None:
        """A table, also the value of a union."""
        position = self._field(number)
        return None if position is None else Table(self._blob, position + self._blob.read_unsigned(position))

    def text(self, number: int) -> str:
        """A string; empty where absent."""
        start, count = self._vector(number)
        return self._blob.read(start, min(count, _MOST_BYTES)).decode("utf-8", "replace") if count else ""

    def tables(self, number: int) -> list[Table]:
        """A vector of tables."""
        start, count = self._vector(number)
        if count > _MOST_ENTRIES:
            raise FlatError("too many entries")
        offsets = [start + 4 * index for index in range(count)]
        return [Table(self._blob, position + self._blob.read_unsigned(position)) for position in offsets]

    def integers(self, number: int) -> list[int]:
        """A vector of int32."""
        return [int(value) for value in self._numbers(number, "i", 4)]

    def longs(self, number: int) -> list[int]:
        """A vector of int64."""
        return [int(value) for value in self._numbers(number, "q", 8)]

    def floats(self, number: int) -> list[float]:
        """A vector of float32."""
        return [float(value) for value in self._numbers(number, "f", 4)]

    def nested(self, number: int) -> Table | None:
        """A vector of bytes that is a flatbuffer: its root table."""
        start, count = self._vector(number)
        if not count:
            return None
        return Table.root(self._blob.at(self._blob.base + start))

    def _numbers(self, number: int, code: str, width: int) -> tuple[float, ...]:
        start, count = self._vector(number)
        if count > _MOST_ENTRIES:
            raise FlatError("too many entries")
        return struct.unpack(f"<{count}{code}", self._blob.read(start, width * count)) if count else ()

    def _vector(self, number: int) -> tuple[int, int]:
        position = self._field(number)
        if position is None:
            return 0, 0
        start = position + self._blob.read_unsigned(position)
        return start + 4, self._blob.read_unsigned(start)
