"""The way to a Ray cluster and back: a clear error in bounded time, no word of Ray's among the results."""

from __future__ import annotations

import logging
import os
import re
import signal
import socket
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, redirect_stdout, suppress
from secrets import token_hex
from shutil import rmtree
from tempfile import mkdtemp
from threading import Event, Thread, current_thread, main_thread
from types import FrameType
from typing import TYPE_CHECKING, TextIO, cast
from urllib.parse import urlsplit
from warnings import catch_warnings

from sm_imgcheck.core.errors import ImgcheckError
from sm_imgcheck.core.escape import for_terminal

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from types import ModuleType
    from typing import Protocol

    class Reference(Protocol):
        """What a task will hand back."""

    class RemoteFunction(Protocol):
        """A function whose calls are tasks of the cluster."""

        def remote(self, *arguments: object) -> Reference: ...

    class Ray(Protocol):
        """What is used of the module ``ray``."""

        exceptions: ModuleType

        def init(self, address: str, *, log_to_driver: bool, logging_level: int, **more: object) -> object: ...
        def is_initialized(self) -> bool: ...
        def shutdown(self) -> None: ...
        def cluster_resources(self) -> Mapping[str, float]: ...
        def remote(self, *, num_cpus: int, max_retries: int) -> Callable[[Callable[..., object]], RemoteFunction]: ...
        def wait(
            self, references: Sequence[Reference], *, timeout: float
        ) -> tuple[list[Reference], list[Reference]]: ...
        def get(self, reference: Reference) -> object: ...


__all__ = ["connected", "reason"]

_ADDRESS = "RAY_ADDRESS"
_SETTINGS = {
    "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0",  # without it every start warns of a change to come
    "RAY_NUM_REDIS_GET_RETRIES": "1",  # attempts to connect, of some 40 s each: Ray's 20 are no bounded time
    "RAY_USAGE_STATS_ENABLED": "0",
}
"""For this process, and for an instance that it starts; whatever is set already stays."""
_KNOCK = 5.0
"""Seconds for whoever listens at an address to take a connection."""
_ANSWER = 90.0
"""Seconds for a cluster to answer, or for an instance to start: on a busy machine that has taken 13."""
_PATIENCE = 20.0
"""Seconds for an instance to end."""
_OBJECTS = 80 << 20
"""Bytes for the object store of an own instance, about the least that Ray takes: nothing goes there."""


@contextmanager
def connected(processors: int) -> Iterator[tuple[Ray, Callable[[], None]]]:
    """The module ``ray``, connected: to what RAY_ADDRESS names, else to an instance with so many processors.

    The instance is started here, and ended with all that it has written. With the module comes a function to be called
    now and then: it raises what a signal's handler has raised, where Ray has dropped that. Raises ImgcheckError.
    """
    address = os.environ.get(_ADDRESS) or "local"
    ray = _library(own=address == "local")
    with ExitStack() as stack:
        stack.enter_context(redirect_stdout(cast("TextIO", _Quiet(sys.stdout))))
        if not ray.is_initialized():
            more: dict[str, object] = {}
            if address == "local":
                more = {"num_cpus": processors, "include_dashboard": False, "object_store_memory": _OBJECTS}
                more["_temp_dir"] = stack.enter_context(_folder())
            _knock(address)
            stack.enter_context(_session(ray, address, more))
        yield ray, stack.enter_context(_signals_heeded())


class _Quiet:
    """Standard output without what Ray says of workers that died, which it prints there from threads of its own."""

    def __init__(self, stream: TextIO) -> None:
        self.stream = stream

    def write(self, text: str) -> int:
        """Pass a text on, or drop it."""
        return len(text) if current_thread().name.startswith("ray_") else self.stream.write(text)

    def __getattr__(self, name: str) -> object:
        return getattr(self.stream, name)


def _library(*, own: bool) -> Ray:
    """The package, for an instance of its own or for another. Raises ImgcheckError where it is not installed."""
    settings = {**_SETTINGS, "RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN": token_hex(32)} if own else _SETTINGS
    for name, value in settings.items():  # its own token, or Ray would leave one in the home folder
        os.environ.setdefault(name, value)
    try:
        import ray
        import ray.exceptions
    except ImportError as error:
        raise ImgcheckError(f"--engine ray needs a package: pip install 'sm-imgcheck[ray]' ({error})") from error
    return cast("Ray", ray)


@contextmanager
def _folder() -> Iterator[str]:
    """For the sockets and logs of an own instance. A socket's path has at most 107 bytes, of which Ray takes 65."""
    folder = mkdtemp(prefix="imgcheck-", dir="/tmp" if os.path.isdir("/tmp") else None)  # noqa: S108 - mkdtemp's own
    try:
        yield folder
    finally:
        rmtree(folder, ignore_errors=True)


def _knock(address: str) -> None:
    """Raise ImgcheckError where nobody listens. Ray would wait for minutes, and tell the terminal about it."""
    with suppress(ValueError):  # "auto" and what else has no port is for Ray to judge
        place = urlsplit(address if "://" in address else f"//{address}")
        if place.hostname and place.port:
            try:
                socket.create_connection((place.hostname, place.port), _KNOCK).close()
            except OSError as error:
                raise _unanswered(address, f"nobody listens there ({error.strerror or error})") from None


def _unanswered(address: str, problem: str) -> ImgcheckError:
    if address == "local":
        return ImgcheckError(f"Ray cannot be started on this machine: {problem}; --engine pool works without it")
    return ImgcheckError(
        f"{_ADDRESS}={for_terminal(address)}: {problem}; name a cluster that runs: HOST:6379 from one of its nodes, "
        "ray://HOST:10001 from elsewhere, or unset it to start Ray on this machine"
    )


@contextmanager
def _session(ray: Ray, address: str, more: dict[str, object]) -> Iterator[None]:
    """A connection, which a thread holds: Ray leaves the signals alone there, and this one can give up waiting.

    The thread stays to the end: the processes of an own instance die with the thread that started them.
    """
    ready, over = Event(), Event()
    problems: list[BaseException] = []

    def hold() -> None:
        try:
            with catch_warnings(action="ignore"):
                ray.init(address, log_to_driver=False, logging_level=logging.CRITICAL, **more)
        except BaseException as problem:  # noqa: BLE001 - Ray leaves by SystemExit, too
            problems.append(problem)
        ready.set()
        over.wait()
        ray.shutdown()

    thread = Thread(target=hold, name="ray_session", daemon=True)
    thread.start()
    try:
        with _signals_kept():
            answered = ready.wait(_ANSWER)
        if problems or not answered:
            raise _unanswered(address, reason(problems[0]) if problems else f"no answer within {_ANSWER:.0f} s")
        yield
    finally:
        over.set()
        thread.join(_PATIENCE)


@contextmanager
def _signals_kept() -> Iterator[None]:
    """Leave the handlers of signals as they were: Ray's C++ prints what it catches before it passes it on."""
    numbers = (signal.SIGINT, signal.SIGTERM) if current_thread() is main_thread() else ()
    before = {number: signal.getsignal(number) for number in numbers}
    try:
        yield
    finally:
        for number, handler in before.items():
            if handler is not None:
                signal.signal(number, handler)


@contextmanager
def _signals_heeded() -> Iterator[Callable[[], None]]:
    """Remember signals: what a handler raises while Ray's compiled code calls Python is dropped there, silently."""
    numbers = (signal.SIGINT, signal.SIGTERM) if current_thread() is main_thread() else ()
    handlers = {number: handler for number in numbers if callable(handler := signal.getsignal(number))}
    asked: list[int] = []

    def note(number: int, frame: FrameType | None) -> None:
        asked.append(number)
        handlers[signal.Signals(number)](number, frame)

    def heed() -> None:
        for number in asked:
            handlers[signal.Signals(number)](number, None)

    for number in handlers:
        signal.signal(number, note)
    try:
        yield heed
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)


def reason(problem: BaseException) -> str:
    """What Ray says, in one line: of a traceback the last one."""
    lines = [line.strip() for line in re.sub(r"\x1b\[[0-9;]*m", "", str(problem)).splitlines() if line.strip(" ^~")]
    if any(line.startswith("Traceback") for line in lines):
        lines = lines[-1:]
    said = " ".join(lines)[:500] or type(problem).__name__
    return for_terminal(said.rstrip("."))
