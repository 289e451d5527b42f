"""The cost of a command, and printing a measurement with its target. POSIX only: ``os.wait4``."""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
from collections.abc import Sequence
from pathlib import Path
from shutil import rmtree
from statistics import median
from time import perf_counter

from sm_imgcheck.core.frozen import frozen

os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # else each start compiles what a user's second start has compiled
SHARED = Path(__file__).resolve().parents[3] / "shared"
DEMO = Path(__file__).resolve().parents[1] / "demo" / "barn.jpg"
MEMORY = "/dev/shm" if Path("/dev/shm").is_dir() else None
"""A folder on a disk in memory, if any: what is measured excludes the disk."""
TOOL = str(Path(sysconfig.get_path("scripts")) / "sm-imgcheck")
"""The command as a user starts it: what is measured includes the launcher that pip writes."""


@frozen
class Cost:
    """One run of a process, from start to end."""

    seconds: float
    """By the clock on the wall."""
    busy: float
    """Seconds of processor time, user and system: rarely changed by the load of the machine."""
    peak: int
    """Bytes of memory resident at the worst moment."""
    code: int
    """Exit code."""


def run(command: Sequence[str]) -> Cost:
    """Run a command to its end, with its output thrown away."""
    start = perf_counter()
    child = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(child.pid, 0)
    seconds = perf_counter() - start
    child.returncode = os.waitstatus_to_exitcode(status)
    unit = 1 if sys.platform == "darwin" else 1024  # getrusage(2): bytes on macOS, KiB on Linux
    busy = usage.ru_utime + usage.ru_stime
    return Cost(seconds=seconds, busy=busy, peak=usage.ru_maxrss * unit, code=child.returncode)


def alternate(
    commands: Sequence[Sequence[str]], *, rounds: int, allowed: Sequence[int] = (0,), empty: Sequence[Path] = ()
) -> list[list[Cost]]:
    """Costs of each command over ``rounds`` runs, A B A B, so that outside load hits all alike.

    One uncounted run of each is first: it fills the caches of the disk and of Python. The folders ``empty`` are
    emptied before each round, untimed.
    """
    costs: list[list[Cost]] = [[] for _ in commands]
    for turn in range(rounds + 1):
        for folder in empty:
            rmtree(folder)
            folder.mkdir()
        for command, kept in zip(commands, costs, strict=True):
            cost = run(command)
            if cost.code not in allowed:
                raise SystemExit(f"exit code {cost.code}: {' '.join(command)}")
            if turn:
                kept.append(cost)
    return costs


def one_core() -> None:
    """Keep this process and its children on one core, where the system can."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})


def middle(costs: Sequence[Cost]) -> float:
    """Median of the wall-clock seconds."""
    return median(cost.seconds for cost in costs)


def busy(costs: Sequence[Cost]) -> float:
    """Median of the processor seconds."""
    return median(cost.busy for cost in costs)


def claim(what: str, measured: str, target: str, *, holds: bool) -> None:
    """Print one line: what, measured, target."""
    print(f"{'ok    ' if holds else 'MISSED'}  {what}: {measured} (target: {target})", flush=True)
