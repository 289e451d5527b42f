"""A candidate of a listing: its path, and its name among the outputs."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable
from dataclasses import field
from typing import TYPE_CHECKING

from sm_imgcheck.core.frozen import frozen, replace_fields
from sm_imgcheck.io.stores import Stat, file_of

if TYPE_CHECKING:
    from sm_imgcheck.run.inputs.exclude import PathPatterns

__all__ = [
    "EXCLUDED_REASON",
    "OTHER_SUFFIX",
    "OUTPUT_REASON",
    "SNIFF_BYTES",
    "Item",
    "Listing",
    "begins_tensor",
    "stem",
]

SNIFF_BYTES = 4096
"""Bytes of a .json file in a folder that are read to distinguish a tensor from annotations and settings."""


OTHER_SUFFIX = "other suffix"
EXCLUDED_REASON = "excluded"
OUTPUT_REASON = "outputs of an earlier run"
"""Why files are passed over."""
_SUFFIXES = 50
"""Suffixes that are counted one by one."""


@frozen
class Item:
    """One candidate to be checked."""

    path: str
    """Name from the user; below a folder, the folder's name and the relative path."""
    output: tuple[str, ...]
    """Name below an output folder: names of folders, then the file's name without suffix."""
    stdin: bool = False
    problem: str = ""
    """The reason why it cannot be checked: a folder that cannot be read, with all files in it."""
    refused: str = ""
    """The reason why its tensor cannot be written: another candidate has that output."""
    state: Stat | None = None
    """Its state, where the listing of a store contains it."""
    spec: int = 0
    """Index of its spec, in a run with several."""
    unsupported: bool = False
    """A file of a folder whose suffix names an unsupported image format: reported as a warning."""
    replaces: str = ""
    """The output of an earlier run below the output folder; it may be replaced, with any content."""


@frozen
class Listing:
    """How paths are listed."""

    passed_over: Counter[str]
    """Counts, by reason, of the files in folders that are skipped; filled while the listing runs."""
    stdin_name: str = "stdin"
    """What standard input is called."""
    excluded_folder: str = ""
    """A folder that is not listed: the output folder."""
    is_output: Callable[[str], bool] | None = None
    """Whether an earlier run wrote a file of this name below ``excluded_folder``, which is an input folder itself."""
    allow_remote: bool = False
    """Whether a list may name locations other than this machine and S3: it may be untrusted."""
    any_suffix: bool = False
    """Whether every file of a folder is checked: request bodies have any names."""
    suffixes: Counter[str] = field(default_factory=Counter)
    """Counts, by suffix, the files of ``passed_over`` that have another one than candidates have."""
    exclude: tuple[PathPatterns, ...] = ()
    """Patterns of excluded paths, including those named one by one."""

    def with_new_counts(self) -> Listing:
        """Return the same listing with new counts."""
        return replace_fields(self, passed_over=Counter(), suffixes=Counter())

    def skip(self, reason: str, name: str = "") -> None:
        """Count a file that is not a candidate."""
        self.passed_over[reason] += 1
        if reason == OTHER_SUFFIX:
            suffix = os.path.splitext(name)[1].lower() or "none"
            self.suffixes[suffix if suffix in self.suffixes or len(self.suffixes) < _SUFFIXES else "others"] += 1

    def is_excluded(self, path: str, *, folder: bool = False) -> bool:
        """Return whether a pattern excludes a file, or a folder with its contents."""
        return any(patterns.match(path, folder=folder) for patterns in self.exclude)


def stem(path: str) -> str:
    """Return the stem: ``b/cat.jpg`` is ``cat``; ``x.npz::a/b`` is ``x.a%2Fb``.

    A suffix is appended to it, so no stem points elsewhere, not even ``..``; and two names with one suffix have two
    stems.
    """
    file, member = file_of(path)
    name = os.path.basename(file)
    stem, _, suffix = name.rpartition(".")
    stem = (stem if stem and suffix else name) or "unnamed"
    return f"{stem}.{_quote_member(member.removesuffix('.npy'))}" if member else stem


def _quote_member(member: str) -> str:
    """Return a member's name as part of a file name: characters that are not letters or digits are percent-encoded."""
    return "".join(
        char if char.isalnum() or char in "-_." else "".join(f"%{byte:02X}" for byte in os.fsencode(char))
        for char in member
    )


def begins_tensor(start: bytes) -> bool:
    """Return whether the first bytes of a .json file are those of a tensor of this program."""
    return start.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{") and b'"shape"' in start
