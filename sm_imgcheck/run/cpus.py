"""How many processes a run is worked on by. Light: it is asked before anything heavy is imported."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from itertools import islice
from math import ceil

from sm_imgcheck.run.inputs.item import Listing
from sm_imgcheck.run.inputs.listing import list_candidates

__all__ = ["MOST", "number", "usable"]

MOST = 512
"""Processes that may be asked for."""
_FEW = 16
"""Candidates that are done here before worker processes would have started."""


def number(asked: int | None, paths: Sequence[str], engine: str | None = None) -> int:
    """How many processes to work with: as asked, else a processor each, else, where there is little to do, this one.

    Where there will be workers, the process that they come from is started on the way: it imports what they need
    while this one does the same.
    """
    if engine not in {None, "pool"}:
        return asked or 0  # as it sees fit: no processes of this machine
    jobs = asked or (usable() if _many(paths) else 1)
    if jobs > 1:
        from sm_imgcheck.run.executors import _forkserver

        _forkserver.prepare()
    return jobs


def _many(paths: Sequence[str]) -> bool:
    """Whether there are more than a few candidates. A list is taken for long: it may be a pipe, which is read once."""
    if any(path.startswith("@") for path in paths):
        return True
    return len(list(islice(list_candidates(paths, Listing(passed_over=Counter())), _FEW + 1))) > _FEW


def usable() -> int:
    """Processors that this process may use: of the machine, by its affinity mask, under its container's quota."""
    count = getattr(os, "process_cpu_count", os.cpu_count)() or 1
    if hasattr(os, "sched_getaffinity"):
        count = min(count, len(os.sched_getaffinity(0)))
    return max(1, min(count, MOST, ceil(_quota() or count)))


def _quota(root: str = "/sys/fs/cgroup", own: str = "/proc/self/cgroup") -> float:
    """Processors by the strictest limit of the control groups that this process is in; 0: none.

    Version 2: ``cpu.max`` holds quota and period in microseconds, ``max`` for none; version 1 has a file for each, -1
    for none (Linux, Documentation/admin-guide/cgroup-v2.rst, scheduler/sched-bwc.rst). In a container the group is
    usually mounted as the root.
    """
    limits = []
    with suppress(OSError, ValueError):
        with open(own, encoding="utf-8") as file:
            groups = [line.rstrip("\n").split(":", 2) for line in file]
        for _, controllers, group in groups:
            if not controllers:
                limits += [_ratio(f"{root}{above}/cpu.max") for above in _upwards(group)]
            elif "cpu" in controllers.split(","):
                limits += [_ratio(f"{root}/{controllers}{above}", "/cpu.cfs_") for above in _upwards(group)]
                limits += [_ratio(f"{root}/cpu{above}", "/cpu.cfs_") for above in _upwards(group)]
    return min((limit for limit in limits if limit > 0), default=0)


def _upwards(group: str) -> list[str]:
    """``/a/b`` is in ``/a/b``, ``/a`` and the root."""
    names = [name for name in group.split("/") if name]
    return ["".join(f"/{name}" for name in names[:length]) for length in range(len(names), -1, -1)]


def _ratio(place: str, version1: str = "") -> float:
    """Quota by period; 0 where there is no limit, or no such file."""
    with suppress(OSError, ValueError, ZeroDivisionError):
        if version1:
            return int(_text(f"{place}{version1}quota_us")) / int(_text(f"{place}{version1}period_us"))
        quota, period = _text(place).split()
        return int(quota) / int(period)
    return 0


def _text(place: str) -> str:
    with open(place, encoding="ascii") as file:
        return file.read(100)
