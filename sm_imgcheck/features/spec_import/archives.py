"""Members of tar and zip archives as files, in order, without unpacking."""

from __future__ import annotations

import io
import posixpath
import tarfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import suppress
from typing import IO, Any, BinaryIO, cast

from sm_imgcheck.core.errors import ImgcheckError
from sm_imgcheck.core.escape import for_terminal
from sm_imgcheck.spec.importers._source_file import HEAD_BYTES, SourceFile

__all__ = ["archive_files", "is_archive"]

_GZIP, _ZIP, _BZIP, _XZ = b"\x1f\x8b", b"PK\x03\x04", b"BZh", b"\xfd7zXZ\x00"
_MOST_MEMBERS = 5_000
_CACHE_BYTES = 4 << 20
"""Members up to this size are held in memory while they are read."""
_MOST_HELD = 64 << 20
_MOST_BYTES = 16 << 30
"""Limit of the unpacked stream."""
_ERRORS = (
    tarfile.TarError,
    zipfile.BadZipFile,
    EOFError,
    OSError,
    zlib.error,
    ValueError,
    OverflowError,
    NotImplementedError,
    RuntimeError,
)


def is_archive(file: SourceFile) -> bool:
    """Whether a file is an archive of files: a tar, or a zip that is not a model file."""
    head = file.head
    if head.startswith((_GZIP, _BZIP, _XZ)) or head[257:262] == b"ustar":
        return True
    return head.startswith(_ZIP) and not file.base.endswith((".keras", ".pt", ".pth", ".ptl", ".torchscript", ".ts"))


def archive_files(file: SourceFile) -> Iterator[SourceFile]:
    """Each ordinary member. Each member must be read before the iteration continues.

    Raises ImgcheckError for a damaged or too large archive.
    """
    try:
        with file.open() as stream:
            if file.head.startswith(_ZIP):
                yield from _zip_files(file, stream)
            else:
                yield from _tar_files(file, stream)
    except _ERRORS as error:
        message = str(error) or type(error).__name__
        raise ImgcheckError(f"{for_terminal(file.name)}: archive: damaged: {for_terminal(message[:200])}") from None


class _LimitedStream(io.RawIOBase):
    """The compressed stream's content with a limit on how much is read."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream
        self._left = _MOST_BYTES

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: object) -> int:
        view = memoryview(cast("bytearray", buffer))
        chunk = self._stream.read(len(view))
        self._left -= len(chunk)
        if self._left < 0:
            raise ValueError(f"more than {_MOST_BYTES >> 30} GiB unpacked")
        view[: len(chunk)] = chunk
        return len(chunk)


def _decompress(stream: BinaryIO, head: bytes) -> BinaryIO:
    """The tar itself."""
    tar: IO[bytes] = stream
    if head.startswith(_GZIP):
        import gzip

        tar = cast("IO[bytes]", gzip.open(stream))  # noqa: SIM115 - the stream is closed by its owner
    elif head.startswith(_BZIP):
        import bz2

        tar = bz2.open(stream)  # noqa: SIM115
    elif head.startswith(_XZ):
        import lzma

        tar = lzma.open(stream)  # noqa: SIM115
    return cast("BinaryIO", io.BufferedReader(_LimitedStream(tar), 1 << 20))


def _tar_files(file: SourceFile, stream: BinaryIO) -> Iterator[SourceFile]:
    cache: dict[str, SourceFile] = {}
    room = _MOST_HELD
    with tarfile.open(fileobj=_decompress(stream, file.head), mode="r|") as archive:
        for count, member in enumerate(archive):
            cast("Any", archive).members = []  # tarfile keeps every header otherwise
            if count >= _MOST_MEMBERS:
                raise ValueError(f"more than {_MOST_MEMBERS} members")
            content = archive.extractfile(member) if member.isfile() and not member.issparse() else None
            if content is None or member.size < 0:
                continue
            member_file = _member(file, member.name, member.size, cast("BinaryIO", content), cache)
            if member.size <= _CACHE_BYTES and room > member.size:
                room -= member.size
                cache[member_file.name] = member_file
            yield member_file


def _zip_files(file: SourceFile, stream: BinaryIO) -> Iterator[SourceFile]:
    cache: dict[str, SourceFile] = {}
    with zipfile.ZipFile(stream) as archive:
        members = archive.infolist()
        if len(members) > _MOST_MEMBERS:
            raise ValueError(f"more than {_MOST_MEMBERS} members")
        for member in members:
            if member.is_dir():
                continue
            with archive.open(member) as content:
                yield _member(file, member.filename, member.file_size, cast("BinaryIO", content), cache)


def _member(file: SourceFile, name: str, size: int, content: BinaryIO, cache: dict[str, SourceFile]) -> SourceFile:
    label = f"{file.name}::{for_terminal(name.removeprefix('./'))}"

    def sibling(other: str) -> SourceFile | None:
        folder = posixpath.dirname(name.removeprefix("./"))
        path = posixpath.normpath(posixpath.join(folder, other))
        return cache.get(f"{file.name}::{for_terminal(path)}")

    if size <= _CACHE_BYTES:
        body = content.read(size + 1)
        return SourceFile(label, len(body), lambda: io.BytesIO(body), sibling)
    head = content.read(HEAD_BYTES)
    file_of_stream = SourceFile(label, size, lambda: cast("BinaryIO", _Replay(head, content)), sibling)
    file_of_stream.__dict__["head"] = head
    return file_of_stream


class _Replay(io.RawIOBase):
    """A member from its first byte, once, though its head has been read."""

    def __init__(self, head: bytes, rest: BinaryIO) -> None:
        self._head = head
        self._rest = rest

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return False

    def read(self, size: int | None = -1) -> bytes:
        if size is None or size < 0:
            raise ValueError("an archive member is read in parts")
        data, self._head = self._head[:size], self._head[size:]
        while len(data) < size:
            more = self._rest.read(size - len(data))
            if not more:
                break
            data += more
        return data

    def close(self) -> None:
        with suppress(ValueError):
            super().close()
