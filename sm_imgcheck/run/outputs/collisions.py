"""The candidate of each output: two candidates with one output are distinguished from one candidate given twice."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator
from contextlib import suppress
from typing import TYPE_CHECKING

from sm_imgcheck.core.escape import for_terminal
from sm_imgcheck.core.frozen import replace_fields
from sm_imgcheck.io.stores import file_of
from sm_imgcheck.run.inputs.item import Item
from sm_imgcheck.run.outputs.tensors import Outputs

if TYPE_CHECKING:
    from sqlite3 import Connection

    from sm_imgcheck.run.outputs.sink import Sink

__all__ = ["OutputRegistry", "claim_outputs", "clash"]

_IN_MEMORY = 50_000
"""Outputs that are stored in memory, about 20 MB; later ones are stored on disk."""


class OutputRegistry:
    """The outputs of a run so far, in bounded memory."""

    def __init__(self) -> None:
        self._owners: dict[str, str] = {}
        self._more: Connection | None = None

    def claim(self, target: str, path: str) -> str:
        """Return the candidate that claimed an output first; empty if none did, and this candidate has now."""
        key = _normalized_key(target)
        if key in self._owners:
            return self._owners[key]
        if len(self._owners) < _IN_MEMORY:
            self._owners[key] = path
            return ""
        from sm_imgcheck.run.database import as_blob, as_text, temporary  # few runs have this number of outputs

        if self._more is None:
            self._more = temporary("CREATE TABLE owners (output BLOB PRIMARY KEY, path BLOB) WITHOUT ROWID")
        row = (as_blob(key), as_blob(path))
        if self._more.execute("INSERT OR IGNORE INTO owners VALUES (?, ?)", row).rowcount:
            return ""
        (owner,) = self._more.execute("SELECT path FROM owners WHERE output = ?", row[:1]).fetchone()
        return as_text(owner)


def claim_outputs(items: Iterable[Item], sink: Sink) -> Iterator[Item]:
    """Yield the same candidates; of two outputs with one location the second is rejected, for any engine."""
    if not isinstance(sink, Outputs):
        yield from items
        return
    claims = OutputRegistry()
    for item in items:
        reason = "" if item.problem else clash(claims, sink.place(item), item.path, once=sink.ONCE)
        yield replace_fields(item, refused=reason) if reason else item


def clash(claims: OutputRegistry, target: str, path: str, *, once: bool = False) -> str:
    """Claim an output for a candidate; return the reason for a rejection. once: reject the same candidate too."""
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


def _same_file(path_a: str, path_b: str) -> bool:
    """Whether two paths, such as ``cat.jpg`` and ``./cat.jpg``, name one file, and one array of it."""
    (first, member), (second, other_member) = file_of(path_a), file_of(path_b)
    with suppress(OSError, ValueError):
        return member == other_member and os.path.samefile(first, second)
    return False


def _normalized_key(path: str) -> str:
    """Return one key for names of one file: macOS and Windows do not distinguish Cat from cat."""
    if sys.platform not in {"darwin", "win32"}:
        return path
    from unicodedata import normalize

    return normalize("NFC", path).casefold()
