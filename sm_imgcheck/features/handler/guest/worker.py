"""The loop of the child process: it loads the handler, then calls it for each request."""

from __future__ import annotations

import faulthandler
import json
import os
import sys
from typing import IO, TYPE_CHECKING

from . import entry_points, results
from .calls import CallRecord, ClientRequest, MissingFunction, NotChecked
from .errors import describe_error
from .instances import LoadFailed
from .loading import import_user_file
from .recorder import ModelRecorder

if TYPE_CHECKING:
    from typing import TypedDict

    import numpy as np

    from .calls import HandlerCall, Settings, UserFile

    class GuestRequest(TypedDict):
        """A line of the requests; the body is in the file ``request``."""

        number: int
        content_type: str
        name: str
        """Of the tensor that is meant where several come back."""
        image: bool
        """The body is an encoded image."""
        explicit: bool
        """No other form of request is to be tried."""


__all__ = ["ResultFolder", "serve_requests"]

LOADED = 0
"""The number of the answer that tells how the file was loaded; requests count from 1."""


def serve_requests(folder: str, requests: IO[bytes], told: int) -> None:
    """Load the handler, then answer requests until there are no more."""
    with open(os.path.join(folder, "settings.json"), encoding="utf-8") as file:
        settings = json.load(file)
    faulthandler.enable()  # on standard error: where it crashed, and where it hung when it is ended
    sys.argv = [settings["file"]]
    answers = ResultFolder(folder, told)
    user, call, answer = _load(settings)
    answers.put(LOADED, answer, None)
    for line in requests:
        assert call is not None, "requests follow only where a function was found"
        assert user is not None
        request = json.loads(line)
        with open(os.path.join(folder, "request"), "rb") as file:
            body = file.read()
        answers.put(request["number"], *_called(user, call, body, request))
    os._exit(0)


def _load(settings: Settings) -> tuple[UserFile | None, HandlerCall | None, dict[str, object]]:
    """The function to be called, and the answer that says which it is."""
    recorder = ModelRecorder(settings["model_input"])
    try:
        user = import_user_file(settings, recorder)
        call = entry_points.find(user)
    except MissingFunction as error:
        return None, None, {"missing": str(error), "defined": error.defined}
    except LoadFailed as error:
        return None, None, {"not_checked": str(error), "notes": recorder.notes}
    except OSError as error:
        text = (
            f"raised {type(error).__name__}: {' '.join(str(error).split())[:200]}; --model-dir names the model's folder"
        )
        return None, None, {"not_checked": text, "notes": recorder.notes}
    except BaseException as error:  # noqa: BLE001 - whatever the user's file raises while it is imported
        raised = describe_error(error, settings["file"], recorder)
        return None, None, {"raised": raised, "notes": recorder.notes}
    return user, call, {"function": call.name, "notes": call.notes, "flaws": call.flaws}


def _called(
    user: UserFile, call: HandlerCall, body: bytes, request: GuestRequest
) -> tuple[dict[str, object], np.ndarray | bytes | None]:
    """An answer, and the array or the text that goes with it."""
    record, recorder = CallRecord(), user.recorder
    recorder.reset()
    answer: dict[str, object] = {}
    content = None
    try:
        tensor = call.run(
            ClientRequest(body, request["content_type"], image=request["image"], explicit=request["explicit"]), record
        )
        answer = {"made": tensor.made, "dtype": tensor.dtype}
        record.notes += tensor.notes
        content = tensor.content
    except results.InvalidHandlerResult as error:
        answer = {"unusable": str(error), "too_large": error.too_large, "is_error": error.is_error}
    except (NotChecked, LoadFailed) as error:
        answer = {"not_checked": str(error)}
    except BaseException as error:  # noqa: BLE001 - sys.exit and KeyboardInterrupt too
        answer = {"raised": describe_error(error, user.settings["file"], recorder)}
    answer["notes"] = [*record.notes, *recorder.notes]
    answer["flaws"], answer["uncertainties"], answer["sent"] = record.flaws, record.uncertainties, record.sent
    answer["step"], answer["at_model"] = record.step, bool(recorder.captured)
    return answer, content


class ResultFolder:
    """The folder of the answers. They are files, so that user code which closes every handle loses none."""

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
