"""The functions of the user's file, found and called as the containers find and call them.

Sources: aws/sagemaker-inference-toolkit, transformer.py (PyTorch, MXNet, scikit-learn); aws/sagemaker-huggingface-
inference-toolkit, handler_service.py; aws/sagemaker-tensorflow-serving-container, python_service.py; pytorch/serve,
model_loader.py.
"""

from __future__ import annotations

import importlib.util
import inspect
import io
import os
import sys
from typing import TYPE_CHECKING

from . import stubs
from .results import InvalidHandlerResult

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType
    from typing import Any, TypedDict

    Names = dict[str, Any]
    """The public names of the user's file."""
    Function = Callable[..., object]
    """One of the user's."""
    Run = Callable[[bytes, str, "CallRecord"], object]
    """Takes a body, its content type and what is to be said of the call."""

    class Settings(TypedDict):
        """How the user's file is loaded, as ``settings.json`` says."""

        file: str
        function: str
        """Empty: the one that a container would call."""
        stack: str
        model_dir: str
        most_bytes: int
        """Of an array or a text."""


__all__ = ["CallRecord", "HandlerCall", "MissingFunction", "find"]

_AS_TEXT = ("application/json", "text/csv")
"""Content types whose body arrives decoded; of every other it is a bytearray."""


class MissingFunction(Exception):
    """The file has no function to be called; the text says which is missing."""

    def __init__(self, text: str, defined: list[str]) -> None:
        super().__init__(text)
        self.defined = defined


class CallRecord:
    """What is to be said of one call."""

    def __init__(self) -> None:
        self.notes: list[str] = []
        self.flaws: list[list[str]] = []
        """Each: code of a check, message, expected, actual."""


class HandlerCall:
    """A function of the user's, ready to be called with a request."""

    def __init__(self, name: str, run: Run, *, text: bool = False) -> None:
        self.name = name
        self.run = run
        self.text = text
        """What it makes is the text of a request, not a tensor."""
        self.notes: list[str] = []
        self.flaws: list[list[str]] = []


def find(settings: Settings) -> HandlerCall:
    """Import the file and find its function. Raises MissingFunction, or whatever the file raises."""
    module, stand_in = _imported(settings["file"])
    names = {name: getattr(module, name) for name in dir(module) if not name.startswith("_")}
    wanted = settings["function"]
    if wanted:
        return _named(module, wanted, names, settings)
    makers = {
        "input_fn": lambda: _input_fn(names, settings),
        "transform_fn": lambda: _transform_fn(names, settings),
        "handler": lambda: _handler(names),
        "input_handler": lambda: _input_handler(names),
    }
    order = ["handler", "input_handler", *makers] if settings["stack"] == "tensorflow-serving" else list(makers)
    for name in order:
        if callable(names.get(name)):
            return makers[name]()
    return _of_class(module, stand_in, settings) or _missing(names)


def _imported(file: str) -> tuple[ModuleType, type | None]:
    """The user's file as a module, under its own name, with its folder and ``lib`` beside it on the path."""
    folder, stem = os.path.dirname(file), os.path.splitext(os.path.basename(file))[0]
    sys.path[:0] = [folder, *([os.path.join(folder, "lib")] if os.path.isdir(os.path.join(folder, "lib")) else [])]
    name = "inference" if stem in sys.modules else stem
    with open(file, "rb") as text:
        stand_in = stubs.install_stubs() if b"ts.torch_handler" in text.read(1 << 20) else None
    spec = importlib.util.spec_from_file_location(name, file)
    if spec is None or spec.loader is None:
        raise ImportError(f"{os.path.basename(file)} is not a Python file")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module, stand_in


def _missing(names: Names) -> HandlerCall:
    defined = [name for name, one in names.items() if inspect.isfunction(one) or inspect.isclass(one)]
    if "handle" in names:
        raise MissingFunction("handle(data, context) decodes and predicts in one function", defined)
    if "model_fn" in names or "predict_fn" in names:
        own = "no input_fn: the container's default reads the request"
        raise MissingFunction(f"{own} (check it with validate BODY --content-type TYPE)", defined)
    raise MissingFunction(
        "missing entry point: expected input_fn, input_handler, handler, or a class with preprocess", defined
    )


def _input_fn(names: Names, settings: Settings) -> HandlerCall:
    def run(body: bytes, content_type: str, seen: CallRecord) -> object:
        context = stubs.RequestContext(settings["model_dir"], content_type)
        data = _with_context(names["input_fn"], [_decoded(body, content_type), content_type], context)
        if not callable(names.get("predict_fn")) or hasattr(data, "__await__"):
            return data
        caught = _caught(names["predict_fn"], [data], [], context, seen)
        if caught and caught[0] is not data:
            seen.notes.append("checked: the tensor that predict_fn passes to the model")
        return caught[0] if caught else data

    call = HandlerCall("input_fn", run)
    if "transform_fn" in names:
        why = "conflicting functions: transform_fn and input_fn; the container returns 500 for every request"
        call.flaws.append(["HND120", why, "input_fn or transform_fn", "both"])
    return call


def _transform_fn(names: Names, settings: Settings) -> HandlerCall:
    def run(body: bytes, content_type: str, seen: CallRecord) -> object:
        context = stubs.RequestContext(settings["model_dir"], content_type)
        rest: list[object] = [_decoded(body, content_type), content_type, "application/json"]
        caught = _caught(names["transform_fn"], [], rest, context, seen)
        if not caught:
            raise InvalidHandlerResult("did not call its model with a tensor; model input not checked")
        return caught[0]

    return HandlerCall("transform_fn", run)


def _caught(
    function: Function, before: list[object], after: list[object], context: object, seen: CallRecord
) -> list[object]:
    """The tensor with which a function that takes the model calls it; empty where it does not come so far."""
    from .stubs import ModelCalled, ModelStub

    caught: list[object] = []
    try:
        _with_context(function, [*before, ModelStub(caught), *after], context)
    except ModelCalled:
        pass
    except Exception as error:
        if not caught:
            if after:  # nothing else shows what the function does
                raise
            said = f"{type(error).__name__}: {str(error)[:200]}"
            seen.notes.append(f"predict_fn raised before it called the model ({said}); its own steps not checked")
    return caught


def _decoded(body: bytes, content_type: str) -> str | bytearray:
    return body.decode("utf-8") if content_type in _AS_TEXT else bytearray(body)


def _with_context(function: Function, arguments: list[object], context: object) -> object:
    """As the toolkits call: the context only where one more parameter is declared, and no other number of them."""
    taken = len(inspect.signature(function).parameters)
    if taken == len(arguments):
        return function(*arguments)
    if taken == len(arguments) + 1:
        return function(*arguments, context)
    name = getattr(function, "__name__", "it")
    said = f"{name} takes {taken} arguments but {len(arguments)} were given."
    raise TypeError(f"{said} The container passes (body, content_type), or (body, content_type, context)")


def _tensorflow(body: bytes, content_type: str, uri: str) -> tuple[io.BytesIO, stubs.TensorFlowContext]:
    context = stubs.TensorFlowContext(
        "model", None, None, uri, "0", None, None, content_type, "application/json", len(body)
    )
    return io.BytesIO(body), context


def _input_handler(names: Names) -> HandlerCall:
    def run(body: bytes, content_type: str, seen: CallRecord) -> object:
        result = names["input_handler"](*_tensorflow(body, content_type, "http://127.0.0.1:9/v1/models/model:predict"))
        if isinstance(result, dict):
            why = "input_handler result: got a dict, which the container sends as a form; return json.dumps(...)"
            seen.flaws.append(["HND122", why, "text", "dict"])
        return result

    call = HandlerCall("input_handler", run, text=True)
    if "output_handler" not in names:
        why = "missing output_handler: the container needs input_handler and output_handler, or handler, to start"
        call.flaws.append(["HND121", why, "input_handler and output_handler", "input_handler"])
    return call


def _handler(names: Names) -> HandlerCall:
    """It posts to the model itself: a server of ours stands in for the model, and keeps what comes."""

    def run(body: bytes, content_type: str, _: CallRecord) -> object:
        from .stubs import PostRecorder  # 40 ms that only these handlers need

        with PostRecorder() as catcher:
            error = None
            try:
                names["handler"](*_tensorflow(body, content_type, catcher.uri))
            except Exception as raised:  # noqa: BLE001 - once it has posted, what it does with our answer is its own
                error = raised
            if catcher.body is not None:
                return catcher.body
        if error is not None:
            raise error
        raise InvalidHandlerResult("did not POST to context.rest_uri; model input not checked")

    return HandlerCall("handler", run, text=True)


def _named(module: ModuleType, wanted: str, names: Names, settings: Settings) -> HandlerCall:
    """The function of ``--function``, as it is known; any other with the body, and the content type if it takes two."""
    if wanted in ("input_fn", "transform_fn") and wanted in names:
        return _input_fn(names, settings) if wanted == "input_fn" else _transform_fn(names, settings)
    if wanted in ("handler", "input_handler") and wanted in names:
        return _handler(names) if wanted == "handler" else _input_handler(names)
    owner, _, method = wanted.rpartition(".")
    holder = names.get(owner) if owner else module
    if inspect.isclass(names.get(wanted)):
        return _of_one(names[wanted], None, settings)
    function = getattr(holder() if inspect.isclass(holder) else holder, method, None)
    if not callable(function):
        defined = [name for name, one in names.items() if callable(one)]
        raise MissingFunction(f"missing function: {wanted}", defined)
    return HandlerCall(wanted, _plain(function))


def _plain(function: Function) -> Run:
    def run(body: bytes, content_type: str, _: CallRecord) -> object:
        positional = [
            one
            for one in inspect.signature(function).parameters.values()
            if one.kind in (one.POSITIONAL_ONLY, one.POSITIONAL_OR_KEYWORD)
        ]
        two = len(positional) > 1 and (positional[1].default is one_empty or "type" in positional[1].name)
        return function(body, content_type) if two else function(body)

    one_empty = inspect.Parameter.empty
    return run


def _of_class(module: ModuleType, stand_in: type | None, settings: Settings) -> HandlerCall | None:
    """TorchServe takes the one class of the file; of several, the one that can preprocess is meant."""
    classes = [one for _, one in inspect.getmembers(module, inspect.isclass) if one.__module__ == module.__name__]
    able = [one for one in classes if callable(getattr(one, "preprocess", None))]
    if not able:
        return None
    call = _of_one(able[0], stand_in, settings)
    if len(classes) > 1 and not callable(getattr(module, "handle", None)):
        listed = ", ".join(one.__name__ for one in classes[:8])
        why = f"the file defines {len(classes)} classes ({listed}): TorchServe expects one, or a function handle"
        call.flaws.append(["HND123", why, "1 class", str(len(classes))])
    return call


def _of_one(kind: type, stand_in: type | None, settings: Settings) -> HandlerCall:
    made: list[Any] = []

    def run(body: bytes, content_type: str, seen: CallRecord) -> object:
        if not made:
            made.append(kind())
        if getattr(made[0], "device", "") is None:
            made[0].device = "cpu"  # as its own initialize would
        try:
            return made[0].preprocess(stubs.rows(body))
        except (AttributeError, TypeError):  # what initialize sets is missing; it may need the model, so not before
            if len(made) > 1 or not callable(getattr(made[0], "initialize", None)):
                raise
        made.append("initialized")
        _initialize(made[0], stubs.RequestContext(settings["model_dir"], content_type), seen)
        return made[0].preprocess(stubs.rows(body))

    call = HandlerCall(f"{kind.__name__}.preprocess", run)
    if stand_in is not None and issubclass(kind, stand_in):
        call.notes.append("TorchServe is not installed; an empty BaseHandler was used")
    return call


def _initialize(handler: Any, context: stubs.RequestContext, seen: CallRecord) -> None:
    try:
        handler.initialize(context)
        seen.notes.append("preprocess needed initialize(context), which was called without a model archive")
    except Exception as error:  # noqa: BLE001 - it may have set what is needed before it looked for the model
        said = f"{type(error).__name__}: {str(error)[:200]}"
        seen.notes.append(f"preprocess needed initialize(context), which raised {said}")
