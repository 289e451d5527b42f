"""Several requests at a time, their answers in order."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

__all__ = ["ahead"]

T = TypeVar("T")
R = TypeVar("R")


def ahead(function: Callable[[T], R], items: Iterable[T], *, in_flight: int) -> Iterator[R]:
    """Yield ``function(item)`` of each, in order, with up to ``in_flight`` of them under way in threads.

    An item is taken when there is room for it, so that memory is bounded by the items and answers that are under way.
    Raises what the function raises, at its place in the order.
    """
    waiting: deque[Future[R]] = deque()
    pool = ThreadPoolExecutor(in_flight)
    try:
        for item in items:
            waiting.append(pool.submit(function, item))
            if len(waiting) >= in_flight:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    finally:
        pool.shutdown(cancel_futures=True)
