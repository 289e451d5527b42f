"""An exception of the user's code as JSON values: what it is, and where in the user's file."""

from __future__ import annotations

import faulthandler
import json
import linecache
import os
import sys
import traceback
from typing import IO, TYPE_CHECKING

from . import entry_points, results

if TYPE_CHECKING:
    from types import FrameType
    from typing import TypedDict

    import numpy as np

    class GuestRequest(TypedDict):
        """A line of the requests; the body is in the file ``request``."""

        number: int
        content_type: str
        name: str
        """Of the tensor that is meant where several come back."""


__all__ = ["ResultFolder", "serve_requests", "told"]

_MOST = 2000
"""Of a text, in characters."""


def told(error: BaseException, file: str) -> dict[str, object]:
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
        return f"(text unavailable: {type(other).__name__})"


def _place(error: BaseException, file: str) -> tuple[str, int, str] | None:
    if isinstance(error, SyntaxError) and error.filename and _near(error.filename, file):
        return error.filename, error.lineno or 0, ""
    frames = [(frame.f_code.co_filename, line, frame.f_code.co_name) for frame, line in _walked(error)]
    own = [frame for frame in frames if _same(frame[0], file)] or [frame for frame in frames if _near(frame[0], file)]
    return own[-1] if own else None


def _walked(error: BaseException) -> list[tuple[FrameType, int]]:
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


LOADED = 0
"""The number of the answer that tells how the file was loaded; requests count from 1."""


def serve_requests(folder: str, requests: IO[bytes], told: int) -> None:
    """Load the handler, then answer requests until there are no more."""
    with open(os.path.join(folder, "settings.json"), encoding="utf-8") as file:
        settings = json.load(file)
    faulthandler.enable()  # on standard error: where it crashed, and where it hung when it is ended
    sys.argv = [settings["file"]]
    desk = ResultFolder(folder, told)
    call, answer = _loaded(settings)
    desk.put(LOADED, answer, None)
    for line in requests:
        assert call is not None, "requests follow only where a function was found"
        request = json.loads(line)
        with open(os.path.join(folder, "request"), "rb") as file:
            body = file.read()
        desk.put(request["number"], *_called(call, body, request, settings))
    os._exit(0)


def _loaded(settings: entry_points.Settings) -> tuple[entry_points.HandlerCall | None, dict[str, object]]:
    """The function to be called, and the answer that says which it is."""
    try:
        call = entry_points.find(settings)
    except entry_points.MissingFunction as error:
        return None, {"missing": str(error), "defined": error.defined}
    except BaseException as error:  # noqa: BLE001 - whatever the user's file raises while it is imported
        return None, {"raised": told(error, settings["file"])}
    return call, {"function": call.name, "notes": call.notes, "flaws": call.flaws}


def _called(
    call: entry_points.HandlerCall, body: bytes, request: GuestRequest, settings: entry_points.Settings
) -> tuple[dict[str, object], np.ndarray | bytes | None]:
    """An answer, and the array or the text that goes with it."""
    seen = entry_points.CallRecord()
    try:
        result = call.run(body, request["content_type"], seen)
        answer = results.read(result, call.text, request["name"], settings["most_bytes"])
    except results.InvalidHandlerResult as error:
        return {"unusable": str(error), "too_large": error.too_large, "notes": seen.notes}, None
    except BaseException as error:  # noqa: BLE001 - sys.exit and KeyboardInterrupt too
        return {"raised": told(error, settings["file"]), "notes": seen.notes}, None
    made: dict[str, object] = {
        "made": answer.made,
        "dtype": answer.dtype,
        "notes": seen.notes + answer.notes,
        "flaws": seen.flaws,
    }
    return made, answer.content


class ResultFolder:
    """Where answers are laid down. They are files, so that user code which closes every handle loses none."""

    def __init__(self, folder: str, told: int) -> None:
        self.folder, self.told, self.process = folder, told, os.getpid()

    def put(self, number: int, answer: dict[str, object], content: np.ndarray | bytes | None) -> None:
        """Write an answer and tell that it is there."""
        if os.getpid() != self.process:
            os._exit(0)  # a copy of this process, made by the handler, came back from it too
        place = os.path.join(self.folder, f"answer-{number}")
        if content is not None:
            with open(place + ".body", "wb") as file:
                results.write(content, file)
            answer["form"] = "text" if isinstance(content, bytes) else "array"
        with open(place + ".part", "w", encoding="utf-8") as text:
            json.dump(answer, text)
        os.replace(place + ".part", place + ".json")
        try:
            os.write(self.told, b'{"number": %d}\n' % number)
        except OSError:
            os._exit(0)  # closed by the user's code: the end of this process tells it instead
