"""Where worker processes come from. Light: it is asked before anything heavy is imported.

On POSIX they are forked from a process of their own that has imported what they need, once for all of them and while
this process imports its own; it has no threads, so that a fork is safe at any time. Windows starts each anew.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing import get_context
from types import ModuleType
from typing import TYPE_CHECKING

from sm_imgcheck.core.errors import ImgcheckError

if TYPE_CHECKING:
    from multiprocessing.context import ForkServerContext, SpawnContext

__all__ = ["context", "one_thread_each", "prepare", "start_errors", "without_main"]

_THREADS = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENCV_FOR_THREADS_NUM")
"""What tells libraries how many threads to start. The workers are as many as there are processors: one for each."""
_FORKS = sys.platform != "win32"


def context() -> ForkServerContext | SpawnContext:
    """How worker processes are started."""
    return get_context("forkserver") if _FORKS else get_context("spawn")


def prepare() -> None:
    """Start the process that workers are forked from, where there is one; it is ready some 0.2 s later. Idempotent."""
    one_thread_each()
    if not _FORKS:
        return
    from multiprocessing import forkserver, resource_tracker

    forkserver.set_forkserver_preload([f"{__package__}._preload"])
    with start_errors():
        resource_tracker.ensure_running()  # first: it would unblock the signals
        with _signals_blocked(), without_main():
            forkserver.ensure_running()


def one_thread_each() -> None:
    """Tell libraries that this process, and all that it starts, imports from now on to start no threads."""
    for name in _THREADS:
        os.environ.setdefault(name, "1")


@contextmanager
def start_errors() -> Iterator[None]:
    """Raise ImgcheckError, with a way out, where no process can be started: too many, or no right to."""
    try:
        yield
    except (OSError, EOFError) as error:
        said = getattr(error, "strerror", None) or "one that is needed has died"
        raise ImgcheckError(f"worker processes cannot be started ({said}): -j 1 works without them") from error


@contextmanager
def without_main() -> Iterator[None]:
    """A worker that is started meanwhile does not run the program's main module once more: it needs nothing of it."""
    main = sys.modules["__main__"]
    sys.modules["__main__"] = ModuleType("__main__")
    try:
        yield
    finally:
        sys.modules["__main__"] = main


@contextmanager
def _signals_blocked() -> Iterator[None]:
    """A process that is started meanwhile, and all that it forks, keep these signals blocked.

    Ctrl-C and the end of a terminal reach every process of the command. This one decides what becomes of the others;
    each of them ends when its pipe is closed.
    """
    numbers = {signal.SIGINT, signal.SIGTERM, signal.SIGHUP}
    before = signal.pthread_sigmask(signal.SIG_BLOCK, numbers)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
