"""What a place in a store stands for: one object, or all that lies below it, looked at as a folder is."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from itertools import islice

from sm_imgcheck.core.media_types import INPUT_SUFFIXES, UNSUPPORTED_SUFFIXES
from sm_imgcheck.io.stores import LocationError, Stat, Store, file_of, inside, store
from sm_imgcheck.io.stores.prefetch import ahead
from sm_imgcheck.run.inputs.item import EXCLUDED, OTHER_SUFFIX, SNIFFED, Item, Listing, begins_tensor, stem

__all__ = ["items"]

_BLOCK = 1000
"""Names that are looked at together: a page of S3's listing."""


def items(place: str, how: Listing) -> Iterator[Item]:
    """Every candidate, lazily, in the order of the store.

    One that ends in a known suffix is an object and is not asked for: a list of a million names costs no request. A
    place that cannot be listed, or where nothing is, is a candidate with a problem. Raises StoreError.
    """
    kind = store(place)
    if _is_object(kind, place):
        if how.exclude and how.is_excluded(place):
            how.skip(EXCLUDED)
            return
        yield Item(path=place, output=(stem(place),))
        return
    found, names = False, kind.below(place)
    root = place if place.endswith("/") else f"{place}/"
    how = how if inside(how.leave_out, root) else replace(how, leave_out="")
    try:
        while block := list(islice(names, _BLOCK)):
            found = True
            yield from _candidates(kind, root, block, how)
    except LocationError as problem:
        yield Item(path=place, output=("unnamed",), problem=str(problem))
        return
    if not found:
        yield Item(path=place, output=("unnamed",), problem="is nothing: there is no such object, and none below it")


def _is_object(kind: Store, place: str) -> bool:
    if place.endswith("/"):
        return False
    if _suffix(file_of(place)[0]) in INPUT_SUFFIXES:
        return True
    with suppress(LocationError):  # no leave to look at objects says nothing of what is below
        return kind.stat(place) is not None
    return False


def _candidates(kind: Store, root: str, block: list[tuple[str, Stat]], how: Listing) -> Iterator[Item]:
    """Of one block of names; what is passed over is counted."""
    reasons = [_reason(root, name, state, how) for name, state in block]
    if how.exclude:
        names = (root + name for name, _ in block)
        reasons = [EXCLUDED if how.is_excluded(name) else reason for name, reason in zip(names, reasons, strict=True)]
    unsure = [name for (name, _), reason in zip(block, reasons, strict=True) if reason == "?"]
    tensors = ahead(lambda name: _is_tensor(kind, root + name), unsure)  # asked for as they come
    for (name, state), reason in zip(block, reasons, strict=True):
        why = reason if reason != "?" else "" if next(tensors) else "json that is no tensor"
        if not why:
            *folders, last = name.split("/")
            unsupported = _suffix(name) in UNSUPPORTED_SUFFIXES
            output = (*map(_folder, folders), stem(_folder(last)))
            yield Item(path=root + name, output=output, seen=state, unsupported=unsupported)
        elif why != "folder":
            how.skip(why, name)


def _reason(root: str, name: str, state: Stat, how: Listing) -> str:
    """Why a name is passed over; empty for a candidate; ``?`` where only its content tells."""
    parts = name.split("/")
    if not parts[-1] and not state.size:
        return "folder"  # S3's console and Hadoop put an empty object where a folder is wanted
    if any(part.startswith(".") for part in parts):
        return "hidden"
    if how.leave_out and inside(root + name, how.leave_out):
        return "output folder"
    suffix = _suffix(name)
    if how.any_suffix:
        return ""
    if suffix not in INPUT_SUFFIXES:
        return OTHER_SUFFIX
    return "?" if suffix == ".json" else ""


def _suffix(name: str) -> str:
    return os.path.splitext(name.rpartition("/")[2])[1].lower()


def _is_tensor(kind: Store, place: str) -> bool:
    """Whether a .json file begins like a tensor of ours; one that cannot be read is for the reader to report."""
    try:
        return begins_tensor(kind.head(place, SNIFFED))
    except LocationError:
        return True


def _folder(part: str) -> str:
    """A part of a key as the name of a folder: none is empty, and none leads elsewhere on a disk of any system."""
    for sign in "\0:\\" if os.name == "nt" else "\0":
        part = part.replace(sign, f"%{ord(sign):02X}")
    return part or "%2F"
