"""Coroutines and generators of the user's, run to their end."""

from __future__ import annotations

import inspect
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from asyncio import AbstractEventLoop
    from collections.abc import AsyncIterable

__all__ = ["collect", "event_loop", "resolve"]


@lru_cache(maxsize=1)
def event_loop() -> AbstractEventLoop:
    """The event loop of the process: an application keeps locks and sessions of the loop in which it was made."""
    import asyncio  # a handler without coroutines starts without it

    return asyncio.new_event_loop()


def resolve(value: object) -> object:
    """What a coroutine returns; any other value unchanged."""
    return event_loop().run_until_complete(value) if inspect.iscoroutine(value) else value


def collect(value: object) -> object:
    """All that a generator yields, in a list; of a coroutine what it returns; any other value unchanged.

    A ``StreamingResponse`` of Starlette is its generator.
    """
    value = resolve(value)
    stream = getattr(value, "body_iterator", value)
    if inspect.isasyncgen(stream):
        return resolve(_list(stream))
    return list(value) if inspect.isgenerator(value) else value


async def _list(values: AsyncIterable[object]) -> list[object]:
    return [value async for value in values]
