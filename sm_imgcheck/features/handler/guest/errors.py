"""An exception of the user's code as JSON values: what it is, and where in the user's file."""

from __future__ import annotations

import linecache
import os
import re
import sys
import traceback
from typing import TYPE_CHECKING

from .environment import environment_cause, failing_code, is_own, is_own_module
from .error_lines import error_line
from .model_stub import is_stub

if TYPE_CHECKING:
    from types import FrameType, TracebackType

    from .recorder import ModelRecorder

__all__ = ["describe_error", "involves_stub"]

_MOST = 2000
"""Characters of a text."""
_NAME = re.compile(r"[A-Za-z_][\w.]*")
_FOLDER = os.path.dirname(os.path.abspath(__file__))
_STUB_FILES = [os.path.join(_FOLDER, name) for name in ("model_stub.py", "cloud_stubs.py")]


def describe_error(error: BaseException, file: str, recorder: ModelRecorder | None = None) -> dict[str, object]:
    """Type, text and location: the innermost line in the user's file, else in a file of its folder.

    stub: why a stub may be the cause; before_stub: what made the model input uncertain first; both empty otherwise.
    """
    where, line, function = _location(error, file) or ("", 0, "")
    stub = "" if recorder is None else involves_stub(error, recorder)
    return {
        "type": type(error).__name__,
        "text": _text(error),
        "exits": isinstance(error, SystemExit),
        "file": where,
        "line": line,
        "function": function,
        "code": linecache.getline(where, line).strip()[:100] if where else "",
        "module": _module(error, file),
        "environment": environment_cause(error, file),
        "relative": _relative_import(error),
        "stub": stub,
        "before_stub": recorder.uncertainties[0] if stub and recorder and recorder.uncertainties else "",
        "last": _last(error, file),
    }


def involves_stub(error: BaseException, recorder: ModelRecorder) -> str:
    """Why a stub may be the cause of an exception; empty: the user's code is."""
    text = f"{type(error).__name__}: {' '.join(_text(error).split())[:160]}"
    if any(word in text for word in ("ModelStub", "_ModuleMember", "<stub of")):
        return text
    for trace in reversed(_traces(error)):
        frame = trace.tb_frame
        if frame.f_code.co_filename in _STUB_FILES:
            return text
        if any(_refers_to_stub(frame, name) for name in _NAME.findall(failing_code(trace))):
            return text
        if "site-packages" not in frame.f_code.co_filename and "lib/python" not in frame.f_code.co_filename:
            break
    return text if recorder.uncertainties else ""


def _traces(error: BaseException) -> list[TracebackType]:
    traces, trace = [], error.__traceback__
    while trace is not None:
        traces.append(trace)
        trace = trace.tb_next
    return traces


def _refers_to_stub(frame: FrameType, name: str) -> bool:
    """Whether a dotted name of a line refers to a stub: ``self.model``, but not ``self``."""
    first, *parts = name.split(".")
    value = frame.f_locals.get(first, frame.f_globals.get(first))
    for part in parts:
        if is_stub(value):
            return True
        value = getattr(value, "__dict__", {}).get(part)
    if type(value) is dict:
        value = list(value.values())
    return is_stub(value) or (isinstance(value, (list, tuple)) and any(map(is_stub, value[:32])))


def _module(error: BaseException, file: str) -> str | None:
    """The package that an import lacks; None: something else is wrong, or the module is the user's own."""
    if not isinstance(error, ImportError) or _relative_import(error):
        return None
    root = (getattr(error, "name", None) or "").partition(".")[0]
    return None if not root or root in sys.modules or is_own_module(root, file) else root


def _relative_import(error: BaseException) -> str:
    """The absolute form of a relative import that failed for lack of a package; empty: the error is another."""
    if not isinstance(error, ImportError) or "relative import" not in error_line(error):
        return ""
    frames = _frames(error)
    code = linecache.getline(frames[-1][0].f_code.co_filename, frames[-1][1]).strip() if frames else ""
    words = re.match(r"from\s+\.+([\w.]*)\s+import\s+(.+)", code)
    if words is None:
        return "an absolute import"
    module, names = words.groups()
    return f"from {module} import {names}" if module else f"import {names}"


def _text(error: BaseException) -> str:
    return str(error.msg)[:_MOST] if isinstance(error, SyntaxError) else error_line(error, _MOST)


def _location(error: BaseException, file: str) -> tuple[str, int, str] | None:
    if isinstance(error, SyntaxError) and error.filename and is_own(error.filename, file):
        return error.filename, error.lineno or 0, ""
    frames = [(frame.f_code.co_filename, line, frame.f_code.co_name) for frame, line in _frames(error)]
    local = [frame for frame in frames if _same(frame[0], file)] or [
        frame for frame in frames if is_own(frame[0], file)
    ]
    return local[-1] if local else None


def _frames(error: BaseException) -> list[tuple[FrameType, int]]:
    return [(frame, line) for frame, line in traceback.walk_tb(error.__traceback__)]


def _last(error: BaseException, file: str) -> str:
    """Where it was raised, if that is not in the user's own files: in which library."""
    frames = [frame.f_code.co_filename for frame, _ in _frames(error)]
    if not frames or is_own(frames[-1], file) or frames[-1].startswith((_FOLDER, "<")):
        return ""
    parts = frames[-1].replace(os.sep, "/").split("/")
    return "/".join(parts[-2:])


def _same(path: str, other: str) -> bool:
    return os.path.abspath(path) == other
