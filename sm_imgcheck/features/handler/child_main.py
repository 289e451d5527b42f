"""The script in the user's interpreter: it loads the handler and calls it for each request.

    python child_main.py FOLDER [WORKER]

WORKER is a Python file whose ``serve_requests`` is called; without it, that of handlers is. FOLDER holds
``settings.json`` and the body of the request; replies are written there too. Requests are read from standard input, a
JSON object a line; each reply is reported on standard output, a JSON object a line. Output of the user's code is
written to standard error.

On POSIX this process becomes the keeper, which runs none of the user's code, and the worker is forked. When the worker
ends, or the parent ends, even by SIGKILL, the keeper ends every process that the user's code has started. Where Linux
permits a PID namespace, a second process is the first of a namespace and the parent of the worker: the kernel ends all
processes of the namespace with it, however many they are.
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
_NEW_PID, _NEW_USER = 0x20000000, 0x10000000  # linux/sched.h: CLONE_NEWPID, CLONE_NEWUSER
_POLL_MS = 20


def main() -> None:
    """Part keeper and worker."""
    requests, replies = os.dup(0), os.dup(1)
    null = os.open(os.devnull, os.O_RDONLY)
    os.dup2(null, 0)
    os.dup2(2, 1)
    processes = import_module("guest.processes")
    if hasattr(os, "fork"):
        _prctl(_SUBREAPER, 1)
        statuses = _enter_namespace()
        worker = os.fork()
        if worker:
            _keep(worker, requests, replies, processes, statuses)
        if statuses is not None:
            _prctl(_DEATH_SIGNAL, signal.SIGKILL)
            _fork_worker(statuses[1])
        os.setsid()  # so that what it sends to its own group does not reach the keeper
        _prctl(_DEATH_SIGNAL, signal.SIGKILL)
        raise_oom_score()
    work = _serve_requests(sys.argv[2:])
    sys.path.remove(_HERE)  # the user's code imports none of these modules
    work(sys.argv[1], os.fdopen(requests, "rb"), replies)


def load_file(path: str) -> ModuleType:
    """Import a Python file that is in no folder of modules."""
    spec = spec_from_file_location("sm_imgcheck_worker", path)
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _serve_requests(files: list[str]) -> Callable[[str, IO[bytes], int], None]:
    """The function that handles requests: that of the file, if there is one."""
    module = import_module("guest.worker") if not files else load_file(files[0])
    serve: Callable[[str, IO[bytes], int], None] = module.serve_requests
    return serve


def _enter_namespace() -> tuple[int, int] | None:
    """Let the next child be the first of a new PID namespace. Returns a pipe for a status; None: not permitted."""
    if sys.platform != "linux":
        return None
    probe = os.fork()  # a user namespace whose numbers cannot be mapped is of no use, and cannot be left
    if not probe:
        os._exit(0 if _unshare() else 1)
    is_permitted = os.waitpid(probe, 0)[1] == 0
    return os.pipe() if is_permitted and _unshare() else None


def _unshare() -> bool:
    """Whether the next child is the first of a new PID namespace.

    Without privileges a user namespace is needed too, in which user and group keep their numbers: unshare(2).
    """
    try:
        from ctypes import CDLL

        unshare = CDLL(None).unshare
        user, group = os.geteuid(), os.getegid()
        if unshare(_NEW_PID) == 0:
            return True
        if unshare(_NEW_USER | _NEW_PID):
            return False
        for name, text in (("setgroups", "deny"), ("uid_map", f"{user} {user} 1"), ("gid_map", f"{group} {group} 1")):
            with open(f"/proc/self/{name}", "w") as file:
                file.write(text)
    except (ImportError, OSError, AttributeError):
        return False
    return True


def _fork_worker(status: int) -> None:
    """Fork the worker and return in it; in the parent, the first process of a namespace, reap until the worker ends."""
    worker = os.fork()
    if not worker:
        return
    for name in ("SIGTERM", "SIGINT", "SIGHUP", "SIGQUIT", "SIGPIPE", "SIGUSR1", "SIGUSR2"):
        signal.signal(getattr(signal, name), signal.SIG_IGN)
    signal.signal(signal.SIGABRT, lambda *_: os.kill(worker, signal.SIGABRT))
    while True:
        pid, exit_status = os.waitpid(-1, 0)
        if pid == worker:
            code = -os.WTERMSIG(exit_status) if os.WIFSIGNALED(exit_status) else os.WEXITSTATUS(exit_status)
            os.write(status, b"%d" % code)
            os._exit(0)


def _keep(worker: int, requests: int, replies: int, processes: ModuleType, statuses: tuple[int, int] | None) -> None:
    """Wait for the end of the worker or of the parent, then end all that is left.

    worker: its process id, or that of the first process of its namespace, which writes its status to ``statuses``.
    """
    import select

    for name in ("SIGTERM", "SIGINT", "SIGHUP", "SIGQUIT", "SIGPIPE", "SIGUSR1", "SIGUSR2"):
        signal.signal(getattr(signal, name), signal.SIG_IGN)
    poll = select.poll()
    poll.register(requests, 0)  # POLLHUP is reported without being requested, and no request is read
    status = None
    while status is None and not poll.poll(_POLL_MS):
        status = _status(worker)
    if statuses is not None:
        processes.kill([worker])  # and with it its namespace
        os.close(statuses[1])
        status = int(os.read(statuses[0], 16) or status or 0) if status is not None else None
    processes.end(os.getpid())
    if status is not None:
        os.write(replies, json.dumps({"ended": status}).encode() + b"\n")
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
    """Call prctl on Linux; failures and other systems are ignored."""
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
