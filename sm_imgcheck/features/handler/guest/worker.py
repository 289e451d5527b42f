"""The loop of the child process: it loads the handler, then calls it for each request."""

from __future__ import annotations

import faulthandler
import json
import os
import sys
from typing import IO, TYPE_CHECKING

from . import entry_points, results
from .calls import CallRecord, ClientRequest, MissingFunction, NotChecked
from .environment import environment_cause
from .error_lines import error_summary
from .errors import describe_error
from .instances import LoadFailed
from .loading import import_user_file
from .recorder import ModelRecorder
from .reply_folder import ReplyFolder

if TYPE_CHECKING:
    from typing import TypedDict

    import numpy as np

    from .calls import HandlerCall, Settings, UserFile

    class ChildRequest(TypedDict):
        """A line of the requests; the body is in the file ``request``."""

        number: int
        content_type: str
        name: str
        """Name of the tensor to check if several are returned."""
        image: bool
        """The body is an encoded image."""
        explicit: bool
        """No other form of request is to be tried."""


__all__ = ["serve_requests"]

LOAD_NUMBER = 0
"""Number of the reply about loading the file; requests start at 1."""


def serve_requests(folder: str, requests: IO[bytes], notices: int) -> None:
    """Load the handler, then reply to requests until the last."""
    with open(os.path.join(folder, "settings.json"), encoding="utf-8") as file:
        settings = json.load(file)
    faulthandler.enable()  # on standard error: where it crashed, and where it hung when it is ended
    sys.argv = [settings["file"]]
    replies = ReplyFolder(folder, notices)
    user, call, reply = _load(settings)
    replies.put(LOAD_NUMBER, reply, None)
    for line in requests:
        assert call is not None, "requests follow only where a function was found"
        assert user is not None
        request = json.loads(line)
        with open(os.path.join(folder, "request"), "rb") as file:
            body = file.read()
        replies.put(request["number"], *_call_handler(user, call, body, request))
    os._exit(0)


def _load(settings: Settings) -> tuple[UserFile | None, HandlerCall | None, dict[str, object]]:
    """The function to be called, and the reply with its name."""
    recorder = ModelRecorder(settings["model_input"])
    try:
        user = import_user_file(settings, recorder)
        call = entry_points.find(user)
    except MissingFunction as error:
        return None, None, {"missing": str(error), "defined": error.names_of_file}
    except LoadFailed as error:
        return None, None, {"not_checked": str(error), "notes": recorder.notes}
    except OSError as error:
        fix = environment_cause(error, settings["file"]) or "--model-dir names the model's folder"
        text = f"raised {error_summary(error, 200)}; {fix}"
        return None, None, {"not_checked": text, "notes": recorder.notes}
    except BaseException as error:  # noqa: BLE001 - whatever the user's file raises while it is imported
        exception = describe_error(error, settings["file"], recorder)
        return None, None, {"raised": exception, "notes": recorder.notes}
    return user, call, {"function": call.name, "notes": call.notes, "flaws": call.flaws}


def _call_handler(
    user: UserFile, call: HandlerCall, body: bytes, request: ChildRequest
) -> tuple[dict[str, object], np.ndarray | bytes | None]:
    """A reply, and its array or text."""
    record, recorder = CallRecord(), user.recorder
    recorder.reset()
    reply: dict[str, object] = {}
    content = None
    try:
        tensor = call.run(
            ClientRequest(body, request["content_type"], image=request["image"], explicit=request["explicit"]), record
        )
        reply = {"made": tensor.made, "dtype": tensor.dtype}
        record.notes += tensor.notes
        content = tensor.content
    except results.InvalidHandlerResult as error:
        reply = {"unusable": str(error), "too_large": error.too_large, "is_error": error.is_error}
    except (NotChecked, LoadFailed) as error:
        reply = {"not_checked": str(error)}
    except BaseException as error:  # noqa: BLE001 - sys.exit and KeyboardInterrupt too
        recorder.uncertainties = record.uncertainties or recorder.uncertainties  # those of the attempt that is reported
        reply = {"raised": describe_error(error, user.settings["file"], recorder)}
    reply["notes"] = [*record.notes, *recorder.notes]
    reply["flaws"], reply["uncertainties"], reply["sent"] = record.flaws, record.uncertainties, record.sent
    reply["repeated"] = record.is_repeated
    reply["step"], reply["at_model"] = record.step, bool(recorder.captured)
    reply["posted_type"] = recorder.content_type
    return reply, content
