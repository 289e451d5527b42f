"""The model that the user's functions get: what their own ``model_fn`` loads, else a stub."""

from __future__ import annotations

import inspect
import signal
from typing import TYPE_CHECKING

from .error_lines import error_summary
from .model_proxy import record_calls
from .model_stub import ModelStub
from .server_stubs import RequestContext

if TYPE_CHECKING:
    from collections.abc import Callable

    from .calls import UserFile

__all__ = ["call_within", "load_model"]


class _TooSlow(BaseException):
    """Loading exceeded half of the time limit."""


def load_model(user: UserFile) -> object:
    """What ``model_fn`` returns, loaded once, with its calls recorded; a stub if it is missing or raises."""
    previous: object = user.settings.get("model")
    if previous is not None:
        return previous
    function, recorder = user.names.get("model_fn"), user.recorder
    model: object = ModelStub(recorder)
    if callable(function):
        folder = user.settings["model_dir"]
        arguments: list[object] = [folder, RequestContext(folder, "")][: len(inspect.signature(function).parameters)]
        try:
            model = record_calls(call_within(user.settings["seconds"] / 2, lambda: function(*arguments)), recorder)
        except _TooSlow:
            recorder.note("model_fn exceeded half of the time limit: a stub of the model was used")
        except (Exception, SystemExit) as error:  # noqa: BLE001 - there is no model file here, most of the time
            why = error_summary(error)
            recorder.note(f"model_fn raised {why}: a stub of the model was used; --model-dir names the model's folder")
    user.settings["model"] = model  # type: ignore[typeddict-unknown-key]
    return model


def call_within(seconds: float, function: Callable[[], object]) -> object:
    """Call a function, interrupted after some seconds where the system can. Raises what it raises, or _TooSlow."""
    if not hasattr(signal, "setitimer"):
        return function()

    def interrupt(*_: object) -> None:
        raise _TooSlow

    before = signal.signal(signal.SIGALRM, interrupt)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        return function()
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
