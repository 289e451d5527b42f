"""The script in the user's interpreter: it loads the handler and calls it for each request.

    python guest_main.py FOLDER [WORKER]

WORKER is a Python file whose ``serve_requests`` is called; without it, that of handlers is. FOLDER holds
``settings.json`` and the body of the request; the answers go there too. Requests come on standard input, an object of
JSON a line; each answer that is there is reported on standard output likewise. What the user's code prints goes to
standard error, wherever it prints it.

On POSIX two processes share the work: this one becomes the keeper, which runs none of the user's code, and the worker
is forked off. When the worker ends, or whoever asked goes away, even by SIGKILL, the keeper ends every process that the
user's code has started.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from importlib import import_module
from importlib.util import module_from_spec, spec_from_file_location
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType
    from typing import IO

__all__ = ["main"]

_HERE = os.path.dirname(os.path.abspath(__file__))
_SUBREAPER, _DEATH_SIGNAL = 36, 1  # linux/prctl.h: PR_SET_CHILD_SUBREAPER, PR_SET_PDEATHSIG
_POLL_MS = 20


def main() -> None:
    """Part keeper and worker."""
    requests, answers = os.dup(0), os.dup(1)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.dup2(2, 1)
    processes = import_module("guest.processes")
    if hasattr(os, "fork"):
        _prctl(_SUBREAPER, 1)
        worker = os.fork()
        if worker:
            _keep(worker, requests, answers, processes)
        os.setsid()  # so that what it sends to its own group does not reach the keeper
        _prctl(_DEATH_SIGNAL, signal.SIGKILL)
        raise_oom_score()
    work = _serve_requests(sys.argv[2:])
    sys.path.remove(_HERE)  # the user's code sees no module of ours
    work(sys.argv[1], os.fdopen(requests, "rb"), answers)


def load_file(path: str) -> ModuleType:
    """Import a Python file that is in no folder of modules."""
    spec = spec_from_file_location("sm_imgcheck_worker", path)
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _serve_requests(files: list[str]) -> Callable[[str, IO[bytes], int], None]:
    """The function that answers requests: that of the file, if one is given."""
    module = import_module("guest.worker") if not files else load_file(files[0])
    serve: Callable[[str, IO[bytes], int], None] = module.serve_requests
    return serve


def _keep(worker: int, requests: int, answers: int, processes: ModuleType) -> None:
    """Wait for the end of the worker or of whoever asks, then end all that is left."""
    import select

    for name in ("SIGTERM", "SIGINT", "SIGHUP", "SIGQUIT", "SIGPIPE", "SIGUSR1", "SIGUSR2"):
        signal.signal(getattr(signal, name), signal.SIG_IGN)
    gone = select.poll()
    gone.register(requests, 0)  # a hang-up is told without asking, and no request is taken away
    status = None
    while status is None and not gone.poll(_POLL_MS):
        status = _status(worker)
    processes.end(os.getpid())
    if status is not None:
        os.write(answers, json.dumps({"ended": status}).encode() + b"\n")
    os._exit(0)


def _status(worker: int) -> int | None:
    """How the worker ended: its exit code, or minus the number of a signal; None: it has not. Reaps all others."""
    while True:
        try:
            pid, status = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return 0
        if pid == worker:
            return -os.WTERMSIG(status) if os.WIFSIGNALED(status) else os.WEXITSTATUS(status)
        if not pid:
            return None


def _prctl(what: int, value: int) -> None:
    """Ask Linux for something; elsewhere, and where it refuses, go on without."""
    if sys.platform == "linux":
        try:
            from ctypes import CDLL

            CDLL(None).prctl(what, value, 0, 0, 0)
        except (ImportError, OSError, AttributeError):
            pass


def raise_oom_score() -> None:
    """Where memory runs out the kernel shall take this process, and no core is written."""
    try:
        import resource

        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        with open("/proc/self/oom_score_adj", "w") as file:
            file.write("1000")
    except (ImportError, OSError, ValueError):
        pass


if __name__ == "__main__":
    main()
