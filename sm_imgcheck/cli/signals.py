"""Signals that end the process: each raises an exception, so that a report is closed and no file is half-written."""

from __future__ import annotations

import signal
from types import FrameType, TracebackType

__all__ = ["DelayedSignals", "TerminationSignal", "check_signals", "exit_code_of_signal", "listen"]


class TerminationSignal(BaseException):  # not KeyboardInterrupt: typer makes exit code 130 of that
    """A signal to end the process was received."""

    def __init__(self, number: int) -> None:
        self.name = signal.Signals(number).name
        self.code = 128 + number  # as a shell reports it
        super().__init__(self.name)


_signals: list[int] = []
"""Received signals that end this process. What a handler raises is lost where Python cannot pass it on: in a callback
of the import system or of a weak reference, in ``__del__``, below compiled code that clears errors."""


class DelayedSignals:
    """Raises the exception of a signal after the block, so that all its steps or none are done.

    A second signal does not wait. Not for steps that may wait for another program, such as flushing standard
    output.
    """

    received: int | None = None
    """Signals that were received before the block; None outside of one."""

    def __enter__(self) -> None:
        """Begin the block."""
        DelayedSignals.received = len(_signals)

    def __exit__(self, _: type[BaseException] | None, __: BaseException | None, ___: TracebackType | None) -> None:
        """End the block."""
        before, DelayedSignals.received = DelayedSignals.received, None
        if before != len(_signals):
            check_signals()


def listen() -> None:
    """Let the signals that end a process raise an exception, unless they are ignored (nohup)."""
    for name, default in (
        ("SIGTERM", signal.SIG_DFL),
        ("SIGHUP", signal.SIG_DFL),
        ("SIGINT", signal.default_int_handler),
    ):
        number = getattr(signal, name, None)  # Windows has no SIGHUP
        if number is not None and signal.getsignal(number) is default:
            signal.signal(number, _stop)


def _stop(number: int, _: FrameType | None) -> None:
    _signals.append(number)
    if DelayedSignals.received is None or len(_signals) > DelayedSignals.received + 1:
        check_signals()


def check_signals() -> None:
    """Raise the exception of a signal that was received, in case that of its handler was lost; between candidates."""
    if _signals:
        raise KeyboardInterrupt if _signals[-1] == signal.SIGINT else TerminationSignal(_signals[-1])


def exit_code_of_signal() -> int:
    """128 + n where signal n was received, even if its exception was lost; otherwise 0."""
    return 128 + _signals[-1] if _signals else 0
