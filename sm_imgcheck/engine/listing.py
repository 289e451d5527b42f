"""What a PATH of the command line stands for: files, folders, lists of paths, standard input; lazily and in order."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import PurePath

from sm_imgcheck.errors import ImgcheckError

__all__ = ["IMAGE_SUFFIXES", "TENSOR_SUFFIXES", "Item", "Listing", "listed"]

# fmt: off
IMAGE_SUFFIXES = frozenset({
    ".apng", ".avif", ".avifs", ".bmp", ".dib", ".gif", ".ico", ".j2c", ".j2k", ".jfif", ".jp2", ".jpc", ".jpe",
    ".jpeg", ".jpf", ".jpg", ".jpx", ".mpo", ".png", ".tif", ".tiff", ".webp",
})
# fmt: on
TENSOR_SUFFIXES = frozenset({".json", ".npy", ".npz"})
_LONGEST_LINE = 65_536
"""Of a list of paths, in characters: sixteen times the longest path that Linux takes."""
_SNIFFED = 4096
"""How much of a .json file in a folder is looked at to tell a tensor from annotations and settings, in bytes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One candidate to be looked at."""

    path: str
    """As the user named it; below a folder, the folder's name and the way from there."""
    output: tuple[str, ...]
    """Its place below an output folder: names of folders, then the file's name without suffix."""
    stdin: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """How paths are listed."""

    passed_over: Counter[str]
    """Counts, by reason, the files of folders that are not looked at; filled while the listing runs."""
    stdin_name: str = "stdin"
    """What standard input is called."""
    leave_out: str = ""
    """A folder that is not walked into: where the outputs go."""
    any_suffix: bool = False
    """Whether every file of a folder is looked at: request bodies are called whatever one likes."""


def listed(paths: Iterable[str], how: Listing) -> Iterator[Item]:
    """Every candidate that the paths stand for, in the order of the paths, and of names within a folder.

    Raises ImgcheckError for a list or a folder, given by name, that cannot be read.
    """
    for path in paths:
        if path == "-":
            yield Item(path=how.stdin_name, output=(_stem(how.stdin_name),), stdin=True)
        elif path.startswith("@"):
            for line in _lines(path[1:]):
                yield from _one(line, how)
        else:
            yield from _one(path, how)


def _one(path: str, how: Listing) -> Iterator[Item]:
    if os.path.isdir(path):
        yield from _walk(path, how)
    else:
        yield Item(path=path, output=(_stem(path),))


def _stem(path: str) -> str:
    """``b/cat.jpg`` is ``cat``; ``x.npz::a/b`` is ``x.a_b``. Never a name that leads elsewhere."""
    file, _, member = path.partition("::")
    name = PurePath(file).stem if PurePath(file).suffix else PurePath(file).name
    if member:
        name += "." + "".join(char if char.isalnum() or char in "-_." else "_" for char in member.removesuffix(".npy"))
    return name.replace("\0", "_") if name not in {"", ".", ".."} else "unnamed"


def _lines(name: str) -> Iterator[str]:
    """Paths, one a line; names that are not UTF-8 keep their bytes. ``@-`` reads standard input."""
    import sys

    try:
        source = sys.stdin.fileno() if name == "-" else name
        with open(source, encoding="utf-8", errors="surrogateescape", closefd=name != "-") as file:
            while line := file.readline(_LONGEST_LINE):
                if not line.endswith("\n") and len(line) == _LONGEST_LINE:
                    raise ImgcheckError(f"{name}: a line of more than {_LONGEST_LINE} characters: not a list of paths")
                if path := line.rstrip("\r\n"):
                    yield path
    except OSError as error:
        raise ImgcheckError(f"{name}: the list of paths cannot be read: {error.strerror}") from error


def _walk(root: str, how: Listing) -> Iterator[Item]:
    """Depth first, by name. The pending entries are those of the open folders: the tree is never held as a whole."""
    pending = _entries(root, (), how, named=True)
    while pending:
        place, is_folder = pending.pop()
        if is_folder:
            pending += _entries(root, place, how)
        else:
            yield Item(path=os.path.join(root, *place), output=(*place[:-1], _stem(place[-1])))


Entry = tuple[tuple[str, ...], bool]
"""Names from the root down, and whether it is a folder."""


def _entries(root: str, place: tuple[str, ...], how: Listing, *, named: bool = False) -> list[Entry]:
    """What is looked at in one folder, last name first. A folder's name sorts as if it ended in a slash."""
    try:
        with os.scandir(os.path.join(root, *place)) as entries:
            kept = [((*place, entry.name), kind == "folder") for entry in entries if (kind := _kind(entry, how))]
    except OSError as error:
        if named:
            raise ImgcheckError(f"{root}: the folder cannot be read: {error.strerror}") from error
        how.passed_over["unreadable folder"] += 1
        return []
    return sorted(kept, key=lambda entry: entry[0][-1] + "/" * entry[1], reverse=True)


def _kind(entry: os.DirEntry[str], how: Listing) -> str:
    """``folder`` or ``file`` where it is to be looked at; otherwise empty, and counted."""
    reason = _reason(entry, how)
    if reason not in {"", "folder"}:
        how.passed_over[reason] += 1
        return ""
    return reason or "file"


def _reason(entry: os.DirEntry[str], how: Listing) -> str:
    """Why an entry is passed over; ``folder`` where it is one to be walked; empty for a candidate."""
    if entry.name.startswith("."):
        return "hidden"
    if entry.is_dir(follow_symlinks=False):
        return "output folder" if how.leave_out and _same(entry.path, how.leave_out) else "folder"
    if entry.is_dir():
        return "symlink to a folder"  # not followed: a loop never ends, and a link may lead anywhere
    suffix = os.path.splitext(entry.name)[1].lower()
    if not how.any_suffix and suffix not in IMAGE_SUFFIXES and suffix not in TENSOR_SUFFIXES:
        return "other suffix"
    if not entry.is_file() and not entry.is_symlink():
        return "not a regular file"  # opening a pipe would wait for ever; a broken link is a candidate, unreadable
    other = suffix == ".json" and not how.any_suffix and not _is_tensor(entry.path)
    return "json that is no tensor" if other else ""


def _same(one: str, other: str) -> bool:
    try:
        return os.path.samefile(one, other)
    except OSError:
        return False


def _is_tensor(path: str) -> bool:
    """Whether a .json file begins like a tensor of ours; one that cannot be read is for the reader to report."""
    try:
        with open(path, "rb") as file:
            start = file.read(_SNIFFED)
    except OSError:
        return True
    return start.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{") and b'"shape"' in start
