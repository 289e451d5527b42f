"""Temporary databases: for what grows with a run, so that its memory does not."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sqlite3 import Connection

__all__ = ["as_blob", "as_text", "temporary"]


def temporary(*tables: str) -> Connection:
    """An empty database for this run: what does not fit into 16 MiB goes to a file without a name."""
    import sqlite3

    base = sqlite3.connect("", isolation_level=None, check_same_thread=False)  # the listing may have its own
    for word in ("PRAGMA journal_mode=OFF", "PRAGMA synchronous=OFF", "PRAGMA cache_size=-16384", *tables, "BEGIN"):
        base.execute(word)
    return base


def as_blob(text: str) -> bytes:
    """SQLite's text takes no lone surrogates, which stand for the bytes of a name that is not UTF-8."""
    return text.encode("utf-8", "surrogatepass")


def as_text(blob: bytes) -> str:
    """What ``as_blob`` was given."""
    return blob.decode("utf-8", "surrogatepass")
