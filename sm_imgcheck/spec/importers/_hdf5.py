"""One text attribute of the root group of an HDF5 file, within limits; data sets are never read.

Format: https://support.hdfgroup.org/documentation/hdf5/latest/_f_m_t3.html. h5py has 16 MB installed.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO

from sm_imgcheck.core.frozen import frozen

__all__ = ["HDF5_MAGIC", "Hdf5Error", "read_attribute"]

HDF5_MAGIC = b"\x89HDF\r\n\x1a\n"
_MOST_MESSAGES = 5_000
_MOST_BLOCKS = 200
_MOST_HEADER = 1 << 20
_ATTRIBUTE, _CONTINUATION, _ATTRIBUTE_INFO = 0x0C, 0x10, 0x15
_FIXED_TEXT, _VARIABLE_TEXT = 3, 9
_NO_ADDRESS = 0xFFFFFFFFFFFFFFFF


class Hdf5Error(ValueError):
    """Invalid HDF5 bytes, a form that is not supported, or beyond the limits."""


@frozen
class _Widths:
    """Bytes of an offset and of a length in this file."""

    offset: int
    length: int


class _Hdf5Reader:
    def __init__(self, stream: BinaryIO, widths: _Widths) -> None:
        self.stream = stream
        self.widths = widths

    def read(self, position: int, count: int, *, limit: int = _MOST_HEADER) -> bytes:
        """Bytes at a position. Raises Hdf5Error beyond the end of the file or the limit."""
        if not 0 <= position < _NO_ADDRESS >> 1 or not 0 <= count <= limit:
            raise Hdf5Error("an offset or length outside the file")
        self.stream.seek(position)
        data = self.stream.read(count)
        if len(data) < count:
            raise Hdf5Error("truncated")
        return data


def read_attribute(stream: BinaryIO, name: str, *, limit: int) -> bytes | None:
    """The bytes of a text attribute of the root group; None where the group has no such attribute.

    stream: seekable. limit: bytes. Raises Hdf5Error.
    """
    reader, root = _superblock(stream)
    for kind, body in _messages(reader, root):
        if kind == _ATTRIBUTE_INFO and not _is_undefined(body, reader.widths):
            raise Hdf5Error("attributes in dense storage are not supported; save the model as .keras")
        if kind == _ATTRIBUTE and (data := _attribute(body, name)) is not None:
            datatype, content = data
            return _text(reader, datatype, content, limit)
    return None


def _is_undefined(info: bytes, widths: _Widths) -> bool:
    """Whether an attribute info message has no address of dense storage: attributes are messages."""
    start = 4 if _integer(info, 1, 1) & 1 else 2
    return _integer(info, start, widths.offset) == (1 << 8 * widths.offset) - 1


def _integer(data: bytes, position: int, width: int) -> int:
    if position + width > len(data):
        raise Hdf5Error("truncated")
    return int.from_bytes(data[position : position + width], "little")


def _superblock(stream: BinaryIO) -> tuple[_Hdf5Reader, int]:
    """A reader, and the address of the object header of the root group."""
    head = stream.read(128)
    version = _integer(head, 8, 1)
    old = version < 2
    at = 13 if old else 9
    widths = _Widths(offset=_integer(head, at, 1), length=_integer(head, at + 1, 1))
    if version > 3 or widths.offset not in (4, 8) or widths.length not in (4, 8):
        raise Hdf5Error(f"superblock version {version}, expected 0 to 3 with offsets of 4 or 8 bytes")
    # old: four addresses, then the symbol table entry: link name, object header; new: base, extension, end of file
    start = (24 if version == 0 else 28) + 5 * widths.offset if old else 12 + 3 * widths.offset
    return _Hdf5Reader(stream, widths), _integer(head, start, widths.offset)


def _messages(reader: _Hdf5Reader, address: int) -> Iterator[tuple[int, bytes]]:
    """Type and body of each message of an object header, with its continuation blocks."""
    head = reader.read(address, 16)
    is_new = head.startswith(b"OHDR")
    if not is_new and head[0] != 1:
        raise Hdf5Error("no object header of the root group")
    flags = head[5] if is_new else 0
    if is_new:
        start = address + 6 + (16 if flags & 32 else 0) + (4 if flags & 16 else 0)
        width = 1 << (flags & 3)
        blocks = [(start + width, _integer(reader.read(start, width), 0, width))]
    else:
        blocks = [(address + 16, _integer(head, 8, 4))]
    left = _MOST_MESSAGES
    for count, (start, length) in enumerate(blocks):
        if count > _MOST_BLOCKS:
            raise Hdf5Error("too many blocks in an object header")
        block = reader.read(start, length)
        for kind, body in _block_messages(block, flags, is_new=is_new):
            left -= 1
            if left < 0:
                raise Hdf5Error("too many messages in an object header")
            if kind == _CONTINUATION:
                blocks.append(_continuation(body, reader.widths, is_new=is_new))
            yield kind, body


def _continuation(body: bytes, widths: _Widths, *, is_new: bool) -> tuple[int, int]:
    """Start and length of the messages of a continuation block."""
    start, length = _integer(body, 0, widths.offset), _integer(body, widths.offset, widths.length)
    return (start + 4, max(length - 8, 0)) if is_new else (start, length)  # OCHK before, checksum after


def _block_messages(block: bytes, flags: int, *, is_new: bool) -> Iterator[tuple[int, bytes]]:
    head = 4 + (2 if flags & 4 else 0) if is_new else 8
    at = 0
    while at + head <= len(block):
        kind = _integer(block, at, 1 if is_new else 2)
        length = _integer(block, at + (1 if is_new else 2), 2)
        yield kind, block[at + head : at + head + length]
        at += head + length


def _attribute(body: bytes, name: str) -> tuple[bytes, bytes] | None:
    """Datatype and data of an attribute of this name."""
    version = _integer(body, 0, 1)
    sizes = [_integer(body, position, 2) for position in (2, 4, 6)]
    if version == 1:
        sizes_in_file = [-(-size // 8) * 8 for size in sizes]
    elif version in (2, 3):
        sizes_in_file = sizes
    else:
        raise Hdf5Error(f"attribute version {version}, expected 1 to 3")
    start = 8 + (version == 3)
    if body[start : start + sizes[0]].split(b"\0")[0] != name.encode():
        return None
    datatype = body[start + sizes_in_file[0] : start + sizes_in_file[0] + sizes[1]]
    return datatype, body[start + sum(sizes_in_file) :]


def _text(reader: _Hdf5Reader, datatype: bytes, content: bytes, limit: int) -> bytes:
    kind = _integer(datatype, 0, 1) & 15
    if kind == _FIXED_TEXT:
        return content[: min(_integer(datatype, 4, 4), limit)].rstrip(b"\0")
    if kind != _VARIABLE_TEXT:
        raise Hdf5Error("the attribute is not text")
    length = _integer(content, 0, 4)
    address = _integer(content, 4, reader.widths.offset)
    index = _integer(content, 4 + reader.widths.offset, 4)
    if length > limit:
        raise Hdf5Error(f"the attribute has more than {limit} bytes")
    return _variable_text(reader, address, index, limit)[:length]


def _variable_text(reader: _Hdf5Reader, address: int, index: int, limit: int) -> bytes:
    """One object of a collection (GCOL) of variable-length data."""
    width = reader.widths.length
    head = reader.read(address, 8 + width)
    if not head.startswith(b"GCOL"):
        raise Hdf5Error("no GCOL collection at the address of the attribute")
    at, end = address + 8 + width, address + _integer(head, 8, width)
    for _ in range(_MOST_MESSAGES):
        if at + 8 + width > end:
            break
        entry = reader.read(at, 8 + width)
        number, size = _integer(entry, 0, 2), _integer(entry, 8, width)
        if number == index:
            return reader.read(at + 8 + width, size, limit=limit)
        if number == 0:
            break
        at += 8 + width + -(-size // 8) * 8
    raise Hdf5Error("the GCOL collection lacks the attribute")
