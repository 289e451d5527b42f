"""Requests that web applications may expect, over all their routes."""

from __future__ import annotations

import base64
import json
import re
from itertools import chain
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from .calls import NotChecked, no_model_call
from .forms import image_keys, is_image_key, json_documents, multipart_body
from .image_server import image_url
from .results import InvalidHandlerResult

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from .calls import CallRecord, ClientRequest, UserFile
    from .forms import Form
    from .results import HandlerTensor

__all__ = ["NO_ROUTE", "WebResponse", "observe_response", "order_routes", "url_queries", "web_forms"]

NO_ROUTE = "the application has no POST route, and no GET route that reads an image's URL"

_FIELDS = re.compile(
    r"""files(?:\.get|\.getlist)?[\[(]\s*["'](\w+)["']|^\s*(?:async )?def \w+\((\w+)\s*:""", re.MULTILINE
)
_MOST_FIELDS = 6
_FORM_TYPE = "application/x-www-form-urlencoded"
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


def web_forms(
    user: UserFile,
    request: ClientRequest,
    fields: list[str],
    documents: Iterable[tuple[str, object]],
    texts: Mapping[str, object],
) -> Iterator[Form]:
    """The bodies that a route may expect.

    As the route declares: fields, names of files in a multipart form; documents, JSON with the image, and its outline;
    texts, fields of a URL-encoded form with example values.
    """
    from .forms import Form

    kind = request.content_type
    if not request.image or "json" not in kind:
        yield Form(request.body, kind, kind)
    if not request.image or (request.explicit and "json" not in kind and "multipart" not in kind):
        return
    names = [name for match in _FIELDS.finditer(user.source) for name in match.groups() if name]
    for field in list(dict.fromkeys([*fields, *names, "file", "image"]))[:_MOST_FIELDS]:
        body, form_type = multipart_body(request.body, field, kind if kind.startswith("image/") else "image/jpeg")
        yield Form(body, form_type, f'multipart/form-data with the field "{field}"')
    if texts or re.search(r"\.form\b", user.source):
        for field in [name for name in [*texts, *image_keys(user.source)] if is_image_key(name)][:_MOST_FIELDS]:
            text = urlencode({**texts, field: base64.b64encode(request.body).decode("ascii")})
            yield Form(text.encode(), _FORM_TYPE, f'{_FORM_TYPE} with the field "{field}"')
    for label, document in chain(documents, json_documents(user, request.body)):
        yield Form(json.dumps(document).encode(), "application/json", f"application/json {label}")


def url_queries(request: ClientRequest, names: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Query strings that name the image's URL, each after its outline."""
    if request.image:
        yield from ((f"?{name}=URL", f"?{urlencode({name: image_url(request.body)})}") for name in names)


def observe_response(user: UserFile, send: Callable[[], WebResponse], _: CallRecord) -> HandlerTensor:
    """The model's input of a request. Raises InvalidHandlerResult for an error response, NotChecked for any other."""
    is_called, value = user.observe(send)
    if is_called:
        return user.read(value, text=user.recorder.text)
    assert isinstance(value, WebResponse)
    text = " ".join(value.body[:300].decode("utf-8", "replace").split())
    text = text if "\ufffd" not in text[:-1] else f"{len(value.body)} bytes that are not text"
    if value.status >= 400:
        raise InvalidHandlerResult(f"returned status {value.status}: {text}", is_error=True)
    raise NotChecked(no_model_call(user.recorder, f"returned status {value.status} ({text[:120]})"))
