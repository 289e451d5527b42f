"""The loop of the process that runs the user's code: one request after the other, an answer to each."""

from __future__ import annotations

import faulthandler
import json
import os
import sys
from typing import IO, Any

from . import answers, calls, raised

__all__ = ["work"]

LOADED = 0
"""The number of the answer that tells how the file was loaded; requests count from 1."""


def work(folder: str, requests: IO[bytes], told: int) -> None:
    """Load the handler, then answer requests until there are no more."""
    with open(os.path.join(folder, "settings.json"), encoding="utf-8") as file:
        settings = json.load(file)
    faulthandler.enable()  # on standard error: where it crashed, and where it hung when it is ended
    sys.argv = [settings["file"]]
    desk = _Desk(folder, told, settings)
    call, answer = _loaded(settings)
    desk.put(LOADED, answer, None)
    for line in requests:
        request = json.loads(line)
        with open(os.path.join(folder, "request"), "rb") as file:
            body = file.read()
        desk.put(request["number"], *_called(call, body, request, settings))
    os._exit(0)


def _loaded(settings: dict[str, Any]) -> Any:
    """The function to be called, and the answer that says which it is."""
    try:
        call = calls.find(settings)
    except calls.NotFound as error:
        return None, {"missing": str(error), "defined": error.defined}
    except BaseException as error:  # noqa: BLE001 - whatever the user's file raises while it is imported
        return None, {"raised": raised.told(error, settings["file"])}
    return call, {"function": call.name, "notes": call.notes, "flaws": call.flaws}


def _called(call: Any, body: bytes, request: dict[str, Any], settings: dict[str, Any]) -> Any:
    """An answer, and the array or the text that goes with it."""
    seen = calls.Seen()
    try:
        result = call.run(body, request["content_type"], seen)
        answer = answers.read(result, call.text, request["name"], settings["most_bytes"])
    except answers.Unusable as error:
        return {"unusable": str(error), "too_large": error.too_large, "notes": seen.notes}, None
    except BaseException as error:  # noqa: BLE001 - sys.exit and KeyboardInterrupt too
        return {"raised": raised.told(error, settings["file"]), "notes": seen.notes}, None
    made = {"made": answer.made, "dtype": answer.dtype, "notes": seen.notes + answer.notes, "flaws": seen.flaws}
    return made, answer.content


class _Desk:
    """Where answers are laid down. They are files, so that user code which closes every handle loses none."""

    def __init__(self, folder: str, told: int, settings: dict[str, Any]) -> None:
        self.folder, self.told, self.process = folder, told, os.getpid()
        self.settings = settings

    def put(self, number: int, answer: dict[str, Any], content: Any) -> None:
        """Write an answer and tell that it is there."""
        if os.getpid() != self.process:
            os._exit(0)  # a copy of this process, made by the handler, came back from it too
        place = os.path.join(self.folder, f"answer-{number}")
        if content is not None:
            with open(place + ".body", "wb") as file:
                answers.write(content, file)
            answer["form"] = "text" if isinstance(content, bytes) else "array"
        with open(place + ".part", "w", encoding="utf-8") as text:
            json.dump(answer, text)
        os.replace(place + ".part", place + ".json")
        try:
            os.write(self.told, b'{"number": %d}\n' % number)
        except OSError:
            os._exit(0)  # closed by the user's code: the end of this process tells it instead
