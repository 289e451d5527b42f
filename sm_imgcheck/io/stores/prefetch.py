"""Several requests at a time, their answers in order."""

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
"""Requests at a time. An object store answers a request in 30 to 100 ms, whatever else it is asked meanwhile."""


def ahead(
    function: Callable[[T], R], items: Iterable[T], *, room: int = IN_FLIGHT, weigh: Callable[[T], int] = lambda _: 1
) -> Iterator[R]:
    """Yield ``function(item)`` of each, in order, with several of them under way in threads.

    An item is begun while all that are under way weigh no more than ``room``, and it at least when nothing else is.
    So memory is bounded, and nobody waits for what comes later. Raises what the function and the items raise, at its
    place: what is under way before it is yielded first.
    """
    from concurrent.futures import ThreadPoolExecutor  # loads logging

    waiting: deque[tuple[int, Future[R]]] = deque()
    held, failure, left = 0, None, iter(items)
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
            while waiting and (held + weight > room or len(waiting) >= IN_FLIGHT):
                done, answer = waiting.popleft()
                held -= done
                yield answer.result()
            held += weight
            waiting.append((weight, pool.submit(function, item)))
        while waiting:
            yield waiting.popleft()[1].result()
    finally:
        pool.shutdown(cancel_futures=True)
    if failure is not None:
        raise failure
