"""The processes of a handler: which there are, what memory they hold, and the end of all of them."""

from __future__ import annotations

import os
import signal
import time
from contextlib import suppress

__all__ = ["below", "end", "find_marked_processes", "kill", "memory", "table"]

_LONGEST = 5.0
"""Seconds for which processes that keep starting others are chased."""


def table() -> dict[int, tuple[int, int]]:
    """All processes of the machine by id: the id of the parent, and the resident memory in bytes."""
    if not os.path.isdir("/proc/self"):
        return _by_ps()
    page, table = os.sysconf("SC_PAGE_SIZE"), {}
    for name in os.listdir("/proc"):
        fields = _read(f"/proc/{name}/stat").rpartition(b")")[2].split() if name.isdigit() else []
        if len(fields) > 21 and fields[0] not in (b"Z", b"X"):
            table[int(name)] = (int(fields[1]), int(fields[21]) * page)
    return table


def _by_ps() -> dict[int, tuple[int, int]]:
    """The same on systems without /proc: macOS and BSD."""
    import subprocess  # 5 ms of every child's start, and not needed on Linux

    try:
        text = subprocess.check_output(["/bin/ps", "-axo", "pid=,ppid=,rss="], stderr=subprocess.DEVNULL, timeout=5)
    except (OSError, subprocess.SubprocessError):
        return {}
    rows = [[int(word) for word in line.split()] for line in text.splitlines()]
    return {row[0]: (row[1], row[2] * 1024) for row in rows if len(row) == 3}


def _read(path: str) -> bytes:
    try:
        with open(path, "rb") as file:
            return file.read(65536)
    except OSError:  # it has ended, or belongs to another user
        return b""


def below(root: int, table: dict[int, tuple[int, int]]) -> list[int]:
    """The descendants of a process, parents before children."""
    children: dict[int, list[int]] = {}
    for pid, (parent, _) in table.items():
        children.setdefault(parent, []).append(pid)
    order = [root]
    for pid in order:
        order += [child for child in children.get(pid, ()) if child != root]
    return order[1:]


def memory(pids: list[int], table: dict[int, tuple[int, int]], limit: int) -> int:
    """Bytes that processes hold together; what they share is counted once where that decides about the limit."""
    rough = sum(table[pid][1] for pid in pids if pid in table)
    if rough <= limit:
        return rough
    exact = [_share(pid) for pid in pids]
    return sum(size for size in exact if size is not None) if None not in exact else rough


def _share(pid: int) -> int | None:
    """What a process holds, of shared pages its share (Linux 4.14 and later)."""
    for line in _read(f"/proc/{pid}/smaps_rollup").splitlines():
        if line.startswith(b"Pss:"):
            return int(line.split()[1]) * 1024
    return None


def find_marked_processes(mark: bytes) -> list[int]:
    """The processes that were started with ``mark`` in their environment (Linux)."""
    if not os.path.isdir("/proc/self"):
        return []
    pids = [int(name) for name in os.listdir("/proc") if name.isdigit()]
    return [pid for pid in pids if pid != os.getpid() and mark in _read(f"/proc/{pid}/environ")]


def end(root: int) -> None:
    """Kill every descendant of this process, ``root``, however fast they start others, and reap them."""
    until = time.monotonic() + _LONGEST
    while time.monotonic() < until:
        pids = below(root, table())
        kill(pids)
        if not _reap() and not pids:
            return
        time.sleep(0.002)


def kill(pids: list[int]) -> None:
    """Kill all of them. They are stopped first: what is stopped starts no others."""
    for number in (signal.SIGSTOP, signal.SIGKILL):
        for pid in pids:
            _send(pid, number)


def _send(pid: int, number: int) -> None:
    with suppress(OSError):  # it may have ended
        os.kill(pid, number)


def _reap() -> bool:
    """Reap children that have ended. Returns whether children remain."""
    try:
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
    except ChildProcessError:
        return False
    return True
