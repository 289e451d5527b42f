"""A candidate of a listing: its path, and its place among the outputs."""

from __future__ import annotations

import os
from collections import Counter
from dataclasses import field
from typing import TYPE_CHECKING

from sm_imgcheck.core.frozen import frozen, replace_fields
from sm_imgcheck.io.stores import Stat, file_of

if TYPE_CHECKING:
    from sm_imgcheck.run.inputs.exclude import PathPatterns

__all__ = ["EXCLUDED", "OTHER_SUFFIX", "SNIFFED", "Item", "Listing", "begins_tensor", "stem"]

SNIFFED = 4096
"""How much of a .json file in a folder is looked at to tell a tensor from annotations and settings, in bytes."""


OTHER_SUFFIX = "other suffix"
EXCLUDED = "excluded"
"""Why files are passed over."""
_SUFFIXES = 50
"""Suffixes that are counted one by one."""


@frozen
class Item:
    """One candidate to be looked at."""

    path: str
    """As the user named it; below a folder, the folder's name and the way from there."""
    output: tuple[str, ...]
    """Its place below an output folder: names of folders, then the file's name without suffix."""
    stdin: bool = False
    problem: str = ""
    """Why it cannot be looked at: a folder that cannot be read, and all that may be in it."""
    refused: str = ""
    """Why its tensor cannot be written: another candidate has that place."""
    seen: Stat | None = None
    """Its state, where the listing has told it: a store's does."""
    unsupported: bool = False
    """A file of a folder whose suffix names an unsupported image format: reported as a warning."""
    replaces: str = ""
    """The output that an earlier run wrote there, below the output folder; it may be replaced, whatever it is."""


@frozen
class Listing:
    """How paths are listed."""

    passed_over: Counter[str]
    """Counts, by reason, the files of folders that are not looked at; filled while the listing runs."""
    stdin_name: str = "stdin"
    """What standard input is called."""
    leave_out: str = ""
    """A folder that is not walked into: where the outputs go."""
    allow_remote: bool = False
    """Whether a list may name places beside this machine and S3: it may come from somebody else."""
    any_suffix: bool = False
    """Whether every file of a folder is looked at: request bodies are called whatever one likes."""
    suffixes: Counter[str] = field(default_factory=Counter)
    """Counts, by suffix, the files of ``passed_over`` that have another one than candidates have."""
    exclude: tuple[PathPatterns, ...] = ()
    """Patterns of paths that are no candidates, those named one by one included."""

    def uncounted(self) -> Listing:
        """Return the same listing with counts of its own."""
        return replace_fields(self, passed_over=Counter(), suffixes=Counter())

    def skip(self, reason: str, name: str = "") -> None:
        """Count a file that is no candidate."""
        self.passed_over[reason] += 1
        if reason == OTHER_SUFFIX:
            suffix = os.path.splitext(name)[1].lower() or "none"
            self.suffixes[suffix if suffix in self.suffixes or len(self.suffixes) < _SUFFIXES else "others"] += 1

    def is_excluded(self, path: str, *, folder: bool = False) -> bool:
        """Whether a pattern excludes a file, or a folder with all that is below it."""
        return any(patterns.match(path, folder=folder) for patterns in self.exclude)


def stem(path: str) -> str:
    """``b/cat.jpg`` is ``cat``; ``x.npz::a/b`` is ``x.a%2Fb``.

    A suffix is put behind it, so no stem leads elsewhere, not even ``..``; and two names of one suffix have two stems.
    """
    file, member = file_of(path)
    name = os.path.basename(file)
    stem, _, suffix = name.rpartition(".")
    stem = (stem if stem and suffix else name) or "unnamed"
    return f"{stem}.{_quote_member(member.removesuffix('.npy'))}" if member else stem


def _quote_member(member: str) -> str:
    """A member's name as part of a file's: what is no letter or digit is written as in an address."""
    return "".join(
        char if char.isalnum() or char in "-_." else "".join(f"%{byte:02X}" for byte in os.fsencode(char))
        for char in member
    )


def begins_tensor(start: bytes) -> bool:
    """Whether the first bytes of a .json file are those of a tensor of ours."""
    return start.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{") and b'"shape"' in start
