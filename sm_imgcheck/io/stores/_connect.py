"""The file systems of fsspec: made in the process that uses them, and what their errors mean."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from sm_imgcheck.core.errors import StoreError
from sm_imgcheck.core.escape import for_terminal
from sm_imgcheck.io.stores.prefetch import IN_FLIGHT

if TYPE_CHECKING:
    from typing import Protocol, Self, TypedDict

    class Entry(TypedDict, total=False):
        """The entry of a file in a file system's listing; further keys change with the content."""

        name: str
        type: str
        size: int | None

    class StoreFile(Protocol):
        """An open file; the last two methods only where it was opened with ``autocommit=False``."""

        def __enter__(self) -> Self: ...
        def __exit__(self, *_: object) -> None: ...
        def read(self, length: int) -> bytes: ...
        def write(self, data: bytes) -> int: ...
        def close(self) -> None: ...
        def commit(self) -> None: ...
        def discard(self) -> None: ...

    class FileSystem(Protocol):
        """What is used of fsspec's AbstractFileSystem."""

        def info(self, path: str) -> Entry: ...
        def ls(self, path: str, *, detail: bool) -> list[Entry]: ...
        def open(self, path: str, mode: str, *, autocommit: bool = True) -> StoreFile: ...
        def rm_file(self, path: str) -> None: ...
        def makedirs(self, path: str, *, exist_ok: bool) -> None: ...
        def _strip_protocol(self, path: str) -> str: ...

    class FileSystemClass(Protocol):
        """A class of file systems."""

        def __call__(self, **options: object) -> FileSystem: ...
        def _get_kwargs_from_urls(self, url: str) -> dict[str, object]: ...


__all__ = ["allow_redirects", "describe_error", "filesystem"]

_SCHEMES = {"s3a": "s3"}
_FILE_SYSTEMS: dict[tuple[int, str, str, bool], FileSystem] = {}
"""By process: connections and the thread of an event loop do not survive a fork."""
_SETTINGS = {"private redirects": False}
"""Settings of this process, from its command line."""
_LONGEST = 300
"""Longest message of a server, in characters."""


def allow_redirects(*, private: bool) -> None:
    """Set whether redirects to private addresses are followed in this process."""
    _SETTINGS["private redirects"] = private


def filesystem(location: str) -> FileSystem:
    """Return fsspec's file system for a location. Raises StoreError for a scheme that is unknown or not installed."""
    scheme, _, rest = location.partition("://")
    scheme = _SCHEMES.get(scheme.lower(), scheme.lower())
    kind = _kind(scheme)
    try:
        # Host, user and port, where the address has such; for S3 only what versions of objects need, which is not used.
        options = _s3_options() if scheme == "s3" else kind._get_kwargs_from_urls(f"{scheme}://{rest}")  # noqa: SLF001
        follows_private = _SETTINGS["private redirects"]
        key = (os.getpid(), scheme, repr(sorted(options.items())), follows_private)
        if key not in _FILE_SYSTEMS:
            if scheme in {"http", "https"} and not follows_private:
                options = options | _redirect_options(scheme)
            _FILE_SYSTEMS[key] = kind(skip_instance_cache=True, use_listings_cache=False, **options)
    except Exception as error:
        raise StoreError(f"{for_terminal(location)}: {describe_error(error)}") from error
    return _FILE_SYSTEMS[key]


def _kind(scheme: str) -> FileSystemClass:
    try:
        from fsspec import get_filesystem_class
    except ImportError as error:
        raise _missing(scheme, "pip install fsspec and its dependencies") from error
    try:
        kind: FileSystemClass = get_filesystem_class(scheme)
    except ImportError as error:
        raise _missing(scheme, describe_error(error)) from error
    except ValueError as error:
        raise StoreError(
            f"{scheme}:// is not a store that fsspec supports; for a file of that name write ./{scheme}:"
        ) from error
    return kind


def _missing(scheme: str, hint: str) -> StoreError:
    hint = "pip install 'sm-imgcheck[s3]'" if scheme == "s3" else hint
    return StoreError(f"{scheme}:// needs packages that are not installed: {hint}")


def _s3_options() -> dict[str, object]:
    """Time limits, retries and connections; the user's fsspec settings have priority."""
    from fsspec.config import conf

    user_options = conf.get("s3", {}).get("config_kwargs", {})
    config: dict[str, object] = {"connect_timeout": 10, "read_timeout": 60, "max_pool_connections": 2 * IN_FLIGHT}
    if not os.environ.keys() & {"AWS_RETRY_MODE", "AWS_MAX_ATTEMPTS"}:
        config["retries"] = {"mode": "standard", "total_max_attempts": 5}
    return {"config_kwargs": config | user_options}


def _redirect_options(scheme: str) -> dict[str, object]:
    """Redirects to private addresses are not followed; the user's own settings of fsspec stay."""
    from fsspec.config import conf

    from sm_imgcheck.io.stores._redirects import guard

    user_options = conf.get(scheme, {}).get("client_kwargs", {})
    return {"client_kwargs": user_options | {"trace_configs": [*user_options.get("trace_configs", []), guard()]}}


def describe_error(error: BaseException) -> str:
    """Return the message of an error as one line that is safe to print."""
    if isinstance(error, NotImplementedError):
        return "this kind of store has no such thing"
    text = " ".join(str(error).split()) or type(error).__name__
    return for_terminal(text[:_LONGEST])
