"""Memory and processor time of a command with all the processes that it starts. Linux only: ``/proc``."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from time import monotonic, sleep

__all__ = ["busy_seconds", "peak_of"]

_PAUSE = 0.05
"""Seconds between two looks."""


def peak_of(running: subprocess.Popen[bytes], *, seconds: float = 3600) -> int:
    """The most bytes that a command and its offspring had resident at one time, until it ends or time is up.

    It has to be started with ``start_new_session``. Pages that several processes share are counted once for each of
    them, so that the actual use is less.
    """
    peak, end = 0, monotonic() + seconds
    while running.poll() is None and monotonic() < end:
        peak = max(peak, sum(map(_resident, _session(running.pid))))
        sleep(_PAUSE)
    return peak


def busy_seconds(running: subprocess.Popen[bytes]) -> tuple[float, float]:
    """Processor seconds of a command so far, and of the command with its offspring, as ``peak_of``."""
    times = {entry.name: _ticks(entry) / os.sysconf("SC_CLK_TCK") for entry in _session(running.pid)}
    return times.get(str(running.pid), 0.0), sum(times.values())


def _ticks(entry: Path) -> int:
    try:
        fields = (entry / "stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0
    return int(fields[11]) + int(fields[12])


def _session(leader: int) -> list[Path]:
    return [entry for entry in Path("/proc").iterdir() if entry.name.isdigit() and _leader(entry) == leader]


def _leader(entry: Path) -> int:
    try:
        return int((entry / "stat").read_text().rpartition(")")[2].split()[3])
    except OSError:
        return 0


def _resident(entry: Path) -> int:
    try:
        return int((entry / "statm").read_text().split()[1]) * 4096
    except (OSError, IndexError):
        return 0
