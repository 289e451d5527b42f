"""Contents of objects in stores, fetched several at a time before they are checked."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import groupby

from sm_imgcheck.io.stores import FileSizeError, LocationError, StoreObject, file_of, is_remote, store
from sm_imgcheck.io.stores.local import MAX_FILE_BYTES
from sm_imgcheck.io.stores.prefetch import ahead
from sm_imgcheck.run.inputs.item import Item

__all__ = ["Content", "contents"]

_SMALL = 8 << 20
"""Bytes that are fetched ahead; a larger object waits until it is the next one, and is fetched then."""
Content = StoreObject | LocationError
"""The content of a location in a store, or the reason why it cannot be read."""


def contents(items: Iterable[Item]) -> Iterator[tuple[Item, Content | None]]:
    """Yield each item with its content, where that is in a store; None for all others. Raises StoreError."""
    for in_store, group in groupby(items, key=_is_object):
        if not in_store:
            yield from ((item, None) for item in group)
            continue
        for item, content in ahead(_early, group):
            yield item, _fetch(item, MAX_FILE_BYTES) if isinstance(content, FileSizeError) else content


def _is_object(item: Item) -> bool:
    return is_remote(item.path) and not item.stdin and not item.problem


def _early(item: Item) -> tuple[Item, Content]:
    return item, _fetch(item, _SMALL)


def _fetch(item: Item, limit: int) -> Content:
    place = file_of(item.path)[0]
    try:
        return store(place).fetch(place, limit)
    except LocationError as problem:
        return problem
