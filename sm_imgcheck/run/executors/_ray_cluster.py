"""The connection to a Ray cluster: a clear error in bounded time, and no output of Ray among the results."""

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
        """The result of a task."""

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


__all__ = ["connect_ray", "reason"]

_ADDRESS = "RAY_ADDRESS"
_SETTINGS = {
    "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0",  # without it every start prints a deprecation warning
    "RAY_NUM_REDIS_GET_RETRIES": "1",  # attempts to connect, about 40 s each; Ray's default is 20
    "RAY_USAGE_STATS_ENABLED": "0",
}
"""Settings for this process, and for an instance that it starts; existing settings stay."""
_CONNECT_SECONDS = 5.0
"""Seconds to connect to a server at an address."""
_START_SECONDS = 90.0
"""Seconds for a cluster to respond, or for an instance to start: 13 were measured on a busy machine."""
_PATIENCE = 20.0
"""Seconds for an instance to end."""
_OBJECTS = 80 << 20
"""Bytes for the object store of a new instance, about Ray's minimum: it stays empty."""


@contextmanager
def connect_ray(processors: int) -> Iterator[tuple[Ray, Callable[[], None]]]:
    """Return the module ``ray``, connected: to RAY_ADDRESS, else to an instance with this number of processors.

    The instance is started here, and ended together with its files. The second value is a function to be called
    periodically: it raises an exception of a signal's handler that Ray has dropped. Raises ImgcheckError.
    """
    address = os.environ.get(_ADDRESS) or "local"
    ray = _library(new_instance=address == "local")
    with ExitStack() as stack:
        stack.enter_context(redirect_stdout(cast("TextIO", _FilteredStdout(sys.stdout))))
        if not ray.is_initialized():
            more: dict[str, object] = {}
            if address == "local":
                more = {"num_cpus": processors, "include_dashboard": False, "object_store_memory": _OBJECTS}
                more["_temp_dir"] = stack.enter_context(_folder())
            probe_address(address)
            stack.enter_context(_session(ray, address, more))
        yield ray, stack.enter_context(_check_signals())


class _FilteredStdout:
    """Standard output without Ray's messages about crashed workers, which separate threads of Ray print there."""

    def __init__(self, stream: TextIO) -> None:
        self.stream = stream

    def write(self, text: str) -> int:
        """Pass a text on, or drop it."""
        return len(text) if current_thread().name.startswith("ray_") else self.stream.write(text)

    def __getattr__(self, name: str) -> object:
        return getattr(self.stream, name)


def _library(*, new_instance: bool) -> Ray:
    """Import the package, for a new instance or a cluster. Raises ImgcheckError where it is not installed."""
    settings = {**_SETTINGS, "RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN": token_hex(32)} if new_instance else _SETTINGS
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


def probe_address(address: str) -> None:
    """Raise ImgcheckError where no server is listening. Ray would wait for minutes, with messages on the terminal."""
    with suppress(ValueError):  # Ray checks "auto" and other addresses without a port
        place = urlsplit(address if "://" in address else f"//{address}")
        if place.hostname and place.port:
            try:
                socket.create_connection((place.hostname, place.port), _CONNECT_SECONDS).close()
            except OSError as error:
                raise _no_response(address, f"no server is listening ({error.strerror or error})") from None


def _no_response(address: str, problem: str) -> ImgcheckError:
    if address == "local":
        return ImgcheckError(f"Ray cannot be started on this machine: {problem}; --engine pool works without it")
    return ImgcheckError(
        f"{_ADDRESS}={for_terminal(address)}: {problem}; name a cluster that runs: HOST:6379 from one of its nodes, "
        "ray://HOST:10001 from elsewhere, or unset it to start Ray on this machine"
    )


@contextmanager
def _session(ray: Ray, address: str, more: dict[str, object]) -> Iterator[None]:
    """Connect in a thread: Ray does not change signals there, and this thread can stop waiting.

    The thread runs to the end: the processes of a new instance end with the thread that started them.
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
            is_ready = ready.wait(_START_SECONDS)
        if problems or not is_ready:
            raise _no_response(
                address, reason(problems[0]) if problems else f"no response within {_START_SECONDS:.0f} s"
            )
        yield
    finally:
        over.set()
        thread.join(_PATIENCE)


@contextmanager
def _signals_kept() -> Iterator[None]:
    """Keep the handlers of signals: Ray's C++ prints signals that it catches before it forwards them."""
    numbers = (signal.SIGINT, signal.SIGTERM) if current_thread() is main_thread() else ()
    before = {number: signal.getsignal(number) for number in numbers}
    try:
        yield
    finally:
        for number, handler in before.items():
            if handler is not None:
                signal.signal(number, handler)


@contextmanager
def _check_signals() -> Iterator[Callable[[], None]]:
    """Record signals: an exception of a handler while Ray's compiled code calls Python is dropped there, silently."""
    numbers = (signal.SIGINT, signal.SIGTERM) if current_thread() is main_thread() else ()
    handlers = {number: handler for number in numbers if callable(handler := signal.getsignal(number))}
    pending: list[int] = []

    def note(number: int, frame: FrameType | None) -> None:
        pending.append(number)
        handlers[signal.Signals(number)](number, frame)

    def raise_pending() -> None:
        for number in pending:
            handlers[signal.Signals(number)](number, None)

    for number in handlers:
        signal.signal(number, note)
    try:
        yield raise_pending
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)


def reason(problem: BaseException) -> str:
    """Return an error of Ray in one line: for a traceback its last line."""
    lines = [line.strip() for line in re.sub(r"\x1b\[[0-9;]*m", "", str(problem)).splitlines() if line.strip(" ^~")]
    if any(line.startswith("Traceback") for line in lines):
        lines = lines[-1:]
    text = " ".join(lines)[:500] or type(problem).__name__
    return for_terminal(text.rstrip("."))
