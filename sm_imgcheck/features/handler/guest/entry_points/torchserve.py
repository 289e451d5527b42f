"""The one class of a TorchServe handler, or its function ``handle``.

Source: pytorch/serve, ts/model_loader.py and ts/torch_handler/base_handler.py.
"""

from __future__ import annotations

import inspect
from functools import partial
from typing import TYPE_CHECKING, Any

from ..calls import CallRecord, HandlerCall, NotChecked, run_attempts
from ..error_lines import error_line, error_summary
from ..forms import json_documents
from ..instances import LoadFailed, make_instance, prepare
from ..model_stub import ModelStub
from ..server_stubs import RequestContext
from .sagemaker import follow

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from ..calls import ClientRequest, UserFile
    from ..results import HandlerTensor

__all__ = ["RANK", "STACK", "find"]

RANK, STACK = 100, "torchserve"


def find(user: UserFile) -> HandlerCall | None:
    """The class that can preprocess; else the function ``handle``."""
    classes = user.classes()
    able = [kind for kind in classes if _is_row_handler(kind)]
    if user.function:
        able = [kind for kind in able if kind.__name__ == user.function]
    if not able:
        return _handle(user) if user.has("handle") else None
    call = _of_class(user, able[0])
    if not user.function and len(classes) > 1 and not callable(user.names.get("handle")):
        names = ", ".join(kind.__name__ for kind in classes[:8])
        why = f"the file defines {len(classes)} classes ({names}): TorchServe expects one, or a function handle"
        call.flaws.append(["HND123", why, "1 class", str(len(classes))])
    return call


_ROWS = ("data", "requests", "request", "batch", "rows", "inputs", "input_batch")
"""Names of the parameter of ``preprocess`` in handlers of TorchServe."""


def _is_row_handler(kind: type) -> bool:
    """Whether a class can preprocess as TorchServe's do, rather than one image."""
    if not callable(getattr(kind, "preprocess", None)):
        return False
    if callable(getattr(kind, "initialize", None)) or callable(getattr(kind, "handle", None)):
        return True
    return any(name in _ROWS for name in inspect.signature(kind.preprocess).parameters)  # type: ignore[attr-defined]


def _rows(user: UserFile, request: ClientRequest) -> Iterator[tuple[str, list[dict[str, object]]]]:
    """The request as TorchServe passes it: a batch of one, whose body is parsed where it is JSON."""
    yield request.content_type, [{"body": bytearray(request.body)}]
    if request.image and not (request.explicit and "json" not in request.content_type) and "b64" in user.source:
        for label, document in json_documents(user, request.body):
            yield f"application/json {label}", [{"body": document}]


def _handle(user: UserFile) -> HandlerCall:
    def call(rows: object, content_type: str) -> Callable[[CallRecord], HandlerTensor]:
        context = RequestContext(user.settings["model_dir"], content_type)
        return lambda _: user.observe_server(lambda: user.names["handle"](rows, context))

    def run(request: ClientRequest, record: CallRecord) -> HandlerTensor:
        attempts = ((label, call(rows, request.content_type)) for label, rows in _rows(user, request))
        return run_attempts(user, attempts, record)

    prepare(user, "handle", lambda: user.names["handle"](None, RequestContext(user.settings["model_dir"], "")))
    return HandlerCall("handle", run)


def _of_class(user: UserFile, kind: type) -> HandlerCall:
    handler = make_instance(user, kind)
    failure = _initialize(user, handler)
    if getattr(handler, "device", "") is None:
        handler.device = "cpu"
    if not failure and getattr(handler, "model", "") is None:  # the base class would have loaded it
        handler.model = ModelStub(user.recorder)

    def preprocess(rows: object, record: CallRecord) -> HandlerTensor:
        try:
            return _follow_inference(user, handler, kind, handler.preprocess(rows), record)
        except AttributeError as error:  # initialize may have failed before it set an attribute
            if failure and "object has no attribute" in error_line(error):
                raise NotChecked(f"raised AttributeError: {error}; {failure}") from error
            raise

    def run(request: ClientRequest, record: CallRecord) -> HandlerTensor:
        attempts = ((label, partial(preprocess, rows)) for label, rows in _rows(user, request))
        return run_attempts(user, attempts, record)

    call = HandlerCall(f"{kind.__name__}.preprocess", run)
    if user.stubbed & set(kind.__mro__):
        call.notes.append("TorchServe is not installed; a stub of its handler classes was used")
    return call


def _initialize(user: UserFile, handler: Any) -> str:
    """Call ``initialize`` as the server does. Returns why it failed, as it may without the model; empty: it did not."""
    if not callable(getattr(handler, "initialize", None)):
        return ""
    context = RequestContext(user.settings["model_dir"], "")
    try:
        prepare(user, "initialize", lambda: handler.initialize(context))
    except LoadFailed as error:  # it may have set the attributes before it loaded the model
        return str(error)
    except Exception as error:  # noqa: BLE001
        return f"initialize raised {error_summary(error, 200)}"
    return ""


def _follow_inference(user: UserFile, handler: Any, kind: type, data: object, record: CallRecord) -> HandlerTensor:
    """The tensor with which ``inference`` of the user's class calls the model: it may normalize there."""
    if "inference" not in vars(kind):
        return user.read(data)
    if getattr(handler, "model", None) is None:
        handler.model = ModelStub(user.recorder)
    return follow(user, "inference", data, lambda: handler.inference(data), record)
