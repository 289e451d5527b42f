"""Coroutines and generators of the user's, run to their end."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import AsyncIterable

__all__ = ["collect", "resolve"]


def resolve(value: object) -> object:
    """What a coroutine returns; any other value unchanged."""
    if not inspect.iscoroutine(value):
        return value
    import asyncio

    return asyncio.run(value)


def collect(value: object) -> object:
    """All that a generator yields, in a list; of a coroutine what it returns, any other value unchanged."""
    if inspect.isasyncgen(value):
        return resolve(_list(value))
    return list(value) if inspect.isgenerator(value) else resolve(value)


async def _list(values: AsyncIterable[object]) -> list[object]:
    return [value async for value in values]
