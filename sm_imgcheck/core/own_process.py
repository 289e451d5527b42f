"""Whether this process was started as the command, or by a program that uses the library. Light."""

from __future__ import annotations

__all__ = ["claim", "is_command"]

_is_command = False


def claim() -> None:
    """State that this process was started as the command."""
    global _is_command  # noqa: PLW0603 - a property of the process
    _is_command = True


def is_command() -> bool:
    """Return whether it was: then it may be forked and has no state of another program."""
    return _is_command
