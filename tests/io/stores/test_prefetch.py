"""Parallel calls, in order, within limits."""

import threading
import time

import pytest

from sm_imgcheck.io.stores.prefetch import IN_FLIGHT, ahead


def test_results_keep_the_order_of_their_items():
    assert list(ahead(lambda x: time.sleep(x % 3 / 500) or x, range(60))) == list(range(60))
    assert list(ahead(abs, ())) == []


def test_items_are_read_only_within_the_limits():
    taken, lock, now, most = [], threading.Lock(), [0], [0]

    def items():
        for number in range(50):
            taken.append(number)
            yield number

    def work(number):
        with lock:
            now[0] += 1
            most[0] = max(most[0], now[0])
        time.sleep(0.002)
        with lock:
            now[0] -= 1
        return number

    answers = ahead(work, items())
    assert taken == []
    assert next(answers) == 0
    assert len(taken) == IN_FLIGHT + 1
    assert list(answers) == list(range(1, 50))
    assert 1 < most[0] <= IN_FLIGHT
    most[0] = 0
    assert list(ahead(work, items(), room=9, weigh=lambda _: 4)) == list(range(50))
    assert most[0] <= 2
    most[0] = 0
    assert list(ahead(work, items(), room=1, weigh=lambda _: 100)) == list(range(50))
    assert most[0] == 1, "what is too large for the room goes alone"


def test_errors_are_raised_at_their_position():
    def items():
        yield from (4, 2, 1)
        raise KeyError("the source")

    answers = ahead(lambda x: 4 / x, items())
    assert [next(answers) for _ in range(3)] == [1, 2, 4]
    with pytest.raises(KeyError, match="the source"):
        next(answers)
    answers = ahead(lambda x: 4 / x, [2, 0, 1])
    assert next(answers) == 2
    with pytest.raises(ZeroDivisionError):
        next(answers)


def test_closing_early_starts_no_more_items():
    begun = []
    answers = ahead(begun.append, range(1000))
    next(answers)
    answers.close()
    assert len(begun) <= IN_FLIGHT + 1
