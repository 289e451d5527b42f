"""Protobuf wire format, read forward within limits: other fields are skipped at any size.

https://protobuf.dev/programming-guides/encoding/
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import BinaryIO

__all__ = ["WireError", "WireReader", "signed_of", "to_signed"]

_BUFFER = 1 << 16
_MOST_FIELDS = 2_000_000
_MOST_BYTES = 1 << 20
"""Longest text or packed list that is read."""
VARINT, FIXED64, LENGTH, FIXED32 = 0, 1, 2, 5


class WireError(ValueError):
    """Invalid protobuf bytes, or beyond the limits."""


class WireReader:
    """A cursor over a stream. Skips by seeking where the stream can, else by reading."""

    def __init__(self, stream: BinaryIO, size: int | None) -> None:
        """size: bytes of the stream; None: not known."""
        self._stream = stream
        self._size = size
        self._buffer = b""
        self._start = 0
        self._fields = 0
        self.at = 0
        self._seekable = stream.seekable()

    def fields(self, end: int | None) -> Iterator[tuple[int, int, int]]:
        """Number, wire type and value of each field up to ``end``; of a length-delimited field its length.

        After a length-delimited field is yielded the cursor is at its first byte; what the caller leaves is skipped.
        """
        while (end is None or self.at < end) and (key := self._varint(optional=end is None)) is not None:
            self._fields += 1
            if self._fields > _MOST_FIELDS:
                raise WireError("too many fields")
            number, kind = key >> 3, key & 7
            if number == 0:
                raise WireError("field number 0")
            if kind == VARINT:
                value = self._varint()
                assert value is not None
                yield number, kind, value
            elif kind == LENGTH:
                length = self._varint()
                assert length is not None
                after = self.at + length
                if (end is not None and after > end) or (self._size is not None and after > self._size):
                    raise WireError("a field longer than what contains it")
                yield number, kind, length
                self.skip_to(after)
            elif kind in (FIXED64, FIXED32):
                width = 8 if kind == FIXED64 else 4
                yield number, kind, int.from_bytes(self.take(width), "little")
            else:
                raise WireError(f"wire type {kind}")

    def text(self, length: int) -> str:
        """A string field."""
        return self.take(min(length, _MOST_BYTES)).decode("utf-8", "replace")

    def take(self, count: int) -> bytes:
        """The next bytes. Raises WireError where there are fewer."""
        if count > _MOST_BYTES:
            raise WireError("a value too long")
        while len(self._buffer) - self._start < count:
            more = self._stream.read(max(_BUFFER, count))
            if not more:
                raise WireError("ends early")
            self._buffer = self._buffer[self._start :] + more
            self._start = 0
        data = self._buffer[self._start : self._start + count]
        self._start += count
        self.at += count
        return data

    def skip_to(self, position: int) -> None:
        """Move forward to a position in the stream."""
        ahead = position - self.at
        if ahead < 0:
            raise WireError("a field shorter than its content")
        buffer_size = len(self._buffer) - self._start
        if ahead <= buffer_size:
            self._start += ahead
        else:
            ahead -= buffer_size
            self._buffer, self._start = b"", 0
            if self._seekable:
                self._stream.seek(ahead, io.SEEK_CUR)
            else:
                self._discard(ahead)
        self.at = position

    def _discard(self, count: int) -> None:
        while count > 0:
            chunk = self._stream.read(min(count, 1 << 20))
            if not chunk:
                raise WireError("ends early")
            count -= len(chunk)

    def _varint(self, *, optional: bool = False) -> int | None:
        """The next varint; None at the end of the stream where ``optional``."""
        value = shift = 0
        while True:
            if self._start >= len(self._buffer):
                more = self._stream.read(_BUFFER)
                if not more:
                    if optional and shift == 0:
                        return None
                    raise WireError("ends early")
                self._buffer, self._start = more, 0
            byte = self._buffer[self._start]
            self._start += 1
            self.at += 1
            value |= (byte & 0x7F) << shift
            if byte < 0x80:
                return value
            shift += 7
            if shift > 63:
                raise WireError("a varint of more than 10 bytes")


def to_signed(value: int) -> int:
    """A varint as int64."""
    return value - (1 << 64) if value >= 1 << 63 else value


def signed_of(body: bytes) -> list[int]:
    """The varints of a packed list. Raises WireError for a damaged one."""
    values: list[int] = []
    value = shift = 0
    for byte in body:
        value |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            values.append(to_signed(value & (1 << 64) - 1))
            value = shift = 0
        elif shift > 63:
            raise WireError("a varint of more than 10 bytes")
    return values
