"""The user's file, one request to it, and what is noted of a call."""

from __future__ import annotations

import inspect
import os
import re
import sys
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from . import results
from .error_lines import error_line, error_summary
from .recorder import ModelCalled, ModelRecorder
from .source_imports import imports

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import FrameType, ModuleType
    from typing import TypedDict

    from .recorder import SpecInput

    Names = dict[str, Any]
    """The public names of the user's file."""
    Function = Callable[..., object]
    """One of the user's."""
    Run = Callable[["ClientRequest", "CallRecord"], "results.HandlerTensor"]

    Attempt = tuple[str, Callable[["CallRecord"], "results.HandlerTensor"]]
    """A form of the request, and the call with it."""

    class Settings(TypedDict):
        """How the user's file is loaded: the content of ``settings.json``."""

        file: str
        function: str
        """Empty: the function that a server calls."""
        model_dir: str
        most_bytes: int
        """Limit of an array or a text."""
        seconds: float
        """For loading the model."""
        model_input: SpecInput


__all__ = [
    "CallRecord",
    "ClientRequest",
    "HandlerCall",
    "MissingFunction",
    "NotChecked",
    "UserFile",
    "no_model_call",
    "run_attempts",
]


class MissingFunction(Exception):
    """The file lacks an entry point; the text names what is missing."""

    def __init__(self, text: str, names_of_file: list[str]) -> None:
        super().__init__(text)
        self.names_of_file = names_of_file


class NotChecked(Exception):
    """The model's input could not be observed, so the handler is neither right nor wrong; the text is the reason."""


class ClientRequest:
    """One request: a body, and what is known of it."""

    def __init__(self, body: bytes, content_type: str, *, image: bool, explicit: bool) -> None:
        self.body = body
        self.content_type = content_type
        self.image = image
        """The body is an encoded image, which other forms of request may contain."""
        self.explicit = explicit
        """The content type was given, so that no other is tried."""


class CallRecord:
    """What is noted of one call."""

    def __init__(self) -> None:
        self.notes: list[str] = []
        self.flaws: list[list[str]] = []
        """Each: code of a rule, message, expected, actual."""
        self.uncertainties: list[str] = []
        """Why the tensor may not be the model's input."""
        self.step = ""
        """The function that calls the model, if another function gets the request."""
        self.sent = ""
        """Content type, or form of the arguments, of the attempt that is reported; empty: as the request has it."""
        self.is_repeated = False
        """Several attempts were made, so that the last output may be another's."""


class HandlerCall:
    """A function of the user's, ready to be called with a request."""

    def __init__(self, name: str, run: Run) -> None:
        self.name = name
        self.run = run
        self.notes: list[str] = []
        self.flaws: list[list[str]] = []


_FEATURE_MODELS = ("xgboost", "sklearn", "joblib", "lightgbm", "catboost", "skops", "pickle")
"""Packages of models of features: their programs flatten the image."""


class UserFile:
    """The user's module and everything that calls of its functions need."""

    def __init__(self, module: ModuleType, settings: Settings, recorder: ModelRecorder, source: str) -> None:
        self.module, self.settings, self.recorder, self.source = module, settings, recorder, source
        self.names: Names = {name: getattr(module, name) for name in dir(module) if not name.startswith("_")}
        self.function = settings["function"]
        self.stubbed: set[type] = set()
        """Base classes that replace those of a package."""

    def has(self, name: str) -> bool:
        """Whether the file defines this function, and ``--function`` names no other."""
        return callable(self.names.get(name)) and self.function in ("", name)

    def classes(self) -> list[type]:
        """The classes that the file itself defines."""
        kinds = [value for _, value in inspect.getmembers(self.module, inspect.isclass)]
        return [value for value in kinds if value.__module__ == self.module.__name__]

    def names_of_file(self) -> list[str]:
        """Names of its functions and classes."""
        module = self.module.__name__
        values = {name: value for name, value in self.names.items() if getattr(value, "__module__", "") == module}
        return [name for name, value in values.items() if inspect.isroutine(value) or inspect.isclass(value)]

    def read(self, result: object, *, text: bool = False) -> results.HandlerTensor:
        """The tensor in a result, or the text of a request. Raises InvalidHandlerResult, NotChecked for a stub."""
        if results.is_stub(result):
            raise NotChecked(no_model_call(self.recorder, f"returned {results.describe(result)}"))
        name, most = self.settings["model_input"]["name"], self.settings["most_bytes"]
        tensor = results.read(result, text=text, name=name, most_bytes=most)
        if not isinstance(tensor.content, bytes) and any(imports(self.source, package) for package in _FEATURE_MODELS):
            results.restore_axes(tensor, self.settings["model_input"]["shape"])
        return tensor

    def observe(self, function: Callable[[], object]) -> tuple[bool, object]:
        """Run a function, recording. Returns whether a model was called, and its input or else the result."""
        recorder, result = self.recorder, None
        recorder.armed = True
        try:
            result = function()
        except ModelCalled:
            pass
        except Exception:
            if not recorder.captured:
                raise
        finally:
            recorder.armed = False
        return (True, recorder.captured[0]) if recorder.captured else (False, result)

    def observe_server(self, function: Callable[[], object]) -> results.HandlerTensor:
        """The model's input of a function that decodes, predicts and responds. Raises InvalidHandlerResult, NotChecked.

        A function that calls no model and returns a tensor with image axes is assumed to preprocess only.
        """
        is_called, value = self.observe(function)
        if is_called:
            return self.read(value, text=self.recorder.text)
        if error := results.error_text(value):
            raise results.InvalidHandlerResult(f"returned an error: {error}")
        try:
            tensor = self.read(value)
        except results.InvalidHandlerResult:
            if value is None or not results.is_prediction(value):
                raise
            tensor = None
        if tensor is not None and not isinstance(tensor.content, bytes) and tensor.content.ndim >= 3:
            return tensor
        raise NotChecked(no_model_call(self.recorder, f"returned {results.describe(value)}"))


def no_model_call(recorder: ModelRecorder, what: str) -> str:
    """Why no input of a model could be observed: what the user's code did instead."""
    if recorder.uncertainties:
        return f"did not call the model with a tensor: {recorder.uncertainties[0]}"
    return f"{what} without a model call that could be observed"


def run_attempts(user: UserFile, attempts: Iterator[Attempt], record: CallRecord) -> results.HandlerTensor:
    """The result of the first attempt that has one. Raises the error of the attempt with the most progress.

    record: gets what is noted of the attempt that is reported. If the first fails and there are others, it is repeated:
    the number of lines of the user's file that an attempt runs is its progress, which counts for caught errors too.
    """
    first = next(attempts)
    tensor, error, trial = _run_attempt(user, first)
    first_error = error
    others = [] if tensor is not None or isinstance(error, SystemExit) else list(attempts)
    record.is_repeated = bool(others)
    best, furthest = (first[0], error, trial), -1
    for attempt in [first, *others] if others else []:
        with LineCounter(os.path.dirname(user.settings["file"])) as lines:
            tensor, error, trial = _run_attempt(user, attempt)
        progress = len(lines.lines) or int(is_raised_below(error, user.settings["file"]))
        if tensor is not None or progress > furthest:
            best, furthest = (attempt[0], error, trial), progress
        if tensor is not None:
            break
    record.sent, error, trial = best
    record.notes, record.flaws, record.uncertainties, record.step = (
        trial.notes,
        trial.flaws,
        trial.uncertainties,
        trial.step,
    )
    if tensor is not None:
        if refusal := _refused_type(first[0], best[0], first_error):
            record.notes.append(refusal)
        return tensor
    if len(others) > 1:
        labels = [first[0], *(label for label, _ in others)]
        record.notes.append(f"tried: {'; '.join(labels[:8])}{' ...' if len(labels) > 8 else ''}")
    assert error is not None
    if others and (request_rejected(error) or (furthest <= 0 and not isinstance(error, results.InvalidHandlerResult))):
        text = error_line(error, 200)
        raise NotChecked(
            f"accepted none of the requests that were tried ({type(error).__name__}: {text}); pass a "
            "request body as PATH"
        ) from error
    raise error


_TYPE = re.compile(r"(?:image|application)/[\w.+-]+")


def _refused_type(first: str, other_label: str, error: BaseException | None) -> str:
    """That one content type failed and another was accepted; empty: the forms of the request differ in more."""
    if error is None or first == other_label or not (_TYPE.fullmatch(first) and _TYPE.fullmatch(other_label)):
        return ""
    return f"accepts {other_label}, not {first} ({error_summary(error)})"


def _run_attempt(
    user: UserFile, attempt: Attempt
) -> tuple[results.HandlerTensor | None, BaseException | None, CallRecord]:
    user.recorder.reset()
    trial = CallRecord()
    tensor = error = None
    try:
        tensor = attempt[1](trial)
    except (Exception, SystemExit) as exception:  # noqa: BLE001 - whatever the user's code raises is reported
        error = exception
    trial.uncertainties += user.recorder.uncertainties
    return tensor, error, trial


_FORM_ERRORS = re.compile(r"status 4\d\d|indices must be|not subscriptable|no attribute '(?:get|pop|read)'")


def request_rejected(error: BaseException) -> bool:
    """Whether an error is about the form of a request, which is guessed where several are tried."""
    return isinstance(error, KeyError) or _FORM_ERRORS.search(error_line(error)) is not None


def is_raised_below(error: BaseException | None, file: str) -> bool:
    """Whether an exception was raised in or below the user's file."""
    trace = None if error is None else error.__traceback__
    while trace is not None and trace.tb_frame.f_code.co_filename != file:
        trace = trace.tb_next
    return trace is not None


class LineCounter:
    """Counts the lines of the user's files that run inside the ``with`` block."""

    def __init__(self, folder: str) -> None:
        self.lines: set[tuple[str, int]] = set()
        self._folder = os.path.join(folder, "")

    def __enter__(self) -> LineCounter:  # noqa: PYI034 - Python has no Self before 3.11
        self._before = sys.gettrace()
        sys.settrace(self._trace)
        threading.settrace(self._trace)
        return self

    def __exit__(self, *_: object) -> None:
        sys.settrace(self._before)
        threading.settrace(self._before)

    def _trace(self, frame: FrameType, event: str, _: object) -> Any:
        if event == "call":
            file = frame.f_code.co_filename
            return self._trace if file.startswith(self._folder) and "site-packages" not in file else None
        if event == "line":
            self.lines.add((frame.f_code.co_filename, frame.f_lineno))
        return self._trace
