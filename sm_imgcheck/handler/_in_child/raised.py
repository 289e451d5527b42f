"""An exception of the user's code as JSON values: what it is, and where in the user's file."""

from __future__ import annotations

import linecache
import os
import traceback
from typing import Any

__all__ = ["told"]

_MOST = 2000
"""Of a text, in characters."""


def told(error: BaseException, file: str) -> dict[str, Any]:
    """Type, text and place; the place is the innermost line in the user's file, else in a file beside it."""
    where, line, function = _place(error, file) or ("", 0, "")
    return {
        "type": type(error).__name__,
        "text": _text(error),
        "exits": isinstance(error, SystemExit),
        "file": where,
        "line": line,
        "function": function,
        "code": linecache.getline(where, line).strip()[:100] if where else "",
        "module": getattr(error, "name", None) if isinstance(error, ImportError) else None,
        "last": _last(error, file),
    }


def _text(error: BaseException) -> str:
    if isinstance(error, SyntaxError):
        return str(error.msg)[:_MOST]
    try:
        return str(error)[:_MOST]
    except BaseException as other:  # noqa: BLE001 - the user's own __str__
        return f"(its text cannot be had: {type(other).__name__})"


def _place(error: BaseException, file: str) -> tuple[str, int, str] | None:
    if isinstance(error, SyntaxError) and error.filename and _near(error.filename, file):
        return error.filename, error.lineno or 0, ""
    frames = [(frame.f_code.co_filename, line, frame.f_code.co_name) for frame, line in _walked(error)]
    own = [frame for frame in frames if _same(frame[0], file)] or [frame for frame in frames if _near(frame[0], file)]
    return own[-1] if own else None


def _walked(error: BaseException) -> Any:
    return [(frame, line) for frame, line in traceback.walk_tb(error.__traceback__)]


def _last(error: BaseException, file: str) -> str:
    """Where it was raised, if that is not in the user's own files: in which library."""
    frames = [frame.f_code.co_filename for frame, _ in _walked(error)]
    ours = os.path.dirname(os.path.abspath(__file__))
    if not frames or _near(frames[-1], file) or frames[-1].startswith((ours, "<")):
        return ""
    parts = frames[-1].replace(os.sep, "/").split("/")
    return "/".join(parts[-2:])


def _same(one: str, other: str) -> bool:
    return os.path.abspath(one) == other


def _near(one: str, file: str) -> bool:
    """Whether it is the user's own: in the folder of the file, and nothing that was installed there."""
    own = os.path.abspath(one).startswith(os.path.join(os.path.dirname(file), ""))
    return own and "site-packages" not in one and "dist-packages" not in one
