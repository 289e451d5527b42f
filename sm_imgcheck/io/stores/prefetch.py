"""Several requests at a time, their responses in order."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from concurrent.futures import Future

__all__ = ["IN_FLIGHT", "ahead"]

T = TypeVar("T")
R = TypeVar("R")
IN_FLIGHT = 16
"""Requests at a time. An object store responds in 30 to 100 ms, independent of the number of requests."""


def ahead(
    function: Callable[[T], R], items: Iterable[T], *, room: int = IN_FLIGHT, weigh: Callable[[T], int] = lambda _: 1
) -> Iterator[R]:
    """Yield ``function(item)`` of each, in order, with several of them running in threads.

    An item starts while all running items weigh no more than ``room``, or when no other item runs. So memory is
    bounded, and no item waits for a later one. Raises the exceptions of the function and the items, at their positions:
    results of earlier items are yielded first.
    """
    from concurrent.futures import ThreadPoolExecutor  # loads logging

    waiting: deque[tuple[int, Future[R]]] = deque()
    weight_in_flight, failure, left = 0, None, iter(items)
    pool = ThreadPoolExecutor(IN_FLIGHT)
    try:
        while True:
            try:
                item = next(left)
            except StopIteration:
                break
            except Exception as error:  # noqa: BLE001 - raised below
                failure = error
                break
            weight = weigh(item)
            while waiting and (weight_in_flight + weight > room or len(waiting) >= IN_FLIGHT):
                weight_done, future = waiting.popleft()
                weight_in_flight -= weight_done
                yield future.result()
            weight_in_flight += weight
            waiting.append((weight, pool.submit(function, item)))
        while waiting:
            yield waiting.popleft()[1].result()
    finally:
        pool.shutdown(cancel_futures=True)
    if failure is not None:
        raise failure
