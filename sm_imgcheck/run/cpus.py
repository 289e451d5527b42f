"""The number of processes of a run. Light: it is computed before anything heavy is imported."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from itertools import islice
from math import ceil

from sm_imgcheck.io.stores import is_remote
from sm_imgcheck.run.inputs.item import Listing
from sm_imgcheck.run.inputs.listing import list_candidates
from sm_imgcheck.run.threads import one_thread_each

__all__ = ["MOST", "number", "usable"]

MOST = 512
"""Largest number of processes."""
_PAIR = 2
_FEW = 16
"""Candidates that are done here before worker processes would have started."""


def number(
    requested_jobs: int | None, paths: Sequence[str], engine: str | None = None, *, any_suffix: bool = False
) -> int:
    """Return the number of processes: as requested, else one per processor, or for few candidates this one.

    At most as many as candidates, but two where several are requested: a crash of a worker does not end the command.
    Where workers are needed and forked from another process, that is started at the same time: it imports their modules
    while this process does the same. any_suffix: every file is a candidate, as for request bodies.
    """
    if engine not in {None, "pool"}:
        return requested_jobs or 0  # chosen by the engine: no processes of this machine
    if requested_jobs is None:
        jobs = usable() if _count(paths, _FEW + 1, any_suffix) > _FEW else 1
    elif requested_jobs <= _PAIR or any(map(is_remote, paths)):  # a store is listed once
        jobs = requested_jobs
    else:
        jobs = max(_PAIR, _count(paths, requested_jobs, any_suffix))
    one_thread_each()
    if jobs > 1:
        from sm_imgcheck.run.executors import _processes

        if requested_jobs is None:
            jobs = max(1, min(jobs, _processes.most_workers()))
        if jobs > 1:
            _processes.prepare(jobs)
    return jobs


def _count(paths: Sequence[str], limit: int, any_suffix: bool) -> int:
    """Return the number of candidates, at most ``limit``; that for a list: a pipe can be read only once."""
    if any(path.startswith("@") for path in paths):
        return limit
    listing = Listing(passed_over=Counter(), any_suffix=any_suffix)
    return len(list(islice(list_candidates(paths, listing), limit)))


def usable() -> int:
    """Processors that this process may use: of the machine, by its affinity mask, under its container's quota."""
    count = getattr(os, "process_cpu_count", os.cpu_count)() or 1
    if hasattr(os, "sched_getaffinity"):
        count = min(count, len(os.sched_getaffinity(0)))
    return max(1, min(count, MOST, ceil(_quota() or count)))


def _quota(root: str = "/sys/fs/cgroup", process_file: str = "/proc/self/cgroup") -> float:
    """Processors by the strictest limit of the control groups that this process is in; 0: none.

    Version 2: ``cpu.max`` holds quota and period in microseconds, ``max`` for none; version 1 has a file for each, -1
    for none (Linux, Documentation/admin-guide/cgroup-v2.rst, scheduler/sched-bwc.rst). In a container the group is
    usually mounted as the root.
    """
    limits = []
    with suppress(OSError, ValueError):
        with open(process_file, encoding="utf-8") as file:
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
    """Return quota divided by period; 0 without a limit, or without such a file."""
    with suppress(OSError, ValueError, ZeroDivisionError):
        if version1:
            return int(_text(f"{place}{version1}quota_us")) / int(_text(f"{place}{version1}period_us"))
        quota, period = _text(place).split()
        return int(quota) / int(period)
    return 0


def _text(place: str) -> str:
    with open(place, encoding="ascii") as file:
        return file.read(100)
