"""``lambda_handler(event, context)`` of AWS Lambda, behind API Gateway, a function URL, or S3.

Source: https://docs.aws.amazon.com/lambda/latest/dg/python-handler.html and services-apigateway.html: a body that is
not text is base64, and ``isBase64Encoded`` is true.
"""

from __future__ import annotations

import base64
import inspect
import json
from functools import partial
from typing import TYPE_CHECKING

from ..calls import CallRecord, HandlerCall, run_attempts
from ..forms import image_name, json_documents, multipart_body
from ..model_stub import ModelStub

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from ..calls import ClientRequest, UserFile
    from ..results import HandlerTensor

__all__ = ["RANK", "STACK", "find"]

RANK, STACK = 20, "lambda"
_NAMES = ("lambda_handler", "handler", "main", "run")


def find(user: UserFile) -> HandlerCall | None:
    """A function whose first parameter is the event."""
    for name in _NAMES:
        if user.has(name) and inspect.isroutine(user.names[name]):
            parameters = list(inspect.signature(user.names[name]).parameters)
            if parameters[:1] == ["event"] or (name == "lambda_handler" and len(parameters) == 2):
                return HandlerCall(name, partial(_run, user, name))
    return None


def _run(user: UserFile, name: str, request: ClientRequest, record: CallRecord) -> HandlerTensor:
    context = ModelStub(user.recorder, "context", "output")
    user.recorder.image = request.body if request.image else b""

    def call(event: object) -> Callable[[CallRecord], HandlerTensor]:
        return lambda _: user.observe_server(lambda: user.names[name](event, context))

    return run_attempts(user, ((label, call(event)) for label, event in _events(user, request)), record)


def _events(user: UserFile, request: ClientRequest) -> Iterator[tuple[str, object]]:
    """Events that may carry the request, those of API Gateway first."""
    kind = request.content_type
    if not request.image:
        text = request.body.decode("utf-8", "replace")
        yield f"event with {kind} body", _gateway(text, kind, is_base64=False)
        if "json" in kind:
            yield "event of the JSON itself", json.loads(request.body)
        return
    if "s3" in user.source and "Records" in user.source:
        yield "S3 event", _s3(image_name(request.body))
    if "json" not in kind:
        body = base64.b64encode(request.body).decode("ascii")
        yield f"event with {kind} body", _gateway(body, kind, is_base64=True)
    for label, document in json_documents(user, request.body):
        yield (
            f"event with application/json body {label}",
            _gateway(json.dumps(document), "application/json", is_base64=False),
        )
    for label, document in json_documents(user, request.body):
        if isinstance(document, dict):
            yield f"event {label}", document
    if "multipart" in user.source:
        form, form_type = multipart_body(request.body, "file")
        yield "event with multipart body", _gateway(base64.b64encode(form).decode("ascii"), form_type, is_base64=True)


def _gateway(body: str, content_type: str, *, is_base64: bool) -> dict[str, object]:
    """An event of API Gateway (REST and HTTP) or of a function URL."""
    return {
        "version": "2.0",
        "resource": "/invocations",
        "path": "/invocations",
        "rawPath": "/invocations",
        "httpMethod": "POST",
        "headers": {"content-type": content_type, "Content-Type": content_type},
        "queryStringParameters": {},
        "pathParameters": {},
        "requestContext": {"http": {"method": "POST", "path": "/invocations"}, "stage": "$default"},
        "body": body,
        "isBase64Encoded": is_base64,
    }


def _s3(key: str) -> dict[str, object]:
    bucket = {"bucket": {"name": "bucket"}, "object": {"key": key, "size": 1}}
    return {"Records": [{"eventSource": "aws:s3", "eventName": "ObjectCreated:Put", "s3": bucket}]}
