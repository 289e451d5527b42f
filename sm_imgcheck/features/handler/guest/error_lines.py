"""The text of an exception of the user's code, whose ``__str__`` may raise too."""

from __future__ import annotations

__all__ = ["error_line", "error_summary"]


def error_line(error: BaseException, most: int = 2000) -> str:
    """The text of an exception in one line of at most ``most`` characters."""
    try:
        return " ".join(str(error).split())[:most]
    except BaseException as other:  # noqa: BLE001 - the user's own __str__
        return f"(text unavailable: {type(other).__name__})"


def error_summary(error: BaseException, most: int = 120) -> str:
    """Type and text of an exception."""
    return f"{type(error).__name__}: {error_line(error, most)}"
