"""A cache by the identity of objects, for values that take longer to hash than to look up.

A spec is a tree of many values, and all of them are part of its hash. Each entry holds its objects, so no other object
gets their address while the entry lasts. ``tests/bench/identity_cache.py`` shows the gain: one plan and its findings
for all images with equal headers.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

__all__ = ["IdentityCache"]

T = TypeVar("T")


class IdentityCache(Generic[T]):
    """At most ``limit`` values; then all are dropped, which costs less than a record of their use."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self._entries: dict[Hashable, tuple[tuple[object, ...], T]] = {}

    def get_or_make(self, objects: tuple[object, ...], make: Callable[[], T], key: Hashable = ()) -> T:
        """Return the value for these very objects and an equal key, made on the first call."""
        place = (*map(id, objects), key)
        entry = self._entries.get(place)
        if entry is None:
            if len(self._entries) >= self.limit:
                self._entries.clear()
            entry = self._entries[place] = objects, make()
        return entry[1]
