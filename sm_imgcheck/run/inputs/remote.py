"""The candidates of a location in a store: one object, or all objects below it, as in a folder."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from itertools import islice

from sm_imgcheck.core.media_types import INPUT_SUFFIXES, UNSUPPORTED_SUFFIXES
from sm_imgcheck.io.stores import LocationError, Stat, Store, file_of, inside, same, store
from sm_imgcheck.io.stores.prefetch import ahead
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

__all__ = ["items"]

_BLOCK = 1000
"""Names that are processed together: a page of S3's listing."""


def items(location: str, options: Listing) -> Iterator[Item]:
    """Yield every candidate, lazily, in the order of the store.

    A location with a known suffix is an object without a request: a list of a million names costs no request. A
    location that cannot be listed, or without objects, is a candidate with a problem. Raises StoreError.
    """
    kind = store(location)
    if _is_object(kind, location):
        if options.exclude and options.is_excluded(location):
            options.skip(EXCLUDED_REASON)
            return
        yield Item(path=location, output=(stem(location),))
        return
    is_folder, names = False, kind.below(location)
    root = location if location.endswith("/") else f"{location}/"
    if not same(options.excluded_folder, location):
        options = replace(options, is_output=None)
    options = options if inside(options.excluded_folder, root) else replace(options, excluded_folder="")
    try:
        while block := list(islice(names, _BLOCK)):
            is_folder = True
            yield from _candidates(kind, root, block, options)
    except LocationError as problem:
        yield Item(path=location, output=("unnamed",), problem=str(problem))
        return
    if not is_folder:
        yield Item(path=location, output=("unnamed",), problem="not found: neither an object nor objects below it")


def _is_object(kind: Store, location: str) -> bool:
    if location.endswith("/"):
        return False
    if _suffix(file_of(location)[0]) in INPUT_SUFFIXES:
        return True
    with suppress(LocationError):  # missing permission for objects is not an error for the listing below
        return kind.stat(location) is not None
    return False


def _candidates(kind: Store, root: str, block: list[tuple[str, Stat]], options: Listing) -> Iterator[Item]:
    """Yield the candidates of one block of names; skipped names are counted."""
    reasons = [_reason(root, name, state, options) for name, state in block]
    if options.is_output is not None:
        names = (name for name, _ in block)
        reasons = [
            OUTPUT_REASON if options.is_output(name) else reason for name, reason in zip(names, reasons, strict=True)
        ]
    if options.exclude:
        names = (root + name for name, _ in block)
        reasons = [
            EXCLUDED_REASON if options.is_excluded(name) else reason
            for name, reason in zip(names, reasons, strict=True)
        ]
    to_sniff = [name for (name, _), reason in zip(block, reasons, strict=True) if reason == "?"]
    tensors = ahead(lambda name: _is_tensor(kind, root + name), to_sniff)  # requested one by one
    for (name, state), reason in zip(block, reasons, strict=True):
        why = reason if reason != "?" else "" if next(tensors) else "JSON without a tensor"
        if not why:
            *folders, last = name.split("/")
            has_unsupported_suffix = _suffix(name) in UNSUPPORTED_SUFFIXES
            output = (*map(_folder, folders), stem(_folder(last)))
            yield Item(path=root + name, output=output, state=state, unsupported=has_unsupported_suffix)
        elif why != "folder":
            options.skip(why, name)


def _reason(root: str, name: str, state: Stat, options: Listing) -> str:
    """Return the reason for skipping a name; empty for a candidate; ``?`` where only its content decides."""
    parts = name.split("/")
    if not parts[-1] and not state.size:
        return "folder"  # S3's console and Hadoop put an empty object where a folder is created
    if any(part.startswith(".") for part in parts):
        return "hidden"
    if options.excluded_folder and inside(root + name, options.excluded_folder):
        return "output folder"
    suffix = _suffix(name)
    if options.any_suffix:
        return ""
    if suffix not in INPUT_SUFFIXES:
        return OTHER_SUFFIX
    return "?" if suffix == ".json" else ""


def _suffix(name: str) -> str:
    return os.path.splitext(name.rpartition("/")[2])[1].lower()


def _is_tensor(kind: Store, location: str) -> bool:
    """Return whether a .json file begins like a tensor of this program; errors are reported when it is opened."""
    try:
        return begins_tensor(kind.head(location, SNIFF_BYTES))
    except LocationError:
        return True


def _folder(part: str) -> str:
    """Return a part of a key as the name of a folder: never empty, and never a path to another folder on any system."""
    for sign in "\0:\\" if os.name == "nt" else "\0":
        part = part.replace(sign, f"%{ord(sign):02X}")
    return part or "%2F"
