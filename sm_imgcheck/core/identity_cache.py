"""A cache by the identity of objects, for values that take longer to hash than to look up.

A spec is a tree of many values, and all of them are part of its hash. Each entry holds its objects, so no other object
gets their address while the entry lasts. ``tests/bench/identity_cache.py`` shows the gain: one plan and its findings
for all images with equal headers.
"""

from __future__ import annotations

from collections.abc import Hashable
from typing import Generic, TypeVar

__all__ = ["IdentityCache"]

T = TypeVar("T")


class IdentityCache(Generic[T]):
    """At most ``limit`` values; then all are dropped, which costs less than a record of their use."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self._entries: dict[Hashable, tuple[tuple[object, ...], T]] = {}

    def get(self, objects: tuple[object, ...], key: Hashable = ()) -> T | None:
        """Return the value for these objects (by identity) and an equal key; None if it is not cached."""
        entry = self._entries.get((*map(id, objects), key))
        return None if entry is None else entry[1]

    def put(self, objects: tuple[object, ...], value: T, key: Hashable = ()) -> T:
        """Keep a value and return it."""
        if len(self._entries) >= self.limit:
            self._entries.clear()
        self._entries[*map(id, objects), key] = objects, value
        return value
