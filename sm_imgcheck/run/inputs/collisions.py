"""Which candidate an output is made of: two that would be written to one place are told apart from one given twice."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from typing import TYPE_CHECKING

from sm_imgcheck.core.escape import for_terminal
from sm_imgcheck.io.stores import file_of

__all__ = ["Claims", "clash"]


if TYPE_CHECKING:
    from sqlite3 import Connection


_HELD = 50_000
"""Outputs that are held in memory, some 20 MB; those after them are held on the disk."""


class Claims:
    """The outputs of a run so far, in bounded memory."""

    def __init__(self) -> None:
        self._owners: dict[str, str] = {}
        self._more: Connection | None = None

    def claim(self, target: str, path: str) -> str:
        """Whose output it is already: the candidate that claimed it first; empty: nobody's, and now this one's."""
        key = _as_the_disk_sees_it(target)
        if key in self._owners:
            return self._owners[key]
        if len(self._owners) < _HELD:
            self._owners[key] = path
            return ""
        from sm_imgcheck.run.database import as_blob, as_text, temporary  # few runs have so many outputs

        if self._more is None:
            self._more = temporary("CREATE TABLE owners (output BLOB PRIMARY KEY, path BLOB) WITHOUT ROWID")
        row = (as_blob(key), as_blob(path))
        if self._more.execute("INSERT OR IGNORE INTO owners VALUES (?, ?)", row).rowcount:
            return ""
        (owner,) = self._more.execute("SELECT path FROM owners WHERE output = ?", row[:1]).fetchone()
        return as_text(owner)


def clash(claims: Claims, target: str, path: str, *, once: bool = False) -> str:
    """Claim an output for a candidate; why it cannot have it, or nothing. once: nor may the same one come again."""
    owner = claims.claim(target, path)
    same = owner == path or _same_file(owner, path)
    if not owner or (same and not once):
        return ""
    if same:
        return f"{for_terminal(path)} is listed twice, and {for_terminal(target)} is packed once: list it once"
    return (
        f"{for_terminal(owner)} and {for_terminal(path)} would both be written to {for_terminal(target)}: "
        "rename one, or convert them in two runs into two folders"
    )


def _same_file(one: str, other: str) -> bool:
    """Whether two paths, such as ``cat.jpg`` and ``./cat.jpg``, name one file, and one array of it."""
    (first, member), (second, other_member) = file_of(one), file_of(other)
    with suppress(OSError, ValueError):
        return member == other_member and os.path.samefile(first, second)
    return False


def _as_the_disk_sees_it(path: str) -> str:
    """One key for names that are one file: macOS and Windows do not tell Cat from cat."""
    if sys.platform not in {"darwin", "win32"}:
        return path
    from unicodedata import normalize

    return normalize("NFC", path).casefold()
