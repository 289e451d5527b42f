"""A stream of bytes in parts that are sent one by one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from itertools import chain
from typing import TYPE_CHECKING

from sm_imgcheck.core.errors import OutputError, StoreError
from sm_imgcheck.core.escape import for_terminal
from sm_imgcheck.io.stores import Chunk, Fetched, FileTooLarge, Stat, Unreadable
from sm_imgcheck.io.stores._connect import describe_error, filesystem
from sm_imgcheck.io.stores._redirects import redirect_of

if TYPE_CHECKING:
    from sm_imgcheck.io.stores._connect import Entry, FileSystem

__all__ = ["PART_BYTES", "below", "contain", "cut", "fetch", "head", "make_folder", "read", "remove", "stat", "write"]

PART_BYTES = 8 << 20
"""Of a multipart upload; S3 takes 5 MiB to 5 GiB a part, and 10,000 parts."""
_PARTS_OF_ONE_SIZE = 2000
"""After so many, parts are twice as large: 10,000 of them hold 484 GiB, with at most 128 MiB in hand for each."""


def cut(chunks: Iterable[Chunk]) -> Iterator[bytes]:
    """The same bytes, cut anew."""
    held, number = bytearray(), 0
    for chunk in chunks:
        view = memoryview(chunk)
        while view:
            room = (PART_BYTES << number // _PARTS_OF_ONE_SIZE) - len(held)
            held += view[:room]
            view = view[room:]
            if len(held) == PART_BYTES << number // _PARTS_OF_ONE_SIZE:
                yield bytes(held)
                held, number = bytearray(), number + 1
    if held:
        yield bytes(held)


_TAGS = ("ETag", "etag", "md5Hash", "content_md5", "generation", "mtime", "last_modified", "LastModified", "created")
"""Under which names file systems tell what changes with the content, the surest first."""


def stat(place: str) -> Stat | None:
    fs = filesystem(place)
    try:
        found = fs.info(place)
    except FileNotFoundError as error:
        if redirect := redirect_of(error):
            raise Unreadable(str(redirect)) from error
        return None
    except Exception as error:
        raise Unreadable(f"cannot be looked at: {describe_error(error)}") from error
    return _stat(found) if found.get("type") == "file" else None


def read(place: str, limit: int) -> bytes:
    return fetch(place, limit).body


def fetch(place: str, limit: int) -> Fetched:
    there = stat(place)
    if there is None:
        raise Unreadable("cannot be read: there is no such file")
    if there.size > limit:
        raise FileTooLarge(there.size, limit)
    body = head(place, limit + 1)  # some servers do not say how large a file is, or not the truth
    if len(body) > limit:
        raise FileTooLarge(len(body), limit)
    return Fetched(body=body, tag=there.tag)


def head(place: str, length: int) -> bytes:
    fs = filesystem(place)
    try:
        with fs.open(place, "rb") as file:
            return file.read(length)
    except Exception as error:
        raise Unreadable(f"cannot be read: {describe_error(error)}") from error


def below(place: str) -> Iterator[tuple[str, Stat]]:
    fs = filesystem(place)
    for entry in _entries(fs, place, place):
        name = entry["name"].rstrip("/").rpartition("/")[2]
        where = f"{place.rstrip('/') if place.rpartition('://')[2] else place[:-1]}/{name}"
        if entry.get("type") == "directory":
            try:
                yield from ((f"{name}/{rest}", state) for rest, state in below(where))
            except Unreadable as error:
                raise StoreError(f"{for_terminal(where)} {error}") from error
        else:
            yield name, _stat(entry)


def write(place: str, chunks: Iterable[Chunk], *, force: bool = False) -> None:
    fs = filesystem(place)
    with _writing(place):
        there = None if force else stat(place)
    if there is None:
        _put(fs, place, chunks)
    elif not _holds(fs, place, there, chunks):
        raise OutputError(f"{for_terminal(place)} exists and is not what would be written: --force replaces it")


def remove(place: str) -> None:
    fs = filesystem(place)
    try:
        with suppress(FileNotFoundError):
            fs.rm_file(place)
    except Exception as error:
        raise OutputError(f"{for_terminal(place)} cannot be removed: {describe_error(error)}") from error


def make_folder(folder: str, inside: str) -> None:  # noqa: ARG001
    fs = filesystem(folder)
    try:
        fs.makedirs(folder, exist_ok=True)
    except Exception as error:
        raise OutputError(f"{for_terminal(folder)}: the folder cannot be made: {describe_error(error)}") from error


def contain(folder: str, inside: str) -> None:
    """There are no links."""


def _entries(fs: FileSystem, folder: str, shown: str) -> list[Entry]:
    """What is in one folder, by name; a folder's name sorts as if it ended in a slash."""
    try:
        found = fs.ls(folder, detail=True)
    except FileNotFoundError as error:
        if redirect := redirect_of(error):
            raise Unreadable(str(redirect)) from error
        return []
    except Exception as error:
        raise Unreadable(f"cannot be listed: {describe_error(error)}") from error
    inside = [entry for entry in found if entry["name"].strip("/") != fs._strip_protocol(shown).strip("/")]  # noqa: SLF001
    return sorted(inside, key=lambda entry: entry["name"].rstrip("/") + "/" * (entry.get("type") == "directory"))


def _put(fs: FileSystem, place: str, chunks: Iterable[Chunk]) -> None:
    """Write under a name that appears when all is there: file systems of fsspec can hold back until ``commit``."""
    parts = cut(chunks)
    first = next(parts, b"")  # what fails to be made has not begun to be written
    with _writing(place):
        file = fs.open(place, "wb", autocommit=False)
    try:
        for part in chain((first,), parts):
            with _writing(place):
                file.write(part)
        with _writing(place):
            file.close()
            file.commit()
    except BaseException:  # Ctrl-C too
        with suppress(Exception):
            file.discard()
        raise


def _holds(fs: FileSystem, place: str, there: Stat, chunks: Iterable[Chunk]) -> bool:
    """Whether a file has this content."""
    left = there.size
    with _writing(place):
        file = fs.open(place, "rb")
    with file:
        for chunk in chunks:
            left -= len(chunk)
            with _writing(place):
                if left < 0 or file.read(len(chunk)) != chunk:
                    return False
    return left == 0


@contextmanager
def _writing(place: str) -> Iterator[None]:
    """What the store says to it is told; what whoever makes the chunks says goes on its way."""
    try:
        yield
    except Exception as error:
        raise OutputError(f"{for_terminal(place)} cannot be written: {describe_error(error)}") from error


def _stat(entry: Entry) -> Stat:
    tag: object = next((value for name in _TAGS if (value := entry.get(name)) is not None), "")
    tag = f"{tag.timestamp():.6f}" if isinstance(tag, datetime) else f"{tag:.6f}" if isinstance(tag, float) else tag
    return Stat(size=entry.get("size") or 0, tag=str(tag).strip('"'))
