"""``input_fn``, ``predict_fn`` and ``transform_fn``: PyTorch, MXNet, scikit-learn, XGBoost, Hugging Face on SageMaker.

Sources: aws/sagemaker-inference-toolkit, transformer.py; aws/sagemaker-huggingface-inference-toolkit,
handler_service.py; aws/sagemaker-scikit-learn-container, serving.py; aws/sagemaker-xgboost-container, serving.py.
"""

from __future__ import annotations

import inspect
from functools import partial
from typing import TYPE_CHECKING

from ..calls import CallRecord, HandlerCall, NotChecked, run_attempts
from ..errors import involves_stub
from ..forms import request_forms
from ..models import load_model
from ..results import InvalidHandlerResult
from ..server_stubs import RequestContext

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..calls import ClientRequest, Function, UserFile
    from ..forms import Form
    from ..results import HandlerTensor

    Step = Callable[[UserFile, Form, CallRecord], HandlerTensor]

__all__ = ["RANK", "STACK", "call_with_context", "find", "follow"]

RANK, STACK = 10, "pytorch"
_AS_TEXT = ("application/json", "text/csv")
"""Content types whose body is passed as text; that of every other is a bytearray."""


def find(user: UserFile) -> HandlerCall | None:
    """``input_fn``, else ``transform_fn``."""
    if user.has("input_fn"):
        call = HandlerCall("input_fn", lambda request, record: _run(user, _input_fn, request, record))
        if "transform_fn" in user.names:
            why = "conflicting functions: transform_fn and input_fn; the container returns 500 for every request"
            call.flaws.append(["HND120", why, "input_fn or transform_fn", "both"])
        return call
    if user.has("transform_fn"):
        return HandlerCall("transform_fn", lambda request, record: _run(user, _transform_fn, request, record))
    return None


def _run(user: UserFile, function: Step, request: ClientRequest, record: CallRecord) -> HandlerTensor:
    attempts = ((form.label, partial(function, user, form)) for form in request_forms(user, request))
    return run_attempts(user, attempts, record)


def _input_fn(user: UserFile, form: Form, record: CallRecord) -> HandlerTensor:
    context = RequestContext(user.settings["model_dir"], form.content_type)
    data = call_with_context(user.names["input_fn"], [_body_argument(form), form.content_type], context)
    if not callable(user.names.get("predict_fn")) or hasattr(data, "__await__"):
        return user.read(data)
    if data is None:
        user.read(data)
    model = load_model(user)
    predict = user.names["predict_fn"]
    return follow(user, "predict_fn", data, lambda: call_with_context(predict, [data, model], context), record)


def follow(user: UserFile, name: str, data: object, call: Function, record: CallRecord) -> HandlerTensor:
    """The tensor with which ``call`` calls the model; where it calls none, ``data``, which it may still change."""
    try:
        is_called, value = user.observe(call)
    except Exception as error:
        why = involves_stub(error, user.recorder)
        if not why:
            record.step = name
            raise
        is_called, value = False, None
        reason = f"{name} raised {type(error).__name__} before it called the model ({why})"
    else:
        reason = f"{name} did not call the model with a tensor"
    if is_called:
        record.step = name
        return user.read(value, text=user.recorder.text)
    record.uncertainties.append(reason)
    try:
        return user.read(data)
    except InvalidHandlerResult as error:
        raise NotChecked(f"{error}; {reason}") from None


def _transform_fn(user: UserFile, form: Form, record: CallRecord) -> HandlerTensor:
    del record
    context = RequestContext(user.settings["model_dir"], form.content_type)
    arguments = [load_model(user), _body_argument(form), form.content_type, "application/json"]
    is_called, value = user.observe(lambda: call_with_context(user.names["transform_fn"], arguments, context))
    if not is_called:
        raise NotChecked("did not call its model with a tensor")
    return user.read(value, text=user.recorder.text)


def _body_argument(form: Form) -> str | bytearray:
    return form.body.decode("utf-8") if form.content_type in _AS_TEXT else bytearray(form.body)


def call_with_context(function: Function, arguments: list[object], context: object) -> object:
    """As the toolkits call: the context only where one more parameter is declared, and no other number of them."""
    count = len(inspect.signature(function).parameters)
    if count == len(arguments):
        return function(*arguments)
    if count == len(arguments) + 1:
        return function(*arguments, context)
    name = getattr(function, "__name__", "it")
    text = f"{name} takes {count} arguments but {len(arguments)} were given."
    raise TypeError(f"{text} The container passes (body, content_type), or (body, content_type, context)")
