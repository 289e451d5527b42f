"""A stream of bytes in parts that are sent one by one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from itertools import chain
from typing import TYPE_CHECKING

from sm_imgcheck.core.errors import OutputError, StoreError
from sm_imgcheck.core.escape import for_terminal
from sm_imgcheck.io.stores._connect import describe_error, filesystem
from sm_imgcheck.io.stores._redirects import redirect_of
from sm_imgcheck.io.stores.types import Chunk, FileSizeError, LocationError, Stat, StoreObject

if TYPE_CHECKING:
    from sm_imgcheck.io.stores._connect import Entry, FileSystem

__all__ = ["PART_BYTES", "below", "contain", "cut", "fetch", "head", "make_folder", "read", "remove", "stat", "write"]

PART_BYTES = 8 << 20
"""Part size of a multipart upload; S3 accepts 5 MiB to 5 GiB a part, and 10,000 parts."""
_PARTS_OF_ONE_SIZE = 2000
"""After this number, parts are twice as large: 10,000 of them hold 484 GiB, with at most 128 MiB in memory for each."""


def cut(chunks: Iterable[Chunk]) -> Iterator[bytes]:
    """The same bytes in chunks of a different size."""
    buffer, number = bytearray(), 0
    for chunk in chunks:
        view = memoryview(chunk)
        while view:
            room = (PART_BYTES << number // _PARTS_OF_ONE_SIZE) - len(buffer)
            buffer += view[:room]
            view = view[room:]
            if len(buffer) == PART_BYTES << number // _PARTS_OF_ONE_SIZE:
                yield bytes(buffer)
                buffer, number = bytearray(), number + 1
    if buffer:
        yield bytes(buffer)


_TAGS = ("ETag", "etag", "md5Hash", "content_md5", "generation", "mtime", "last_modified", "LastModified", "created")
"""Keys of file systems whose values change with the content, the most reliable first."""


def stat(location: str) -> Stat | None:
    fs = filesystem(location)
    try:
        info = fs.info(location)
    except FileNotFoundError as error:
        if redirect := redirect_of(error):
            raise LocationError(str(redirect)) from error
        return None
    except Exception as error:
        raise LocationError(f"cannot be inspected: {describe_error(error)}") from error
    return _stat(info) if info.get("type") == "file" else None


def read(location: str, limit: int) -> bytes:
    return fetch(location, limit).body


def fetch(location: str, limit: int) -> StoreObject:
    current = stat(location)
    if current is None:
        raise LocationError("cannot be read: file not found")
    if current.size > limit:
        raise FileSizeError(current.size, limit)
    body = head(location, limit + 1)  # some servers report no file size, or a wrong one
    if len(body) > limit:
        raise FileSizeError(len(body), limit)
    return StoreObject(body=body, tag=current.tag)


def head(location: str, length: int) -> bytes:
    fs = filesystem(location)
    try:
        with fs.open(location, "rb") as file:
            return file.read(length)
    except Exception as error:
        raise LocationError(f"cannot be read: {describe_error(error)}") from error


def below(location: str) -> Iterator[tuple[str, Stat]]:
    fs = filesystem(location)
    for entry in _entries(fs, location, location):
        name = entry["name"].rstrip("/").rpartition("/")[2]
        where = f"{location.rstrip('/') if location.rpartition('://')[2] else location[:-1]}/{name}"
        if entry.get("type") == "directory":
            try:
                yield from ((f"{name}/{rest}", state) for rest, state in below(where))
            except LocationError as error:
                raise StoreError(f"{for_terminal(where)} {error}") from error
        else:
            yield name, _stat(entry)


def write(location: str, chunks: Iterable[Chunk], *, force: bool = False) -> None:
    fs = filesystem(location)
    with _writing(location):
        current = None if force else stat(location)
    if current is None:
        _put(fs, location, chunks)
    elif not _holds(fs, location, current, chunks):
        raise OutputError(f"{for_terminal(location)} exists with other content: --force replaces it")


def remove(location: str) -> None:
    fs = filesystem(location)
    try:
        with suppress(FileNotFoundError):
            fs.rm_file(location)
    except Exception as error:
        raise OutputError(f"{for_terminal(location)} cannot be removed: {describe_error(error)}") from error


def make_folder(folder: str, inside: str) -> None:  # noqa: ARG001
    fs = filesystem(folder)
    try:
        fs.makedirs(folder, exist_ok=True)
    except Exception as error:
        raise OutputError(f"{for_terminal(folder)}: the folder cannot be made: {describe_error(error)}") from error


def contain(folder: str, inside: str) -> None:
    """No links exist."""


def _entries(fs: FileSystem, folder: str, name: str) -> list[Entry]:
    """What is in one folder, by name; a folder's name sorts as if it ended in a slash."""
    try:
        info = fs.ls(folder, detail=True)
    except FileNotFoundError as error:
        if redirect := redirect_of(error):
            raise LocationError(str(redirect)) from error
        return []
    except Exception as error:
        raise LocationError(f"cannot be listed: {describe_error(error)}") from error
    inside = [entry for entry in info if entry["name"].strip("/") != fs._strip_protocol(name).strip("/")]  # noqa: SLF001
    return sorted(inside, key=lambda entry: entry["name"].rstrip("/") + "/" * (entry.get("type") == "directory"))


def _put(fs: FileSystem, location: str, chunks: Iterable[Chunk]) -> None:
    """Write under a name that appears when the file is complete: file systems of fsspec can wait for ``commit``."""
    parts = cut(chunks)
    first = next(parts, b"")  # what fails to be made has not begun to be written
    with _writing(location):
        file = fs.open(location, "wb", autocommit=False)
    try:
        for part in chain((first,), parts):
            with _writing(location):
                file.write(part)
        with _writing(location):
            file.close()
            file.commit()
    except BaseException:  # Ctrl-C too
        with suppress(Exception):
            file.discard()
        raise


def _holds(fs: FileSystem, location: str, current: Stat, chunks: Iterable[Chunk]) -> bool:
    """Whether a file has this content."""
    left = current.size
    with _writing(location):
        file = fs.open(location, "rb")
    with file:
        for chunk in chunks:
            left -= len(chunk)
            with _writing(location):
                if left < 0 or file.read(len(chunk)) != chunk:
                    return False
    return left == 0


@contextmanager
def _writing(location: str) -> Iterator[None]:
    """Convert errors of the store; errors of the chunks' producer are raised unchanged."""
    try:
        yield
    except Exception as error:
        raise OutputError(f"{for_terminal(location)} cannot be written: {describe_error(error)}") from error


def _stat(entry: Entry) -> Stat:
    tag: object = next((value for name in _TAGS if (value := entry.get(name)) is not None), "")
    tag = f"{tag.timestamp():.6f}" if isinstance(tag, datetime) else f"{tag:.6f}" if isinstance(tag, float) else tag
    return Stat(size=entry.get("size") or 0, tag=str(tag).strip('"'))
