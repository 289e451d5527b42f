"""Contents of objects in stores, fetched several at a time before they are looked at."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import groupby

from sm_imgcheck.io.stores import FileSizeError, LocationError, StoreObject, file_of, is_remote, store
from sm_imgcheck.io.stores.local import MAX_FILE_BYTES
from sm_imgcheck.io.stores.prefetch import ahead
from sm_imgcheck.run.inputs.item import Item

__all__ = ["Found", "contents"]

_SMALL = 8 << 20
"""Bytes that are fetched ahead; what is larger waits for the line, not for the answer, and is fetched in its turn."""
Found = StoreObject | LocationError
"""What stands at a place in a store, or why it cannot be read."""


def contents(items: Iterable[Item]) -> Iterator[tuple[Item, Found | None]]:
    """Each item with what stands there, where that is in a store; None for all others. Raises StoreError."""
    for in_store, some in groupby(items, key=_is_object):
        if not in_store:
            yield from ((item, None) for item in some)
            continue
        for item, found in ahead(_early, some):
            yield item, _fetched(item, MAX_FILE_BYTES) if isinstance(found, FileSizeError) else found


def _is_object(item: Item) -> bool:
    return is_remote(item.path) and not item.stdin and not item.problem


def _early(item: Item) -> tuple[Item, Found]:
    return item, _fetched(item, _SMALL)


def _fetched(item: Item, limit: int) -> Found:
    place = file_of(item.path)[0]
    try:
        return store(place).fetch(place, limit)
    except LocationError as problem:
        return problem
