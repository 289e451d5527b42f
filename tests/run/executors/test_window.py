"""The ordered window, with an executor that returns results in the worst order."""

from __future__ import annotations

from itertools import count

import pytest

from sm_imgcheck import load_spec
from sm_imgcheck.core.errors import ImgcheckError
from sm_imgcheck.core.types import Candidate, Options, Result
from sm_imgcheck.run.executors._window import TaskWindow
from sm_imgcheck.run.inputs.item import Item
from sm_imgcheck.run.work import Chunk, Outcome, RunJob

LIMIT = 4


class Backwards:
    """Finishes the newest of its tasks first; ``crash`` may refuse a task once."""

    def __init__(self, window, crash=lambda _: False):
        self.window, self.crash = window, crash
        self.tasks, self.most = [], 0

    def submit_tasks(self):
        while (task := self.window.next_task(LIMIT)) is not None:
            self.tasks.append(task)
        self.most = max(self.most, len(self.tasks))

    def wait_for_results(self):
        if not self.tasks:
            self.window.feed.bell.poll(5)
            return
        task = self.tasks.pop()
        if self.crash(task):
            task.crashes += 1
            task.receive([outcome(item) for item in task.chunk.items[:1]])
            self.window.retry(task, task.remaining)
        else:
            task.receive(map(outcome, task.chunk.items))


def outcome(item):
    return Outcome(item=item, result=Result(candidate=Candidate(path=item.path, kind="image")))


def chunks(number, size=3):
    names = count()
    for index in range(number):
        items = tuple(Item(path=f"{next(names)}.jpg", output=()) for _ in range(size))
        yield Chunk(number=index, items=items)


def collect(records, got):
    for record in records:
        got.append(record)


@pytest.fixture
def job():
    return RunJob(spec=load_spec("pillow-rgb-01"), options=Options())


def paths(records):
    return [record.item.path for record in records]


def test_results_keep_listing_order_with_bounded_submission(job):
    window = TaskWindow(job, chunks(20))
    executor = Backwards(window)
    assert paths(window.results(executor)) == [f"{number}.jpg" for number in range(60)]
    assert 1 <= executor.most <= LIMIT


def test_crash_retries_items_without_result(job):
    window = TaskWindow(job, chunks(6))
    executor = Backwards(window, crash=lambda task: task.crashes == 0)
    assert paths(window.results(executor)) == [f"{number}.jpg" for number in range(18)]


def test_reported_candidate_keeps_its_position(job):
    class Fatal(Backwards):
        def wait_for_results(self):
            task = self.tasks[-1] if self.tasks else None
            if task is not None and "4.jpg" in [item.path for item in task.chunk.items]:
                self.tasks.pop()
                self.window.mark_as_cause(task, 1, "SIGSEGV")
                self.window.retry(task, (0, 2))
            else:
                super().wait_for_results()

    window = TaskWindow(job, chunks(3))
    records = list(window.results(Fatal(window)))
    assert paths(records) == [f"{number}.jpg" for number in range(9)]
    assert [finding.code for finding in records[4].result.findings] == ["SRC107"]


def test_listing_error_is_raised_after_earlier_records(job):
    def listing():
        yield from chunks(3)
        raise ImgcheckError("the list ends early")

    window, got = TaskWindow(job, listing()), []
    with pytest.raises(ImgcheckError, match="the list ends early"):
        collect(window.results(Backwards(window)), got)
    assert paths(got) == [f"{number}.jpg" for number in range(9)]


def test_task_error_is_raised_after_earlier_records(job):
    class Failing(Backwards):
        def wait_for_results(self):
            for task in self.tasks:
                if task.chunk.number == 2 and task.received == 0:
                    task.receive([outcome(task.chunk.items[0])])
                    self.window.fail(task, ImgcheckError("disk full"))
                    self.tasks.remove(task)
                    return
            super().wait_for_results()

    window, got = TaskWindow(job, chunks(20)), []
    with pytest.raises(ImgcheckError, match="disk full"):
        collect(window.results(Failing(window)), got)
    assert paths(got) == [f"{number}.jpg" for number in range(7)]
