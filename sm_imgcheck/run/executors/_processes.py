"""The start of worker processes. Light: it runs before anything heavy is imported.

The command forks them from itself on Linux, while it has one thread: a fork copies only the thread that calls it, so
that locks which others hold would stay locked (https://docs.python.org/3/library/os.html#os.fork). In other programs,
whose pipes, sockets and locks a fork would keep open, with more threads, as for a replacement of a crashed worker, and
on macOS, they are forked from a separate process that has imported their modules while this process imports its own.
Windows starts each from scratch.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from multiprocessing import get_context
from multiprocessing.connection import Connection
from types import ModuleType
from typing import TYPE_CHECKING

from sm_imgcheck.core import own_process
from sm_imgcheck.core.errors import ImgcheckError
from sm_imgcheck.run.threads import VARIABLES, one_thread_each

if TYPE_CHECKING:
    from multiprocessing.context import ForkContext, ForkServerContext, SpawnContext
    from multiprocessing.process import BaseProcess

__all__ = ["most_workers", "prepare", "start"]

_DESCRIPTORS, _DESCRIPTORS_EACH = 16, 4
"""File descriptors of this process with workers: at first, and for each. Two workers run with 24 and fail with 20."""
_SAFE_PATH = "PYTHONSAFEPATH"


def prepare(jobs: int) -> None:
    """Start the process that workers are forked from, where there is one; it is ready about 0.13 s later.

    Raises ImgcheckError where this number of workers cannot be started.
    """
    _check_descriptors(jobs)
    if _context().get_start_method() == "forkserver":
        with _start_errors(), _worker_environment():
            _start_server()


def start(
    work: Callable[..., None], ends: Sequence[Connection], parent_ends: Sequence[Connection], load: Callable[[], None]
) -> BaseProcess:
    """Start a process that calls ``work(*ends, parent_ends)``. Raises ImgcheckError.

    ends: its ends of pipes. parent_ends: those of this process; a fork gets its copies, to close them. load: imports
    what ``work`` needs, before a fork.
    """
    context = _context()
    method = context.get_start_method()
    process = context.Process(target=work, args=(*ends, parent_ends if method == "fork" else ()), daemon=True)
    with _start_errors(), _worker_environment():
        if method == "fork":
            load()
        elif method == "forkserver":
            _start_server()
        with _signals_blocked(), _without_main():
            process.start()
    return process


def _start_server() -> None:
    """Start the process that workers are forked from, if it does not run."""
    from multiprocessing import forkserver, resource_tracker

    forkserver.set_forkserver_preload([f"{__package__}._preload"])
    resource_tracker.ensure_running()  # first: it would unblock the signals
    with _signals_blocked(), _without_main():
        forkserver.ensure_running()


def _context() -> ForkContext | ForkServerContext | SpawnContext:
    """How a process is started now."""
    if sys.platform == "win32":
        return get_context("spawn")
    if own_process.is_command() and _threads() == 1:
        return get_context("fork")
    return get_context("forkserver")


def _threads() -> int:
    """Number of threads of this process, with those of C libraries (proc_pid_task(5)); 0 where it is unknown."""
    try:
        return len(os.listdir("/proc/self/task"))
    except OSError:
        return 0


def most_workers() -> int:
    """Return the number of workers whose pipes this process may open; a large number without a limit."""
    if sys.platform == "win32":
        return sys.maxsize
    from resource import RLIM_INFINITY, RLIMIT_NOFILE, getrlimit

    limit = getrlimit(RLIMIT_NOFILE)[0]
    return sys.maxsize if limit == RLIM_INFINITY else max(0, (limit - _DESCRIPTORS) // _DESCRIPTORS_EACH)


def _check_descriptors(jobs: int) -> None:
    """Raise ImgcheckError, with a fix, where a process may not open the pipes of this number of workers."""
    if jobs > (most := most_workers()):
        minimum = _DESCRIPTORS + _DESCRIPTORS_EACH * jobs
        raise ImgcheckError(
            f"worker processes cannot be started: got a limit on open files for {most} of them, expected one for "
            f"{jobs}: ulimit -n {minimum} raises it, -j {max(1, most)} is within it"
        )


@contextmanager
def _start_errors() -> Iterator[None]:
    """Raise ImgcheckError, with a fix, where no process can be started: too many, or no permission."""
    try:
        yield
    except (OSError, EOFError, AssertionError) as error:  # AssertionError: in a daemonic process of multiprocessing
        said = getattr(error, "strerror", None) or str(error) or "a required process has crashed"
        raise ImgcheckError(f"worker processes cannot be started ({said}): -j 1 works without them") from error


@contextmanager
def _without_main() -> Iterator[None]:
    """Workers that start in this context do not run the program's main module again: they do not need it."""
    main = sys.modules["__main__"]
    sys.modules["__main__"] = ModuleType("__main__")
    try:
        yield
    finally:
        sys.modules["__main__"] = main


@contextmanager
def _signals_blocked() -> Iterator[None]:
    """Processes that start in this context, and all their forks, keep these signals blocked.

    Ctrl-C and the end of a terminal reach every process of the command. This process handles them for its
    children; each child ends when its pipe is closed. Windows has no such mask; there a worker ignores Ctrl-C.
    """
    if sys.platform == "win32":
        yield
        return
    numbers = {signal.SIGINT, signal.SIGTERM, signal.SIGHUP}
    before = signal.pthread_sigmask(signal.SIG_BLOCK, numbers)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


@contextmanager
def _worker_environment() -> Iterator[None]:
    """Processes that start in this context start no threads in libraries, and search no folder of data for modules.

    multiprocessing starts them with ``python -c``, which searches the current folder first
    (https://docs.python.org/3/using/cmdline.html#envvar-PYTHONSAFEPATH). The variables of this process, which may be
    another program, are restored.
    """
    before = {name: os.environ.get(name) for name in (_SAFE_PATH, *VARIABLES)}
    os.environ[_SAFE_PATH] = "1"
    one_thread_each()
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value
