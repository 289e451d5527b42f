"""Locations of sources and outputs: the local disk, S3, and other stores of fsspec, with one interface.

A location is a string, so that any process can use it: a path, or ``scheme://bucket/key``. Names below a location have
``/`` between their parts, on every system. Connections are opened in the process that first needs them.
"""

from __future__ import annotations

import os
import re

from sm_imgcheck.core.errors import OutputError
from sm_imgcheck.core.escape import for_terminal
from sm_imgcheck.io.stores.types import (
    Chunk,
    FileSizeError,
    LocationError,
    OutputRefused,
    Stat,
    Store,
    StoreObject,
)

__all__ = [
    "Chunk",
    "FileSizeError",
    "LocationError",
    "OutputRefused",
    "Stat",
    "Store",
    "StoreObject",
    "file_of",
    "inside",
    "is_below",
    "is_remote",
    "join",
    "output_state",
    "same",
    "scheme_of",
    "store",
    "strip_file_scheme",
]

_SCHEME = re.compile(r"([a-zA-Z][a-zA-Z0-9+.-]+)://")
"""At least two characters: ``C://x`` is a drive of Windows."""


def scheme_of(location: str) -> str:
    """``s3`` of ``s3://bucket/key``, in lower case; empty for a path."""
    match = _SCHEME.match(location)
    return match[1].lower() if match else ""


def strip_file_scheme(location: str) -> str:
    """Return the same location; for a ``file://`` address the path."""
    return location.partition("://")[2] if scheme_of(location) in {"file", "local"} else location


def is_remote(location: str) -> bool:
    """Return whether a location is on no disk of this machine."""
    return scheme_of(location) not in {"", "file", "local"}


def store(location: str) -> Store:
    """Return the store of a location. Raises StoreError where its packages are not installed."""
    if not is_remote(location):
        from sm_imgcheck.io.stores import local

        return local
    if scheme_of(location) in {"s3", "s3a"}:
        from sm_imgcheck.io.stores import s3

        return s3
    from sm_imgcheck.io.stores import fsspec_store

    return fsspec_store


def output_state(location: str) -> Stat | None:
    """Return the state of a file that would be written; None without one. Raises OutputError, StoreError."""
    try:
        return store(location).stat(location)
    except LocationError as error:
        raise OutputError(f"{for_terminal(location)} {error}") from None


def file_of(location: str) -> tuple[str, str]:
    """Return file and member of a location: ``x.npz::a`` is two unless a file has exactly this name."""
    if is_remote(location):
        file, match, member = location.rpartition(".npz::")
        return (f"{file}.npz", member) if match and member else (location, "")
    file, _, member = location.rpartition("::")
    return (file, member) if file and member and not os.path.lexists(location) else (location, "")


def same(first: str, second: str) -> bool:
    """Return whether two locations are one file or folder, as far as the store can determine it."""
    if is_remote(first) or is_remote(second):
        return _split_location(first) == _split_location(second)
    try:
        return os.path.samefile(first, second)
    except (OSError, ValueError):
        return False


def inside(location: str, folder: str) -> bool:
    """Return whether a location in a store is below another location of it."""
    (first, name), (second, prefix) = _split_location(location), _split_location(folder)
    return is_remote(location) and first == second and name.startswith(f"{prefix}/" if prefix else "")


def _split_location(location: str) -> tuple[str, str]:
    scheme = scheme_of(location)
    return ("s3" if scheme == "s3a" else scheme, location.partition("://")[2].rstrip("/"))


def is_below(name: str) -> bool:
    """Whether a name with ``/`` between its parts stays below any folder: no part is empty, ``.`` or ``..``.

    Windows: no part has a backslash or a colon either, which start another folder, another drive or a stream
    (https://learn.microsoft.com/windows/win32/fileio/naming-a-file).
    """
    signs = "\0\\:" if os.name == "nt" else "\0"
    return not {"", ".", ".."} & set(name.split("/")) and not any(sign in name for sign in signs)


def join(folder: str, *names: str) -> str:
    """Return the location of a name below a folder. Raises OutputRefused for a name that ``is_below`` rejects."""
    parts = [part for name in names for part in name.split("/")]
    if not all(map(is_below, names)):
        name = for_terminal("/".join(names))
        raise OutputRefused(
            f"output name: got {name}, expected names of folders and a file below {for_terminal(folder)}"
        )
    if is_remote(folder):
        return "/".join([folder.rstrip("/") if folder.rpartition("://")[2] else folder[:-1], *parts])
    return os.path.join(folder, *parts)
