"""Coroutines of the user's, run to their end."""

from __future__ import annotations

import inspect

__all__ = ["resolve"]


def resolve(value: object) -> object:
    """What a coroutine returns; any other value unchanged."""
    if not inspect.iscoroutine(value):
        return value
    import asyncio

    return asyncio.run(value)
