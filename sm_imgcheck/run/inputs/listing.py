"""Expand PATH arguments: files, folders, lists of paths, standard input; lazily and in order; whole or one shard of n.

A shard is the same on every machine, wherever the folder is mounted and in whichever order it is read.
"""

from __future__ import annotations

import os
import re
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from unicodedata import normalize

from sm_imgcheck.core.errors import ImgcheckError
from sm_imgcheck.core.escape import for_terminal
from sm_imgcheck.core.frozen import frozen
from sm_imgcheck.core.media_types import INPUT_SUFFIXES, UNSUPPORTED_SUFFIXES
from sm_imgcheck.io.stores import is_remote, scheme_of, strip_file_scheme
from sm_imgcheck.io.stores.local import open_local_file
from sm_imgcheck.run.inputs.exclude import below
from sm_imgcheck.run.inputs.item import (
    EXCLUDED_REASON,
    OTHER_SUFFIX,
    OUTPUT_REASON,
    SNIFF_BYTES,
    Item,
    Listing,
    begins_tensor,
    stem,
)

__all__ = ["ELSEWHERE", "Shard", "filter_shard", "list_candidates"]

_BLOCK = 16_384
"""Names that are sorted together, about 1.5 MB: a larger folder is listed in blocks, in the order of the disk."""
_SCHEMES_OF_LISTS = frozenset({"", "file", "local", "s3", "s3a"})
"""What a list may name without --allow-remote: files of this machine and S3, where the user's credentials decide."""
_LONGEST_LINE = 65_536
"""Longest line of a list of paths, in characters: sixteen times the longest path of Linux."""


def list_candidates(paths: Iterable[str], options: Listing) -> Iterator[Item]:
    """Yield every candidate of the paths, in the order of the paths, and of names within a folder.

    A folder that cannot be read is a candidate with a problem: its files have not been checked.
    Raises ImgcheckError for a list that cannot be read.
    """
    for path in paths:
        if path == "-":
            yield Item(path=options.stdin_name, output=(stem(options.stdin_name),), stdin=True)
        elif path.startswith("@"):
            for line in _lines(path[1:]):
                yield from _list_line(line, options)
        else:
            yield from _list_path(path, options)


def _list_line(line: str, options: Listing) -> Iterator[Item]:
    """Yield the candidates of a line of a list; a location that needs --allow-remote is a candidate with a problem."""
    if line.startswith("@") and not os.path.lexists(line):
        problem = "is a list in a list, which is not read: name it on the command line"
        yield Item(path=line, output=(stem(line),), problem=problem)
    elif options.allow_remote or scheme_of(line) in _SCHEMES_OF_LISTS:
        yield from _list_path(line, options)
    else:
        problem = f"is at {scheme_of(line)}://, which a list does not open without --allow-remote"
        yield Item(path=line, output=("unnamed",), problem=problem)


def _list_path(path: str, options: Listing) -> Iterator[Item]:
    path = strip_file_scheme(path)
    if is_remote(path):
        from sm_imgcheck.run.inputs import remote

        yield from remote.items(path, options)
    elif os.path.isdir(path):
        yield from _walk(path, options)
    elif options.exclude and options.is_excluded(path):
        options.skip(EXCLUDED_REASON)
    else:
        yield Item(path=path, output=(stem(path),))


def _lines(name: str) -> Iterator[str]:
    """Paths, one a line; names that are not UTF-8 keep their bytes. ``@-`` reads standard input."""
    from io import TextIOWrapper

    try:
        with open(sys.stdin.fileno(), "rb", closefd=False) if name == "-" else open_local_file(name) as file:
            if b"\0" in file.peek(SNIFF_BYTES):
                raise _no_list(name)
            # A byte order mark at the start shows UTF-8 and is not part of the name: Windows editors write it.
            text = TextIOWrapper(file, encoding="utf-8-sig", errors="surrogateescape")
            while line := text.readline(_LONGEST_LINE):
                if "\0" in line or (not line.endswith("\n") and len(line) == _LONGEST_LINE):
                    raise _no_list(name)
                if line.strip():
                    yield line.rstrip("\r\n")
    except OSError as error:
        raise ImgcheckError(
            f"@{for_terminal(name)}: the list of paths cannot be read: {error.strerror}{_or_else(name)}"
        ) from error


def _no_list(name: str) -> ImgcheckError:
    return ImgcheckError(
        f"@{for_terminal(name)}: not a list of paths: expected text in UTF-8 with a path on each line, "
        f"of at most {_LONGEST_LINE} characters{_or_else(name)}"
    )


def _or_else(name: str) -> str:
    """Return another possible meaning: ``*`` in a folder with a file @x.jpg expands to a list."""
    candidate = f"@{name}"
    return (
        f"; to check the file {for_terminal(candidate)}, write ./{for_terminal(candidate)}"
        if os.path.lexists(candidate)
        else ""
    )


def _walk(root: str, options: Listing) -> Iterator[Item]:
    """Depth first, by name; what is held are the names of the open folders, each in its blocks."""
    stack: list[tuple[tuple[str, ...], str, Iterator[str]]] = [((), root, _names(root, options))]
    while stack:
        place, folder, names = stack[-1]
        try:
            name = next(names, "")
        except OSError as error:
            stack.pop()
            yield Item(path=folder, output=place, problem=f"is a folder that cannot be read: {error.strerror}")
            continue
        if not name:
            stack.pop()
        elif name.endswith("/"):
            inner = os.path.join(folder, name[:-1])
            stack.append(((*place, name[:-1]), inner, _names(inner, options)))
        else:
            has_unsupported_suffix = os.path.splitext(name)[1].lower() in UNSUPPORTED_SUFFIXES
            yield Item(path=os.path.join(folder, name), output=(*place, stem(name)), unsupported=has_unsupported_suffix)


def _names(folder: str, options: Listing) -> Iterator[str]:
    """Yield the candidates of one folder in the order of its names, a folder with a slash appended; block by block."""
    with os.scandir(folder) as entries:
        names = (entry.name + "/" * (kind == "folder") for entry in entries if (kind := _kind(entry, options)))
        while len(block := sorted(islice(names, _BLOCK))) == _BLOCK:
            yield from block
    yield from block  # the folder is closed: however deep the tree, few are open at a time


def _kind(entry: os.DirEntry[str], options: Listing) -> str:
    """Return ``folder`` or ``file`` for an entry to be checked; count others and return an empty string."""
    reason = _reason(entry, options)
    if reason in {"", "folder"} and options.exclude and options.is_excluded(entry.path, folder=bool(reason)):
        reason = EXCLUDED_REASON
    if not reason and options.is_output is not None:
        name = below(os.path.abspath(options.excluded_folder), entry.path)
        reason = OUTPUT_REASON if options.is_output(name) else ""
    if reason not in {"", "folder"}:
        options.skip(reason, entry.name)
        return ""
    return reason or "file"


def _reason(entry: os.DirEntry[str], options: Listing) -> str:
    """Why an entry is passed over; ``folder`` where it is one to be walked; empty for a candidate."""
    if entry.name.startswith("."):
        return "hidden"
    if resolve_entry_kind(entry.is_dir):
        if resolve_entry_kind(entry.is_symlink):
            return "symlink to a folder"  # not followed: a loop never ends, and a link may lead anywhere
        return "output folder" if options.excluded_folder and _same(entry.path, options.excluded_folder) else "folder"
    suffix = os.path.splitext(entry.name)[1].lower()
    if not options.any_suffix and suffix not in INPUT_SUFFIXES:
        return OTHER_SUFFIX
    if not resolve_entry_kind(entry.is_file) and not resolve_entry_kind(entry.is_symlink):
        return "not a regular file"  # opening a pipe would block; a broken link is a candidate, unreadable
    maybe_other = suffix == ".json" and not options.any_suffix and resolve_entry_kind(entry.is_file)
    return "JSON without a tensor" if maybe_other and not _is_tensor(entry.path) else ""


def resolve_entry_kind(question: Callable[..., bool], **options: bool) -> bool:
    """Return the result of a call; False for an entry in a circle or below a file, reported when it is opened."""
    try:
        return question(**options)
    except OSError:
        return False


def _same(first: str, second: str) -> bool:
    try:
        return os.path.samefile(first, second)
    except OSError:
        return False


def _is_tensor(path: str) -> bool:
    """Return whether a .json file begins like a tensor of this program; errors are reported when it is opened."""
    try:
        with open(path, "rb") as file:
            start = file.read(SNIFF_BYTES)
    except OSError:
        return True
    return begins_tensor(start)


ELSEWHERE = "in another shard"
"""Why a candidate is passed over."""


@frozen
class Shard:
    """One of several parts of a run."""

    index: int = 0
    """Counted from 0, as AWS Batch and Kubernetes count."""
    total: int = 1

    @property
    def name(self) -> str:
        """As a file's or a folder's name, in the order of the index: ``03-of-16``."""
        return f"{self.index:0{len(str(self.total - 1))}}-of-{self.total}"

    @classmethod
    def parse(cls, text: str) -> Shard:
        """``3/16``. Raises ImgcheckError."""
        match = re.fullmatch(r"(\d{1,9})/(\d{1,9})", text, re.ASCII)
        index, total = (int(match[1]), int(match[2])) if match else (0, 0)
        if index >= total:
            last = (
                f": the {total} parts are 0/{total} to {total - 1}/{total}"
                if total
                else ", such as 0/4 for the first of four parts"
            )
            raise ImgcheckError(f"{text!r} expected INDEX/NUMBER; the index counts from 0{last}")
        return cls(index=index, total=total)


def filter_shard(items: Iterable[Item], shard: Shard, passed_over: Counter[str]) -> Iterator[Item]:
    """Yield the items of one shard; count all other items.

    The shard depends on the relative path below the PATH given, without the suffix: two inputs with one output are in
    one shard, which reports them.
    """
    if shard.total == 1:
        yield from items
        return
    for item in items:
        if _number(item.output) % shard.total == shard.index:
            yield item
        else:
            passed_over[ELSEWHERE] += 1


def _number(output: tuple[str, ...]) -> int:
    """Return an evenly distributed number, equal for names that macOS or Windows consider equal."""
    from hashlib import blake2b

    text = normalize("NFC", "/".join(output)).casefold()
    return int.from_bytes(blake2b(text.encode("utf-8", "surrogateescape"), digest_size=8).digest(), "big")
