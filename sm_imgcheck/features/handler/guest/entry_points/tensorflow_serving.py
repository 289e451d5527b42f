"""``input_handler`` and ``output_handler``, or ``handler``, of SageMaker's TensorFlow Serving container.

Source: aws/sagemaker-tensorflow-serving-container, python_service.py.
"""

from __future__ import annotations

import io
from functools import partial
from typing import TYPE_CHECKING

from ..calls import CallRecord, HandlerCall, NotChecked, run_attempts
from ..forms import request_forms
from ..results import error_text
from ..server_stubs import TensorFlowContext

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..calls import ClientRequest, UserFile
    from ..forms import Form
    from ..results import HandlerTensor

    Step = Callable[[UserFile, Form, CallRecord], HandlerTensor]

__all__ = ["RANK", "STACK", "find"]

RANK, STACK = 30, "tensorflow-serving"


def find(user: UserFile) -> HandlerCall | None:
    """``handler`` first, as the container does, then ``input_handler``."""
    if user.has("handler"):
        return HandlerCall("handler", lambda request, record: _run(user, _handler, request, record))
    if not user.has("input_handler"):
        return None
    call = HandlerCall("input_handler", lambda request, record: _run(user, _input_handler, request, record))
    if "output_handler" not in user.names:
        why = "missing output_handler: the container needs input_handler and output_handler, or handler, to start"
        call.flaws.append(["HND121", why, "input_handler and output_handler", "input_handler"])
    return call


def _run(user: UserFile, function: Step, request: ClientRequest, record: CallRecord) -> HandlerTensor:
    attempts = ((form.label, partial(function, user, form)) for form in request_forms(user, request))
    return run_attempts(user, attempts, record)


def _arguments(form: Form, uri: str) -> tuple[io.BytesIO, TensorFlowContext]:
    context = TensorFlowContext(
        "model", None, None, uri, "0", None, None, form.content_type, "application/json", len(form.body)
    )
    return io.BytesIO(form.body), context


def _input_handler(user: UserFile, form: Form, record: CallRecord) -> HandlerTensor:
    result = user.names["input_handler"](*_arguments(form, "http://127.0.0.1:9/v1/models/model:predict"))
    if isinstance(result, dict) and not error_text(result):
        why = "input_handler result: got a dict, which the container sends as a form; return json.dumps(...)"
        record.flaws.append(["HND122", why, "text", "dict"])
    return user.read(result, text=True)


def _handler(user: UserFile, form: Form, _: CallRecord) -> HandlerTensor:
    """It posts to the model: a local server replaces the model's and records the body."""
    from ..post_recorder import PostRecorder  # 40 ms that only these handlers need

    with PostRecorder() as posts:
        error = None
        try:
            user.names["handler"](*_arguments(form, posts.uri))
        except Exception as exception:  # noqa: BLE001 - after the post, what it does with our answer does not count
            error = exception
        if posts.body is not None:
            return user.read(posts.body, text=True)
    if error is not None:
        raise error
    raise NotChecked("did not POST to context.rest_uri")
