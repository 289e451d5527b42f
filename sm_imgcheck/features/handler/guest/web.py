"""Requests that web applications may expect, over all their routes."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from .calls import NotChecked
from .forms import json_documents, multipart_body
from .results import InvalidHandlerResult

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from .calls import CallRecord, ClientRequest, UserFile
    from .forms import Form
    from .results import HandlerTensor

__all__ = ["WebResponse", "observe_response", "order_routes", "web_forms"]

_FIELDS = re.compile(
    r"""files(?:\.get|\.getlist)?[\[(]\s*["'](\w+)["']|^\s*(?:async )?def \w+\((\w+)\s*:""", re.MULTILINE
)
_FIRST = ("/invocations", "predict", "infer", "classify", "score", "upload", "image")
_LAST = ("ping", "health", "ready", "metrics", "docs", "openapi")


class WebResponse:
    """Status and body of a response."""

    def __init__(self, status: int, body: bytes) -> None:
        self.status, self.body = status, body


def order_routes(paths: list[str]) -> list[str]:
    """Routes that take requests, the likeliest first."""

    def rank(path: str) -> tuple[int, int]:
        first = [at for at, word in enumerate(_FIRST) if word in path.lower()]
        return (1 if any(word in path.lower() for word in _LAST) else 0, first[0] if first else len(_FIRST))

    return sorted((path for path in paths if "<" not in path and "{" not in path), key=rank)


def web_forms(user: UserFile, request: ClientRequest, fields: list[str]) -> Iterator[Form]:
    """The bodies that a route may expect. fields: names of files in a multipart form, as the route declares them."""
    from .forms import Form

    kind = request.content_type
    if not request.image or "json" not in kind:
        yield Form(request.body, kind, kind)
    if not request.image or (request.explicit and "json" not in kind and "multipart" not in kind):
        return
    named = [name for match in _FIELDS.finditer(user.source) for name in match.groups() if name]
    for field in list(dict.fromkeys([*fields, *named, "file", "image"]))[:6]:
        body, form_type = multipart_body(request.body, field, kind if kind.startswith("image/") else "image/jpeg")
        yield Form(body, form_type, f'multipart/form-data with the field "{field}"')
    for label, document in json_documents(user, request.body):
        yield Form(json.dumps(document).encode(), "application/json", f"application/json {label}")


def observe_response(user: UserFile, send: Callable[[], WebResponse], _: CallRecord) -> HandlerTensor:
    """The model's input of a request. Raises InvalidHandlerResult for an error response, NotChecked for any other."""
    called, value = user.observe(send)
    if called:
        return user.read(value, text=user.recorder.text)
    assert isinstance(value, WebResponse)
    text = " ".join(value.body[:300].decode("utf-8", "replace").split())
    if value.status >= 400:
        raise InvalidHandlerResult(f"returned status {value.status}: {text}", is_error=True)
    raise NotChecked(f"returned status {value.status} without a model call that could be observed: {text[:120]}")
