"""The start of worker processes. Light: it runs before anything heavy is imported.

On POSIX they are forked from a separate process that has imported their modules, once for all of them and while this
process imports its modules; it has no threads, so that a fork is safe at any time. Windows starts each from scratch.
"""

from __future__ import annotations

import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing import get_context
from types import ModuleType
from typing import TYPE_CHECKING

from sm_imgcheck.core.errors import ImgcheckError
from sm_imgcheck.run.threads import one_thread_each

if TYPE_CHECKING:
    from multiprocessing.context import ForkServerContext, SpawnContext

__all__ = ["context", "most_workers", "prepare", "start_errors", "without_main"]

_DESCRIPTORS, _DESCRIPTORS_EACH = 16, 4
"""File descriptors of this process with workers: at first, and for each. Two workers run with 24 and fail with 20."""
_FORKS = sys.platform != "win32"


def context() -> ForkServerContext | SpawnContext:
    """How worker processes are started."""
    return get_context("forkserver") if _FORKS else get_context("spawn")


def prepare(jobs: int) -> None:
    """Start the process that workers are forked from, where fork exists; it is ready about 0.13 s later.

    Raises ImgcheckError where this number of workers cannot be started.
    """
    _check_descriptors(jobs)
    one_thread_each()
    if not _FORKS:
        return
    from multiprocessing import forkserver, resource_tracker

    forkserver.set_forkserver_preload([f"{__package__}._preload"])
    with start_errors():
        resource_tracker.ensure_running()  # first: it would unblock the signals
        with _signals_blocked(), without_main():
            forkserver.ensure_running()


def most_workers() -> int:
    """Return the number of workers whose pipes this process may open; a large number without a limit."""
    if not _FORKS:
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
def start_errors() -> Iterator[None]:
    """Raise ImgcheckError, with a fix, where no process can be started: too many, or no permission."""
    try:
        yield
    except (OSError, EOFError) as error:
        said = getattr(error, "strerror", None) or "a required process has crashed"
        raise ImgcheckError(f"worker processes cannot be started ({said}): -j 1 works without them") from error


@contextmanager
def without_main() -> Iterator[None]:
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
    children; each child ends when its pipe is closed.
    """
    numbers = {signal.SIGINT, signal.SIGTERM, signal.SIGHUP}
    before = signal.pthread_sigmask(signal.SIG_BLOCK, numbers)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
