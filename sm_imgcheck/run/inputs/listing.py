"""Expand PATH arguments: files, folders, lists of paths, standard input; lazily and in order; whole or one shard of n.

A shard is the same on every machine, wherever the folder is mounted and in whichever order it is read.
"""

from __future__ import annotations

import os
import re
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from hashlib import blake2b
from itertools import islice
from unicodedata import normalize

from sm_imgcheck.core.errors import ImgcheckError
from sm_imgcheck.core.escape import for_terminal
from sm_imgcheck.core.frozen import frozen
from sm_imgcheck.core.media_types import INPUT_SUFFIXES, UNSUPPORTED_SUFFIXES
from sm_imgcheck.io.stores import is_remote, scheme_of, strip_file_scheme
from sm_imgcheck.io.stores.local import open_local_file
from sm_imgcheck.run.inputs.item import EXCLUDED, OTHER_SUFFIX, SNIFFED, Item, Listing, begins_tensor, stem

__all__ = ["ELSEWHERE", "Shard", "filter_shard", "list_candidates"]

_BLOCK = 16_384
"""Names that are sorted at a time, some 1.5 MB: a folder with more is listed in blocks, as the disk has them."""
_SCHEMES_OF_LISTS = frozenset({"", "file", "local", "s3", "s3a"})
"""What a list may name without --allow-remote: files of this machine and S3, where the user's credentials decide."""
_LONGEST_LINE = 65_536
"""Of a list of paths, in characters: sixteen times the longest path that Linux takes."""


def list_candidates(paths: Iterable[str], how: Listing) -> Iterator[Item]:
    """Every candidate that the paths stand for, in the order of the paths, and of names within a folder.

    A folder that cannot be read is a candidate with a problem: what is in it has not been checked.
    Raises ImgcheckError for a list that cannot be read.
    """
    for path in paths:
        if path == "-":
            yield Item(path=how.stdin_name, output=(stem(how.stdin_name),), stdin=True)
        elif path.startswith("@"):
            for line in _lines(path[1:]):
                yield from _listed(line, how)
        else:
            yield from _one(path, how)


def _listed(line: str, how: Listing) -> Iterator[Item]:
    """What a line of a list stands for; a place that only --allow-remote opens is a candidate with a problem."""
    if line.startswith("@") and not os.path.lexists(line):
        problem = "is a list in a list, which is not read: name it on the command line"
        yield Item(path=line, output=(stem(line),), problem=problem)
    elif how.allow_remote or scheme_of(line) in _SCHEMES_OF_LISTS:
        yield from _one(line, how)
    else:
        problem = f"is at {scheme_of(line)}://, which a list does not open without --allow-remote"
        yield Item(path=line, output=("unnamed",), problem=problem)


def _one(path: str, how: Listing) -> Iterator[Item]:
    path = strip_file_scheme(path)
    if is_remote(path):
        from sm_imgcheck.run.inputs import remote

        yield from remote.items(path, how)
    elif os.path.isdir(path):
        yield from _walk(path, how)
    elif how.exclude and how.is_excluded(path):
        how.skip(EXCLUDED)
    else:
        yield Item(path=path, output=(stem(path),))


def _lines(name: str) -> Iterator[str]:
    """Paths, one a line; names that are not UTF-8 keep their bytes. ``@-`` reads standard input."""
    from io import TextIOWrapper

    try:
        with open(sys.stdin.fileno(), "rb", closefd=False) if name == "-" else open_local_file(name) as file:
            if b"\0" in file.peek(SNIFFED):
                raise _no_list(name)
            # A mark at the start says UTF-8 and is none of the name: Windows editors write it.
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
        f"@{for_terminal(name)}: is no list of paths: expected text in UTF-8 with a path on each line, "
        f"of at most {_LONGEST_LINE} characters{_or_else(name)}"
    )


def _or_else(name: str) -> str:
    """What else may have been meant: ``*`` in a folder with a file @x.jpg makes a list of it."""
    candidate = f"@{name}"
    return (
        f"; to check the file {for_terminal(candidate)}, say ./{for_terminal(candidate)}"
        if os.path.lexists(candidate)
        else ""
    )


def _walk(root: str, how: Listing) -> Iterator[Item]:
    """Depth first, by name; what is held are the names of the open folders, each in its blocks."""
    opened: list[tuple[tuple[str, ...], str, Iterator[str]]] = [((), root, _names(root, how))]
    while opened:
        place, folder, names = opened[-1]
        try:
            name = next(names, "")
        except OSError as error:
            opened.pop()
            yield Item(path=folder, output=place, problem=f"is a folder that cannot be read: {error.strerror}")
            continue
        if not name:
            opened.pop()
        elif name.endswith("/"):
            inner = os.path.join(folder, name[:-1])
            opened.append(((*place, name[:-1]), inner, _names(inner, how)))
        else:
            unsupported = os.path.splitext(name)[1].lower() in UNSUPPORTED_SUFFIXES
            yield Item(path=os.path.join(folder, name), output=(*place, stem(name)), unsupported=unsupported)


def _names(folder: str, how: Listing) -> Iterator[str]:
    """What is looked at in one folder, that of a folder with a slash behind it, as it is sorted; block by block."""
    with os.scandir(folder) as entries:
        kept = (entry.name + "/" * (kind == "folder") for entry in entries if (kind := _kind(entry, how)))
        while len(block := sorted(islice(kept, _BLOCK))) == _BLOCK:
            yield from block
    yield from block  # the folder is closed: however deep the tree, few are open at a time


def _kind(entry: os.DirEntry[str], how: Listing) -> str:
    """``folder`` or ``file`` where it is to be looked at; otherwise empty, and counted."""
    reason = _reason(entry, how)
    if reason in {"", "folder"} and how.exclude and how.is_excluded(entry.path, folder=bool(reason)):
        reason = EXCLUDED
    if reason not in {"", "folder"}:
        how.skip(reason, entry.name)
        return ""
    return reason or "file"


def _reason(entry: os.DirEntry[str], how: Listing) -> str:
    """Why an entry is passed over; ``folder`` where it is one to be walked; empty for a candidate."""
    if entry.name.startswith("."):
        return "hidden"
    if resolve_entry_kind(entry.is_dir):
        if resolve_entry_kind(entry.is_symlink):
            return "symlink to a folder"  # not followed: a loop never ends, and a link may lead anywhere
        return "output folder" if how.leave_out and _same(entry.path, how.leave_out) else "folder"
    suffix = os.path.splitext(entry.name)[1].lower()
    if not how.any_suffix and suffix not in INPUT_SUFFIXES:
        return OTHER_SUFFIX
    if not resolve_entry_kind(entry.is_file) and not resolve_entry_kind(entry.is_symlink):
        return "not a regular file"  # opening a pipe would wait for ever; a broken link is a candidate, unreadable
    maybe_other = suffix == ".json" and not how.any_suffix and resolve_entry_kind(entry.is_file)
    return "json that is no tensor" if maybe_other and not _is_tensor(entry.path) else ""


def resolve_entry_kind(question: Callable[..., bool], **how: bool) -> bool:
    """The answer; no, where the entry leads in a circle or through a file: that is for whoever opens it to say."""
    try:
        return question(**how)
    except OSError:
        return False


def _same(one: str, other: str) -> bool:
    try:
        return os.path.samefile(one, other)
    except OSError:
        return False


def _is_tensor(path: str) -> bool:
    """Whether a .json file begins like a tensor of ours; one that cannot be read is for the reader to report."""
    try:
        with open(path, "rb") as file:
            start = file.read(SNIFFED)
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
    of: int = 1

    @property
    def name(self) -> str:
        """As a file's or a folder's name, in the order of the index: ``03-of-16``."""
        return f"{self.index:0{len(str(self.of - 1))}}-of-{self.of}"

    @classmethod
    def parse(cls, text: str) -> Shard:
        """``3/16``. Raises ImgcheckError."""
        found = re.fullmatch(r"(\d{1,9})/(\d{1,9})", text, re.ASCII)
        index, of = (int(found[1]), int(found[2])) if found else (0, 0)
        if index >= of:
            last = (
                f": the {of} parts are 0/{of} to {of - 1}/{of}" if of else ", such as 0/4 for the first of four parts"
            )
            raise ImgcheckError(f"{text!r} is no INDEX/NUMBER; the index counts from 0{last}")
        return cls(index=index, of=of)


def filter_shard(items: Iterable[Item], shard: Shard, passed_over: Counter[str]) -> Iterator[Item]:
    """The items of one part; the others are counted.

    What counts is the way below the PATH given, without the suffix: two inputs that would have one output fall into
    one part, which sees it.
    """
    if shard.of == 1:
        yield from items
        return
    for item in items:
        if _number(item.output) % shard.of == shard.index:
            yield item
        else:
            passed_over[ELSEWHERE] += 1


def _number(output: tuple[str, ...]) -> int:
    """A number that is spread evenly; one for names that macOS or Windows take for the same."""
    text = normalize("NFC", "/".join(output)).casefold()
    return int.from_bytes(blake2b(text.encode("utf-8", "surrogateescape"), digest_size=8).digest(), "big")
