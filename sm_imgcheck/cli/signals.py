"""A request to end: what is begun is undone, what is done is reported, as after Ctrl-C."""

from __future__ import annotations

import signal
from types import FrameType

__all__ = ["Terminated", "listen"]


class Terminated(BaseException):  # not KeyboardInterrupt: typer makes exit code 130 of that
    """A signal asked the process to end."""

    def __init__(self, number: int) -> None:
        self.name = signal.Signals(number).name
        self.code = 128 + number  # as a shell reports it
        super().__init__(self.name)


def listen() -> None:
    """Let the signals that end a process raise ``Terminated``, unless somebody (nohup) had them ignored."""
    for name in ("SIGTERM", "SIGHUP"):
        number = getattr(signal, name, None)  # Windows has no SIGHUP
        if number is not None and signal.getsignal(number) is signal.SIG_DFL:
            signal.signal(number, _stop)


def _stop(number: int, _: FrameType | None) -> None:
    raise Terminated(number)
