"""Temporary databases for what grows with a run, so that its memory does not."""

from __future__ import annotations

from sqlite3 import Connection, Cursor, OperationalError, connect
from typing import TYPE_CHECKING

from sm_imgcheck.core.errors import ImgcheckError

if TYPE_CHECKING:
    from sqlite3 import _Parameters

__all__ = ["as_blob", "as_text", "temporary"]


class _AutoClosingConnection(Connection):
    """A connection that closes without a warning when it is deleted."""

    def __del__(self) -> None:
        self.close()

    def execute(self, statement: str, values: _Parameters = (), /) -> Cursor:
        """As every connection does. Raises ImgcheckError where the disk is full, or none can be written."""
        try:
            return super().execute(statement, values)
        except OperationalError as error:
            raise ImgcheckError(f"temporary database: {error}; set TMPDIR to a folder with more room") from error


def temporary(*tables: str) -> Connection:
    """Return an empty database for this run: more than 16 MiB are stored in an unnamed file in TMPDIR."""
    # Not of one thread: a listing may have its own.
    base = connect("", isolation_level=None, check_same_thread=False, factory=_AutoClosingConnection)
    for word in ("PRAGMA journal_mode=OFF", "PRAGMA synchronous=OFF", "PRAGMA cache_size=-16384", *tables, "BEGIN"):
        base.execute(word)
    return base


def as_blob(text: str) -> bytes:
    """SQLite's text rejects lone surrogates, which are the bytes of a name that is not UTF-8."""
    return text.encode("utf-8", "surrogatepass")


def as_text(blob: bytes) -> str:
    """What ``as_blob`` was given."""
    return blob.decode("utf-8", "surrogatepass")
